"""What a waterfall draws: exact ends, floating steps, and the same in words."""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from costlib.ui.chart_style import GRAY
from costlib.ui.waterfall import FALL, RISE, Bar, Span, spans, waterfall
from costlib.ui.wording import Currency

USD = Currency("USD")
BARS = (
    Bar("Unblended", Decimal("1234.56"), is_total=True),
    Bar("Upfront fees <taken out>", Decimal(-400), key="upfront"),
    Bar("Unused", Decimal("20.004"), key="unused"),
    Bar("Amortized", Decimal("854.564"), is_total=True),
)
AMOUNTS = st.decimals(-(10**15), 10**15, places=10)


@given(AMOUNTS, st.lists(AMOUNTS, max_size=20))
def test_the_last_step_ends_exactly_at_the_sum_of_all_steps(first: Decimal, steps: list[Decimal]) -> None:
    bars = [Bar("start", first, is_total=True), *(Bar("step", step) for step in steps)]
    found = spans(bars)
    assert found[-1].end.scaleb(10) == sum(int(amount.scaleb(10)) for amount in (first, *steps))
    assert all(before.end == after.start for before, after in pairwise(found))


def test_totals_begin_at_zero_and_steps_where_the_bar_before_ended() -> None:
    assert spans(BARS) == [
        Span(Decimal(0), Decimal("1234.56")),
        Span(Decimal("1234.56"), Decimal("834.56")),
        Span(Decimal("834.56"), Decimal("854.564")),
        Span(Decimal(0), Decimal("854.564")),
    ]
    drawing = waterfall(BARS, USD, "cost")
    assert drawing
    (trace,) = drawing.figure.data
    assert list(trace.base) == [0.0, 1234.56, 834.56, 0.0]
    assert list(trace.x) == [1234.56, -400.0, 20.004, 854.564]
    assert list(trace.marker.color) == [GRAY, FALL, RISE, GRAY]
    connectors = [(line.x0, line.x1) for line in drawing.figure.layout.shapes[1:]]
    assert connectors == [(at, at) for at in (1234.56, 834.56, 854.564)]


def test_amounts_are_compact_above_the_bars_and_exact_on_hover() -> None:
    drawing = waterfall(BARS, USD, "cost")
    assert drawing
    texts = [annotation.text for annotation in drawing.figure.layout.annotations]
    assert texts[:4] == ["Unblended", "<b>$1.23k</b>", "Upfront fees &lt;taken out&gt;", "<b>−$400</b>"]
    assert texts[5] == "<b>+$20.00</b>"
    assert list(drawing.figure.data[0].customdata) == [
        "$1,234.56",
        "−$400.00, to $834.56",
        "+$20.00, to $854.56",
        "$854.56",
    ]


def test_the_text_alternative_names_start_end_and_the_largest_steps() -> None:
    drawing = waterfall(BARS, USD, "from unblended to amortized")
    assert drawing
    assert drawing.alt == (
        "Waterfall chart: from unblended to amortized. From Unblended $1,234.56 to Amortized $854.56. "
        "Largest steps: Upfront fees <taken out> −$400.00, Unused +$20.00."
    )
    assert drawing.keys == (None, "upfront", "unused", None)


def test_without_an_amount_there_is_no_chart() -> None:
    assert waterfall((), USD, "cost") is None
    assert waterfall((Bar("Unblended", Decimal(0), is_total=True), Bar("Tax", Decimal(0))), USD, "cost") is None


def test_totals_are_cut_and_say_so_where_steps_would_be_too_thin_to_see() -> None:
    small = (Bar("Before", Decimal(100_000), is_total=True), Bar("Step", Decimal(500)))
    drawing = waterfall((*small, Bar("After", Decimal(100_500), is_total=True)), USD, "cost")
    assert drawing
    assert drawing.figure.layout.xaxis.range[0] == 99_700
    texts = [annotation.text for annotation in drawing.figure.layout.annotations]
    assert texts[-3:] == ["<b>//</b>", "<b>//</b>", "// Totals are cut at $99.7k"]
    assert list(drawing.figure.data[0].base) == [0.0, 100_000.0, 0.0]


def test_totals_begin_at_zero_where_the_steps_are_large_or_go_below_it() -> None:
    for step in (Decimal(-400), Decimal(-1300)):
        drawing = waterfall((Bar("Before", Decimal(1000), is_total=True), Bar("Step", step)), USD, "cost")
        assert drawing
        assert drawing.figure.layout.xaxis.range[0] == float(min(Decimal(0), 1000 + step))
        assert not any("cut" in annotation.text for annotation in drawing.figure.layout.annotations)
