"""The page of saved views: one's own, those that others share, and where one begins."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from costlib.access import Role
from costlib.errors import CostlibError
from costlib.store import saved_views
from costlib.store.saved_views import LONGEST_NAME, SavedView, StartPage
from costlib.ui import landing, links, states, wording
from costlib.ui.context import PageContext, utc_now
from costlib.ui.links import Link, Target
from costlib.ui.saved_views import Shelf, act, problem_of_the_last_act

PAGE = "views"
_START = "start_page"


def show(context: PageContext) -> None:
    """Everything about saved views, or why they cannot be shown."""
    shelf = Shelf(context.settings, context.viewer)
    try:
        found = shelf.views()
        chosen = saved_views.start_page(shelf.source_dir, shelf.person.id)
    except CostlibError as error:
        states.problem(error, "Saved views cannot be shown")
        return
    problem_of_the_last_act()
    mine = [view for view in found if shelf.owns(view)]
    _list("Your views", mine, shelf, "Open a page, choose its filters, then “Views” beside its title keeps them here.")
    shared = [view for view in found if not shelf.owns(view)]
    _list("Shared by others", shared, shelf, "What others share is listed here.")
    _where_to_begin(context, shelf, mine, chosen)


def _list(title: str, views: list[SavedView], shelf: Shelf, empty: str) -> None:
    st.subheader(title, anchor=False)
    if not views:
        with st.container(border=True, horizontal_alignment="center"):
            st.caption(empty, text_alignment="center")
    known = links.targets()
    for view in views:
        _row(view, shelf, known.get(view.page))


def _row(view: SavedView, shelf: Shelf, target: Target | None) -> None:
    with (
        st.container(border=True, key=f"view_{view.id}"),
        st.container(horizontal=True, vertical_alignment="center", gap="small"),
    ):
        with st.container(width="stretch", gap=None):
            st.markdown(f"**{wording.escaped(view.name)}**")
            st.caption(_about(view, shelf, target))
        with st.container(horizontal=True, vertical_alignment="center", gap="small", width="content"):
            st.button(
                "Open",
                icon=":material/open_in_browser:",
                key=f"open_{view.id}",
                disabled=target is None,
                on_click=act(shelf.open, view.id),
            )
            _more(view, shelf)


def _about(view: SavedView, shelf: Shelf, target: Target | None) -> str:
    """Whose it is, which page, with which filters, and since when, as Markdown."""
    parts = [] if shelf.owns(view) else [f":material/person: {wording.escaped(view.owner.name)}"]
    parts.append(wording.escaped(target.title) if target else "a page that this dashboard does not have")
    parts += [wording.escaped(f"{label}: {value}" if value else label) for label, value in links.words(view.query)]
    if shelf.owns(view) and view.is_shared:
        parts.append(":material/group: shared with everyone")
    return " · ".join([*parts, f"saved {wording.moment(view.updated_at)}"])


def _more(view: SavedView, shelf: Shelf) -> None:
    """What is done less often than opening it."""
    with st.popover("More", icon=":material/more_horiz:", type="tertiary", key=f"more_{view.id}"):
        if shelf.owns(view):
            share, rename, delete = st.tabs(["Share", "Rename", "Delete"])
            with rename:
                _rename(view, shelf)
            with delete:
                st.markdown(f"Delete “{wording.escaped(view.name)}”? This cannot be undone.")
                st.button("Delete view", type="primary", key=f"delete_{view.id}", on_click=act(shelf.delete, view.id))
        else:
            share, own = st.tabs(["Share", "Copy"])
            with own:
                st.caption("A copy is yours: rename it, or replace what it shows.")
                st.button("Copy to my views", key=f"copy_{view.id}", on_click=act(shelf.copy, view.id))
        with share:
            _share(view, shelf)


def _share(view: SavedView, shelf: Shelf) -> None:
    st.caption("This link shows the same page with the same filters to whoever may open this dashboard.")
    st.code(links.address(Link(view.page, view.query), PAGE), language=None, wrap_lines=True)
    if not shelf.owns(view):
        return
    if view.is_shared:
        st.caption("Everyone finds it under “Shared by others”.")
        st.button("Stop sharing", key=f"share_{view.id}", on_click=act(shelf.share, view.id, False))
    else:
        st.caption("Or let everyone find it under “Shared by others”, with your name.")
        st.button("Share with everyone", key=f"share_{view.id}", on_click=act(shelf.share, view.id, True))


def _rename(view: SavedView, shelf: Shelf) -> None:
    key = f"rename_{view.id}_{view.updated_at:%H%M%S%f}"
    with st.form(f"{key}_form", border=False):
        st.text_input("Name", view.name, key=key, max_chars=LONGEST_NAME)
        st.form_submit_button("Rename", on_click=act(shelf.rename, view.id, key))


def _where_to_begin(context: PageContext, shelf: Shelf, mine: list[SavedView], chosen: StartPage) -> None:
    role = context.viewer.role
    roles = () if role else tuple(StartPage(role) for role in landing.ROLES if role is not Role.admin)
    offered = [*roles, *(StartPage(chosen.role, view.id) for view in mine)]
    names = {view.id: view.name for view in mine}
    known = links.targets()
    st.subheader("Where you begin", anchor=False)
    st.selectbox(
        "Opening the dashboard shows",
        offered,
        index=offered.index(chosen) if chosen in offered else None,
        format_func=lambda start: _reads(start, names, known),
        key=_START,
        placeholder=known[landing.page_of(role)].title,
        width=420,
        on_change=act(_begin, shelf),
    )
    st.caption("A link to a page or a view always opens what it names.")


def _reads(start: StartPage, names: Mapping[int, str], known: Mapping[str, Target]) -> str:
    if start.view_id is not None:
        return f"View: {names[start.view_id]}"
    role = landing.role_named(start.role)
    return f"{landing.ROLES[role]}: {known[landing.page_of(role)].title}" if role else known[""].title


def _begin(shelf: Shelf) -> None:
    picked = st.session_state[_START]
    chosen = picked if isinstance(picked, StartPage) else StartPage()
    saved_views.set_start_page(shelf.source_dir, shelf.person.id, chosen, utc_now())
