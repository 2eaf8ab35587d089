"""The pages as AppTest sees them: open one from app.py, read what it says, see which columns its tables have."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from streamlit.testing.v1 import AppTest

ROOT = Path(__file__).resolve().parents[2]
OVERVIEW = "pages/spend/overview.py"
SERVICES = "pages/spend/services.py"
ACCOUNTS = "pages/spend/accounts.py"
COST_CATEGORIES = "pages/spend/cost_categories.py"
COST_VIEWS = "pages/spend/cost_views.py"
COMMITMENTS = "pages/spend/commitments.py"
CHANGES = "pages/spend/changes.py"
BREAKDOWN = "pages/spend/breakdown.py"
STATEMENT = "pages/showback/statement.py"
SHARED_COSTS = "pages/showback/shared_costs.py"
RULES = "pages/showback/rules.py"
CATEGORY_DRAFTS = "pages/showback/category_drafts.py"
"""For whoever may see everything; it has tests of its own."""
BUDGETS = "pages/planning/budgets.py"
ANOMALIES = "pages/planning/anomalies.py"
EXPORT = "pages/data/export.py"
VERIFY = "pages/data/verify.py"
VIEWS = "pages/data/views.py"
"""Shows no cost, so that it is not one of those that the tests of figures go through."""
FRESHNESS = "pages/data/freshness.py"
FORECAST = "pages/planning/forecast.py"
EVERY_PAGE = (
    OVERVIEW,
    SERVICES,
    ACCOUNTS,
    COST_CATEGORIES,
    COST_VIEWS,
    COMMITMENTS,
    CHANGES,
    BREAKDOWN,
    STATEMENT,
    SHARED_COSTS,
    RULES,
    BUDGETS,
    ANOMALIES,
    EXPORT,
    VERIFY,
    FRESHNESS,
    FORECAST,
)
WITHOUT_CHARTS = (RULES, EXPORT, VERIFY)
_ESCAPES = re.compile(r"\\([^a-zA-Z0-9\s])")


def opened(page: str = OVERVIEW, query: Mapping[str, str | list[str]] | None = None) -> AppTest:
    """A page in a new session: by a click from the start page, or cold by a link with parameters."""
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    if query is None:
        app.run()
    if page != OVERVIEW:
        app.switch_page(page)
    for name, value in (query or {}).items():
        app.query_params[name] = value
    return app.run()


def said(app: AppTest) -> str:
    """Every text of the page, with Markdown's escapes taken out, as a person reads it."""
    kinds = ("header", "subheader", "markdown", "caption", "metric", "info", "warning", "error", "success", "code")
    texts = [_text(element) for kind in kinds for element in app.get(kind)]
    return read("\n".join(texts))


def read(markdown: str) -> str:
    """What Markdown shows of escaped text."""
    return _ESCAPES.sub(r"\1", markdown).replace("\u2060", "")


def metric(app: AppTest, label: str) -> str:
    """The value under a label that begins like this."""
    return read(next(m.value for m in app.metric if read(m.label).startswith(label)))


def chart_texts(app: AppTest) -> list[str]:
    """The text alternatives of the page's charts."""
    return [chart.proto.alt for chart in app.get("plotly_chart")]


def _text(element: object) -> str:
    parts = [getattr(element, name, None) for name in ("label", "value")]
    drawn = [getattr(getattr(element, "proto", None), name, "") for name in ("title", "delta_description")]
    return "\n".join(str(part) for part in (*drawn, *parts) if part)
