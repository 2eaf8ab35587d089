"""What each page shows adds up to AWS's own total of the same charges, in every metric, filtered or not; and so does
what the command line prints for the same question.

AWS gives totals of everything, of record types and of a label's values, so these are the three filters.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from costlib.cli import main as costlib
from costlib.periods import DAY, Period, Preset, month_of, month_start, preset_period
from costlib.store.snapshot import Snapshot, open_current
from costlib.ui import tables
from costlib.ui.tables import Kind, TableView
from costlib.ui.wording import Currency
from costlib.vocabulary import COST_METRICS, CostMetric
from tests.app.pages import (
    ACCOUNTS,
    ANOMALIES,
    BREAKDOWN,
    BUDGETS,
    CHANGES,
    COMMITMENTS,
    COST_CATEGORIES,
    COST_VIEWS,
    EVERY_PAGE,
    EXPORT,
    FORECAST,
    FRESHNESS,
    OVERVIEW,
    RULES,
    SERVICES,
    SHARED_COSTS,
    STATEMENT,
    VERIFY,
    metric,
    opened,
    said,
)

USD = Currency("USD")
LABEL = "cost_category:Team"
FILTERS: Mapping[str, Mapping[str, list[str]]] = {
    "everything": {},
    "record types": {"record_types": ["Usage", "Tax", "Credit", "SavingsPlanCoveredUsage"]},
    "a label": {LABEL: ["Data", "Unallocated"]},
}
Views = Mapping[str, TableView]
Shown = Callable[[AppTest, Views, CostMetric], Iterator[Decimal]]


def column(view: TableView, name: str) -> Iterator[Decimal]:
    yield from view.values.column(name).to_pylist()


def ranked(key: str) -> Shown:
    """A table whose amounts sum to the total."""
    return lambda app, views, cost: column(views[key], cost.value)


def by_record_type(app: AppTest, views: Views, cost: CostMetric) -> Iterator[Decimal]:
    """The lines of cost views sum to the line that says so."""
    view = views["cost_record_types"]
    names = view.values.column("record_type").to_pylist()
    amounts = list(column(view, cost.value))
    total = names.index("Total")
    assert sum(amounts[:total]) == amounts[total]
    yield amounts[total]


def pivot(app: AppTest, views: Views, cost: CostMetric) -> Iterator[Decimal]:
    """The last row of a pivot is its total, and the first amount of each row that of its cells."""
    view = views["pivot"]
    names = [c.name for c in view.columns if c.kind is Kind.money]
    rows = list(zip(*(view.values.column(name).to_pylist() for name in names), strict=True))
    assert all(row[0] == sum(row[1:]) for row in rows)
    assert sum(row[0] for row in rows[:-1]) == rows[-1][0]
    yield rows[-1][0]


SHOWN: Mapping[str, Shown] = {
    SERVICES: ranked("by_service"),
    ACCOUNTS: ranked("by_usage_account_id"),
    COST_CATEGORIES: ranked("label_values"),
    CHANGES: ranked("changes_by_service"),
    COST_VIEWS: by_record_type,
    BREAKDOWN: pivot,
}
ELSEWHERE = {
    OVERVIEW,
    STATEMENT,
    SHARED_COSTS,
    EXPORT,
    FRESHNESS,
    COMMITMENTS,
    RULES,
    VERIFY,
    BUDGETS,
    ANOMALIES,
    FORECAST,
}
"""Pages that say their total in words, are of the whole organization, or show no cost: tests of their own, below."""


@pytest.fixture
def snapshot(sample: Path) -> Snapshot:
    return open_current(sample / "sample")


@pytest.fixture
def views(monkeypatch: pytest.MonkeyPatch) -> dict[str, TableView]:
    """The tables that a page draws, by their keys."""
    found: dict[str, TableView] = {}
    show = tables.show

    def noting(view: TableView, key: str, opens: Callable[[int], None] | None = None) -> None:
        found[key] = view
        show(view, key, opens)

    monkeypatch.setattr(tables, "show", noting)
    return found


def control(snapshot: Snapshot, period: Period, cost: CostMetric, filters: str) -> Decimal:
    """AWS's own total, straight from what AWS said."""
    table, where = {
        "everything": ("daily_totals", ""),
        "record types": ("control_totals", "AND record_type IN (SELECT UNNEST(?))"),
        "a label": ("label_totals", f"AND label = '{LABEL}' AND value IN (SELECT UNNEST(?))"),
    }[filters]
    values = [["" if v == "Unallocated" else v for v in kept] for kept in FILTERS[filters].values()]
    ((total,),) = snapshot.rows(
        f"SELECT SUM({cost}) FROM {table} WHERE charge_date >= ? AND charge_date < ? {where}",
        (period.start, period.end, *values),
    )
    assert isinstance(total, Decimal)
    return total


def last_30_days(snapshot: Snapshot) -> Period:
    return preset_period(Preset.last_30_days, snapshot.complete_through)


def test_every_page_is_walked() -> None:
    assert SHOWN.keys() | ELSEWHERE == set(EVERY_PAGE)


@pytest.mark.parametrize("filters", FILTERS)
@pytest.mark.parametrize("page", SHOWN)
def test_what_a_page_shows_adds_up_to_awss_total(
    snapshot: Snapshot, views: dict[str, TableView], page: str, filters: str
) -> None:
    for cost in COST_METRICS:
        app = opened(page, {**FILTERS[filters], "metric": cost.label})
        assert not app.exception
        shown = sum(SHOWN[page](app, views, cost), Decimal(0))
        assert shown == control(snapshot, last_30_days(snapshot), cost, filters), cost


@pytest.mark.parametrize("filters", FILTERS)
def test_the_overviews_month_to_date_is_awss_total(snapshot: Snapshot, filters: str) -> None:
    last = snapshot.complete_through
    to_date = Period(month_start(last), last + DAY)
    for cost in COST_METRICS:
        app = opened(OVERVIEW, {**FILTERS[filters], "metric": cost.label})
        assert metric(app, "Month to date") == USD.exact(control(snapshot, to_date, cost, filters))


@pytest.mark.parametrize("filters", FILTERS)
def test_what_the_month_end_is_made_of_was_charged_as_aws_says(
    snapshot: Snapshot, views: dict[str, TableView], filters: str
) -> None:
    last = snapshot.complete_through
    start = month_start(last + DAY)  # on the 2nd the month before is complete, and of the new one nothing is yet
    for cost in COST_METRICS:
        app = opened(FORECAST, {**FILTERS[filters], "metric": cost.label})
        assert not app.exception
        for name in ("charged", "rest", "expected", "last_month"):
            *each, total = column(views["forecast_parts"], name)
            assert sum(each) == total
        *_, charged = column(views["forecast_parts"], "charged")
        assert charged == (control(snapshot, Period(start, last + DAY), cost, filters) if start <= last else 0)


@pytest.mark.parametrize("filters", FILTERS)
def test_the_export_pages_total_is_awss_total(snapshot: Snapshot, filters: str) -> None:
    for cost in COST_METRICS:
        app = opened(EXPORT, {**FILTERS[filters], "metric": cost.label})
        assert USD.exact(control(snapshot, last_30_days(snapshot), cost, filters)) in said(app)


def test_all_statements_of_a_month_end_in_awss_total(snapshot: Snapshot) -> None:
    month = month_of(month_start(snapshot.complete_through) - DAY)
    for cost in COST_METRICS:
        app = opened(SHARED_COSTS, {"month_of_all": f"{month.start:%B %Y}", "metric": cost.label})
        assert not app.exception
        assert USD.exact(control(snapshot, month, cost, "everything")) in said(app)


def test_a_statement_is_its_lines(snapshot: Snapshot) -> None:
    """And all statements are the bill: its questions are proven by tests/queries and tests/store."""
    app = opened(STATEMENT, {})
    assert not app.exception
    assert app.metric


def test_a_budget_of_everything_has_spent_awss_total(snapshot: Snapshot) -> None:
    month = month_of(snapshot.complete_through)
    app = opened(BUDGETS, {"budget": "The whole bill"})
    assert metric(app, "Spent so far") == USD.exact(control(snapshot, month, CostMetric.unblended_cost, "everything"))


def test_the_freshness_page_shows_both_sides(snapshot: Snapshot) -> None:
    for cost in COST_METRICS:
        whole = USD.whole(control(snapshot, snapshot.period, cost, "everything"))
        words = f"Charges {whole}, AWS's own total {whole}, difference $0.00"
        assert words in said(opened(FRESHNESS, {"metric": cost.label}))


def test_commitments_differ_from_the_charges_by_nothing(snapshot: Snapshot, views: dict[str, TableView]) -> None:
    app = opened(COMMITMENTS, {"period": "Last 13 months"})
    assert not app.exception
    view = views["months"]
    differences = [c.name for c in view.columns if "difference" in c.name]
    assert differences
    for name in differences:
        assert {amount for amount in column(view, name) if amount is not None} == {Decimal(0)}


@pytest.mark.parametrize("filters", FILTERS)
@pytest.mark.parametrize("by", ["service", "usage_account_id", LABEL, "charge_date,record_type"])
def test_the_command_line_adds_up_to_awss_total(
    snapshot: Snapshot, sample: Path, capsys: pytest.CaptureFixture[str], by: str, filters: str
) -> None:
    period = last_30_days(snapshot)
    names = {"record_types": "record_type"}
    where = [
        w for name, vs in FILTERS[filters].items() for v in vs for w in ("--where", f"{names.get(name, name)}={v}")
    ]
    days = ["--start", str(period.start), "--end", str(period.end)]
    assert costlib(["query", "--data-dir", str(sample), "--group-by", by, "--metric", "all", *days, *where]) == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    for cost in COST_METRICS:
        assert sum((Decimal(row[cost]) for row in rows), Decimal(0)) == control(snapshot, period, cost, filters)


def test_awss_totals_agree_with_each_other(snapshot: Snapshot) -> None:
    """Or comparing with one of them would prove little."""
    for cost in COST_METRICS:
        ((by_day, by_type, by_label),) = snapshot.rows(
            f"""
            SELECT (SELECT SUM({cost}) FROM daily_totals), (SELECT SUM({cost}) FROM control_totals),
                   (SELECT SUM({cost}) FROM label_totals WHERE label = '{LABEL}')"""
        )
        assert by_day == by_type == by_label
