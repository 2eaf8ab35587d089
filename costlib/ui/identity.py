"""Who is looking, and what they may see.

The one seam for sign-in: today a single user runs the dashboard on their own machine and sees everything. With sign-in,
`viewer` answers from the session and returns None until somebody is known; every page stops on None.
"""

from __future__ import annotations

from dataclasses import dataclass

from costlib.access import EVERYTHING, Scope


@dataclass(frozen=True)
class Viewer:
    """A person in front of the dashboard: how to call them, and whose cost they may see."""

    name: str
    scope: Scope


def viewer() -> Viewer | None:
    """Who is looking; None when nobody is signed in."""
    return Viewer("Single user", EVERYTHING)
