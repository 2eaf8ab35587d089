"""How one amount becomes another, step by step: a row a bar, its name and amount above it, legible on a phone.

Totals begin at zero; a step floats from where the bar before it ended. Where bars begin and end are exact sums of
Decimals; floats are only their positions on the screen.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from costlib.money import EXACT
from costlib.ui import wording
from costlib.ui.chart_style import GRAY, Drawing, Json, figure
from costlib.ui.wording import Currency

RISE, FALL = "#d55e00", "#2a88c8"
"""Vermilion and blue stay apart for all kinds of colour vision, on light and on dark."""
LINE = "rgba(140,150,165,0.55)"
LONGEST_NAME = 34
SMALL = Decimal("0.3")
"""Of the highest amount: where all steps lie within less, the axis begins near them and not at zero."""
LARGEST_SAID = 3
BAR, ROW_HEIGHT = 0.36, 41
ROOM = 0.22
"""Of the width of the bars, for the amounts beside them."""


@dataclass(frozen=True)
class Bar:
    """A step by `amount`, or a total of it; `key` is what a click on it opens."""

    name: str
    amount: Decimal
    is_total: bool = False
    key: str | None = None


@dataclass(frozen=True)
class Span:
    """Where a bar begins and ends, exactly."""

    start: Decimal
    end: Decimal


def spans(bars: Sequence[Bar]) -> list[Span]:
    """Each bar's beginning and end: a total from zero, a step from where the bar before it ended."""
    found: list[Span] = []
    for bar in bars:
        start = Decimal(0) if bar.is_total or not found else found[-1].end
        found.append(Span(start, EXACT.add(start, bar.amount)))
    return found


def waterfall(bars: Sequence[Bar], currency: Currency, what: str) -> Drawing | None:
    """The bars from top to bottom; None if there is no amount to draw.

    A click carries a bar's place, which finds its key in `keys`, as in a ranking.
    """
    if not any(bar.amount for bar in bars):
        return None
    places = spans(bars)
    view = _view(places)
    labels = [label for place, bar in enumerate(bars) for label in _labels(place, bar, currency)]
    layout = {
        "showlegend": False,
        "annotations": [*labels, *_cut(bars, view, currency)],
        "shapes": [_zero(len(bars)), *_connectors(places)],
        "xaxis": {"visible": False, "fixedrange": True, "range": _with_room(view)},
        "yaxis": {"visible": False, "fixedrange": True, "range": [len(bars) - (0.1 if view.start > 0 else 0.5), -0.9]},
    }
    drawn = figure([_trace(bars, places, currency)], ROW_HEIGHT * len(bars) + (33 if view.start > 0 else 16), **layout)
    return Drawing(drawn, _in_words(bars, places, currency, what), tuple(bar.key for bar in bars))


def _view(places: Sequence[Span]) -> Span:
    """What the axis shows: from zero, or from near the steps where they would be too thin to see."""
    ends = [span.end for span in places]
    low, high = min(*ends, ends[0]), max(*ends, ends[0])
    extent = EXACT.subtract(high, low)
    if extent and low > 0 and extent < high * SMALL:
        return Span(max(Decimal(0), low - extent * Decimal("0.6")), high)
    return Span(min(Decimal(0), low), max(Decimal(0), high))


def _with_room(view: Span) -> list[float]:
    """The amounts stand to the right of all bars."""
    start, end = float(view.start), float(view.end)
    return [start, end + (end - start) * ROOM]


def _cut(bars: Sequence[Bar], view: Span, currency: Currency) -> list[Json]:
    """A mark on each total that does not begin at zero, and the words for it."""
    if view.start <= 0:
        return []
    shared: Json = {"xref": "paper", "x": 0, "xanchor": "left", "showarrow": False}
    mark = {"text": "<b>//</b>", "font": {"size": 15, "color": "white"}, "xshift": 8}
    words = {"text": f"// Totals are cut at {wording.for_plotly(currency.compact(view.start))}", "font": {"size": 11}}
    marks = [{**shared, **mark, "y": place} for place, bar in enumerate(bars) if bar.is_total]
    return [*marks, {**shared, **words, "y": len(bars) - 0.45}]


def _trace(bars: Sequence[Bar], places: Sequence[Span], currency: Currency) -> Json:
    return {
        "type": "bar",
        "orientation": "h",
        "base": [float(span.start) for span in places],
        "x": [float(bar.amount) for bar in bars],
        "y": list(range(len(bars))),
        "width": BAR,
        "marker": {"color": [_color(bar) for bar in bars]},
        "customdata": [_exact(bar, span, currency) for bar, span in zip(bars, places, strict=True)],
        "text": [wording.for_plotly(bar.name) for bar in bars],
        "textposition": "none",
        "hovertemplate": "%{text}<br>%{customdata}<extra></extra>",
    }


def _color(bar: Bar) -> str:
    return GRAY if bar.is_total else RISE if bar.amount > 0 else FALL


def _exact(bar: Bar, span: Span, currency: Currency) -> str:
    return currency.exact(bar.amount) if bar.is_total else f"{_step(bar, currency)}, to {currency.exact(span.end)}"


def _step(bar: Bar, currency: Currency) -> str:
    return currency.change(bar.amount)


def _labels(place: int, bar: Bar, currency: Currency) -> tuple[Json, Json]:
    shared = {"y": place, "xref": "paper", "yshift": 16, "showarrow": False}
    sign = "+" if bar.amount > 0 and not bar.is_total else ""
    amount = f"{sign}{currency.compact(bar.amount)}"
    return (
        {**shared, "x": 0, "xanchor": "left", "text": wording.for_plotly(bar.name, LONGEST_NAME)},
        {**shared, "x": 1, "xanchor": "right", "text": f"<b>{wording.for_plotly(amount)}</b>"},
    )


def _connectors(places: Sequence[Span]) -> list[Json]:
    """From where a bar ended down to the next one, which begins or ends there."""
    return [_line(float(span.end), place + BAR / 2, place + 1 - BAR / 2) for place, span in enumerate(places[:-1])]


def _zero(rows: int) -> Json:
    return _line(0.0, -BAR / 2, rows - 1 + BAR / 2)


def _line(at: float, top: float, bottom: float) -> Json:
    return {
        "type": "line",
        "x0": at,
        "x1": at,
        "y0": top,
        "y1": bottom,
        "layer": "below",
        "line": {"width": 1, "color": LINE},
    }


def _in_words(bars: Sequence[Bar], places: Sequence[Span], currency: Currency, what: str) -> str:
    """Where it starts, where it ends, and the largest steps between."""
    steps = sorted((bar for bar in bars if not bar.is_total and bar.amount), key=lambda bar: -abs(bar.amount))
    said = ", ".join(f"{wording.one_line(bar.name)} {_step(bar, currency)}" for bar in steps[:LARGEST_SAID])
    start = _named(bars[0], places[0].end, currency) if bars[0].is_total else currency.exact(places[0].start)
    end = _named(bars[-1], places[-1].end, currency) if bars[-1].is_total else currency.exact(places[-1].end)
    return f"Waterfall chart: {what}. From {start} to {end}. " + (f"Largest steps: {said}." if said else "No steps.")


def _named(bar: Bar, amount: Decimal, currency: Currency) -> str:
    return f"{wording.one_line(bar.name)} {currency.exact(amount)}"
