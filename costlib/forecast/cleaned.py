"""The calendar-cleaned level: weekday and month-calendar effects taken off, the level carried on, effects put back."""

from __future__ import annotations

import numpy as np

from costlib.forecast.effects import month_effects, weekday_profile
from costlib.forecast.level import Known, level_path, spikes_aside, steps_evened
from costlib.forecast.series import WEEK, Floats, History, Ints
from costlib.forecast.windows import LENGTH, WEEKS, filled, median, running_median, windows

LOCAL_WEEKS = 5
SMALLEST_SIZE = 0.1
"""Effects are relative to the level, but to no less than this share of a usual day's amount."""
RARE = 0.5
"""A series with more zeros than this among its last twelve weeks has no level, only an average."""
RECENT = 84
AVERAGED = 120
LATEST_EVENING = 2


def calendar_cleaned(history: History, origins: Ints, horizon: int) -> Floats:
    """One forecast an origin, blind to what comes after it."""
    raw = windows(history, origins)
    known = np.isfinite(raw)
    usual = _usual(raw)
    profile, deseasoned, local = _without_weekdays(raw, usual)
    size = _size(local, usual)
    rare = _rare(raw)
    profile = np.where(rare[:, None], 0.0, profile)
    deseasoned = np.where(rare[:, None], raw, deseasoned)
    unexplained = deseasoned - np.where(rare[:, None], 0.0, local)
    effects = month_effects(history, origins, unexplained, size, horizon)
    cleaned = filled(deseasoned - effects.past, local)
    level, extra = _level(cleaned, known, usual, horizon)
    average = _average(cleaned, known)
    base = np.where(rare[:, None], average[:, None], level)
    base_size = np.maximum(np.abs(base), SMALLEST_SIZE * usual[:, None])
    base_size = np.where(rare[:, None], size[:, -1:], base_size)
    weekdays = np.tile(profile, (1, horizon // WEEK + 1))[:, :horizon]
    path = base + (weekdays + effects.relative) * base_size + effects.fixed + np.where(rare, 0.0, extra)[:, None]
    return _same_sign(raw, path)


def _usual(raw: Floats) -> Floats:
    recent = np.abs(raw[:, -RECENT:])
    count = np.maximum(np.isfinite(recent).sum(axis=1), 1)
    usual: Floats = np.maximum(np.nansum(recent, axis=1) / count, 1e-9)
    return usual


def _rare(raw: Floats) -> Known:
    recent = raw[:, -RECENT:]
    zeros = (recent == 0).sum(axis=1)
    rare: Known = zeros > RARE * np.maximum(np.isfinite(recent).sum(axis=1), 1)
    return rare


def _size(local: Floats, usual: Floats) -> Floats:
    return np.maximum(np.abs(local), SMALLEST_SIZE * usual[:, None])


def _without_weekdays(raw: Floats, usual: Floats) -> tuple[Floats, Floats, Floats]:
    """Profile (origins, 7), the series without it, and the level around each day; twice, for each needs the other."""
    weeks = raw.reshape(len(raw), WEEKS, WEEK)
    profile = np.zeros((len(raw), WEEK))
    deseasoned = weeks
    for _ in range(2):
        week = median(deseasoned, 2)
        size = _size(filled(week, np.zeros(1)), usual)[:, :, None]
        profile = profile + weekday_profile((deseasoned - week[:, :, None]) / size)
        deseasoned = weeks - profile[:, None, :] * size
    local = running_median(median(deseasoned, 2), LOCAL_WEEKS)
    return profile, deseasoned.reshape(len(raw), LENGTH), _every_day(local)


def _every_day(weekly: Floats) -> Floats:
    """Each week's value on its days; weeks without one get the next that has one, the last ones the one before."""
    found = _carried(_carried(weekly[:, ::-1])[:, ::-1])
    return np.repeat(filled(found, np.zeros(1)), WEEK, axis=1)


def _carried(values: Floats) -> Floats:
    place = np.maximum.accumulate(np.where(np.isfinite(values), np.arange(values.shape[1]), 0), axis=1)
    return np.take_along_axis(values, place, axis=1)


def _level(cleaned: Floats, known: Known, usual: Floats, horizon: int) -> tuple[Floats, Floats]:
    for _ in range(LATEST_EVENING):
        cleaned = steps_evened(cleaned, usual)
    local = _every_day(running_median(median(cleaned.reshape(-1, WEEKS, WEEK), 2), 3))
    calm, extra = spikes_aside(cleaned, local, known, usual)
    return level_path(calm, known, horizon), extra


def _average(cleaned: Floats, known: Known) -> Floats:
    recent = known[:, -AVERAGED:]
    found: Floats = (cleaned[:, -AVERAGED:] * recent).sum(axis=1) / np.maximum(recent.sum(axis=1), 1)
    return found


def _same_sign(raw: Floats, path: Floats) -> Floats:
    """A series that never was negative does not become it, and credits stay credits."""
    never_below = (np.nanmin(np.where(np.isfinite(raw), raw, np.inf), axis=1) >= 0)[:, None]
    never_above = (np.nanmax(np.where(np.isfinite(raw), raw, -np.inf), axis=1) <= 0)[:, None]
    path = np.where(never_below, np.maximum(path, 0), path)
    return np.where(never_above, np.minimum(path, 0), path)
