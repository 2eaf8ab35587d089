"""What `allocation.toml` says, as values: where cost belongs, and what moves from where to whom.

The ways to split a pool are AWS's (cost category split charge rules: proportional, even, fixed) and one more: a fixed
charge, an amount a month.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from costlib.vocabulary import CostMetric

Conditions = tuple[tuple[str, tuple[str, ...]], ...]
"""Dimension → values: a charge fits when it has one of the values of each dimension. Empty: every charge fits."""


class Method(StrEnum):
    """How a pool is cut."""

    proportional = "proportional"
    even = "even"
    fixed = "fixed"
    fixed_charge = "fixed_charge"


class NoBasis(StrEnum):
    """What happens to a pool whose targets have no positive driver value."""

    keep = "keep"
    even = "even"


@dataclass(frozen=True)
class CenterRule:
    """One way to find a charge's cost center: the value of a label, or a name for the charges that fit.

    The first way that says something wins; a label without a value says nothing.
    """

    label: str | None
    conditions: Conditions
    cost_center: str | None
    line: int


@dataclass(frozen=True)
class Driver:
    """What a proportional split is in proportion to: the targets' own charges that fit, in a metric.

    `metric` None is the metric of the statement itself.
    """

    conditions: Conditions = ()
    metric: CostMetric | None = None


@dataclass(frozen=True)
class Source:
    """Where a pool comes from: what a cost center holds when the rule's turn comes, or the charges that fit."""

    cost_center: str | None
    conditions: Conditions = ()

    @property
    def is_charges(self) -> bool:
        return self.cost_center is None


@dataclass(frozen=True)
class Rule:
    """One version of a rule, in force from the month `start` up to, not including, the month `end`.

    `targets` None is every cost center but Unallocated, the source, and those that an earlier rule has emptied.
    `parts` are percentages that sum to 100 (fixed), or amounts of currency a month (fixed charge).
    `line` is where it begins in the file.
    """

    rule_id: str
    name: str
    description: str
    start: date | None
    end: date | None
    source: Source
    method: Method
    targets: tuple[str, ...] | None
    excluded: frozenset[str]
    driver: Driver
    no_basis: NoBasis
    parts: Mapping[str, Decimal]
    line: int

    def is_in_force(self, month: date) -> bool:
        """Whether it holds in the month that begins on `month`."""
        return (self.start is None or self.start <= month) and (self.end is None or month < self.end)

    def may_reach(self, cost_center: str) -> bool:
        """Whether a target may be called so."""
        if cost_center in self.excluded or cost_center == self.source.cost_center:
            return False
        return self.targets is None or cost_center in self.targets


@dataclass(frozen=True)
class AllocationRules:
    """The whole file, in its order. `version` names its content: two files that say the same have the same one."""

    centers: tuple[CenterRule, ...]
    rules: tuple[Rule, ...]
    version: str

    def in_force(self, month: date) -> tuple[Rule, ...]:
        """The rules of the month that begins on `month`, in the order in which they run."""
        return tuple(rule for rule in self.rules if rule.is_in_force(month))
