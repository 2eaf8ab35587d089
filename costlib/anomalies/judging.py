"""Judge every day of many series by its past alone.

One sweep over the days. The past that a day is judged by is *clean*: an anomaly stands in it as what was expected, so
that an incident that goes on is measured against the days before it. What lasts two weeks becomes the new baseline.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from costlib.anomalies.baseline import (
    RECENT_DAYS,
    REFERENCE,
    WEEKS,
    Baseline,
    Bools,
    Floats,
    baseline,
    calendar_effects,
    extremes,
    median,
    scale,
)
from costlib.anomalies.lasting import Kind, Lasting
from costlib.anomalies.recurrence import likenesses
from costlib.anomalies.thresholds import Thresholds

LEARNING_DAYS = 14
"""Days before anything is expected."""

NEEDED_DAYS = 28
"""Days before anything is judged."""

_ERROR_DAYS, _EXTREME_DAYS = 60, 120
_OFTEN, _RARE = 3, 2
"""The third largest error tells whether large ones are common, the second largest how large they are."""

_EXTREME_MARGIN = 1.3
_TYPICAL = 0.6745
"""The median size of errors, in their standard deviations."""

_DRIFT_NOISE, _DRIFT_MARGIN = 4.0, 1.2
_EFFECT_NOISE = 2.0


class Reason(IntEnum):
    """Why a day that is beyond the thresholds of its weekday is no anomaly."""

    none = 0
    calendar = 1
    weekend = 2
    returned = 3


@dataclass(frozen=True)
class Verdicts:
    """Days in rows, series in columns. `since`: the row in which the day's episode began, -1 for none."""

    expected: Floats
    score: Floats
    is_anomaly: Bools
    kind: NDArray[np.int8]
    reason: NDArray[np.int8]
    since: NDArray[np.intp]


@dataclass
class _Day:
    """One day of all series, before it is known what lasts. `limit`: where an anomaly begins."""

    place: int
    base: Baseline
    effect: Floats
    error: Floats
    noise: Floats
    limit: Floats
    common: Floats
    score: Floats
    reason: NDArray[np.int8]


class Sweep:
    """The state of judging: what earlier days left behind for the next."""

    def __init__(self, values: Floats, days: pd.DatetimeIndex, thresholds: Thresholds) -> None:
        self.values = values
        self.days = days
        self.thresholds = thresholds
        self.likenesses = likenesses(days)
        self.is_weekend = np.asarray(days.day_of_week >= 5)
        self.clean = values.copy()
        self.errors = np.zeros_like(values)
        self.deviations = np.zeros_like(values)
        self.drifts = np.zeros_like(values)
        self.lasting = Lasting(values, self.clean, self.errors)
        self.verdicts = _blank(values)

    def run(self) -> Verdicts:
        for place in range(min(LEARNING_DAYS, len(self.values)), len(self.values)):
            day = self._seen(place)
            self._learn(day)
            if place >= NEEDED_DAYS:
                self._judge(day)
        return self.verdicts

    def _seen(self, place: int) -> _Day:
        base = baseline(self.clean[:place])
        noise = self._noise(place, base)
        deviation = self.values[place] - base.expected
        effect = self._effect(place, deviation, noise)
        error = deviation - effect
        common = self.thresholds.limit(base.expected + effect, noise)
        limit = self._limit(place, error, common)
        reason = np.where((effect != 0) & (np.abs(deviation) >= limit), Reason.calendar, Reason.none).astype(np.int8)
        excused = (error <= -limit) & self._like_a_weekend(place, base, limit)
        reason[excused] = Reason.weekend
        return _Day(place, base, effect, error, noise, limit, common, np.where(excused, 0.0, error / limit), reason)

    def _learn(self, day: _Day) -> None:
        """What the day leaves behind when nothing is wrong with it."""
        usual = day.base.expected
        self.verdicts.expected[day.place] = usual + day.effect
        self.deviations[day.place] = self.values[day.place] - usual
        self.clean[day.place] = np.clip(self.values[day.place] - day.effect, usual - day.limit, usual + day.limit)
        self.errors[day.place] = day.error

    def _judge(self, day: _Day) -> None:
        lasting, place, usual = self.lasting, day.place, day.base.expected
        going_on = lasting.go_on(place, day.error)
        came_back = lasting.come_back(place, usual, day.error, np.abs(day.score) >= 1)
        day.reason[came_back] = Reason.returned
        begins = (np.abs(day.score) >= 1) & ~came_back & (lasting.sign == 0)
        lasting.begin(place, begins, np.sign(day.score), day.common)
        hidden = going_on | begins | (day.reason == Reason.weekend)
        self.clean[place] = np.where(hidden, usual, self.clean[place])
        self.errors[place] = np.where(going_on, _TYPICAL * day.noise * (-1) ** place, day.error)
        drift, bar = self._drift(day)
        creeps = (np.abs(drift) >= bar) & (lasting.sign == 0) & (day.reason == Reason.none)
        creeps &= ~lasting.creep_back(place, creeps, day.base, drift)
        lasting.creep(place, creeps, drift, day.base)
        self.verdicts.expected[place] = np.where(creeps, self.clean[place] + day.effect, usual + day.effect)
        self.verdicts.score[place] = np.where(creeps, drift / bar, day.score)
        self._tell(day, going_on | begins | creeps)
        lasting.adopt(place)

    def _tell(self, day: _Day, flagged: Bools) -> None:
        verdicts, place = self.verdicts, day.place
        verdicts.is_anomaly[place] = flagged
        verdicts.kind[place] = np.where(flagged, self.lasting.kind, Kind.none)
        verdicts.since[place] = np.where(flagged, self.lasting.since, -1)
        verdicts.reason[place] = np.where(flagged, Reason.none, day.reason)

    def _noise(self, place: int, base: Baseline) -> Floats:
        known = self.errors[max(LEARNING_DAYS, place - _ERROR_DAYS) : place]
        inner = scale(base.past[-28:] - base.level)
        if len(known) < LEARNING_DAYS:
            return inner
        alike = self.is_weekend[place - len(known) : place] == self.is_weekend[place]
        return np.maximum(np.maximum(scale(known), scale(known[alike])), 0.5 * inner)

    def _effect(self, place: int, deviation: Floats, noise: Floats) -> Floats:
        """Of all that is usual on such a day, what comes nearest to what happened; 0 is always usual."""
        date = self.days[place]
        is_structural = bool(date.day == 1 or date.is_month_end)
        best = np.zeros_like(deviation)
        for likeness in self.likenesses:
            effect = calendar_effects(likeness, place, self.deviations, is_structural)
            if effect is not None:
                nearer = np.abs(deviation - effect) < np.abs(deviation - best)
                best = np.where(nearer & (np.abs(effect) >= _EFFECT_NOISE * noise), effect, best)
        return best

    def _limit(self, place: int, error: Floats, common: Floats) -> Floats:
        """Farther for series that went beyond the common limit several times of late: for them it is nothing new."""
        known = self.errors[max(LEARNING_DAYS, place - _EXTREME_DAYS) : place] * np.where(error >= 0, 1, -1)
        if len(known) <= _OFTEN:
            return common
        often, rare = extremes(known, _OFTEN, _RARE)
        return np.where(often > common, np.maximum(common, _EXTREME_MARGIN * rare), common)

    def _like_a_weekend(self, place: int, base: Baseline, limit: Floats) -> Bools:
        """A public holiday: a working day that costs what a weekend costs."""
        if self.is_weekend[place]:
            return np.zeros(len(limit), dtype=bool)
        alike: Bools = self.values[place] - base.weekend(self.days[place].day_of_week) > -limit
        return alike

    def _drift(self, day: _Day) -> tuple[Floats, Floats]:
        """How far the last days lie from the month before them, and how far is too far."""
        place, base = day.place, day.base
        nothing = np.zeros_like(base.level), np.ones_like(base.level)
        if len(base.past) < WEEKS * 7:
            return nothing
        reference = median(base.past[REFERENCE])
        today = self.clean[place] - base.weekday[0]
        drift = median(np.concatenate([base.past[-RECENT_DAYS + 1 :], today[None]])) - reference
        drift[np.abs(today - reference) < 0.5 * np.abs(drift)] = 0
        self.drifts[place] = drift
        known = self.drifts[max(NEEDED_DAYS, place - _EXTREME_DAYS) : place - 2 * RECENT_DAYS]
        if len(known) < LEARNING_DAYS:
            return nothing
        usual = median(known)
        sign = np.where(drift >= 0, 1, -1)
        (rare,) = extremes(known * sign, _RARE)
        noise = _DRIFT_NOISE * scale(known - usual) + np.maximum(0.0, sign * usual)
        return drift, np.maximum(self.thresholds.limit(reference, 0 * noise), np.maximum(noise, _DRIFT_MARGIN * rare))


def _blank(values: Floats) -> Verdicts:
    zeros = np.zeros(values.shape)
    return Verdicts(
        expected=values.copy(),
        score=zeros,
        is_anomaly=np.zeros(values.shape, dtype=bool),
        kind=np.zeros(values.shape, dtype=np.int8),
        reason=np.zeros(values.shape, dtype=np.int8),
        since=np.full(values.shape, -1, dtype=np.intp),
    )
