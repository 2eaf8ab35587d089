"""A chart on the screen: heading, figure with its text alternative, and the fine print it stands on."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import partial

import streamlit as st

from costlib.ui import wording
from costlib.ui.chart_style import CONFIG, Drawing
from costlib.ui.context import PageContext

KPI_HEIGHT = 116
"""Pixels of a bordered figure with a line under it: it has its place before the browser can draw it; nothing jumps."""
BARE_HEIGHT = 90
"""Of one that has no line in its whole row."""
CUTS = {"service": "Service", "usage_account_id": "Account"}


def chart(
    context: PageContext,
    title: str,
    drawing: Drawing | None,
    key: str,
    note: str = "",
    opens: Callable[[str], None] | None = None,
) -> None:
    """A card with a heading, a figure, and the fine print after a note of its own."""
    with st.container(border=True, height="stretch"):
        st.subheader(title, anchor=False)
        figure(drawing, key, opens)
        st.caption(f"{note} {context.fine_print}".strip())


def figure(
    drawing: Drawing | None,
    key: str,
    opens: Callable[[str], None] | None = None,
    opens_day: Callable[[date], None] | None = None,
) -> None:
    """The figure alone; with `opens`, a click on a trace (or a bar of a ranking) calls it with the key clicked.

    With `opens_day`, for charts over days, a click on a bar calls it with the day.
    """
    if drawing is None:
        st.caption("No charges here.")
        return
    if opens is not None:
        clicked = partial(_clicked, key, drawing.keys, opens)
    elif opens_day is not None:
        clicked = partial(_day_clicked, key, opens_day)
    else:
        st.plotly_chart(drawing.figure, key=key, config=CONFIG, alt=drawing.alt)
        return
    st.plotly_chart(
        drawing.figure,
        key=key,
        config=CONFIG,
        alt=drawing.alt,
        selection_mode="points",
        on_select=clicked,
    )


def kpi(
    label: str,
    value: str,
    delta: str | None = None,
    versus: str | None = None,
    about: str | None = None,
    height: int = KPI_HEIGHT,
) -> None:
    """One figure in a frame; `delta` is its change in percent, `versus` what it is compared with."""
    st.metric(
        label,
        wording.escaped(value),
        wording.delta(delta),
        delta_color=wording.delta_color(delta),
        delta_arrow=wording.delta_arrow(delta),
        delta_description=versus,
        help=about,
        border=True,
        height=height,
    )


def by_switch(label: str, key: str) -> str:
    """Which of `CUTS` a card is cut by, kept in the link."""
    picked = st.segmented_control(
        label,
        list(CUTS),
        format_func=lambda by: f"By {CUTS[by].lower()}",
        default="service",
        key=key,
        bind="query-params",
        required=True,
        label_visibility="collapsed",
    )
    return picked if picked in CUTS else "service"


def _clicked(key: str, keys: tuple[str | None, ...], opens: Callable[[str], None]) -> None:
    """Which key was clicked: bars of a ranking carry it by their place, traces by their number. Other opens nothing."""
    points = st.session_state[key]["selection"]["points"]
    if not points:
        return
    place = points[0]["y"] if points[0].get("text") else points[0]["curve_number"]
    clicked = keys[int(place)] if 0 <= int(place) < len(keys) else None
    if clicked is not None:
        opens(clicked)


def _day_clicked(key: str, opens_day: Callable[[date], None]) -> None:
    """Plotly says days as dates, with midnight or without."""
    points = st.session_state[key]["selection"]["points"]
    if points:
        opens_day(date.fromisoformat(str(points[0]["x"])[: len("2026-01-31")]))
