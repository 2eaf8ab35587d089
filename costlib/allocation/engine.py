"""One month's shared cost, moved from source to targets: double entry, so that a month's entries sum to zero.

Amounts are whole units of the last digit (`costlib.money.units`), so no split loses one. Rules run in their order and
each sees what the ones before have moved.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from itertools import repeat
from typing import NamedTuple

from costlib.allocation.rules import Method, NoBasis, Rule
from costlib.money import apportion, units
from costlib.vocabulary import UNALLOCATED

Units = Mapping[str, int]
"""Cost center → units."""

ONE = units(Decimal(1))
"""The weight of a target in an even split; percentages are weights in the same units."""


@dataclass(frozen=True)
class Books:
    """A month in one metric before anything moves. Every map is by cost center.

    `direct` holds all charges of a center; `claimed[rule_id]` the part of them that the selection of a rule takes;
    `drivers[rule_id]` what its proportional split goes by.
    """

    direct: Units
    claimed: Mapping[str, Units]
    drivers: Mapping[str, Units]


class Kept(StrEnum):
    """Why a pool, or what is left of it, stayed where it was."""

    empty = "there was nothing to move"
    no_targets = "no cost center could take it"
    no_basis = "no target had a positive driver value"


class Entry(NamedTuple):
    """One line of the double entry: what a rule takes from (negative) or gives to a cost center, in units.

    A tuple, as there are millions: ten times as fast to make as a frozen dataclass.
    `driver` and `driver_total` are what the share was computed from, in units: the driver's amounts, percentages, or 1
    of as many targets; None on the source's side and for fixed charges.
    """

    rule_id: str
    cost_center: str
    units: int
    is_source: bool
    driver: int | None = None
    driver_total: int | None = None


@dataclass(frozen=True)
class Allocation:
    """What the rules of a month did: entries that sum to zero for each rule, and the rules that moved nothing."""

    entries: tuple[Entry, ...]
    kept: Mapping[str, Kept]

    def totals(self, direct: Units) -> dict[str, int]:
        """What each cost center comes to: its own charges, what it was given, less what was taken from it."""
        whole = dict(direct)
        for entry in self.entries:
            whole[entry.cost_center] = whole.get(entry.cost_center, 0) + entry.units
        return whole


def allocate(rules: Sequence[Rule], books: Books) -> Allocation:
    """Run the rules of one month, in their order, over its books.

    A pool may be negative (credits): it is cut the same way. A driver value below zero counts as zero: a center whose
    credits exceed its cost carries no part of shared cost. A pool whose targets have no positive driver value stays
    at its source, or is cut evenly if the rule says so. Selections take each charge once: the caller gives a charge to
    the first rule that claims it.
    """
    balances = dict(books.direct)
    entries: list[Entry] = []
    kept: dict[str, Kept] = {}
    emptied: set[str] = set()
    for rule in rules:
        found = _entries(rule, books, balances, emptied)
        if isinstance(found, Kept):
            kept[rule.rule_id] = found
        else:
            entries += found
            for entry in found:
                balances[entry.cost_center] = balances.get(entry.cost_center, 0) + entry.units
        if rule.source.cost_center is not None and rule.method is not Method.fixed_charge:
            emptied.add(rule.source.cost_center)
    return Allocation(tuple(entries), kept)


def _entries(rule: Rule, books: Books, balances: Units, emptied: set[str]) -> list[Entry] | Kept:
    if rule.method is Method.fixed_charge:
        return _fixed_charge(rule)
    taken = _taken(rule, books, balances)
    if not any(taken.values()):
        return Kept.empty
    weights = _weights(rule, books, _targets(rule, balances, emptied))
    if isinstance(weights, Kept):
        return weights
    whole = sum(weights.values())
    sources = [Entry(rule.rule_id, center, -amount, True) for center, amount in taken.items() if amount]
    parts = apportion(sum(taken.values()), weights)
    columns = (
        repeat(rule.rule_id),
        parts,
        parts.values(),
        repeat(False),
        map(weights.__getitem__, parts),
        repeat(whole),
    )
    return sources + list(map(Entry._make, zip(*columns, strict=False)))


def _taken(rule: Rule, books: Books, balances: Units) -> Units:
    """What the rule takes from each cost center."""
    if rule.source.cost_center is None:
        return dict(sorted(books.claimed.get(rule.rule_id, {}).items()))
    return {rule.source.cost_center: balances.get(rule.source.cost_center, 0)}


def _targets(rule: Rule, balances: Units, emptied: set[str]) -> list[str]:
    if rule.targets is not None:
        return sorted(center for center in set(rule.targets) if rule.may_reach(center))
    return sorted(balances.keys() - emptied - rule.excluded - {UNALLOCATED, rule.source.cost_center})


def _weights(rule: Rule, books: Books, targets: Iterable[str]) -> dict[str, int] | Kept:
    """What the pool is cut in proportion to; every target with a weight of at least one."""
    if rule.method is Method.fixed:
        return {center: units(percent) for center, percent in sorted(rule.parts.items()) if percent}
    even = dict.fromkeys(targets, ONE)
    if not even:
        return Kept.no_targets
    if rule.method is Method.even:
        return even
    drivers = books.drivers.get(rule.rule_id, {})
    positive = {center: drivers[center] for center in even if drivers.get(center, 0) > 0}
    if positive:
        return positive
    return even if rule.no_basis is NoBasis.even else Kept.no_basis


def _fixed_charge(rule: Rule) -> list[Entry]:
    """So much a month, whether or not the source has it: a rate that was agreed on."""
    given = [Entry(rule.rule_id, center, units(amount), False) for center, amount in sorted(rule.parts.items())]
    source = str(rule.source.cost_center)
    return [Entry(rule.rule_id, source, -sum(entry.units for entry in given), True), *given]
