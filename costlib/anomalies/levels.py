"""Levels that spend is judged at, and which of them lie within which.

A level is what a series was narrowed down to: () is the total, `(("service", "AWS Lambda"),)` a service, and a pair
of service and account a place where both hold. Labels are levels too.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Level: TypeAlias = tuple[tuple[str, str], ...]

TOTAL: Level = ()


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

    def shares(self, levels: Sequence[Level]) -> NDArray[np.float64]:
        """A row a level, a column a leaf: the part of the level's spend that is the leaf's."""
        sizes = np.array([leaf.size for leaf in self.leaves])
        shares = np.stack([np.where(self.holds(level), sizes, 0.0) for level in levels])
        total = shares.sum(axis=1, keepdims=True)
        return np.asarray(np.divide(shares, total, where=total > 0, out=shares))

    def holds(self, level: Level) -> NDArray[np.bool_]:
        """Which leaves are part of a level."""
        held = np.zeros(len(self.leaves), dtype=bool)
        held[list(self._all.intersection(*(self._of_value.get(item, frozenset()) for item in level)))] = True
        return held

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
