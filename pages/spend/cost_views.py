"""Cost views: the same charges unblended, amortized and net, what leads from one to another, and what is prepaid."""

import streamlit as st

from costlib.ui import cost_views, prepaid, states, waiting
from costlib.ui.context import page_context

context = page_context()
with waiting.skeleton():
    found = cost_views.found(context)

if found:
    cost_views.figures(found, context)
    cost_views.where_it_falls(context)
    with st.container(border=True):
        st.subheader("From one sense of cost to another", anchor=False)
        pair = cost_views.choose()
        cost_views.steps(context, found, pair)
    with st.container(border=True):
        st.subheader("Every record type in every sense of cost", anchor=False)
        cost_views.record_types(context, found)
else:
    states.nothing_matches()

with st.container(border=True):
    st.subheader("Prepaid balance", anchor=False)
    prepaid.prepaid(context)
