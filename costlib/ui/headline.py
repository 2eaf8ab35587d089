"""The total of what is shown, beside what it is compared with."""

from __future__ import annotations

import streamlit as st

from costlib.periods import Period
from costlib.queries.filters import Filters
from costlib.queries.ranking import Totals
from costlib.ui import wording
from costlib.ui.context import PageContext


def headline(context: PageContext, filters: Filters, found: Totals, compared: Period | None) -> None:
    """The total of what is shown, beside the compared period's."""
    delta = wording.change_percent(found.amount, found.previous)
    versus = f"vs {wording.span(compared)}" if compared else None
    before = context.currency.exact(found.previous)
    st.metric(
        f"Total, {wording.span(filters.period)}",
        wording.escaped(context.currency.exact(found.amount)),
        wording.delta(delta),
        delta_color=wording.delta_color(delta),
        delta_arrow=wording.delta_arrow(delta),
        delta_description=f"{versus}: {wording.escaped(before)}" if versus and not delta else versus,
    )
