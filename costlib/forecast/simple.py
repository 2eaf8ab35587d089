"""The contenders that anyone could work out by hand. Each forecasts from many past days at once.

An origin is the number of days that are known; a model never looks at a value from its origin on.
"""

from __future__ import annotations

import numpy as np

from costlib.forecast.series import Floats, History, Ints

MONTH = 30
WEEK = 7


def month_to_date(history: History, origins: Ints, horizon: int) -> Floats:
    """The average day of the running month so far: what most cost tools do."""
    month = history.calendar.month
    first = np.searchsorted(month, month[origins - 1])
    return _average(history, first, origins, horizon)


def last_30_days(history: History, origins: Ints, horizon: int) -> Floats:
    """The average of the last 30 days."""
    return _average(history, np.maximum(origins - MONTH, 0), origins, horizon)


def same_weekday(history: History, origins: Ints, horizon: int) -> Floats:
    """The last week over and over."""
    back = np.minimum(origins, WEEK)[:, None]
    ahead = np.arange(horizon)[None, :]
    found: Floats = history.values[origins[:, None] - back + ahead % back]
    return found


def same_day_of_month(history: History, origins: Ints, horizon: int) -> Floats:
    """The same day of the last month that is known, the month's last day where that month is shorter."""
    calendar = history.calendar
    starts = np.searchsorted(calendar.month, np.arange(calendar.month[-1] + 2))
    target = origins[:, None] + np.arange(horizon)[None, :]
    month, day = calendar.month[target], calendar.day[target]
    back = np.ones_like(month)
    position = _same_day(starts, month - back, day, calendar.day[0])
    while (late := position >= origins[:, None]).any():
        back = np.where(late, back + 1, back)
        position = _same_day(starts, month - back, day, calendar.day[0])
    fallback = same_weekday(history, origins, horizon)
    return np.where(position >= 0, history.values[np.maximum(position, 0)], fallback)


def _average(history: History, first: Ints, origins: Ints, horizon: int) -> Floats:
    sums = np.concatenate([[0.0], np.cumsum(history.values)])
    mean = (sums[origins] - sums[first]) / np.maximum(origins - first, 1)
    return np.repeat(mean[:, None], horizon, axis=1)


def _same_day(starts: Ints, month: Ints, day: Ints, first_day: int) -> Ints:
    """Positions of `day` in `month`; negative before the history. Its first month may start in the middle."""
    inside = np.clip(month, 0, len(starts) - 2)
    skipped = np.where(inside == 0, first_day - 1, 0)
    last = starts[inside + 1] - 1
    position = np.minimum(starts[inside] + day - 1 - skipped, last)
    return np.where((month < 0) | (position < starts[inside]), -1, position)
