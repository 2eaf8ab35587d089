"""One look for all charts. Colours, fonts, light and dark come from .streamlit/config.toml by Streamlit's theme."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import plotly.graph_objects as go

Json: TypeAlias = Mapping[str, object]

GRAY = "#8c96a5"
"""Other, and what is still arriving: readable on light and dark, and never one of the theme's colours."""

TIES, DIFFERS, UNKNOWN = "#5cb89d", "#d55e00", GRAY
"""Bluish green and vermilion stay apart for people who do not tell green from red."""

HATCH: Json = {"fillmode": "overlay", "fgcolor": "rgba(255,255,255,0.65)", "size": 7, "solidity": 0.35}

CONFIG: dict[str, object] = {"displayModeBar": False, "scrollZoom": False, "doubleClick": False, "showTips": False}
"""For st.plotly_chart: no mode bar, and no gesture that a scrolling thumb could set off."""

_LAYOUT: Json = {
    "margin": {"l": 0, "r": 4, "t": 8, "b": 0, "pad": 4},
    "bargap": 0.18,
    "barcornerradius": 2,
    "dragmode": False,
    "hovermode": "closest",
    "hoverlabel": {"align": "left"},
    "showlegend": True,
    "legend": {
        "orientation": "h",
        "yanchor": "bottom",
        "y": 1.02,
        "xanchor": "left",
        "x": 0,
        "traceorder": "normal",
        "itemclick": False,
        "itemdoubleclick": False,
        "title": {"text": ""},
        "font": {"size": 12},
    },
}


@dataclass(frozen=True)
class Drawing:
    """A figure, what it says in words, and what a click on each of its traces opens (None: nothing)."""

    figure: go.Figure
    alt: str
    keys: tuple[str | None, ...] = ()


def figure(traces: Sequence[Json], height: int, **layout: object) -> go.Figure:
    """A figure of plain traces in the one look; `layout` is Plotly's, over it."""
    return go.Figure({"data": list(traces), "layout": {**_LAYOUT, "height": height, **layout}})


def money_axis(prefix: str, **more: object) -> Json:
    """Compact amounts, a quiet grid, and a line at zero."""
    return {
        "tickprefix": prefix,
        "exponentformat": "B",
        "nticks": 6,
        "fixedrange": True,
        "rangemode": "tozero",
        "automargin": True,
        **more,
    }


def time_axis(**more: object) -> Json:
    """Days from left to right, without a grid."""
    return {"type": "date", "showgrid": False, "fixedrange": True, "automargin": True, **more}


def legend_entry(name: str, **marker: object) -> Json:
    """A bar that is only in the legend, to explain a pattern."""
    return {"type": "bar", "x": [None], "y": [None], "name": name, "marker": marker, "hoverinfo": "skip"}
