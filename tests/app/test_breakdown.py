"""The breakdown page: its pivot adds up to the total, whatever is crossed, and says calmly what is not stored."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from costlib.access import EVERYTHING, Scope
from costlib.money import rounded
from costlib.periods import DAY, Period, Preset, preset_period
from costlib.queries import ranking
from costlib.queries.crossing import crossing
from costlib.queries.cumulative import cumulative
from costlib.queries.filters import Filters
from costlib.store.snapshot import Snapshot, open_current
from costlib.ui import identity
from costlib.ui.breakdown import CHARTS, MEASURES
from costlib.ui.identity import Viewer
from costlib.ui.wording import Currency
from costlib.vocabulary import CostMetric
from tests.app.conftest import UseOrganization
from tests.app.pages import BREAKDOWN, chart_texts, metric, opened, said
from tests.queries.snapshots import Charge, Organization, amounts

USD = Currency("USD")
TOTAL = "total_unblended_cost"


@pytest.fixture
def snapshot(sample: Path) -> Snapshot:
    return open_current(sample / "sample")


def pivot(app: AppTest, number: int = -1) -> list[dict[Any, Any]]:
    """The rows of a table, as Decimals and texts."""
    return app.dataframe[number].value.to_dict("records")


def money(text: str) -> Decimal:
    return Decimal(text.replace("$", "").replace(",", "").replace("−", "-"))


@pytest.mark.parametrize(
    ("rows", "columns"),
    [
        ("Service", "Account"),
        ("Account", "Month"),
        ("Team", "Environment"),
        ("Environment", "Day"),
        ("Record type", "Nothing"),
        ("Charge category", "Week"),
        ("Week", "Team"),
        ("Day", "Nothing"),
        ("Region", "Service"),
        ("Service", "Region"),
        ("Month", "Region"),
    ],
)
def test_whatever_is_crossed_adds_up_to_the_total(snapshot: Snapshot, rows: str, columns: str) -> None:
    app = opened(BREAKDOWN, {"rows": rows, "columns": columns, "top": "5 largest"})
    assert not app.exception
    assert not app.error
    period = preset_period(Preset.last_30_days, snapshot.complete_through)
    truth = ranking.total(snapshot, EVERYTHING, Filters(period)).amount
    assert truth
    shown = pivot(app)
    assert metric(app, "Total") == USD.exact(truth)
    assert shown[-1][TOTAL] == rounded(truth)
    heads = [name for name in shown[-1] if name not in ("usage_account_id", next(iter(shown[-1])), TOTAL)]
    if heads:
        near = sum((Decimal(str(shown[-1][head])) for head in heads), Decimal(0))
        assert abs(near - truth) <= Decimal("0.01") * len(heads)
    assert f"{rows} by" in said(app) or rows in said(app)


def test_usage_types_are_shown_for_whole_months(snapshot: Snapshot) -> None:
    app = opened(BREAKDOWN, {"rows": "Usage type", "columns": "Service"})
    assert "holds usage type by whole months only" in said(app)
    assert "Usage type with service, by whole months" in said(app)
    app.button(key="whole_months").click().run()
    assert not app.error
    period = preset_period(Preset.last_month, snapshot.complete_through)
    assert metric(app, "Total") == USD.exact(ranking.total(snapshot, EVERYTHING, Filters(period)).amount)
    assert pivot(app)[-1][TOTAL] == money(metric(app, "Total"))


def test_what_no_table_holds_is_said_with_what_works_and_the_rest_stays(sample: Path) -> None:
    app = opened(BREAKDOWN, {"rows": "Region", "columns": "Account"})
    assert not app.exception
    assert "No stored table holds region and account id together" in said(app)
    assert "Region with service, by day, week or month" in said(app)
    assert metric(app, "Total").startswith("$")
    assert any("cost by region" in text for text in chart_texts(app))


def test_the_largest_are_kept_and_the_rest_is_other(snapshot: Snapshot) -> None:
    app = opened(BREAKDOWN, {"top": "5 largest"})
    names = [row["service"] for row in pivot(app)]
    assert len(names) == 7
    assert names[-2:] == ["Other", "Total"]
    period = preset_period(Preset.last_30_days, snapshot.complete_through)
    truth = crossing(snapshot, EVERYTHING, Filters(period), "service", "usage_account_id", 5, 5)
    assert names[:5] == list(dict.fromkeys(truth.column("row_key").to_pylist()))[:5]


@pytest.mark.parametrize("measure", list(MEASURES.values())[1:])
def test_shares_are_percent_of_what_they_say(sample: Path, measure: str) -> None:
    app = opened(BREAKDOWN, {"measure": measure, "columns": "Month"})
    amounts = pivot(opened(BREAKDOWN, {"columns": "Month"}))
    column = list(amounts[0])[2]
    row, total = amounts[0], amounts[-1]
    whole = {
        "Share of the row": row[TOTAL],
        "Share of the column": total[column],
        "Share of the total": total[TOTAL],
    }[measure]
    expected = Decimal(str(row[column])) / Decimal(str(whole)) * 100
    assert float(str(pivot(app)[0][column])) == pytest.approx(float(expected), abs=0.001)


@pytest.mark.parametrize("chart", list(CHARTS.values()))
def test_every_chart_tells_what_it_shows(sample: Path, chart: str) -> None:
    app = opened(BREAKDOWN, {"chart": chart, "rows": "Team", "columns": "Service"})
    assert not app.exception
    (text,) = chart_texts(app)
    assert "$" in text


def test_a_treemap_says_what_it_cannot_draw(organization: UseOrganization) -> None:
    day = date(2026, 3, 2)
    rows = [
        Charge(day, "111", "$EC2 *all*", "Usage", amounts("10")),
        Charge(day, "111", "S3", "Usage", amounts("2")),
        Charge(day, "222", "S3", "Credit", amounts("-3.5")),
    ]
    organization(Organization(rows, days=list(Period(date(2026, 2, 1), date(2026, 3, 20)))))
    app = opened(BREAKDOWN, {"chart": "Treemap", "period": "All stored"})
    assert not app.exception
    assert "Not drawn: −$3.50 of credits" in said(app)
    assert metric(app, "Total") == "$8.50"
    assert pivot(app)[-1][TOTAL] == Decimal("8.50")


def test_the_cumulative_month_ends_with_the_last_complete_day(snapshot: Snapshot) -> None:
    app = opened(BREAKDOWN, {"chart": "Cumulative month"})
    period = preset_period(Preset.last_30_days, snapshot.complete_through)
    last = cumulative(snapshot, EVERYTHING, Filters(period)).to_pylist()[-1]
    assert last["charge_date"] == snapshot.complete_through
    this_month = Filters(preset_period(Preset.month_to_date, snapshot.complete_through))
    assert last["running"] == ranking.total(snapshot, EVERYTHING, this_month).amount
    assert f"{USD.exact(last['running'])} through {snapshot.complete_through.day} Nov 2026" in said(app)
    assert app.dataframe[0].value.columns.tolist() == ["day_of_month", "2026-11", "2026-10", "2026-09"]


def test_all_that_is_stored_can_be_chosen(snapshot: Snapshot) -> None:
    app = opened(BREAKDOWN, {"period": "All stored", "columns": "Month", "granularity": "Monthly"})
    whole = Period(snapshot.period.start, snapshot.complete_through + DAY)
    assert metric(app, "Total") == USD.exact(ranking.total(snapshot, EVERYTHING, Filters(whole)).amount)
    assert list(pivot(app)[0])[2] == f"{snapshot.period.start:%Y-%m}"


def test_a_metric_that_is_missing_is_not_available_anywhere(organization: UseOrganization) -> None:
    day = date(2026, 3, 2)
    rows = [
        Charge(day, "111", "EC2", "Usage", amounts("10", net_amortized_cost=None)),
        Charge(day, "222", "S3", "Usage", amounts("2")),
    ]
    organization(Organization(rows, days=list(Period(date(2026, 2, 1), date(2026, 3, 20)))))
    link = {"period": "All stored", "metric": CostMetric.net_amortized_cost.label}
    for chart in CHARTS.values():
        app = opened(BREAKDOWN, {**link, "chart": chart})
        assert not app.exception
        assert metric(app, "Total") == "not available"
        totals = {row["service"]: row["total_net_amortized_cost"] for row in pivot(app)}
        assert totals["S3"] == 2
        assert totals["Total"] is None or str(totals["Total"]) in ("None", "nan")


def test_a_narrower_scope_sees_its_own_accounts_only(snapshot: Snapshot, monkeypatch: pytest.MonkeyPatch) -> None:
    account = str(next(iter(snapshot.rows("SELECT MAX(usage_account_id) FROM charges")))[0])
    mine = Scope(frozenset({account}))
    monkeypatch.setattr(identity, "viewer", lambda: Viewer("Team lead", mine))
    app = opened(BREAKDOWN, {"rows": "Account", "columns": "Service"})
    period = preset_period(Preset.last_30_days, snapshot.complete_through)
    truth = ranking.total(snapshot, mine, Filters(period)).amount
    assert metric(app, "Total") == USD.exact(truth)
    assert [row["usage_account_id"] for row in pivot(app)] == [account, ""]
    app = opened(BREAKDOWN, {"rows": "Region", "columns": "Service"})
    assert "cannot be shown to you" in said(app)
    assert not app.get("plotly_chart")


def test_nobody_elses_accounts_are_an_empty_pivot(sample: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(identity, "viewer", lambda: Viewer("Nobody", Scope(frozenset())))
    for chart in CHARTS.values():
        app = opened(BREAKDOWN, {"chart": chart})
        assert not app.exception
        assert "No charges match these filters" in said(app)


def test_a_link_that_does_not_exist_is_named(sample: Path) -> None:
    app = opened(BREAKDOWN, {"rows": "Teem", "columns": "Serviec", "chart": "Pie"})
    assert not app.exception
    for words in ("Rows: “Teem”", "did you mean “Team”", "Columns: “Serviec”", "Chart: “Pie”"):
        assert words in said(app)
    assert "service" in pivot(app)[0]
