"""What a person may see. Every query takes a `Scope` and applies it in SQL, so exports and caches obey it too."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Scope:
    """The accounts whose charges may be read; None is every account."""

    accounts: frozenset[str] | None = None


EVERYTHING = Scope()
