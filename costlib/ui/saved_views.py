"""Saved views at hand on every page: keep what is shown under a name, open one. The page of all of them has the rest.

Each act is a callback, so that it is done, and the address bar read, before the page is drawn anew.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from costlib.config import Settings
from costlib.errors import CostlibError, NameTaken
from costlib.store import saved_views
from costlib.store.saved_views import SavedView
from costlib.ui import identity, links, states, wording
from costlib.ui.context import utc_now
from costlib.ui.identity import Viewer
from costlib.ui.links import Link

ALL_VIEWS = "pages/data/views.py"
AT_HAND = 8
"""Views that the popover lists; the rest is a click further."""

_NAME = "new_view_name"
_TAKEN = "view_name_taken"
_PROBLEM = "saved_views_problem"


class Shelf:
    """The saved views of whoever is looking, and what may be done with them."""

    def __init__(self, settings: Settings, viewer: Viewer) -> None:
        self.source_dir = settings.source_dir
        self.person = viewer.person

    def views(self) -> list[SavedView]:
        return saved_views.views(self.source_dir, self.person.id)

    def owns(self, view: SavedView) -> bool:
        return view.owner.id == self.person.id

    def save(self, page: str, name: str, replace: bool = False) -> None:
        """Keep this page as its address says; a name that is taken is asked about first."""
        link, st.session_state[_TAKEN] = links.here(page), None
        try:
            saved_views.save(self.source_dir, self.person, name, page, link.query, utc_now(), replace)
        except NameTaken as taken:
            st.session_state[_TAKEN] = taken.name
            return
        st.toast(f"Saved as “{wording.escaped(name)}”.", icon=":material/bookmark_added:")

    def open(self, view_id: int) -> None:
        view = saved_views.view(self.source_dir, self.person.id, view_id)
        if view is None:
            st.toast("This view is not there any more.", icon=":material/bookmark_remove:")
            return
        links.follow(Link(view.page, view.query))

    def rename(self, view_id: int, key: str) -> None:
        saved_views.rename(self.source_dir, self.person.id, view_id, str(st.session_state[key]), utc_now())

    def share(self, view_id: int, is_shared: bool) -> None:
        saved_views.share(self.source_dir, self.person.id, view_id, is_shared, utc_now())

    def delete(self, view_id: int) -> None:
        saved_views.delete(self.source_dir, self.person.id, view_id)

    def copy(self, view_id: int) -> None:
        view = saved_views.copy(self.source_dir, self.person, view_id, utc_now())
        st.toast(f"Copied to your views as “{wording.escaped(view.name)}”.", icon=":material/bookmark_added:")


def act(what: Callable[..., None], *arguments: object) -> Callable[[], None]:
    """A callback for a button: an expected error is shown where the views are, once. Nobody's button does nothing."""
    return partial(_do, what, arguments)


def _do(what: Callable[..., None], arguments: tuple[object, ...]) -> None:
    if identity.viewer() is None:
        return
    try:
        what(*arguments)
    except CostlibError as error:
        st.session_state[_PROBLEM] = error


def problem_of_the_last_act() -> None:
    """What went wrong with the button that was just pressed."""
    states.problem_of(_PROBLEM, "This could not be done")


def show(place: DeltaGenerator, page: str, settings: Settings, viewer: Viewer) -> None:
    """The button in the head of a page, and what opens under it."""
    shelf = Shelf(settings, viewer)
    with place.popover("Views", icon=":material/bookmark:", key=f"views_popover_{links.followed()}"):
        try:
            found = shelf.views()
        except CostlibError as error:
            states.problem(error, "Saved views cannot be shown")
            return
        if page != "views":
            problem_of_the_last_act()
            _save(shelf, page)
        _open(shelf, found)
        with st.container(horizontal_alignment="right"):
            st.page_link(ALL_VIEWS, label="All saved views", icon=":material/bookmarks:")


def _save(shelf: Shelf, page: str) -> None:
    with st.form("save_view", clear_on_submit=True, border=False):
        st.text_input("Save this page with its filters as", key=_NAME, max_chars=saved_views.LONGEST_NAME)
        st.form_submit_button("Save view", icon=":material/bookmark_add:", on_click=act(_save_as_typed, shelf, page))
    if taken := st.session_state.get(_TAKEN):
        st.warning(f"You have a view called “{wording.escaped(taken)}” already.", icon=":material/help:")
        with st.container(horizontal=True, gap="small"):
            st.button("Replace it", key="replace_view", on_click=act(shelf.save, page, taken, True))
            st.button("Keep it", key="keep_view", type="tertiary", on_click=_keep)


def _save_as_typed(shelf: Shelf, page: str) -> None:
    shelf.save(page, str(st.session_state[_NAME]))


def _keep() -> None:
    st.session_state[_TAKEN] = None


def _open(shelf: Shelf, found: list[SavedView]) -> None:
    known = links.targets()
    for view in found[:AT_HAND]:
        whose = "" if shelf.owns(view) else f" · {wording.escaped(view.owner.name)}"
        target = known.get(view.page)
        st.button(
            f"{wording.escaped(view.name)}{whose}",
            icon=target.icon if target else ":material/block:",
            key=f"open_view_{view.id}",
            type="tertiary",
            disabled=target is None,
            on_click=act(shelf.open, view.id),
        )
