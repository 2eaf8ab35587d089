"""Changes: what moved between two periods, the largest first, where it comes from, and how it adds up."""

import streamlit as st

from costlib.ui import changes, compared_periods, states, waiting
from costlib.ui.context import page_context

context = page_context()
by = changes.choose(context)
compared = compared_periods.settle(context, by)
found = None
if compared:
    with waiting.skeleton():
        found = changes.find(context, by, compared)

if found:
    changes.headline(context, found)
elif compared:
    states.nothing_matches()

if found and found.is_known:
    changes.four_parts(context, found)
    left, right = st.columns(2)
    with left.container(border=True, height="stretch"):
        st.subheader("What moved most", anchor=False)
        changes.why(context, found)
    with right.container(border=True, height="stretch"):
        st.subheader("From before to now", anchor=False)
        changes.steps(context, found)

if found:
    with st.container(border=True):
        st.subheader(changes.title(found), anchor=False)
        changes.all_of_them(context, found)
