"""Anomalies that go on: when one began, whether it still lasts, and when it becomes what is usual."""

from __future__ import annotations

from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from costlib.anomalies.baseline import REFERENCE, Baseline, Bools, Floats, median

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
_RAMP_SEEN_AFTER = 4
_RAMP_GROWTH = 1.5


class Kind(IntEnum):
    none = 0
    spike = 1
    drop = 2
    step = 3
    ramp = 4


class Lasting:
    """At most one running episode a series. `sign` is 0 where none runs, else its direction."""

    def __init__(self, values: Floats, clean: Floats, errors: Floats) -> None:
        count = values.shape[1]
        self.values = values
        self.clean = clean
        self.errors = errors
        self.sign = np.zeros(count)
        self.since = np.full(count, -1, dtype=np.intp)
        self.kind: NDArray[np.int8] = np.zeros(count, dtype=np.int8)
        self.lasted = np.zeros(count, dtype=np.intp)
        self.quiet = np.zeros(count, dtype=np.intp)
        self.least = np.zeros(count)
        self.before: dict[int, Floats] = {}
        self.forgotten_on = np.zeros(count, dtype=np.intp)

    def go_on(self, day: int, error: Floats) -> Bools:
        """The episodes that last through the day; two quiet days end one, or one as far on the other side."""
        runs = self.sign != 0
        going_on: Bools = runs & (self.sign * error >= self.least)
        self.lasted[going_on] += 1
        self.quiet = np.where(going_on, 0, self.quiet + runs)
        self.sign[(self.quiet >= _QUIET_DAYS) | (self.sign * error <= -self.least)] = 0
        self.kind[going_on & (self.kind == Kind.spike)] = Kind.step
        self._see_ramps(day, going_on)
        return going_on

    def _see_ramps(self, day: int, going_on: Bools) -> None:
        """A step that has grown for days is a ramp; it began when the days before it were first above expectation."""
        grown = going_on & (self.kind == Kind.step) & (self.lasted >= _RAMP_SEEN_AFTER)
        for column in np.flatnonzero(grown):
            since = int(self.since[column])
            excess = (self.values[since : day + 1] - self.clean[since : day + 1])[:-1, column]
            if np.median(excess[-3:]) < _RAMP_GROWTH * np.median(excess[:2]):
                continue
            self.kind[column] = Kind.ramp
            while since > day - _LOOK_BACK and self.errors[since - 1, column] > 0.2 * excess[0]:
                since -= 1
            self.since[column] = since

    def begin(self, day: int, where: Bools, sign: Floats, limit: Floats) -> None:
        """A day is an anomaly; the episode lasts while days are beyond half of `limit`."""
        self._open(where, sign, np.where(sign > 0, Kind.spike, Kind.drop), _STILL_ON * limit)
        self.since[where] = day

    def creep(self, day: int, where: Bools, drift: Floats, base: Baseline) -> None:
        """A slow change came to light: it is dated back to its first day, and the past is cleaned of it."""
        self._open(where, np.sign(drift), np.where(drift > 0, Kind.ramp, Kind.drop), _STILL_ON * np.abs(drift))
        for column in np.flatnonzero(where):
            self._date_back(day, int(column), float(drift[column]), base)

    def _date_back(self, day: int, column: int, drift: float, base: Baseline) -> None:
        reference = float(np.median(base.past[REFERENCE, column]))
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

    def _open(self, where: Bools, sign: Floats, kind: NDArray[np.int_], least: Floats) -> None:
        self.sign[where] = sign[where]
        self.kind[where] = kind[where]
        self.least[where] = least[where]
        self.lasted[where] = 1
        self.quiet[where] = 0

    def come_back(self, day: int, usual: Floats, error: Floats, is_far: Bools) -> Bools:
        """Series that go back to the level before an adopted change: from now on that is expected again."""
        back = self._goes_back(day, is_far, usual, error)
        for column in np.flatnonzero(back):
            self._restore(day, int(column))
            self.clean[day, column] = usual[column] + error[column]
        return back

    def creep_back(self, day: int, where: Bools, base: Baseline, drift: Floats) -> Bools:
        """The same for series that go back too little at a time, or too noisily, to be far off on any day."""
        reference = median(base.past[REFERENCE])
        back = self._goes_back(day, where, reference + base.weekday[0], drift)
        for column in np.flatnonzero(back):
            share = (base.past[-_LOOK_BACK:, column] - reference[column]) / drift[column]
            lately = self.clean[day - _LOOK_BACK : day, column].copy()
            self._restore(day, int(column))
            self.clean[day - _LOOK_BACK : day, column][share >= 0.5] = lately[share >= 0.5]
        return back

    def _goes_back(self, day: int, where: Bools, usual: Floats, change: Floats) -> Bools:
        """Whether a change goes most of the way to what such a day was before, and not much beyond."""
        back = np.zeros(len(where), dtype=bool)
        for column in np.flatnonzero(where & (self.sign == 0) & (day < self.forgotten_on)):
            if (before := self.before.get(int(column))) is not None:
                way = _on_such_a_day(before, day) - usual[column]
                back[column] = abs(change[column] - way) <= _RETURN_TOLERANCE * abs(way)
        return back

    def _restore(self, day: int, column: int) -> None:
        """The past before the change, and for the days since what the same weekdays were before it."""
        before = self.before.pop(column)
        self.clean[: len(before), column] = before
        for place in range(len(before), day):
            self.clean[place, column] = _on_such_a_day(before, place)

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
        if column not in self.before or day >= self.forgotten_on[column]:
            self.before[column] = self.clean[:since, column].copy()
        lately = max(since, day - 6)
        self.clean[:lately, column] = _moved(self.clean[:lately, column], shift, actual[-7:], usual[-7:])
        self.clean[lately : day + 1, column] = self.values[lately : day + 1, column]
        self.forgotten_on[column] = day + REMEMBERED_DAYS
        self.sign[column] = 0


def _on_such_a_day(before: Floats, day: int) -> float:
    """The median of the last four same weekdays of a past."""
    last = len(before) - 1 - (len(before) - 1 - day) % 7
    return float(np.median(before[max(last % 7, last - 21) : last + 1 : 7]))


def _moved(past: Floats, shift: float, actual: Floats, usual: Floats) -> Floats:
    """The past at the new level: raised by as much, or by the same factor, whichever fits the last week better."""
    factor = float(np.sum(actual) / np.sum(usual)) if np.sum(usual) > 0 else 0.0
    if 0.1 < factor < 10 and np.abs(actual - usual * factor).sum() < np.abs(actual - usual - shift).sum():
        return past * factor
    return past + shift
