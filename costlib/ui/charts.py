"""Tidy tables to figures: pure functions. Floats are positions on the screen; what is read is made of Decimals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, TypeAlias

from costlib.money import total
from costlib.periods import DAY, Granularity, Period
from costlib.ui import wording
from costlib.ui.chart_style import GRAY, HATCH, Drawing, Json, figure, legend_entry, money_axis, time_axis
from costlib.ui.wording import Currency

if TYPE_CHECKING:
    import pyarrow as pa

MOST_NEGATIVE = 0.02
MOST_TICKS = 8
A_MONDAY = "2024-01-01"
MOST_BARS = 100
"""Of one key: beyond, stacked areas draw in half the time."""
LONGEST_LABEL = 34
LONGEST_ENTRY = 19
"""Of a legend: two of them side by side fit a phone. The whole name is in the hover text."""
ESTIMATED = "Estimated: AWS may still change it"
ARRIVING = "Still arriving"
VEIL = "rgba(140,150,165,0.5)"
_HOVER_DAYS = {
    Granularity.daily: "%a %-d %b %Y",
    Granularity.weekly: "week of %-d %b %Y",
    Granularity.monthly: "%b %Y",
}
_TICKS = (
    {"dtickrange": [None, "M1"], "value": "%-d %b"},
    {"dtickrange": ["M1", None], "value": "%b\n%Y"},
)
_WEEK_MILLISECONDS = 7 * 24 * 3600 * 1000


_Row: TypeAlias = tuple[date, Decimal | None, bool, bool, bool]


@dataclass(frozen=True)
class _Points:
    """One key's cost over time, in order."""

    key: str
    starts: tuple[date, ...]
    amounts: tuple[Decimal | None, ...]
    estimated: tuple[bool, ...]
    complete: tuple[bool, ...]
    is_other: bool

    @property
    def heights(self) -> list[float | None]:
        return [None if amount is None else float(amount) for amount in self.amounts]


def stacked(
    table: pa.Table, names: Mapping[str, str], currency: Currency, granularity: Granularity, what: str
) -> Drawing | None:
    """Cost over time, one colour a key, Other in gray; None without any charge. `names`: key → label."""
    series = _series(table)
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
        "xaxis": _axis_of(granularity, len(series[0].starts)),
        "yaxis": money_axis(currency.prefix),
    }
    if estimated:
        traces.append(legend_entry("Estimated", color=GRAY, pattern={"shape": "/", **HATCH}))
        if as_areas:
            layout["shapes"] = [_shade(min(estimated), series[0].starts[-1])]
    keys = tuple(None if points.is_other else points.key for points in series)
    alt = f"Stacked chart: {what}. {_told(_sums(series), currency, granularity)}"
    return Drawing(figure(traces, 400, **layout), alt, keys)


def monthly_trend(table: pa.Table, run_rate: Decimal | None, currency: Currency) -> Drawing:
    """A bar a month; the month that is not over is hatched, with its run-rate as an outline above it."""
    (points,) = _series(table)
    shapes = ["" if complete else "/" for complete in points.complete]
    bars = _bars(points, currency, Granularity.monthly, "Whole months")
    bars["marker"] = {"pattern": {"shape": shapes, **HATCH}}
    traces: list[Json] = [bars]
    last, amount = points.starts[-1], points.amounts[-1]
    if not points.complete[-1]:
        traces.append(legend_entry("This month so far", color=GRAY, pattern={"shape": "/", **HATCH}))
        if run_rate is not None and amount is not None and run_rate > amount:
            traces.append(_ghost(last, float(run_rate - amount), currency.exact(run_rate)))
    layout = {
        "barmode": "stack",
        "xaxis": _axis_of(Granularity.monthly, len(points.starts)),
        "yaxis": money_axis(currency.prefix),
    }
    alt = f"Bar chart: cost by month. {_told(points, currency, Granularity.monthly)}"
    return Drawing(figure(traces, 320, **layout), alt)


def daily_spend(table: pa.Table, currency: Currency) -> Drawing:
    """A bar a day; estimated days are hatched, days that are still arriving gray and hatched."""
    (points,) = _series(table)
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
        "xaxis": _axis_of(Granularity.daily, len(points.starts)),
        "yaxis": money_axis(currency.prefix),
    }
    through = f" Days after {wording.day(arrived[-1])} are still arriving." if arrived else ""
    alt = f"Bar chart: cost by day. {_told(points, currency, Granularity.daily)}{through}"
    return Drawing(figure(traces, 320, **layout), alt)


def ranked_bars(table: pa.Table, names: Mapping[str, str], currency: Currency, what: str) -> Drawing | None:
    """One bar a key, the largest on top, its name and amount above it; None without any charge."""
    series = [points for points in _series(table) if points.amounts[0]]
    if not series:
        return None
    rows = [(p, names.get(p.key, p.key), p.amounts[0]) for p in series]
    places = list(range(len(rows)))
    trace: Json = {
        "type": "bar",
        "orientation": "h",
        "y": places,
        "x": [float(amount or 0) for _, _, amount in rows],
        "width": 0.36,
        "customdata": [currency.exact(amount) for _, _, amount in rows],
        "text": [wording.for_plotly(name) for _, name, _ in rows],
        "textposition": "none",
        "hovertemplate": "%{text}<br>%{customdata}<extra></extra>",
        "showlegend": False,
    }
    others = [place for place, (points, _, _) in enumerate(rows) if points.is_other]
    traces = [{**trace, "x": [None if i in others else x for i, x in enumerate(_floats(rows))]}]
    if others:
        gray = [x if i in others else None for i, x in enumerate(_floats(rows))]
        traces.append({**trace, "x": gray, "marker": {"color": GRAY}})
    labels = [
        label for place, (_, name, amount) in enumerate(rows) for label in _row_labels(place, name, amount, currency)
    ]
    layout = {
        "barmode": "overlay",
        "annotations": labels,
        "xaxis": {"visible": False, "fixedrange": True},
        "yaxis": {"visible": False, "fixedrange": True, "range": [len(rows) - 0.5, -0.9]},
    }
    told = ", ".join(f"{wording.one_line(name)} {currency.exact(amount)}" for _, name, amount in rows[:3])
    keys = tuple(None if points.is_other else points.key for points in series)
    return Drawing(figure(traces, 41 * len(rows) + 16, **layout), f"Bars: {what}. Largest: {told}.", keys)


def _floats(rows: Sequence[tuple[_Points, str, Decimal | None]]) -> list[float]:
    return [float(amount or 0) for _, _, amount in rows]


def _row_labels(place: int, name: str, amount: Decimal | None, currency: Currency) -> list[Json]:
    shared = {"y": place, "xref": "paper", "yshift": 16, "showarrow": False}
    return [
        {**shared, "x": 0, "xanchor": "left", "text": wording.for_plotly(name, LONGEST_LABEL)},
        {**shared, "x": 1, "xanchor": "right", "text": f"<b>{wording.for_plotly(currency.exact(amount))}</b>"},
    ]


def _series(table: pa.Table) -> list[_Points]:
    """The rows of cost_over_time, key by key: they are dense, so every key has every start."""
    found: dict[str, list[_Row]] = {}
    columns = ("period_start", "amount", "is_estimated", "is_complete", "is_other")
    rows = zip(*(table.column(name).to_pylist() for name in columns), strict=True)
    for key, row in zip(table.column("key").to_pylist(), rows, strict=True):
        found.setdefault(key, []).append(row)
    return [_points(key, its) for key, its in found.items()]


def _points(key: str, rows: Sequence[_Row]) -> _Points:
    starts, amounts, estimated, complete, others = zip(*rows, strict=True)
    return _Points(key, starts, amounts, estimated, complete, others[0])


def _is_mostly_positive(series: Sequence[_Points]) -> bool:
    """Areas lie on each other, so large credits would hide what is below; bars hang them under the zero line."""
    heights = [height for points in series for height in points.heights if height is not None]
    return -sum(height for height in heights if height < 0) <= MOST_NEGATIVE * sum(map(abs, heights))


def _sums(series: Sequence[_Points]) -> _Points:
    """All keys together."""
    amounts = tuple(total(at) for at in zip(*(points.amounts for points in series), strict=True))
    first = series[0]
    return _Points("", first.starts, amounts, first.estimated, first.complete, is_other=False)


def _bars(points: _Points, currency: Currency, granularity: Granularity, name: str) -> dict[str, object]:
    label = wording.for_plotly(name)
    bars: dict[str, object] = {
        "type": "bar",
        "x": [start.isoformat() for start in points.starts],
        "y": points.heights,
        "name": wording.for_plotly(_without_vendor(name), LONGEST_ENTRY),
        "customdata": [currency.exact(amount) for amount in points.amounts],
        "hovertemplate": f"%{{x|{_HOVER_DAYS[granularity]}}}<br><b>%{{customdata}}</b><extra>{label}</extra>",
    }
    if granularity is Granularity.monthly:
        bars |= {"xperiod": "M1", "xperiodalignment": "middle"}
    return bars


def _without_vendor(name: str) -> str:
    """`Simple Storage Service`: every second name begins with the same word, which tells nothing apart."""
    return name.removeprefix("Amazon ").removeprefix("AWS ") or name


def _bar(points: _Points, name: str, currency: Currency, granularity: Granularity) -> Json:
    shapes = ["/" if estimated else "" for estimated in points.estimated]
    color: Json = {"color": GRAY} if points.is_other else {}
    return {
        **_bars(points, currency, granularity, name),
        "marker": {**color, "pattern": {"shape": shapes, **HATCH}},
    }


def _area(points: _Points, name: str, currency: Currency, granularity: Granularity) -> Json:
    """Steps rather than slopes: a day's cost is not on its way to the next day's."""
    color: Json = {"fillcolor": VEIL} if points.is_other else {}
    return {
        **_bars(points, currency, granularity, name),
        "type": "scatter",
        "mode": "lines",
        "line": {"width": 0, "shape": "hvh"},
        "stackgroup": "all",
        "hoveron": "points+fills",
        **color,
    }


def _ghost(month: date, height: float, run_rate: str) -> Json:
    return {
        "type": "bar",
        "x": [month.isoformat()],
        "y": [height],
        "xperiod": "M1",
        "xperiodalignment": "middle",
        "name": "Run-rate to month end",
        "marker": {"color": "rgba(140,150,165,0.12)", "line": {"color": GRAY, "width": 1}},
        "customdata": [run_rate],
        "hovertemplate": "Run-rate for the whole month<br><b>%{customdata}</b><extra></extra>",
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


def _axis_of(granularity: Granularity, pieces: int) -> Json:
    """Days as `22 Nov`, weeks by their Monday, months by their name with the year under the first one and January."""
    if granularity is Granularity.monthly:
        return time_axis(tickformat="%b\n%Y", dtick="M1", ticklabelmode="period")
    if granularity is Granularity.weekly:
        every = max(1, -(-pieces // MOST_TICKS)) * _WEEK_MILLISECONDS
        return time_axis(tickformat="%-d %b\n%Y", tick0=A_MONDAY, dtick=every)
    return time_axis(tickformatstops=_TICKS, nticks=MOST_TICKS)


def _told(points: _Points, currency: Currency, granularity: Granularity) -> str:
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
