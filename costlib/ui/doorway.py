"""Coming in and going out: who is signed in and as whom, and what those see whom nobody lets in."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import NoReturn

import streamlit as st

from costlib.access import Role, may_change_rules, may_view_as
from costlib.config import Settings
from costlib.roster.rules import GROUP
from costlib.store import audit
from costlib.store.audit import Entry, Event
from costlib.store.saved_views import Person
from costlib.ui import identity, lasting, wording
from costlib.ui.identity import Absence, Viewer

_ANYBODY = "Anybody"


def nobody_may_look() -> NoReturn:
    """Say why nothing is shown, and what to do. Draws no cost, and stops the run."""
    found = identity.who()
    with st.container(border=True, horizontal_alignment="center"):
        match found:
            case Absence.open_server:
                _said("This server shows nothing", "Others can reach it, and nobody signs in: see docs/sign-in.md.")
            case Absence.no_rule:
                _no_access()
            case Absence.session_ended:
                _said("Your session has ended", "Sign in again to go on where you were.")
                _sign_in_buttons()
            case Absence.settings:
                _said("The settings cannot be used", "The server's log and `python -m costlib status` say why.")
            case _:
                _said("Nobody is signed in", "Sign in to see cost.")
                _sign_in_buttons()
    st.stop()


def who_is_looking(viewer: Viewer, settings: Settings) -> None:
    """Who it is, what they see and how to leave, in the sidebar; above every page what everybody has to know."""
    is_signed_in = bool(identity.auth_section())
    if is_signed_in:
        _note_sign_in(viewer, settings)
    _banners(viewer, settings, is_signed_in)
    with st.sidebar:
        role = f" · {identity.ROLES[viewer.role]}" if viewer.role else ""
        st.caption(f":material/person: {wording.escaped(viewer.name)}{role} · sees {viewer.scope.in_words}")
        st.caption(f":material/database: Source: {settings.source.value}")
        if is_signed_in:
            _view_as(viewer, settings)
            st.button("Sign out", icon=":material/logout:", key="sign_out", on_click=st.logout)


def no_page_for(viewer: Viewer) -> NoReturn:
    """A page that this role does not have."""
    role = identity.ROLES[viewer.role] if viewer.role else "This person"
    with st.container(border=True, horizontal_alignment="center"):
        _said("No access", f"{role}: this page is for administrators.")
    st.stop()


def _said(title: str, text: str) -> None:
    st.subheader(f":material/lock: {title}", anchor=False, text_alignment="center")
    st.caption(text, text_alignment="center")


def _sign_in_buttons() -> None:
    section = identity.auth_section()
    named = [name for name, its in section.items() if hasattr(its, "get") and its.get("client_id")]
    if "client_id" in section or not named:
        st.button("Sign in", type="primary", icon=":material/login:", key="sign_in", on_click=st.login)
    for name in named:
        label = f"Sign in with {wording.escaped(name.capitalize())}"
        st.button(label, icon=":material/login:", key=f"sign_in_{name}", on_click=st.login, args=(name,))


def _no_access() -> None:
    claims = identity.claimed()
    _said("You have no access yet", "You are signed in, and no rule of the access file names you.")
    known = {"E-mail": claims.get("email"), "Subject": claims.get("sub")}
    st.caption("Give this to whoever looks after the dashboard:", text_alignment="center")
    st.code("\n".join(f"{name}: {value}" for name, value in known.items() if value), language=None)
    if claims.get("email_verified", True) not in (True, "true"):
        st.caption("Your provider has not verified this e-mail address, so it counts for nothing.")
    st.button("Sign out", icon=":material/logout:", key="sign_out", on_click=st.logout)


def _banners(viewer: Viewer, settings: Settings, is_signed_in: bool) -> None:
    if viewer.name == _ANYBODY and not is_signed_in:
        st.warning("Nobody signs in: everybody who reaches this server sees all cost.", title="Open to anybody")
    if viewer.through:
        role = identity.ROLES[viewer.role] if viewer.role else ""
        who = wording.escaped(viewer.through.removeprefix(GROUP))
        st.info(f"{role}, sees {viewer.scope.in_words}.", title=f"Viewing as {who}", icon=":material/visibility:")
    problem = identity.standing(settings).problem if is_signed_in and may_change_rules(viewer.role) else None
    if problem is not None:
        text = f"{wording.escaped(problem.message)}\n\n{wording.escaped(problem.remedy)}"
        st.error(text, title="The access file cannot be used; the last good rules hold", icon=":material/rule:")


def _view_as(viewer: Viewer, settings: Settings) -> None:
    if viewer.through:
        st.button("Stop viewing as", key="stop_view_as", on_click=_look, args=(viewer, settings, None))
    elif may_view_as(viewer.role):
        grants = identity.standing(settings).roster.grants
        people = sorted({name for grant in grants for name in grant.people} - {viewer.name.casefold(), viewer.id})
        groups = sorted({f"{GROUP}{name}" for grant in grants for name in grant.groups})
        with st.popover("View as", icon=":material/visibility:", key="view_as_popover"):
            chosen = st.selectbox("Person or group of the access file", [*people, *groups], key="view_as_whom")
            about = (viewer, settings, chosen)
            st.button("View as", key="begin_view_as", on_click=_look, args=about, disabled=chosen is None)


def _look(viewer: Viewer, settings: Settings, names: str | None) -> None:
    """Written down before it happens: what cannot be written down does not happen."""
    if not lasting.holds(viewer):
        return
    event = Event.view_as_began if names else Event.view_as_ended
    audit.record(settings.source_dir, Entry(_now(), event, viewer.person, names or viewer.through))
    identity.look_through(names)


def _note_sign_in(viewer: Viewer, settings: Settings) -> None:
    """Once for each sign-in, however many windows it is used in; and once for each content of the access file."""
    claims, kept = identity.claimed(), st.session_state
    version = identity.standing(settings).version
    token = f"{claims.get('iss', '')} {claims.get('sub')} {claims.get('iat')}"
    if kept.get("noted") == (token, version):
        return
    role = viewer.role if not viewer.through else Role.admin
    entry = Entry(_now(), Event.signed_in, viewer.person, f"{role}, sees {viewer.scope.in_words}")
    audit.record(settings.source_dir, entry, once=f"signed_in {token}")
    file = Person("access file", settings.access_file.name)
    audit.record(settings.source_dir, Entry(_now(), Event.access_changed, file, version), once=f"access {version}")
    kept["noted"] = (token, version)


def _now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)
