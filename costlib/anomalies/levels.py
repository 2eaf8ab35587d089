"""Levels that spend is judged at, and which of them lie within which.

A level is what a series was narrowed down to: () is the total, `(("service", "AWS Lambda"),)` a service, and a pair
of service and account a place where both hold. Labels are levels too.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

Level: TypeAlias = tuple[tuple[str, str], ...]

TOTAL: Level = ()

WITHIN = 0.9
"""A level lies within another when this part of its spend does."""


def level(**values: str) -> Level:
    """`level(service="AWS Lambda")`; dimensions in the order of their names."""
    return level_of(values)


def level_of(values: Mapping[str, str]) -> Level:
    """The level of these values of dimensions."""
    return tuple(sorted(values.items()))


@dataclass(frozen=True)
class Leaf:
    """The finest rows known: a value for every dimension, and the size of their spend."""

    values: tuple[tuple[str, str], ...]
    size: float = 1.0


@dataclass(frozen=True)
class Tree:
    """What lies within what, told from the finest rows."""

    leaves: tuple[Leaf, ...] = ()

    @classmethod
    def of(cls, rows: Iterable[tuple[Mapping[str, str], float]]) -> Tree:
        """`rows`: values by dimension, and the size of their spend (absolute, any period)."""
        return cls(tuple(Leaf(level_of(values), abs(size)) for values, size in rows))

    def is_within(self, inner: Level, outer: Level) -> bool:
        """Whether nearly all of `inner` is part of `outer`; a level is not within itself."""
        if inner == outer:
            return False
        if set(outer) <= set(inner):
            return True
        own, other = self._members(inner), self._members(outer)
        size = sum(self._sizes[i] for i in own)
        return size > 0 and sum(self._sizes[i] for i in own & other) >= WITHIN * size

    @cached_property
    def _sizes(self) -> tuple[float, ...]:
        return tuple(leaf.size for leaf in self.leaves)

    @cached_property
    def _of_value(self) -> Mapping[tuple[str, str], frozenset[int]]:
        found: dict[tuple[str, str], set[int]] = {}
        for place, leaf in enumerate(self.leaves):
            for item in leaf.values:
                found.setdefault(item, set()).add(place)
        return {item: frozenset(places) for item, places in found.items()}

    @cached_property
    def _all(self) -> frozenset[int]:
        return frozenset(range(len(self.leaves)))

    def _members(self, level: Level) -> frozenset[int]:
        return self._all.intersection(*(self._of_value.get(item, frozenset()) for item in level))
