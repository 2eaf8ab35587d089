"""What a person comes for, and what they may see.

Every query takes a `Scope` and applies it in SQL, so exports and caches obey it too.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """What a person comes for; it decides where they begin, never what they may see."""

    executive = "executive"
    lead = "lead"
    finance = "finance"


@dataclass(frozen=True)
class Scope:
    """The accounts whose charges may be read; None is every account."""

    accounts: frozenset[str] | None = None


EVERYTHING = Scope()
