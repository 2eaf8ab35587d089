"""Tidy tables to figures: pure functions. Floats are positions on the screen; what is read is made of Decimals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from costlib.periods import DAY, Granularity, Period
from costlib.ui import wording
from costlib.ui.chart_style import GRAY, HATCH, Drawing, Json, figure, legend_entry, money_axis, time_axis
from costlib.ui.points import Points, points_of, together
from costlib.ui.wording import Currency
from costlib.vocabulary import UNALLOCATED

if TYPE_CHECKING:
    import pyarrow as pa

MOST_BARS = 100
"""Of one key: beyond, stacked areas draw in half the time."""
MOST_NEGATIVE = 0.02
"""Of all amounts by size, for areas."""
MOST_TICKS = 8
A_MONDAY = "2024-01-01"
LONGEST_ENTRY = 19
"""Of a legend: two of them side by side fit a phone. The whole name is in the hover text."""
ESTIMATED = "Estimated: AWS may still change it"
ARRIVING = "Still arriving"
VEIL = "rgba(140,150,165,0.5)"
HOLLOW = "rgba(140,150,165,0.12)"
HOVER_DAYS = {
    Granularity.daily: "%a %-d %b %Y",
    Granularity.weekly: "week of %-d %b %Y",
    Granularity.monthly: "%b %Y",
}
_TICKS = (
    {"dtickrange": [None, "M1"], "value": "%-d %b"},
    {"dtickrange": ["M1", None], "value": "%b\n%Y"},
)
_OUTLINE: Json = {"color": HOLLOW, "line": {"color": GRAY, "width": 1}}
"""Not filled in: what nobody owns, and what has not happened yet."""
_WEEK_MILLISECONDS = 7 * 24 * 3600 * 1000


def stacked(
    table: pa.Table, names: Mapping[str, str], currency: Currency, granularity: Granularity, what: str
) -> Drawing | None:
    """Cost over time, one colour a key, Other in gray, Unallocated hollow; None without any charge.

    `names`: key → label.
    """
    series = points_of(table)
    if not series:
        return None
    as_areas = len(series[0].starts) > MOST_BARS and _is_mostly_positive(series)
    draw = _area if as_areas else _bar
    traces = [draw(points, names.get(points.key, points.key), currency, granularity) for points in series]
    estimated = [
        start for start, is_estimated in zip(series[0].starts, series[0].estimated, strict=True) if is_estimated
    ]
    layout: dict[str, object] = {
        "barmode": "relative",
        "xaxis": axis_of(granularity, len(series[0].starts)),
        "yaxis": money_axis(currency.prefix),
    }
    if estimated:
        traces.append(legend_entry("Estimated", color=GRAY, pattern={"shape": "/", **HATCH}))
        if as_areas:
            layout["shapes"] = [_shade(min(estimated), series[0].starts[-1])]
    keys = tuple(None if points.is_other else points.key for points in series)
    alt = f"Stacked chart: {what}. {_told(together(series), currency, granularity)}"
    return Drawing(figure(traces, 400, **layout), alt, keys)


def monthly_trend(table: pa.Table, month_end: Decimal | None, currency: Currency) -> Drawing:
    """A bar a month; the month that is not over is hatched, with its expected end as an outline above it."""
    (points,) = points_of(table)
    shapes = ["" if complete else "/" for complete in points.complete]
    bars = _bars(points, currency, Granularity.monthly, "Whole months")
    bars["marker"] = {"pattern": {"shape": shapes, **HATCH}}
    traces: list[Json] = [bars]
    last, amount = points.starts[-1], points.amounts[-1]
    if not points.complete[-1]:
        traces.append(legend_entry("This month so far", color=GRAY, pattern={"shape": "/", **HATCH}))
        if month_end is not None and amount is not None and month_end > amount:
            traces.append(_ghost(last, float(month_end - amount), currency.exact(month_end)))
    layout = {
        "barmode": "stack",
        "xaxis": axis_of(Granularity.monthly, len(points.starts)),
        "yaxis": money_axis(currency.prefix),
    }
    alt = f"Bar chart: cost by month. {_told(points, currency, Granularity.monthly)}"
    return Drawing(figure(traces, 320, **layout), alt)


def daily_spend(table: pa.Table, currency: Currency) -> Drawing:
    """A bar a day; estimated days are hatched, days that are still arriving gray and hatched."""
    (points,) = points_of(table)
    arrived = [start for start, complete in zip(points.starts, points.complete, strict=True) if complete]
    bars = _bars(points, currency, Granularity.daily, "Cost of the day")
    arriving = dict(bars)
    bars["y"] = [h if complete else None for h, complete in zip(points.heights, points.complete, strict=True)]
    shapes = ["/" if estimated else "" for estimated in points.estimated]
    bars["marker"] = {"pattern": {"shape": shapes, **HATCH}}
    traces: list[Json] = [bars]
    if any(e and c for e, c in zip(points.estimated, points.complete, strict=True)):
        traces.append(legend_entry(ESTIMATED, color=GRAY, pattern={"shape": "/", **HATCH}))
    if len(arrived) < len(points.starts):
        arriving["y"] = [None if complete else h for h, complete in zip(points.heights, points.complete, strict=True)]
        arriving |= {"name": ARRIVING, "marker": {"color": GRAY, "opacity": 0.55, "pattern": {"shape": ".", **HATCH}}}
        traces.append(arriving)
    layout = {
        "barmode": "stack",
        "xaxis": axis_of(Granularity.daily, len(points.starts)),
        "yaxis": money_axis(currency.prefix),
    }
    through = f" Days after {wording.day(arrived[-1])} are still arriving." if arrived else ""
    alt = f"Bar chart: cost by day. {_told(points, currency, Granularity.daily)}{through}"
    return Drawing(figure(traces, 320, **layout), alt)


def _is_mostly_positive(series: Sequence[Points]) -> bool:
    """Areas lie on each other, so large credits would hide what is below; bars hang them under the zero line."""
    heights = [height for points in series for height in points.heights if height is not None]
    return -sum(height for height in heights if height < 0) <= MOST_NEGATIVE * sum(map(abs, heights))


def _bars(points: Points, currency: Currency, granularity: Granularity, name: str) -> dict[str, object]:
    label = wording.for_plotly(name)
    bars: dict[str, object] = {
        "type": "bar",
        "x": [start.isoformat() for start in points.starts],
        "y": points.heights,
        "name": wording.for_plotly(without_vendor(name), LONGEST_ENTRY),
        "customdata": [currency.exact(amount) for amount in points.amounts],
        "hovertemplate": f"%{{x|{HOVER_DAYS[granularity]}}}<br><b>%{{customdata}}</b><extra>{label}</extra>",
    }
    if granularity is Granularity.monthly:
        bars |= {"xperiod": "M1", "xperiodalignment": "middle"}
    return bars


def without_vendor(name: str) -> str:
    """`Simple Storage Service`: every second name begins with the same word, which tells nothing apart."""
    return name.removeprefix("Amazon ").removeprefix("AWS ") or name


def _bar(points: Points, name: str, currency: Currency, granularity: Granularity) -> Json:
    shapes = ["/" if estimated else "" for estimated in points.estimated]
    color: Json = {"color": GRAY} if points.is_other else {}
    pattern: Json = {"shape": shapes, **HATCH}
    if points.key == UNALLOCATED:
        color, pattern = _OUTLINE, {**pattern, "fgcolor": GRAY}
    return {**_bars(points, currency, granularity, name), "marker": {**color, "pattern": pattern}}


def _area(points: Points, name: str, currency: Currency, granularity: Granularity) -> Json:
    """Steps rather than slopes: a day's cost is not on its way to the next day's."""
    color: Json = {"fillcolor": VEIL} if points.is_other else {}
    is_hollow = points.key == UNALLOCATED
    if is_hollow:
        color = {"fillcolor": HOLLOW}
    return {
        **_bars(points, currency, granularity, name),
        "type": "scatter",
        "mode": "lines",
        "line": {"width": 1 if is_hollow else 0, "shape": "hvh", **({"color": GRAY} if is_hollow else {})},
        "stackgroup": "all",
        "hoveron": "points+fills",
        **color,
    }


def _ghost(month: date, height: float, month_end: str) -> Json:
    return {
        "type": "bar",
        "x": [month.isoformat()],
        "y": [height],
        "xperiod": "M1",
        "xperiodalignment": "middle",
        "name": "Expected by month end",
        "marker": _OUTLINE,
        "customdata": [month_end],
        "hovertemplate": "Expected for the whole month<br><b>%{customdata}</b><extra></extra>",
    }


def _shade(first: date, last: date) -> Json:
    """Areas have no hatching: the estimated days get a veil."""
    return {
        "type": "rect",
        "xref": "x",
        "yref": "paper",
        "x0": first.isoformat(),
        "x1": last.isoformat(),
        "y0": 0,
        "y1": 1,
        "line": {"width": 0},
        "fillcolor": VEIL,
    }


def axis_of(granularity: Granularity, pieces: int) -> Json:
    """Days as `22 Nov`, weeks by their Monday, months by their name with the year under the first one and January."""
    if granularity is Granularity.monthly:
        return time_axis(tickformat="%b\n%Y", dtick="M1", ticklabelmode="period")
    if granularity is Granularity.weekly:
        every = max(1, -(-pieces // MOST_TICKS)) * _WEEK_MILLISECONDS
        return time_axis(tickformat="%-d %b\n%Y", tick0=A_MONDAY, dtick=every)
    return time_axis(tickformatstops=_TICKS, nticks=MOST_TICKS)


def _told(points: Points, currency: Currency, granularity: Granularity) -> str:
    """The chart in two sentences: its span, highest and lowest, and how much of it is estimated."""
    known = [(amount, start) for start, amount in zip(points.starts, points.amounts, strict=True) if amount is not None]
    if not known:
        return "This cost metric is not available."
    piece = {Granularity.daily: "day", Granularity.weekly: "week", Granularity.monthly: "month"}[granularity]
    (high, when_high), (low, when_low) = max(known), min(known)
    estimated = sum(points.estimated)
    shown = Period(points.starts[0], points.starts[-1] + DAY)
    return (
        f"{wording.count(len(points.starts), piece)}, {wording.span(shown)}. "
        f"Highest: {currency.exact(high)} ({piece} of {wording.day(when_high)}); "
        f"lowest: {currency.exact(low)} ({wording.day(when_low)})."
        + (f" {wording.count(estimated, piece)} estimated." if estimated else "")
    )
