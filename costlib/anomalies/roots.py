"""The deepest level that explains an incident, and every other level that shows the same cause.

A rise in one place is seen in everything that holds the place, and a rise of a whole service in each of its accounts.
Two questions tell which it is. Going up: does the rest of the holder rise along, in proportion? Then the cause is the
holder's. Going down: do causes already found make up most of the rise? Then there is no other.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property

import numpy as np
import pandas as pd

from costlib.anomalies.baseline import Bools, Floats
from costlib.anomalies.episodes import Episode
from costlib.anomalies.levels import Level, Tree

EXPLAINS = 0.6
"""Causes explain a rise when they make up this part of it."""

ALONG = 0.4
"""A part rises along when its rate of rise is at least this part of the other's."""

BROAD = 0.6
"""A level rises as a whole when places with this part of its spend rise along."""


def rooted(
    found: Sequence[Episode], judged: Mapping[Level, pd.DataFrame], tree: Tree
) -> Iterator[tuple[Episode, list[Episode]]]:
    """Every root with the episodes of other levels that show it, each episode once."""
    if not found:
        return
    sums = _Sums(judged, tree)
    above = {e: _climbed(e, found, sums) for e in found}
    roots: list[Episode] = []
    members: dict[Episode, list[Episode]] = {}
    for episode in sorted((e for e in found if above[e] is e), key=lambda e: _order(e, sums)):
        cause = _cause(episode, roots, sums)
        if cause is None:
            roots.append(episode)
            members[episode] = []
        else:
            above[episode] = cause
    for episode in found:
        if (top := _top(episode, above)) is not episode:
            members[top].append(episode)
    yield from members.items()


def _top(episode: Episode, above: Mapping[Episode, Episode]) -> Episode:
    while above[episode] is not episode:
        episode = above[episode]
    return episode


def _order(episode: Episode, sums: _Sums) -> tuple[bool, int, float]:
    """What rises as a whole comes first, then the deepest, then the largest."""
    return sums.breadth(episode) < BROAD, -len(episode.level), -abs(episode.excess)


def _climbed(episode: Episode, found: Sequence[Episode], sums: _Sums) -> Episode:
    """The largest holder that rises as a whole together with the episode; the episode itself when none does."""
    holders = [
        other
        for other in found
        if episode.overlaps(other)
        and sums.is_within(episode.level, other.level)
        and sums.rises_along(episode, other)
        and sums.breadth(other) >= BROAD
    ]
    return max(holders, key=lambda e: (-len(e.level), abs(e.excess)), default=episode)


def _cause(episode: Episode, roots: Sequence[Episode], sums: _Sums) -> Episode | None:
    """The largest of the roots that together make up most of the episode's excess; None when they do not."""
    parts = [(sums.shared(episode, root), root) for root in roots if episode.overlaps(root)]
    same = [(part, root) for part, root in parts if part * episode.excess > 0]
    if abs(sum(part for part, _ in same)) < EXPLAINS * abs(episode.excess) or not same:
        return None
    return max(same, key=lambda pair: abs(pair[0]))[1]


class _Sums:
    """Actual and expected of every judged level over any days, and which levels lie within which."""

    def __init__(self, judged: Mapping[Level, pd.DataFrame], tree: Tree) -> None:
        self._judged = judged
        self._tree = tree
        self._levels = tuple(judged)
        self._place = {level: i for i, level in enumerate(self._levels)}
        self._start = next(iter(judged.values()))["date"].iloc[0]
        self._within: dict[Level, Bools] = {}
        self._breadth: dict[Episode, float] = {}

    def is_within(self, inner: Level, outer: Level) -> bool:
        return bool(self._inside(outer)[self._place[inner]])

    def rises_along(self, episode: Episode, holder: Episode) -> bool:
        """Whether what the holder has besides the episode's level rises along with it."""
        excess, expected = self._window(holder)
        own, whole = self._place[episode.level], self._place[holder.level]
        rest_expected = abs(expected[whole] - expected[own])
        if rest_expected < 0.05 * abs(expected[whole]):
            return False
        rate = (excess[whole] - excess[own]) / rest_expected
        return bool(rate * episode.sign >= ALONG * episode.sign * _rate(excess[own], expected[own]))

    def breadth(self, episode: Episode) -> float:
        """The part of the level's spend whose places rise along with the whole; 1 for a place without parts."""
        if episode not in self._breadth:
            self._breadth[episode] = self._broad(episode)
        return self._breadth[episode]

    def _broad(self, episode: Episode) -> float:
        inside = self._inside(episode.level) & self._is_deepest
        excess, expected = self._window(episode)
        sizes = np.abs(expected[inside])
        if sizes.sum() <= 0:
            return 1.0
        whole = self._place[episode.level]
        rates = excess[inside] * episode.sign / np.maximum(sizes, 1e-9)
        along = rates >= ALONG * episode.sign * _rate(excess[whole], expected[whole])
        return float(sizes[along].sum() / sizes.sum()) if along.sum() > 1 or inside.sum() == 1 else 0.0

    def shared(self, episode: Episode, root: Episode) -> float:
        """How much of the episode's excess lies within the root's level."""
        excess, _ = self._window(episode)
        if episode.level == root.level or self.is_within(episode.level, root.level):
            return float(excess[self._place[episode.level]])
        if self.is_within(root.level, episode.level):
            return float(excess[self._place[root.level]])
        both = self._inside(episode.level) & self._inside(root.level) & self._is_deepest
        return float(excess[both].sum())

    def _window(self, episode: Episode) -> tuple[Floats, Floats]:
        first, last = ((day - self._start).days for day in (episode.first_day, episode.last_day))
        expected = self._expected[:, last + 1] - self._expected[:, first]
        return self._actual[:, last + 1] - self._actual[:, first] - expected, expected

    def _inside(self, outer: Level) -> Bools:
        if outer not in self._within:
            self._within[outer] = np.array([self._tree.is_within(level, outer) for level in self._levels])
        return self._within[outer]

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
        """Running sums from the first day, a row a level, with a zero before the first day."""
        values = np.stack([frame[column].to_numpy(dtype=float) for frame in self._judged.values()])
        return np.concatenate([np.zeros((len(values), 1)), values.cumsum(axis=1)], axis=1)


def _rate(excess: float, expected: float) -> float:
    return excess / max(abs(expected), 1e-9)
