"""Statement: what one cost center spent itself, what it carries of shared cost, why it moved, and why each line is."""

import streamlit as st

from costlib.ui import (
    showback_month,
    sign_off,
    statement,
    statement_budget,
    statement_change,
    statement_files,
    statement_trend,
    waiting,
)
from costlib.ui.context import page_context

context = page_context()
showback_month.banner(context)
with waiting.skeleton():
    shown = statement.choose(context)

statement.figures(context, shown)
statement_budget.line(context, shown)
statement.restated(context, shown)
sign_off.of_statement(context, shown.month, shown.cost_center, shown.lines)

with st.container(border=True):
    st.subheader("The statement", anchor=False)
    statement.lines(context, shown)
    statement_files.offer(context, shown.month, shown.cost_center)

with st.container(border=True):
    st.subheader("Why it moved", anchor=False)
    statement_change.change(context, shown)

with st.container(border=True):
    st.subheader("Month by month", anchor=False)
    statement_trend.trend(context, shown)
