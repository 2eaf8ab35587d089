"""Actual and expected of every judged level over any days, and which levels lie within which."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from costlib.anomalies.baseline import Bools, Floats
from costlib.anomalies.episodes import Episode
from costlib.anomalies.levels import Level, Tree

WITHIN = 0.9
"""A level lies within another when this part of its spend does."""

COMPARED_DAYS = 10
"""How many days of an episode levels are compared over, from its first: later, some have adopted it."""


@dataclass(frozen=True)
class Window:
    """What every level did on the first days of one episode, and which of the levels lie within the episode's."""

    own: int
    sign: int
    excess: Floats
    expected: Floats
    inside: Bools
    is_deepest: Bools

    @property
    def own_excess(self) -> float:
        return float(self.excess[self.own])

    @property
    def own_expected(self) -> float:
        return float(self.expected[self.own])


class Sums:
    """Running sums of all levels; `place` is where a level stands in them."""

    def __init__(self, judged: Mapping[Level, pd.DataFrame], tree: Tree) -> None:
        self._judged = judged
        self._tree = tree
        self._levels = tuple(judged)
        self.place = {level: i for i, level in enumerate(self._levels)}
        self._within: dict[int, Bools] = {}

    def window(self, episode: Episode) -> Window:
        first, last = episode.first, min(episode.last, episode.first + COMPARED_DAYS - 1)
        expected = self._expected[last + 1] - self._expected[first]
        excess = self._actual[last + 1] - self._actual[first] - expected
        own = self.place[episode.level]
        return Window(own, episode.sign, excess, expected, self._inside(own), self._is_deepest)

    def shared(self, window: Window, other: int) -> float:
        """How much of the window's own excess lies within the other level."""
        if window.own == other or self._inside(other)[window.own]:
            return window.own_excess
        if window.inside[other]:
            return float(window.excess[other])
        if self._is_deepest[window.own] or self._is_deepest[other]:
            return 0.0
        return float(window.excess[window.inside & self._inside(other) & self._is_deepest].sum())

    def _inside(self, outer: int) -> Bools:
        """For every level, whether it lies within the outer one: by its name, or nearly all of its spend."""
        if outer not in self._within:
            level = self._levels[outer]
            named = np.array([set(level) <= set(other) for other in self._levels])
            if self._tree.leaves:
                named |= self._shares @ self._tree.holds(level) >= WITHIN
            named[outer] = False
            self._within[outer] = named
        return self._within[outer]

    @cached_property
    def _shares(self) -> Floats:
        return self._tree.shares(self._levels)

    @cached_property
    def _is_deepest(self) -> Bools:
        """Levels of the most dimensions: places, of which the others are made."""
        most = max(len(level) for level in self._levels)
        return np.array([len(level) == most for level in self._levels])

    @cached_property
    def _actual(self) -> Floats:
        return self._running("actual")

    @cached_property
    def _expected(self) -> Floats:
        return self._running("expected")

    def _running(self, column: str) -> Floats:
        """Running sums, a row a day and a column a level, with zeros before the first day."""
        values = np.stack([frame[column].to_numpy(dtype=float) for frame in self._judged.values()], axis=1)
        return np.concatenate([np.zeros((1, values.shape[1])), values.cumsum(axis=0)])
