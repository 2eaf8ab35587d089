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
    median,
    scale,
    usual_extremes,
)
from costlib.anomalies.lasting import Kind, Lasting
from costlib.anomalies.recurrence import likenesses
from costlib.anomalies.thresholds import Thresholds

LEARNING_DAYS = 14
"""Days before anything is expected."""

NEEDED_DAYS = 28
"""Days before anything is judged."""

_ERROR_DAYS, _EXTREME_DAYS, _RARE = 60, 90, 2
_EXTREME_MARGIN = 1.15
_RAMP_NOISE = 4.0
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


class Sweep:
    """The state of judging: what earlier days left behind for the next."""

    def __init__(self, values: Floats, days: pd.DatetimeIndex, thresholds: Thresholds) -> None:
        self.values = values
        self.days = days
        self.thresholds = thresholds
        self.likenesses = likenesses(days)
        self.clean = values.copy()
        self.errors = np.zeros_like(values)
        self.deviations = np.zeros_like(values)
        self.drifts = np.zeros_like(values)
        self.lasting = Lasting(values, self.clean)
        self.verdicts = _blank(values)

    def run(self) -> Verdicts:
        for day in range(min(LEARNING_DAYS, len(self.values)), len(self.values)):
            self._judge(day)
        return self.verdicts

    def _judge(self, day: int) -> None:
        base = baseline(self.clean[:day])
        noise = self._noise(day, base)
        actual = self.values[day]
        effect = self._effect(day, actual - base.expected, noise)
        expected = base.expected + effect
        rise, fall = self._limits(day, expected, noise)
        error = actual - expected
        limit = np.where(error >= 0, rise, fall)
        reason = np.where((effect != 0) & (np.abs(actual - base.expected) >= limit), Reason.calendar, Reason.none)
        excused = self._like_a_weekend(day, base, actual, error, limit)
        reason[excused] = Reason.weekend
        score = np.where(excused, 0.0, error / limit)
        self.deviations[day] = actual - base.expected
        self._record(day, base, expected, effect, error, limit, score, reason)

    def _record(
        self,
        day: int,
        base: Baseline,
        expected: Floats,
        effect: Floats,
        error: Floats,
        limit: Floats,
        score: Floats,
        reason: NDArray[np.int8],
    ) -> None:
        verdicts, lasting = self.verdicts, self.lasting
        verdicts.expected[day] = expected
        self.clean[day] = np.clip(self.values[day] - effect, base.expected - limit, base.expected + limit)
        self.errors[day] = error
        if day < NEEDED_DAYS:
            return
        going_on = lasting.go_on(day, error, limit)
        came_back = lasting.come_back(day, error, score)
        reason[came_back] = Reason.returned
        begins = (np.abs(score) >= 1) & ~came_back & ~going_on & (lasting.sign == 0)
        lasting.begin(day, begins, np.sign(score))
        self.clean[day] = np.where(going_on | begins | (reason == Reason.weekend), base.expected, self.clean[day])
        drift, bar = self._drift(day, base)
        creeps = (np.abs(drift) >= bar) & (lasting.sign == 0) & (reason == Reason.none)
        lasting.creep(day, creeps, drift, base)
        flagged = going_on | begins | creeps
        self.errors[day] = np.where(going_on, self.errors[day - 7], error)
        verdicts.expected[day] = np.where(creeps, self.clean[day] + effect, expected)
        verdicts.score[day] = np.where(creeps, drift / bar, score)
        verdicts.is_anomaly[day] = flagged
        verdicts.kind[day] = np.where(flagged, lasting.kind, Kind.none)
        verdicts.since[day] = np.where(flagged, lasting.since, -1)
        verdicts.reason[day] = np.where(flagged, Reason.none, reason)
        lasting.adopt(day)

    def _noise(self, day: int, base: Baseline) -> Floats:
        known = self.errors[max(LEARNING_DAYS, day - _ERROR_DAYS) : day]
        inner = scale(base.past[-28:] - base.level)
        return np.maximum(scale(known), 0.5 * inner) if len(known) >= LEARNING_DAYS else inner

    def _effect(self, day: int, deviation: Floats, noise: Floats) -> Floats:
        """Of all that is usual on such a day, what comes nearest to what happened; 0 is always usual."""
        date = self.days[day]
        is_structural = bool(date.day == 1 or date.is_month_end)
        best = np.zeros_like(deviation)
        for likeness in self.likenesses:
            effect = calendar_effects(likeness, day, self.deviations, is_structural)
            if effect is None:
                continue
            counts = (np.abs(effect) >= _EFFECT_NOISE * noise) & (np.abs(deviation - effect) < np.abs(deviation - best))
            best = np.where(counts, effect, best)
        return best

    def _limits(self, day: int, expected: Floats, noise: Floats) -> tuple[Floats, Floats]:
        t = self.thresholds
        common = np.maximum(np.maximum(t.floor, t.percent / 100 * np.abs(expected)), t.noise * noise)
        high, low = (
            usual_extremes(self.errors[max(LEARNING_DAYS, day - _EXTREME_DAYS) : day + 1][:-1], _RARE)
            if (day > LEARNING_DAYS + _RARE)
            else (np.zeros_like(noise), np.zeros_like(noise))
        )
        return np.maximum(common, _EXTREME_MARGIN * high), np.maximum(common, -_EXTREME_MARGIN * low)

    def _like_a_weekend(self, day: int, base: Baseline, actual: Floats, error: Floats, limit: Floats) -> Bools:
        """A public holiday: a working day that costs what a weekend costs."""
        weekday = self.days[day].day_of_week
        if weekday >= 5:
            return np.zeros(len(actual), dtype=bool)
        return (error <= -limit) & (actual - base.weekend(weekday) > -limit)

    def _drift(self, day: int, base: Baseline) -> tuple[Floats, Floats]:
        """How far the last days lie from the month before them, and how far is too far."""
        if len(base.past) < WEEKS * 7:
            return np.zeros_like(base.level), np.ones_like(base.level)
        reference = median(base.past[REFERENCE])
        today = (self.clean[day] - base.weekday[0])[None]
        recent = median(np.concatenate([base.past[-RECENT_DAYS + 1 :], today]))
        drift = recent - reference
        self.drifts[day] = drift
        known = self.drifts[max(NEEDED_DAYS, day - _ERROR_DAYS) : day - RECENT_DAYS]
        if len(known) < LEARNING_DAYS:
            return np.zeros_like(drift), np.ones_like(drift)
        usual = median(known)
        spread = scale(known - usual)
        t = self.thresholds
        common = np.maximum(t.floor, t.percent / 100 * np.abs(reference))
        bar = np.maximum(common, _RAMP_NOISE * spread + np.maximum(0.0, np.sign(drift) * usual))
        return drift, bar


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
