"""Who would pay more and who less: each cost center's change as a bar to the right or to the left of zero."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from costlib.ui import wording
from costlib.ui.chart_style import DIFFERS, TIES, Drawing, Json, figure
from costlib.ui.wording import Currency

MOST = 30
"""Bars; the table has everybody."""
LONGEST_NAME = 34
BAR, ROW_HEIGHT = 0.36, 41


def gain_bars(changes: Mapping[str, Decimal], currency: Currency, when: str) -> Drawing | None:
    """Changes by cost center, the largest first as they come; None when nobody's statement moves."""
    moved = [(name, change) for name, change in changes.items() if change][:MOST]
    if not moved:
        return None
    moved.sort(key=lambda pair: -pair[1])
    labels = [label for place, (name, change) in enumerate(moved) for label in _labels(place, name, change, currency)]
    layout = {
        "showlegend": False,
        "annotations": labels,
        "shapes": [_zero(len(moved))],
        "xaxis": {"visible": False, "fixedrange": True, "range": _range([change for _, change in moved])},
        "yaxis": {"visible": False, "fixedrange": True, "range": [len(moved) - 0.5, -0.9]},
    }
    said = ", ".join(f"{wording.one_line(name)} {currency.change(change)}" for name, change in moved)
    alt = f"Bar chart: change of each cost center, {when}: {said}."
    return Drawing(figure([_trace(moved, currency)], ROW_HEIGHT * len(moved) + 24, **layout), alt)


def _range(changes: list[Decimal]) -> list[float]:
    """Zero is always in sight."""
    return [min(0.0, float(min(changes))), max(0.0, float(max(changes)))]


def _trace(moved: list[tuple[str, Decimal]], currency: Currency) -> Json:
    return {
        "type": "bar",
        "orientation": "h",
        "x": [float(change) for _, change in moved],
        "y": list(range(len(moved))),
        "width": BAR,
        "marker": {"color": [DIFFERS if change > 0 else TIES for _, change in moved]},
        "text": [wording.for_plotly(name) for name, _ in moved],
        "textposition": "none",
        "customdata": [currency.change(change) for _, change in moved],
        "hovertemplate": "%{text}<br><b>%{customdata}</b><extra></extra>",
    }


def _labels(place: int, name: str, change: Decimal, currency: Currency) -> tuple[Json, Json]:
    shared = {"y": place, "xref": "paper", "yshift": 16, "showarrow": False}
    amount = wording.for_plotly(currency.change(change))
    return (
        {**shared, "x": 0, "xanchor": "left", "text": wording.for_plotly(name, LONGEST_NAME)},
        {**shared, "x": 1, "xanchor": "right", "text": f"<b>{amount}</b>"},
    )


def _zero(rows: int) -> Json:
    return {
        "type": "line",
        "x0": 0,
        "x1": 0,
        "y0": -0.5,
        "y1": rows - 0.5,
        "layer": "below",
        "line": {"width": 1, "color": "rgba(140,150,165,0.5)"},
    }
