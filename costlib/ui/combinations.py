"""Which dimensions can be grouped together: said where somebody asked for others."""

from __future__ import annotations

import streamlit as st

from costlib.periods import Granularity, Preset
from costlib.store.snapshot import StoredLens
from costlib.ui import wording
from costlib.ui.context import PageContext
from costlib.ui.pivots import label_of

CHARGES = "Service, account, record type, charge category, cost categories and tags: any two, by day, week or month."


def hint(context: PageContext) -> None:
    """What works instead, and a button to whole months where something is stored by month only."""
    lenses = context.snapshot.lenses
    lines = [f"- {CHARGES}", *(f"- {wording.escaped(_said(lens))}" for lens in lenses)]
    with st.container(border=True):
        st.subheader("What can be combined", anchor=False)
        st.markdown("\n".join(lines))
        if context.scope.accounts is not None:
            st.caption("You see some accounts only: what is stored without its account cannot be shown to you.")
        if any(lens.granularity is Granularity.monthly for lens in lenses):
            st.button(
                "Show last month, by month",
                icon=":material/calendar_month:",
                key="whole_months",
                on_click=_show_whole_months,
            )


def _said(lens: StoredLens) -> str:
    first, second = (label_of(name) for name in lens.dimensions)
    times = "by whole months" if lens.granularity is Granularity.monthly else "by day, week or month"
    return f"{second} with {first.lower()}, {times}; without filters of anything else."


def _show_whole_months() -> None:
    """Before the widgets are drawn: the period and granularity that a monthly lens can answer for."""
    st.session_state["period"] = Preset.last_month
    st.session_state["granularity"] = Granularity.monthly
