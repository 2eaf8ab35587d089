"""What is largest, as bars with their name and amount above them: legible on a phone, however long the names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from costlib.ui import wording
from costlib.ui.chart_style import GRAY, Drawing, Json, figure
from costlib.ui.points import points_of
from costlib.ui.wording import Currency

if TYPE_CHECKING:
    import pyarrow as pa

LONGEST_NAME = 34
BAR, ROW_HEIGHT = 0.36, 41


@dataclass(frozen=True)
class _Bar:
    place: int
    key: str
    name: str
    amount: Decimal
    is_other: bool


def rank_bars(table: pa.Table, names: Mapping[str, str], currency: Currency, what: str) -> Drawing | None:
    """One bar a key, the largest on top, Other in gray; None without any charge.

    `table` is one period of cost_over_time; a click on a bar carries its place, which finds the key in `keys`.
    """
    charged = [(points, amount) for points in points_of(table) if (amount := points.amounts[0])]
    bars = [
        _Bar(place, points.key, names.get(points.key, points.key), amount, points.is_other)
        for place, (points, amount) in enumerate(charged)
    ]
    if not bars:
        return None
    layout = {
        "barmode": "overlay",
        "annotations": [label for bar in bars for label in _labels(bar, currency)],
        "xaxis": {"visible": False, "fixedrange": True},
        "yaxis": {"visible": False, "fixedrange": True, "range": [len(bars) - 0.5, -0.9]},
    }
    traces = [_trace(its, currency) for its in _named_and_other(bars) if its]
    largest = ", ".join(f"{wording.one_line(bar.name)} {currency.exact(bar.amount)}" for bar in bars[:3])
    keys = tuple(None if bar.is_other else bar.key for bar in bars)
    return Drawing(
        figure(traces, ROW_HEIGHT * len(bars) + 16, **layout), f"Bar chart: {what}. Largest: {largest}.", keys
    )


def _named_and_other(bars: list[_Bar]) -> tuple[list[_Bar], list[_Bar]]:
    return [bar for bar in bars if not bar.is_other], [bar for bar in bars if bar.is_other]


def _trace(bars: list[_Bar], currency: Currency) -> Json:
    return {
        "type": "bar",
        "orientation": "h",
        "x": [float(bar.amount) for bar in bars],
        "y": [bar.place for bar in bars],
        "width": BAR,
        "customdata": [currency.exact(bar.amount) for bar in bars],
        "text": [wording.for_plotly(bar.name) for bar in bars],
        "textposition": "none",
        "hovertemplate": "%{text}<br>%{customdata}<extra></extra>",
        "showlegend": False,
        "marker": {"color": GRAY} if bars[0].is_other else {},
    }


def _labels(bar: _Bar, currency: Currency) -> tuple[Json, Json]:
    shared = {"y": bar.place, "xref": "paper", "yshift": 16, "showarrow": False}
    amount = wording.for_plotly(currency.exact(bar.amount))
    return (
        {**shared, "x": 0, "xanchor": "left", "text": wording.for_plotly(bar.name, LONGEST_NAME)},
        {**shared, "x": 1, "xanchor": "right", "text": f"<b>{amount}</b>"},
    )
