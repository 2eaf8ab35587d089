"""What goes on after a page is drawn: parts that redraw themselves, buttons, files made when somebody asks for them.

The frame asks who is looking once a full run. None of these is one, so each asks again whether whoever it was drawn for
still sees the same: a session ends, and the access file changes, while a page is open.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

import streamlit as st

from costlib.errors import NoAccess
from costlib.ui import identity
from costlib.ui.identity import Viewer

P = ParamSpec("P")
R = TypeVar("R")


def fragment(run_every: float | None = None) -> Callable[[Callable[P, None]], Callable[P, None]]:
    """As Streamlit's, and the only one of the dashboard: it is drawn again for the same viewer alone.

    For anybody else it draws nothing and has the whole page run, which says what there is to say.
    """

    def of(draw: Callable[P, None]) -> Callable[P, None]:
        @st.fragment(run_every=run_every)
        @wraps(draw)
        def redrawn(drawn_for: Viewer | None, *args: P.args, **kwargs: P.kwargs) -> None:
            if drawn_for is None or not holds(drawn_for):
                st.rerun(scope="app")
            draw(*args, **kwargs)

        @wraps(draw)
        def drawn(*args: P.args, **kwargs: P.kwargs) -> None:
            redrawn(identity.viewer(), *args, **kwargs)

        return drawn

    return of


def holds(viewer: Viewer) -> bool:
    """Whether this session is still this viewer's, who sees the same: what a button asks before it does anything."""
    return identity.viewer() == viewer


def while_it_holds(make: Callable[[], R]) -> Callable[[], R]:
    """`make`, for whoever is looking now; later, from any thread, it raises NoAccess if they do not see the same."""
    still = identity.still()

    def made() -> R:
        if not still():
            raise NoAccess("Your session has ended, or you may see something else now.", "Open the page again.")
        return make()

    return made
