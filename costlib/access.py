"""What a person comes for, and what they may see.

Every query takes a `Scope` and applies it in SQL, so exports and caches obey it too.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from costlib.wording import count


class Role(StrEnum):
    """What a person comes for: it decides where they begin and what they may change, never what cost they see.

    From the lowest to the highest: of several, the last one counts.
    """

    lead = "lead"
    executive = "executive"
    finance = "finance"
    admin = "admin"


def highest(roles: Iterable[Role]) -> Role:
    """The one that counts of somebody who has several."""
    return max(roles, key=list(Role).index)


def may_change_rules(role: Role | None) -> bool:
    """Whether somebody of this role may put rules in force; None is the single user of a dashboard of their own."""
    return role in (None, Role.finance, Role.admin)


def may_read_audit_log(role: Role | None) -> bool:
    """Whether somebody of this role may read who did what; None is the single user."""
    return role in (None, Role.admin)


def may_view_as(role: Role | None) -> bool:
    """Whether somebody of this role may look through another one's eyes. A single user has nobody else."""
    return role is Role.admin


Label = tuple[str, str]
"""A label dimension (`cost_category:NAME`, `tag:KEY`) and one value of it; 'Unallocated' is "has none"."""


def may_close_months(role: Role | None) -> bool:
    """Whether somebody of this role may freeze a month's statements."""
    return may_change_rules(role)


def may_change_budgets(role: Role | None) -> bool:
    """Whether somebody of this role may put budgets in force."""
    return may_change_rules(role)


@dataclass(frozen=True)
class Scope:
    """The charges that may be read, and the cost centers whose statements may.

    `accounts` None is every charge. Otherwise a charge is seen when one of these holds: its account is one of
    `accounts`, it carries one of `labels`, or it belongs to one of `cost_centers` by the rules of its month.

    A statement also holds shares of others' cost, so somebody who sees some charges only sees no statement but those of
    the `cost_centers` that are named; `cost_centers` None beside every charge is every statement.
    """

    accounts: frozenset[str] | None = None
    cost_centers: frozenset[str] | None = None
    labels: frozenset[Label] = frozenset()

    @property
    def statements(self) -> frozenset[str] | None:
        """The cost centers whose statements may be read; None is every one."""
        if self.accounts is not None and self.cost_centers is None:
            return frozenset()
        return self.cost_centers

    def of_center(self, name: str) -> Scope:
        """One cost center's charges and statement alone; nothing if it may not be seen."""
        if self.statements is None or name in self.statements:
            return Scope(frozenset(), frozenset({name}))
        return Scope(frozenset(), frozenset())

    @property
    def goes_by_charge(self) -> bool:
        """Whether an account is not enough to tell what may be seen: cost centers and labels cut accounts."""
        return self.accounts is not None and bool(self.labels or self.cost_centers)

    def __or__(self, other: Scope) -> Scope:
        """What either may see."""
        if EVERYTHING in (self, other):
            return EVERYTHING
        return Scope(
            None if self.accounts is None or other.accounts is None else self.accounts | other.accounts,
            None if self.statements is None or other.statements is None else self.statements | other.statements,
            self.labels | other.labels,
        )

    @property
    def in_words(self) -> str:
        """`every account`, `2 accounts and 1 cost center`, `nothing`."""
        if self.accounts is None:
            return "every account"
        sizes = {"account": self.accounts, "cost center": self.cost_centers or (), "label value": self.labels}
        parts = [count(len(values), what) for what, values in sizes.items() if values]
        return " and ".join(filter(None, [", ".join(parts[:-1]), *parts[-1:]])) or "nothing"

    def written(self) -> dict[str, tuple[str, ...]]:
        """The same as lists of text; nothing for everything."""
        parts = {"accounts": self.accounts, "cost_centers": self.cost_centers}
        kept = {name: tuple(sorted(values)) for name, values in parts.items() if values is not None}
        for name, value in sorted(self.labels):
            kept[name] = (*kept.get(name, ()), value)
        return kept


def read_scope(written: Mapping[str, Iterable[str]]) -> Scope:
    """What `Scope.written` wrote."""
    parts = {name: frozenset(values) for name, values in written.items()}
    accounts, centers = parts.pop("accounts", None), parts.pop("cost_centers", None)
    return Scope(accounts, centers, frozenset((name, value) for name, values in parts.items() for value in values))


EVERYTHING = Scope()
NOTHING = Scope(frozenset(), frozenset())
