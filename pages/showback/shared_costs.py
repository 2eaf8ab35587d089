"""All cost centers: every statement of a month in one matrix that ends in the bill, and what each rule moved."""

import streamlit as st

from costlib.ui import month_close, month_rules, shared_costs, showback_month, sign_off_board, statement_files, waiting
from costlib.ui.context import page_context

context = page_context()
showback_month.banner(context)
with waiting.skeleton():
    found = shared_costs.choose(context)

shared_costs.figures(context, found)

with st.container(border=True):
    st.subheader("Every cost center", anchor=False)
    shared_costs.matrix(context, found)
    statement_files.offer(context, found.month)

with st.container(border=True):
    st.subheader("Sign-off and closing", anchor=False)
    sign_off_board.board(context, found.month, found.matrix)
    month_close.panel(context, found)

with st.container(border=True):
    st.subheader("What the rules moved", anchor=False)
    month_rules.rules(context, found.month)

with st.container(border=True):
    st.subheader("As closed versus now", anchor=False)
    shared_costs.as_closed_versus_now(context, found)
