"""What charts draw: pure functions of tidy tables."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pyarrow as pa
import pytest

from costlib.periods import Granularity
from costlib.ui.calendars import tie_out_calendar
from costlib.ui.chart_style import DIFFERS, GRAY, TIES
from costlib.ui.charts import daily_spend, monthly_trend, stacked
from costlib.ui.coverage_chart import coverage_bars
from costlib.ui.rank_bars import rank_bars
from costlib.ui.wording import Currency

USD = Currency("USD")
FIRST = date(2026, 3, 1)


def over_time(
    amounts: dict[str, list[str | None]], estimated_from: int = 99, complete_to: int = 99, monthly: bool = False
) -> pa.Table:
    """Rows as cost_over_time gives them: the keys in order, `Other` last."""
    count = len(next(iter(amounts.values()), []))
    starts = [date(2026, 1 + i, 1) if monthly else FIRST + timedelta(days=i) for i in range(count)]
    rows = [(i, start, key, its[i]) for i, start in enumerate(starts) for key, its in amounts.items()]
    return pa.table(
        {
            "period_start": pa.array([start for _, start, _, _ in rows], pa.date32()),
            "key": pa.array([key for _, _, key, _ in rows], pa.string()),
            "amount": pa.array([a if a is None else Decimal(a) for *_, a in rows], pa.decimal128(38, 10)),
            "is_estimated": pa.array([i >= estimated_from for i, *_ in rows], pa.bool_()),
            "is_complete": pa.array([i < complete_to for i, *_ in rows], pa.bool_()),
            "is_other": pa.array([key == "Other" for _, _, key, _ in rows], pa.bool_()),
        }
    )


def test_estimated_days_are_hatched_and_the_legend_says_so() -> None:
    table = over_time({"EC2": ["5", "6", "7"], "Other": ["1", "1", "1"]}, estimated_from=2)
    drawing = stacked(table, {}, USD, Granularity.daily, "cost by service")
    assert drawing
    ec2, other, legend = drawing.figure.data
    assert list(ec2.marker.pattern.shape) == ["", "", "/"]
    assert other.marker.color == GRAY
    assert legend.name == "Estimated"
    assert drawing.keys == ("EC2", None)
    assert "1 day estimated" in drawing.alt
    assert "Highest: $8.00" in drawing.alt


def test_the_hover_text_is_exact_and_the_legend_short() -> None:
    table = over_time({"Amazon Elastic Compute Cloud - Compute <b>": ["1234567.891"]})
    drawing = stacked(table, {}, USD, Granularity.daily, "cost")
    assert drawing
    (trace,) = drawing.figure.data
    assert list(trace.customdata) == ["$1,234,567.89"]
    assert trace.name == "Elastic Compute Cl…"
    assert "Cloud - Compute &lt;b&gt;" in trace.hovertemplate


@pytest.mark.parametrize(("credit", "kind"), [("0", "scatter"), ("-0.01", "scatter"), ("-5", "bar")])
def test_long_spans_are_areas_unless_credits_would_hide_something(credit: str, kind: str) -> None:
    table = over_time({"EC2": ["5"] * 150, "Credit": [credit] * 150}, estimated_from=149)
    drawing = stacked(table, {}, USD, Granularity.daily, "cost")
    assert drawing
    assert drawing.figure.data[0].type == kind
    assert bool(drawing.figure.layout.shapes) == (kind == "scatter")


def test_an_amount_that_is_not_available_is_a_gap() -> None:
    drawing = stacked(over_time({"EC2": ["5", None]}), {}, USD, Granularity.daily, "cost")
    assert drawing
    assert list(drawing.figure.data[0].y) == [5.0, None]
    assert list(drawing.figure.data[0].customdata) == ["$5.00", "not available"]


def test_nothing_charged_is_no_chart() -> None:
    assert stacked(over_time({}), {}, USD, Granularity.daily, "cost") is None
    assert rank_bars(over_time({"EC2": ["0"]}), {}, USD, "cost") is None


def test_days_that_still_arrive_are_apart_from_estimated_and_final_ones() -> None:
    drawing = daily_spend(over_time({"": ["5", "6", "7", "2"]}, estimated_from=2, complete_to=3), USD)
    final, _, arriving = drawing.figure.data
    assert list(final.y) == [5.0, 6.0, 7.0, None]
    assert list(final.marker.pattern.shape)[:3] == ["", "", "/"]
    assert arriving.name == "Still arriving"
    assert list(arriving.y) == [None, None, None, 2.0]
    assert "Days after 3 Mar 2026 are still arriving" in drawing.alt


def test_the_month_that_is_not_over_is_hatched_under_its_expected_end() -> None:
    table = over_time({"": ["100", "60"]}, complete_to=1, monthly=True)
    months, _, expected = monthly_trend(table, Decimal(90), USD).figure.data
    assert list(months.marker.pattern.shape) == ["", "/"]
    assert list(expected.y) == [30.0]
    assert list(expected.customdata) == ["$90.00"]


def test_ranked_bars_name_their_amounts_and_other_opens_nothing() -> None:
    drawing = rank_bars(over_time({"a": ["9"], "b": ["0"], "c": ["2"], "Other": ["4"]}), {"a": "A&B"}, USD, "cost")
    assert drawing
    assert drawing.keys == ("a", "c", None)
    texts = [annotation.text for annotation in drawing.figure.layout.annotations]
    assert texts == ["A&amp;B", "<b>$9.00</b>", "c", "<b>$2.00</b>", "Other", "<b>$4.00</b>"]
    assert drawing.figure.data[1].marker.color == GRAY


def test_the_calendar_marks_the_days_that_differ_by_more_than_colour() -> None:
    decimals = pa.decimal128(38, 10)
    table = pa.table(
        {
            "charge_date": [date(2026, 2, 28), FIRST, FIRST + timedelta(days=1)],
            "stored": pa.array([Decimal(5), Decimal(5), None], decimals),
            "control": pa.array([Decimal(5), Decimal("5.25"), None], decimals),
            "difference": pa.array([Decimal(0), Decimal("-0.25"), None], decimals),
            "differs": [False, True, False],
        }
    )
    drawing = tie_out_calendar(table, USD)
    heat, *legend = drawing.figure.data
    assert list(heat.y) == ["Feb 2026", "Mar 2026"]
    assert heat.z[0][27] == 1.0
    assert heat.z[1][0] == 3.0
    assert heat.text[1][0] == "≠"
    assert heat.z[1][1] == 0.0
    assert "Differs by −$0.25" in heat.customdata[1][0]
    assert [entry.marker.color for entry in legend[:2]] == [TIES, DIFFERS]
    assert "1 tie out, 1 differ, 1 not available. Differing: 1 Mar 2026." in drawing.alt


def test_what_nobody_owns_is_outlined_and_keeps_its_place() -> None:
    table = over_time({"Unallocated": ["1", "2"], "Shop": ["5", "6"], "Other": ["1", "1"]}, estimated_from=1)
    bars = stacked(table, {}, USD, Granularity.daily, "cost by Team")
    assert bars
    hollow, shop, other, _ = bars.figure.data
    assert hollow.marker.line.width == 1
    assert hollow.marker.color not in (GRAY, other.marker.color)
    assert shop.marker.line.width is None
    assert list(hollow.marker.pattern.shape) == ["", "/"]
    assert bars.keys == ("Unallocated", "Shop", None)
    long = over_time({"Unallocated": ["1"] * 120, "Shop": ["5"] * 120}, estimated_from=200)
    areas = stacked(long, {}, USD, Granularity.daily, "cost by Team")
    assert areas
    assert [trace.line.width for trace in areas.figure.data] == [1, 0]


def coverage_table(*months: tuple[int, str | None, str | None]) -> pa.Table:
    return pa.table(
        {
            "billing_month": pa.array([date(2026, month, 1) for month, _, _ in months], pa.date32()),
            "labeled": pa.array([a if a is None else Decimal(a) for _, a, _ in months], pa.decimal128(38, 10)),
            "positive": pa.array([a if a is None else Decimal(a) for *_, a in months], pa.decimal128(38, 10)),
        }
    )


def test_coverage_by_month_stands_against_its_target_and_the_running_month_is_hatched() -> None:
    table = coverage_table((1, "9", "10"), (2, "89", "100"), (3, "1", "1"))
    drawing = coverage_bars(table, date(2026, 3, 18), USD, "Team")
    assert drawing
    bars, target, legend = drawing.figure.data
    assert list(bars.y) == [90.0, 89.0, 100.0]
    assert list(bars.marker.pattern.shape) == ["", "", "/"]
    assert list(bars.customdata)[1] == "89.0%<br>$89.00 of $100.00"
    assert set(target.y) == {90.0}
    assert legend.name == "Month so far"
    assert drawing.alt == (
        "Bar chart: coverage of Team by month. 3 months, 2 of them at the target of 90% or above. Mar 2026: 100.0%."
    )


def test_months_without_coverage_are_left_out_and_whole_ones_are_not_hatched() -> None:
    table = coverage_table((1, None, None), (2, "0", "0"), (3, "1", "2"))
    drawing = coverage_bars(table, date(2026, 3, 31), USD, "Team")
    assert drawing
    bars, _ = drawing.figure.data
    assert list(bars.x) == ["2026-03-01"]
    assert list(bars.marker.pattern.shape) == [""]
    assert coverage_bars(coverage_table((1, None, None)), date(2026, 3, 31), USD, "Team") is None
