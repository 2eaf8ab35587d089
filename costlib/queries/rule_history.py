"""Which rules a month stands on, and every version there was: who put it in force, when, and why.

Rules hold no cost, so whoever may see the dashboard may read them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from costlib.allocation.parsing import parse_rules
from costlib.allocation.rules import AllocationRules, Rule
from costlib.store.showback import RULES_PROBLEM
from costlib.store.snapshot import Snapshot
from costlib.wording import one_line

APPLIED = "version, file, text, applied_at, applied_by, note"
"""The columns of `Applied`."""
NEWEST_FIRST = "ORDER BY applied_at DESC, version"


@dataclass(frozen=True)
class Applied:
    """A text as somebody put it in force."""

    version: str
    file: str
    text: str
    applied_at: datetime
    applied_by: str
    note: str


@dataclass(frozen=True)
class RuleVersion(Applied):
    """The rules as somebody put them in force."""

    @property
    def rules(self) -> AllocationRules:
        """What the text says."""
        return parse_rules(self.text, self.file)


@dataclass(frozen=True)
class MonthRules:
    """The rules of one month, in the order in which they run, and the version that they are of."""

    month: date
    version: RuleVersion
    centers_version: str
    in_force: tuple[Rule, ...]

    @property
    def by_id(self) -> Mapping[str, Rule]:
        return {rule.rule_id: rule for rule in self.in_force}

    def name_of(self, rule_id: str) -> str:
        """What people call a rule; its id when the month has no such rule."""
        rule = self.by_id.get(rule_id)
        return rule.name if rule and rule.name else rule_id

    def label_of(self, rule_id: str) -> str:
        """The name on one line, with the id where two rules of the month share it."""
        name = one_line(self.name_of(rule_id))
        shared = sum(self.name_of(rule.rule_id) == self.name_of(rule_id) for rule in self.in_force)
        return f"{name} ({one_line(rule_id)})" if shared > 1 else name


def versions(snapshot: Snapshot) -> tuple[RuleVersion, ...]:
    """Every version that was put in force, the newest first."""
    rows = snapshot.rows(f"SELECT {APPLIED} FROM rule_versions {NEWEST_FIRST}")
    return tuple(RuleVersion(*row) for row in rows)  # type: ignore[arg-type]


def rules_of(snapshot: Snapshot, month: date) -> MonthRules | None:
    """The rules that the month's statements stand on: those it was closed with, else those in force.

    None before any rules were put in force.
    """
    version = _version_of(versions(snapshot), _closed_with(snapshot, month))
    if version is None:
        return None
    rules = version.rules
    ways = [(way.label, way.conditions, way.cost_center) for way in rules.centers]
    return MonthRules(month, version, repr(ways), rules.in_force(month))


def rules_problem(snapshot: Snapshot) -> str:
    """What is wrong with the rules file, so that the last good rules are in force; '' when nothing is."""
    rows = list(snapshot.rows("SELECT value FROM meta WHERE key = ?", (RULES_PROBLEM,)))
    return str(rows[0][0] or "") if rows else ""


def _closed_with(snapshot: Snapshot, month: date) -> tuple[str, datetime] | None:
    rows = snapshot.rows("SELECT rules_version, closed_at FROM closed_months WHERE billing_month = ?", (month,))
    return next(((str(version), at) for version, at in rows if isinstance(at, datetime)), None)


def _version_of(newest_first: Sequence[RuleVersion], closed: tuple[str, datetime] | None) -> RuleVersion | None:
    """A version may have been put in force more than once: a closed month's is the one before it was closed."""
    if closed is None:
        return newest_first[0] if newest_first else None
    version, closed_at = closed
    held = [found for found in newest_first if found.version == version]
    return next((found for found in held if found.applied_at <= closed_at), held[0] if held else None)
