"""Budgets: how each one stands, the chosen one day by day, AWS's own beside them, and for finance the text of them."""

import streamlit as st

from costlib.ui import budgets, budgets_editor, budgets_page, waiting
from costlib.ui.context import page_context

context = page_context()
budgets_page.banner(context)
with waiting.skeleton():
    shown = budgets.choose(context)

budgets.figures(context, shown)

with st.container(border=True):
    st.subheader("All budgets", anchor=False)
    budgets.all_of_them(context, shown)

with st.container(border=True):
    budgets.burn_up(context, shown)

with st.container(border=True):
    st.subheader("AWS Budgets", anchor=False)
    budgets_page.aws(context)

with st.container(border=True):
    st.subheader("Change budgets", anchor=False)
    budgets_editor.edit(context)
