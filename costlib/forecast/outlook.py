"""Where a month, a quarter or a year will end: the days that are known are kept, only the rest is forecast."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from costlib.errors import UsageError
from costlib.forecast.contest import LEVELS, Contender, Levels, checked_levels, contest
from costlib.forecast.intervals import spread_of
from costlib.forecast.series import LONGEST_HORIZON, Floats
from costlib.periods import DAY, Period, add_months, month_of, month_start


@dataclass(frozen=True)
class Interval:
    """Where the total lies with a likelihood of `level` percent."""

    level: float
    low: float
    high: float


@dataclass(frozen=True)
class Outlook:
    """The total of `period`, currency units: `actual` is known already, `rest` is forecast."""

    period: Period
    actual: float
    rest: float
    intervals: tuple[Interval, ...]
    model: str
    """The model's label, as people read it."""

    @property
    def total(self) -> float:
        return self.actual + self.rest

    def interval(self, level: float = 80) -> Interval:
        """The interval of `level` percent. Raises UsageError if it was not asked for."""
        found = next((interval for interval in self.intervals if interval.level == level), None)
        if found is None:
            raise UsageError(f"No {level:g} % interval was asked for.", "Add it to the levels of the forecast.")
        return found


def outlooks(
    y: pd.Series[float],
    periods: Sequence[Period],
    level: Levels = LEVELS,
    ignored: pd.DatetimeIndex | None = None,
    added: pd.Series[float] | None = None,
) -> tuple[Outlook, ...]:
    """The totals of `periods`, of one contest. Days before the first of `y` count as nothing.

    Raises NotEnoughHistory; UsageError for a period that is further ahead than 800 days.
    """
    shares = checked_levels(level)
    last = _last_day(y)
    horizon = max(((period.last_day - last).days for period in periods), default=1)
    if horizon > LONGEST_HORIZON:
        raise UsageError(f"{horizon} days ahead cannot be forecast.", f"Ask for at most {LONGEST_HORIZON} days.")
    winner = contest(y, max(horizon, 1), level, ignored, added).winner
    return tuple(_outlook(y, winner, period, last, shares) for period in periods)


def month_end(
    y: pd.Series[float],
    level: Levels = LEVELS,
    ignored: pd.DatetimeIndex | None = None,
    added: pd.Series[float] | None = None,
) -> Outlook:
    """The running month: that of the first day that is not known."""
    return outlooks(y, [running_month(_last_day(y))], level, ignored, added)[0]


def running_month(last_known: date) -> Period:
    return month_of(last_known + DAY)


def next_month(last_known: date) -> Period:
    """The first month of which nothing is known."""
    start = running_month(last_known).start
    return month_of(start if start > last_known else add_months(start, 1))


def quarter(last_known: date, fiscal_year_start_month: int = 1) -> Period:
    """The running quarter of the fiscal year."""
    return _part_of_year(last_known, fiscal_year_start_month, 3)


def fiscal_year(last_known: date, fiscal_year_start_month: int = 1) -> Period:
    """The running fiscal year."""
    return _part_of_year(last_known, fiscal_year_start_month, 12)


def _part_of_year(last_known: date, start_month: int, months: int) -> Period:
    this = month_start(last_known + DAY)
    start = add_months(this, -((this.month - start_month) % months))
    return Period(start, add_months(start, months))


def _last_day(y: pd.Series[float]) -> date:
    if not isinstance(y.index, pd.DatetimeIndex) or not len(y):
        raise UsageError("A series to forecast is indexed by days.", "Give it a DatetimeIndex, one entry a day.")
    return pd.Timestamp(y.index[-1]).date()


def _outlook(y: pd.Series[float], winner: Contender, period: Period, last: date, levels: tuple[float, ...]) -> Outlook:
    days = pd.DatetimeIndex(y.index).tz_localize(None)
    inside = (days >= pd.Timestamp(period.start)) & (days < pd.Timestamp(period.end))
    actual = float(y.to_numpy()[inside].sum())
    first, end = max((period.start - last).days - 1, 0), max((period.last_day - last).days, 0)
    if end <= first:
        return Outlook(
            period, actual, 0.0, tuple(Interval(percent, actual, actual) for percent in levels), winner.label
        )
    rest = float(winner.path["mean"].to_numpy()[first:end].sum())
    scale, shape = _errors_of(winner, first, end)
    intervals = []
    for percent in levels:
        outside = (1 - percent / 100) / 2
        low, high = scale * np.quantile(shape, [outside, 1 - outside])
        intervals.append(_interval(y, percent, actual, rest, (float(low), float(high))))
    return Outlook(period, actual, rest, tuple(intervals), winner.label)


def _errors_of(winner: Contender, first: int, end: int) -> tuple[float, Floats]:
    """Scale and shape of the errors of the sum from the `first` day ahead (0 is the next) up to before `end`.

    Too little history to have seen such a distance: those of the whole sum up to `end`, which are wider.
    """
    spread, last = winner.sum_spread, end - 1
    errors = winner.backtest.errors[:, first:]
    if first and np.isfinite(errors[:, 0]).any():
        spread, last = spread_of(np.cumsum(errors, axis=1), growth=1.0), end - first - 1
    return float(spread.scale[last]), spread.shape


def _interval(y: pd.Series[float], percent: float, actual: float, rest: float, errors: tuple[float, float]) -> Interval:
    """What never was negative does not make a total smaller, and credits do not make it larger."""
    low, high = rest + min(errors[0], 0.0), rest + max(errors[1], 0.0)
    if y.min() >= 0 and rest >= 0:
        low = max(low, 0.0)
    if y.max() <= 0 and rest <= 0:
        high = min(high, 0.0)
    return Interval(percent, actual + low, actual + high)
