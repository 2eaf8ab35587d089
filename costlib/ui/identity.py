"""Who is looking, and what they may see.

The one seam for sign-in: today a single user runs the dashboard on their own machine and sees everything. With sign-in,
`viewer` answers from the session and returns None until somebody is known; every page stops on None.
"""

from __future__ import annotations

from dataclasses import dataclass

from costlib.access import EVERYTHING, Role, Scope
from costlib.store.saved_views import Person


@dataclass(frozen=True)
class Viewer:
    """A person in front of the dashboard: how to call them, whose cost they may see, and what they come for.

    `id` is what their saved views belong to; without one it is their name. Without a role they choose one themselves.
    """

    name: str
    scope: Scope
    id: str = ""
    role: Role | None = None

    @property
    def person(self) -> Person:
        return Person(self.id or self.name, self.name)


def viewer() -> Viewer | None:
    """Who is looking; None when nobody is signed in."""
    return Viewer("Single user", EVERYTHING)
