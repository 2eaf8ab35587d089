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
from numpy.typing import NDArray

from costlib.anomalies.baseline import Bools, Floats
from costlib.anomalies.episodes import GAP, Episode
from costlib.anomalies.levels import Level, Tree
from costlib.anomalies.sums import Sums, Window

EXPLAINS = 0.6
"""Causes explain a rise when they make up this part of it."""

ALONG = 0.4
"""A part rises along when its rate of rise is at least this part of the other's."""

BROAD = 0.6
"""A level rises as a whole when places with this part of its spend rise along."""

_REST = 0.05
"""Less than this part of a holder is no rest that could rise along."""


def rooted(
    found: Sequence[Episode], judged: Mapping[Level, pd.DataFrame], tree: Tree
) -> Iterator[tuple[Episode, list[Episode]]]:
    """Every root with the episodes of other levels that show it, each episode once."""
    if found:
        yield from _Causes(found, Sums(judged, tree)).told()


class _Causes:
    """Which episode is the cause of which: `above[i]` is the place of the cause of episode i, i itself for a root."""

    def __init__(self, found: Sequence[Episode], sums: Sums) -> None:
        self.found = found
        self.sums = sums
        self.above = np.arange(len(found))
        self.breadth = np.ones(len(found))

    def told(self) -> Iterator[tuple[Episode, list[Episode]]]:
        self._climb()
        self._explain()
        members: dict[int, list[Episode]] = {place: [] for place in self._tops()}
        for place, episode in enumerate(self.found):
            if (top := self._top(place)) != place:
                members[top].append(episode)
        for root, others in members.items():
            yield self.found[root], others

    def _tops(self) -> list[int]:
        return [place for place, above in enumerate(self.above.tolist()) if place == above]

    def _top(self, place: int) -> int:
        while self.above[place] != place:
            place = int(self.above[place])
        return place

    def _climb(self) -> None:
        """Every episode goes to the deepest, then largest, holder that rises as a whole together with it."""
        best = np.full(len(self.found), -np.inf)
        for place, holder in enumerate(self.found):
            window = self.sums.window(holder)
            self.breadth[place] = _breadth(window)
            inner = np.flatnonzero(self._overlap(place) & window.inside[self._level])
            if self.breadth[place] < BROAD or not len(inner):
                continue
            along = inner[_rises_along(window, self._level[inner])]
            standing = len(holder.level) + 1 - 1 / (1 + abs(holder.excess))
            better = along[standing > best[along]]
            self.above[better] = place
            best[better] = standing

    def _explain(self) -> None:
        """Of those that did not climb, what others explain is theirs: wholes first, then the deepest, the largest."""
        roots = np.zeros(len(self.found), dtype=bool)
        for place in sorted(self._tops(), key=self._order):
            overlapping = np.flatnonzero(self._overlap(place) & roots)
            cause = self._cause(place, overlapping) if len(overlapping) else None
            if cause is None:
                roots[place] = True
            else:
                self.above[place] = cause

    def _order(self, place: int) -> tuple[bool, int, float]:
        episode = self.found[place]
        return bool(self.breadth[place] < BROAD), -len(episode.level), -abs(episode.excess)

    def _cause(self, place: int, roots: NDArray[np.intp]) -> int | None:
        """The largest of the roots that together make up most of the episode's excess; None when they do not."""
        window = self.sums.window(self.found[place])
        parts = np.array([self.sums.shared(window, int(level)) for level in self._level[roots]])
        same = parts * window.own_excess > 0
        if not same.any() or abs(parts[same].sum()) < EXPLAINS * abs(window.own_excess):
            return None
        return int(roots[same][np.argmax(np.abs(parts[same]))])

    def _overlap(self, place: int) -> Bools:
        """Episodes in the same direction on the same days, or nearly."""
        overlap: Bools = (self._sign == self._sign[place]) & (self._first <= self._last[place] + GAP)
        overlap &= self._first[place] <= self._last + GAP
        return overlap

    @cached_property
    def _first(self) -> NDArray[np.intp]:
        return np.array([e.first for e in self.found])

    @cached_property
    def _last(self) -> NDArray[np.intp]:
        return np.array([e.last for e in self.found])

    @cached_property
    def _sign(self) -> NDArray[np.intp]:
        return np.array([e.sign for e in self.found])

    @cached_property
    def _level(self) -> NDArray[np.intp]:
        return np.array([self.sums.place[e.level] for e in self.found])


def _rises_along(window: Window, inner: NDArray[np.intp]) -> Bools:
    """For each of the levels, whether what the holder has besides it rises along with it."""
    rest = np.abs(window.own_expected - window.expected[inner])
    rate = (window.own_excess - window.excess[inner]) / np.maximum(rest, 1e-9) * window.sign
    along: Bools = rate >= ALONG * window.sign * _rate(window.excess[inner], window.expected[inner])
    return along & (rest >= _REST * abs(window.own_expected))


def _breadth(window: Window) -> float:
    """The part of the level's spend whose places rise along with the whole; 1 for a place without parts."""
    places = window.inside & window.is_deepest
    sizes = np.abs(window.expected[places])
    if sizes.sum() <= 0:
        return 1.0
    whole = window.own_excess / max(abs(window.own_expected), 1e-9)
    along = window.excess[places] * window.sign / np.maximum(sizes, 1e-9) >= ALONG * window.sign * whole
    return float(sizes[along].sum() / sizes.sum()) if along.sum() > 1 or places.sum() == 1 else 0.0


def _rate(excess: Floats, expected: Floats) -> Floats:
    return excess / np.maximum(np.abs(expected), 1e-9)
