"""Who is looking, and what they may see: the one seam for sign-in.

With `[auth]` in Streamlit's secrets somebody is known by what their provider says of them, and sees what the access
file gives them. Without, a single user sees everything on their own machine; a server that others can reach knows
nobody, unless it is allowed to show cost to anybody. Every page stops when `viewer` is None.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum
from pathlib import Path

import streamlit as st
from streamlit.errors import StreamlitSecretNotFoundError

from costlib import config
from costlib.access import EVERYTHING, Role, Scope, may_view_as
from costlib.config import Settings
from costlib.errors import CostlibError
from costlib.roster.watching import Standing, WatchedRoster
from costlib.store.saved_views import Person
from costlib.ui.addresses import is_loopback

ROLES = {Role.lead: "Team lead", Role.executive: "Executive", Role.finance: "Finance", Role.admin: "Administrator"}
_VIEW_AS = "view_as"


@dataclass(frozen=True)
class Viewer:
    """A person in front of the dashboard: how to call them, whose cost they may see, and what they come for.

    `id` is what their saved views belong to; without one it is their name. Without a role they choose one themselves.
    `through` is whose eyes an administrator looks through; scope and role are then that one's. `names` are what the
    command line's `--as` takes for the same scope.
    """

    name: str
    scope: Scope
    id: str = ""
    role: Role | None = None
    through: str = ""
    names: tuple[str, ...] = ()

    @property
    def eyes(self) -> str:
        """Whose eyes see what is shown."""
        return self.through or self.name

    @property
    def person(self) -> Person:
        return Person(self.id or self.name, self.name)


class Absence(Enum):
    """Why nobody is looking."""

    open_server = "others can reach this server, and it knows nobody"
    signed_out = "nobody is signed in"
    session_ended = "the session has ended"
    no_rule = "no rule of the access file names this person"
    settings = "the settings cannot be used"


def viewer() -> Viewer | None:
    """Who is looking; None when nobody is known."""
    found = who()
    return found if isinstance(found, Viewer) else None


def who() -> Viewer | Absence:
    """The same, or why nobody is."""
    return _known_by(claimed() if auth_section() else None, st.session_state.get(_VIEW_AS))


def still() -> Callable[[], bool]:
    """A question to be asked later, from any thread: does whoever is looking now see the same, neither more nor less?

    No once their session is over, or the access file gives them something else.
    """
    claims, through = claimed() if auth_section() else None, st.session_state.get(_VIEW_AS)
    then = _known_by(claims, through)
    return lambda: isinstance(then, Viewer) and _known_by(claims, through) == then


def auth_section() -> Mapping[str, object]:
    """How sign-in is configured; empty without."""
    try:
        found = st.secrets.get("auth", {})
    except StreamlitSecretNotFoundError:
        return {}
    return found if isinstance(found, Mapping) else {}


def claimed() -> Mapping[str, object]:
    """What the provider says of whoever is signed in."""
    return st.user.to_dict()


def session_holds(claims: Mapping[str, object], hours: float, now: datetime) -> bool:
    """Whether a session is neither over by the provider's word (`exp`) nor older than `hours` (`iat`).

    Streamlit keeps its cookie for a month and looks at neither. A token that does not say is taken for an old one.
    """
    began, ends = _moment(claims.get("iat")), _moment(claims.get("exp"))
    return began is not None and ends is not None and now < min(ends, began + timedelta(hours=hours))


def standing(settings: Settings) -> Standing:
    """The access file as it stands."""
    return _watched(settings.access_file.resolve()).standing()


def look_through(names: str | None) -> None:
    """Look through the eyes of somebody the access file names from the next run on; None is one's own."""
    st.session_state[_VIEW_AS] = names


def _single_user(is_anonymous_allowed: bool) -> Viewer | Absence:
    if is_loopback(st.get_option("server.address")):
        return Viewer("Single user", EVERYTHING)
    return Viewer("Anybody", EVERYTHING) if is_anonymous_allowed else Absence.open_server


def _known_by(claims: Mapping[str, object] | None, through: str | None) -> Viewer | Absence:
    """Who it is by what their provider says of them; None is a server where nobody signs in."""
    try:
        settings = config.load(None, os.environ)
    except CostlibError:
        return _single_user(is_anonymous_allowed=False) if claims is None else Absence.settings
    if claims is None:
        return _single_user(settings.allow_anonymous)
    if not claims.get("is_logged_in"):
        return Absence.signed_out
    if not session_holds(claims, settings.session_hours, datetime.now(UTC)):
        return Absence.session_ended
    return _named_in(settings, claims, through)


def _named_in(settings: Settings, claims: Mapping[str, object], through: str | None) -> Viewer | Absence:
    roster = standing(settings).roster
    access = roster.access(claims)
    if access is None:
        return Absence.no_rule
    name, subject = (str(claims.get(key) or "") for key in ("email", "sub"))
    mine = Viewer(name or subject, access.scope, subject or name, access.role, names=access.names)
    if not through or not may_view_as(access.role) or (other := roster.access_as([through])) is None:
        return mine
    return Viewer(mine.name, other.scope, mine.id, other.role, through, other.names)


def _moment(seconds: object) -> datetime | None:
    is_number = isinstance(seconds, int | float) and not isinstance(seconds, bool)
    return datetime.fromtimestamp(float(seconds), UTC) if is_number else None  # type: ignore[arg-type]


@st.cache_resource(show_spinner=False)
def _watched(file: Path) -> WatchedRoster:
    """One a file and process, so that the last good rules outlive the session that read them."""
    return WatchedRoster(file)
