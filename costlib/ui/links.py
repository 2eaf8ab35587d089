"""Links of the dashboard: what the address bar says now, and following a link without starting anew.

A browser that follows a link starts a session, and the URL is all there is. Within a session Streamlit lets the values
of widgets win over the URL, and refuses to set parameters that widgets are bound to, except when somebody steps back in
the browser's history: then the URL wins, and what it does not name goes back to its default. Following a link here is
such a step. Streamlit has no public way to ask for it, so this module, alone, asks its insides.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode

import streamlit as st
from streamlit.navigation.page import StreamlitPage
from streamlit.runtime.scriptrunner import get_script_run_ctx

_FOLLOWED = "link_followed"
_COUNT = "links_followed"
STAY = "start"
"""A parameter that only says: show this page, not the one where this person begins."""


@dataclass(frozen=True)
class Link:
    """A page by its path ("" is the start page), and the parameters of its URL, encoded."""

    page: str
    query: str = ""


@dataclass(frozen=True)
class Target:
    """A page that a link can lead to."""

    title: str
    icon: str
    script: str


def targets() -> Mapping[str, Target]:
    """The pages of the dashboard by their paths, in the order of the navigation."""
    context = get_script_run_ctx()
    pages = context.pages_manager.get_pages().values() if context else ()
    return {
        str(page.get("url_pathname", "")): Target(str(page["page_name"]), str(page["icon"]), str(page["script_path"]))
        for page in pages
    }


def here(page: str) -> Link:
    """The page at this address, as a link; to be called where the address is settled: in a widget's callback."""
    pairs = [(key, value) for key in st.query_params for value in st.query_params.get_all(key) if key != STAY]
    return Link(page, urlencode(pairs))


def address(link: Link, page: str) -> str:
    """The whole address of a link, as one sends it to somebody; `page` is the page that is open."""
    root = (st.context.url or "").removesuffix(page).rstrip("/")
    query = link.query if link.page or link.query else f"{STAY}=here"
    return f"{root}/{link.page}" + (f"?{query}" if query else "")


def follow(link: Link) -> None:
    """Go there in the run that begins now; to be called in a callback, or before anything is drawn."""
    st.session_state[_FOLLOWED] = link
    st.session_state[_COUNT] = followed() + 1


def followed() -> int:
    """How often this session has followed a link: part of the key of what must be closed afterwards."""
    return int(st.session_state.get(_COUNT, 0))


def arrive(page: StreamlitPage) -> None:
    """Take the step to a followed link, if there is one; to be called before anything is drawn."""
    link = st.session_state.get(_FOLLOWED)
    if not isinstance(link, Link):
        return
    if link.page != page.url_path and (target := targets().get(link.page)):
        st.switch_page(target.script, query_params={})
    del st.session_state[_FOLLOWED]
    if link.page == page.url_path:
        _let_the_url_win(link.query)


def words(query: str) -> list[tuple[str, str]]:
    """What the parameters say, as label and value, for people: `("Services", "Amazon S3")`."""
    found: dict[str, list[str]] = {}
    for key, value in parse_qsl(query):
        found.setdefault(key.replace("_", " ").capitalize(), []).append(value)
    return [(label, "" if values == ["true"] else ", ".join(values)) for label, values in found.items()]


def _let_the_url_win(query: str) -> None:
    context = get_script_run_ctx()
    if context is None:
        return
    with context.session_state.query_params() as parameters:
        parameters.set_initial_query_params(query)
        parameters.populate_from_query_string(query)
        parameters._send_query_param_msg()
    context.is_history_navigation = True
