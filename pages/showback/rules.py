"""Rules: those in force as people read them, a copy to edit and try over past months, and every version there was."""

import streamlit as st

from costlib.ui import rules_editor, rules_page, rules_trial, showback_month
from costlib.ui.context import page_context

context = page_context()
showback_month.banner(context)
rules_page.require_access(context)

with st.container(border=True):
    st.subheader("Rules in force", anchor=False)
    rules_page.in_force(context)

with st.container(border=True):
    st.subheader("Try other rules", anchor=False)
    tried = rules_editor.edit(context)

with st.container(border=True):
    st.subheader("Who gains, who loses", anchor=False)
    rules_trial.gains_and_losses(context, tried)

with st.container(border=True):
    st.subheader("Versions", anchor=False)
    rules_page.history(context)
