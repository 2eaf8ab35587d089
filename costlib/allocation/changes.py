"""Why the shared part of a statement is not what it was: pool, share or rule, in parts that sum to the change exactly.

A share of a pool changes for two reasons at once. By the convention of variance analysis the pool's part is taken at
the share of the month before, and the share's part of this month's pool, so that the two leave nothing over. A share
that did not move has no part, not even the unit that rounding may have moved.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from fractions import Fraction

from costlib.allocation.rules import Rule


class Cause(StrEnum):
    """What moved a shared line, in the words people read."""

    pool = "Shared pools grew or shrank"
    share = "Share of pools moved"
    rule = "Rules changed"
    given_away = "Moved out by rules"


@dataclass(frozen=True)
class SharedLine:
    """What one rule gave to one cost center in a month: `units` of a `pool` of so many, by `driver` of `driver_total`.

    A fixed charge has neither driver nor share.
    """

    units: int
    pool: int
    driver: int | None = None
    driver_total: int | None = None

    @property
    def share(self) -> Fraction | None:
        """Exactly; None for a fixed charge."""
        return Fraction(self.driver, self.driver_total) if self.driver is not None and self.driver_total else None


@dataclass(frozen=True)
class Part:
    """A part of a change, in units."""

    cause: Cause
    rule_id: str
    units: int


NOTHING = SharedLine(0, 0, 0, 1)
"""A rule that had nothing to give: no pool, and no share of one."""


def changed_rules(before: Sequence[Rule], after: Sequence[Rule]) -> frozenset[str]:
    """The ids of rules that do not say the same in two months; when they hold and how they read plays no part."""
    was, now = ({rule.rule_id: _content(rule) for rule in rules} for rules in (before, after))
    return frozenset(rule_id for rule_id in {*was, *now} if was.get(rule_id) != now.get(rule_id))


def _content(rule: Rule) -> Rule:
    return replace(rule, name="", description="", start=None, end=None, line=0)


def shared_changes(
    before: Mapping[str, SharedLine], after: Mapping[str, SharedLine], changed_rules: Collection[str]
) -> Iterator[Part]:
    """The parts of what one cost center was given, rule by rule; parts of nothing are left out.

    `before` and `after` are its lines by rule id; `changed_rules` are those that say something else than before, did
    not exist, or do not any more: their whole change is theirs.
    """
    for rule_id in sorted({*before, *after}):
        was, now = before.get(rule_id, NOTHING), after.get(rule_id, NOTHING)
        for cause, units in _parts(was, now, rule_id in changed_rules):
            if units:
                yield Part(cause, rule_id, units)


def _parts(was: SharedLine, now: SharedLine, is_changed: bool) -> Iterator[tuple[Cause, int]]:
    whole = now.units - was.units
    if is_changed or was.share is None or now.share is None:
        yield Cause.rule, whole
        return
    of_pool = whole if now.share == was.share else round((now.pool - was.pool) * was.share)
    yield Cause.pool, of_pool
    yield Cause.share, whole - of_pool
