"""Anomalies that go on: when one began, whether it still lasts, and when it becomes what is usual."""

from __future__ import annotations

from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from costlib.anomalies.baseline import Baseline, Bools, Floats

ADOPTED_AFTER = 14
"""Days that a change lasts before it is the new baseline."""

ADOPTED_AT_LAST = 30
"""The same for a change that has not come to rest."""

REMEMBERED_DAYS = 90
"""How long the level before a change is remembered: going back to it is no news."""

_STILL_ON = 0.5
_QUIET_DAYS = 2
_LOOK_BACK = 21
_RETURN_TOLERANCE = 0.35


class Kind(IntEnum):
    none = 0
    spike = 1
    drop = 2
    step = 3
    ramp = 4


class Lasting:
    """At most one running episode a series. `sign` is 0 where none runs, else its direction."""

    def __init__(self, values: Floats, clean: Floats) -> None:
        count = values.shape[1]
        self.values = values
        self.clean = clean
        self.sign = np.zeros(count)
        self.since = np.full(count, -1, dtype=np.intp)
        self.kind: NDArray[np.int8] = np.zeros(count, dtype=np.int8)
        self.lasted = np.zeros(count, dtype=np.intp)
        self.quiet = np.zeros(count, dtype=np.intp)
        self.way_back = np.zeros(count)
        self.forgotten_on = np.zeros(count, dtype=np.intp)

    def go_on(self, day: int, error: Floats, limit: Floats) -> Bools:
        """The episodes that last through `day`; two quiet days end one."""
        runs = self.sign != 0
        going_on: Bools = runs & (self.sign * error >= _STILL_ON * limit)
        self.lasted[going_on] += 1
        self.quiet = np.where(going_on, 0, self.quiet + runs)
        self.sign[self.quiet >= _QUIET_DAYS] = 0
        self.kind[going_on & (self.kind == Kind.spike)] = Kind.step
        return going_on

    def begin(self, day: int, where: Bools, sign: Floats) -> None:
        self._open(where, sign, np.where(sign > 0, Kind.spike, Kind.drop))
        self.since[where] = day

    def creep(self, day: int, where: Bools, drift: Floats, base: Baseline) -> None:
        """A slow change came to light: it is dated back to its first day, and the past is cleaned of it."""
        self._open(where, np.sign(drift), np.where(drift > 0, Kind.ramp, Kind.drop))
        for column in np.flatnonzero(where):
            self._date_back(day, int(column), float(drift[column]), base)

    def _date_back(self, day: int, column: int, drift: float, base: Baseline) -> None:
        reference = float(np.median(base.past[-34:-6, column]))
        weekdays = base.weekday[:, column]
        first = day
        while first > day - _LOOK_BACK:
            before = self.clean[first - 1, column] - weekdays[(first - 1 - day) % 7]
            if (before - reference) / drift < 0.2:
                break
            first -= 1
        rows = np.arange(first, day + 1)
        excess = self.clean[rows, column] - weekdays[(rows - day) % 7] - reference
        if drift > 0 and excess[0] >= 0.7 * drift:
            self.kind[column] = Kind.step
        self.clean[rows, column] = reference + weekdays[(rows - day) % 7]
        self.since[column] = first
        self.lasted[column] = len(rows)

    def _open(self, where: Bools, sign: Floats, kind: NDArray[np.int_]) -> None:
        self.sign[where] = sign[where]
        self.kind[where] = kind[where]
        self.lasted[where] = 1
        self.quiet[where] = 0

    def come_back(self, day: int, error: Floats, score: Floats) -> Bools:
        """Series that go back to the level before an adopted change: from now on that is expected again."""
        knows = (self.way_back != 0) & (day < self.forgotten_on) & (self.sign == 0)
        near = np.abs(error - self.way_back) <= _RETURN_TOLERANCE * np.abs(self.way_back)
        back: Bools = knows & (np.abs(score) >= 1) & near
        self.clean[:day, back] += self.way_back[back]
        self.clean[day, back] = self.values[day, back]
        self.way_back[back] = 0
        return back

    def adopt(self, day: int) -> None:
        """What has lasted and come to rest is the baseline from tomorrow; the past moves to the new level with it."""
        for column in np.flatnonzero((self.sign != 0) & (self.lasted >= ADOPTED_AFTER) & (self.quiet == 0)):
            self._adopt_one(day, int(column))

    def _adopt_one(self, day: int, column: int) -> None:
        since = int(self.since[column])
        actual, usual = self.values[since : day + 1, column], self.clean[since : day + 1, column]
        week = (actual - usual)[-7:]
        rests = abs(np.median(week[-3:]) - np.median(week[:4])) <= 0.15 * abs(np.median(week))
        if not rests and self.lasted[column] < ADOPTED_AT_LAST:
            return
        shift = float(np.median(week))
        lately = max(since, day - 6)
        self.clean[:lately, column] = _moved(self.clean[:lately, column], shift, actual[-7:], usual[-7:])
        self.clean[lately : day + 1, column] = self.values[lately : day + 1, column]
        self.way_back[column] = -shift
        self.forgotten_on[column] = day + REMEMBERED_DAYS
        self.sign[column] = 0


def _moved(past: Floats, shift: float, actual: Floats, usual: Floats) -> Floats:
    """The past at the new level: raised by as much, or by the same factor, whichever fits the last week better."""
    factor = float(np.sum(actual) / np.sum(usual)) if np.sum(usual) > 0 else 0.0
    if 0.1 < factor < 10 and np.abs(actual - usual * factor).sum() < np.abs(actual - usual - shift).sum():
        return past * factor
    return past + shift
