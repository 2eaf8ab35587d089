"""A daily series made ready to be forecast: checked, and with the calendar that bills follow laid over it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from costlib.errors import NotEnoughHistory, UsageError

Floats: TypeAlias = NDArray[np.float64]
Ints: TypeAlias = NDArray[np.int64]

NEEDS_DAYS = 14
"""Two weeks: the least in which a weekday can be told from chance."""
LONGEST_HORIZON = 800
LONGEST_HISTORY = 800
"""Days further back than this say nothing of the next month and cost time."""


@dataclass(frozen=True)
class Calendar:
    """Of each day: its place in week and month. `month` counts from the first day's month (0)."""

    days: NDArray[np.datetime64]
    weekday: Ints
    day: Ints
    before_end: Ints
    month: Ints
    business: Ints
    business_before_end: Ints
    """Business days are Monday to Friday, counted from 1 at either end of the month; 0 on a weekend."""

    def __len__(self) -> int:
        return len(self.weekday)


@dataclass(frozen=True)
class History:
    """What is known (`values`, currency units a day), under a calendar that also covers the days to forecast."""

    values: Floats
    calendar: Calendar
    horizon: int
    ignored: NDArray[np.bool_]
    """Days that a known event explains: they are not learned from."""

    @property
    def known(self) -> int:
        return len(self.values)

    @property
    def next_days(self) -> pd.DatetimeIndex:
        return pd.DatetimeIndex(self.calendar.days[self.known :], freq="D")


def history_of(y: pd.Series[float], horizon: int, ignored: pd.DatetimeIndex | None = None) -> History:
    """`y` checked, its leading zeros cut off where enough is left. Raises UsageError and NotEnoughHistory."""
    if isinstance(horizon, bool) or not 1 <= horizon <= LONGEST_HORIZON:
        raise UsageError(f"A horizon of {horizon} days cannot be forecast.", f"Give 1 to {LONGEST_HORIZON} days.")
    days, values = _checked(y)
    if len(values) < NEEDS_DAYS:
        raise NotEnoughHistory(len(values), NEEDS_DAYS)
    nonzero = np.flatnonzero(values)
    first = int(nonzero[0]) if len(nonzero) else 0
    first = max(min(first, len(values) - NEEDS_DAYS), len(values) - LONGEST_HISTORY, 0)
    days, values = days[first:], values[first:]
    muted = np.isin(days, _naive(ignored)) if ignored is not None else np.zeros(len(values), dtype=bool)
    return History(values, calendar_of(days[0], len(values) + horizon), horizon, muted)


def _checked(y: pd.Series[float]) -> tuple[NDArray[np.datetime64], Floats]:
    if not isinstance(y.index, pd.DatetimeIndex):
        raise UsageError("A series to forecast is indexed by days.", "Give it a DatetimeIndex, one entry a day.")
    days = _naive(y.index)
    if len(days) > 1 and not (np.diff(days) == np.timedelta64(1, "D")).all():
        raise UsageError("A series to forecast has every day once, in order.", "Fill the days without charges with 0.")
    values: Floats = np.asarray(y.to_numpy(), dtype=np.float64)
    if not np.isfinite(values).all():
        raise UsageError("A series to forecast has an amount on each day.", "Fill the days without charges with 0.")
    return days, values


def _naive(index: pd.DatetimeIndex) -> NDArray[np.datetime64]:
    return index.tz_localize(None).to_numpy().astype("datetime64[D]")


@lru_cache(maxsize=32)
def calendar_of(first: np.datetime64, length: int) -> Calendar:
    """The calendar of `length` days from `first`."""
    days = first + np.arange(length)
    months = days.astype("datetime64[M]")
    start, end = months.astype("datetime64[D]"), (months + 1).astype("datetime64[D]")
    working = np.is_busday(days)
    return Calendar(
        days=days,
        weekday=(days.astype(np.int64) + 3) % 7,
        day=(days - start).astype(np.int64) + 1,
        before_end=(end - days).astype(np.int64),
        month=(months - months[0]).astype(np.int64),
        business=np.where(working, np.busday_count(start, days) + 1, 0),
        business_before_end=np.where(working, np.busday_count(days, end), 0),
    )
