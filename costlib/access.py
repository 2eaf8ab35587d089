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


def may_change_rules(role: Role | None) -> bool:
    """Whether somebody of this role may put rules in force; None is the single user of a dashboard of their own."""
    return role in (None, Role.finance)


def may_change_budgets(role: Role | None) -> bool:
    """Whether somebody of this role may put budgets in force; None is the single user of a dashboard of their own."""
    return role in (None, Role.finance)


@dataclass(frozen=True)
class Scope:
    """The accounts whose charges may be read, and the cost centers whose statements may; None is every one.

    A statement also holds shares of other accounts' cost, so somebody who sees some accounts only sees no statement
    but those that are named.
    """

    accounts: frozenset[str] | None = None
    cost_centers: frozenset[str] | None = None

    @property
    def statements(self) -> frozenset[str] | None:
        """The cost centers whose statements may be read; None is every one."""
        if self.accounts is not None and self.cost_centers is None:
            return frozenset()
        return self.cost_centers


EVERYTHING = Scope()
