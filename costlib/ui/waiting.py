"""What is on a page while its first questions are asked."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import streamlit as st

from costlib.ui.context import page_context

_DRAWN = "waiting_drawn_page"


@contextlib.contextmanager
def skeleton(height: int = 600) -> Iterator[None]:
    """Room for what comes, in pixels, where nothing is yet. What a page shows already stays until the new is there:
    room between the filters and the old figures would push them down and up again.
    """
    page = page_context().page
    if st.session_state.get(_DRAWN) == page:
        st.empty()  # the place of the skeleton, so that what follows keeps its own
        yield
        return
    with st.skeleton(height=height):
        yield
    st.session_state[_DRAWN] = page
