"""Where somebody begins: the page of their role, or a view they chose. Once a session, and only at the bare address."""

from __future__ import annotations

import os

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from costlib import config
from costlib.access import Role
from costlib.errors import CostlibError
from costlib.store import saved_views
from costlib.ui import links
from costlib.ui.identity import ROLES as ROLES
from costlib.ui.identity import Viewer
from costlib.ui.links import Link

_BEGUN = "session_has_begun"
OVERVIEW = Link("")
PAGES = {
    Role.executive: ("",),
    Role.lead: ("statement", "accounts"),
    Role.finance: ("breakdown", "services"),
    Role.admin: ("",),
}
"""The pages that answer a role's first question, best first; the first that the dashboard has."""


def arrive(page: StreamlitPage, viewer: Viewer | None) -> None:
    """Take whoever has just come to where they begin; to be called before anything is drawn.

    A link to a page, or with parameters, is never left for another page.
    """
    if viewer is None:
        return
    if _BEGUN not in st.session_state:
        st.session_state[_BEGUN] = True
        if not page.url_path and not st.query_params and (start := _start(viewer)) != OVERVIEW:
            links.follow(start)
    links.arrive(page)


def page_of(role: Role | None) -> str:
    """The path of the page where a role begins."""
    known = links.targets()
    return next((path for path in PAGES.get(role, ()) if path in known), "") if role else ""


def _start(viewer: Viewer) -> Link:
    """Their view, else their role's page; the overview if the choice cannot be read, which the views report."""
    try:
        source_dir = config.load(None, os.environ).source_dir
        chosen = saved_views.start_page(source_dir, viewer.person.id)
        if chosen.view_id is not None and (found := saved_views.view(source_dir, viewer.person.id, chosen.view_id)):
            return Link(found.page, found.query)
    except CostlibError:
        return OVERVIEW
    return Link(page_of(viewer.role or role_named(chosen.role)))


def role_named(name: str | None) -> Role | None:
    """A stored role; None for none, or for one that this program does not know."""
    return next((role for role in Role if role == name), None)
