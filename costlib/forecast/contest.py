"""A contest per series: every model forecasts the series' own past, and the best of them its future."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from costlib.errors import UsageError
from costlib.forecast import simple
from costlib.forecast.backtest import Backtest, Model, backtested
from costlib.forecast.cleaned import calendar_cleaned
from costlib.forecast.grades import Grade, grades_of, score_of
from costlib.forecast.intervals import Spread, spread_of
from costlib.forecast.series import Floats, History, history_of

LEVELS = (80, 95)
ALIKE = 7
"""Distances of days whose uncertainty is taken to be alike."""

Levels = Sequence[float]


@dataclass(frozen=True)
class Contender:
    """One model: its track record on this series, and what it forecasts. What is not asked for is not worked out."""

    name: str
    label: str
    score: float
    """What the contest is decided by: mean absolute error of totals, currency units a day; lower is better."""
    backtest: Backtest
    history: History
    mean: Floats
    """What is expected of each day ahead, without known events."""
    extra: Floats
    """What known events add to each day ahead."""
    levels: tuple[float, ...]

    @cached_property
    def path(self) -> pd.DataFrame:
        """As `forecast` gives it."""
        return self._banded(self.mean, self.extra, self.daily_spread)

    @cached_property
    def total(self) -> pd.DataFrame:
        """As `forecast_total` gives it."""
        return self._banded(np.cumsum(self.mean), np.cumsum(self.extra), self.sum_spread)

    @cached_property
    def grades(self) -> tuple[Grade, ...]:
        """By distance, the shortest first."""
        return grades_of(self.backtest, self.sum_spread)

    @cached_property
    def daily_spread(self) -> Spread:
        return spread_of(self.backtest.errors, growth=0.5, own=3, alike=ALIKE)

    @cached_property
    def sum_spread(self) -> Spread:
        return spread_of(self.backtest.sum_errors, growth=1.0)

    def grade(self, days: int) -> Grade | None:
        """The grade of the longest distance that is not beyond `days`; None when the history is too short for any."""
        return next((grade for grade in reversed(self.grades) if grade.days <= days), None)

    def _banded(self, mean: Floats, extra: Floats, spread: Spread) -> pd.DataFrame:
        """Bounds never cross zero where the series never did."""
        values = self.history.values
        least = 0.0 if values.min() >= 0 else -np.inf
        most = 0.0 if values.max() <= 0 else np.inf
        columns = {"mean": mean + extra}
        for percent in self.levels:
            low, high = spread.interval(percent)
            columns[f"lo-{percent:g}"] = np.maximum(mean + np.minimum(low, 0), least) + extra
            columns[f"hi-{percent:g}"] = np.minimum(mean + np.maximum(high, 0), most) + extra
        return pd.DataFrame(columns, index=self.history.next_days)


@dataclass(frozen=True)
class Contest:
    """Every contender, the best first."""

    contenders: tuple[Contender, ...]

    @property
    def winner(self) -> Contender:
        return self.contenders[0]

    def contender(self, name: str) -> Contender | None:
        return next((c for c in self.contenders if c.name == name), None)


MODELS: tuple[tuple[str, str, Model, float], ...] = (
    ("calendar_cleaned", "Calendar-cleaned level", calendar_cleaned, 0.85),
    ("month_to_date", "Month-to-date × days", simple.month_to_date, 1.0),
    ("half_year", "Average of the last half year", simple.half_year, 1.0),
    ("last_30_days", "Average of the last 30 days", simple.last_30_days, 1.0),
    ("same_weekday", "Last week again", simple.same_weekday, 1.0),
    ("same_day_of_month", "Same days of last month", simple.same_day_of_month, 1.0),
)
"""Name, label, model, and how much its score is held against it: chance should not unseat the best all-rounder."""


def contest(
    y: pd.Series[float],
    horizon: int = 31,
    level: Levels = LEVELS,
    ignored: pd.DatetimeIndex | None = None,
    added: pd.Series[float] | None = None,
) -> Contest:
    """Every model on `y`, the best first.

    `y`: currency units a day, a DatetimeIndex without gaps, the last known day last. `horizon`: days. `level`: percent.
    `ignored`: days that known events explain; they are not learned from. `added`: what known events add to each day
    to come (currency units, any DatetimeIndex).
    Raises NotEnoughHistory for fewer than 14 days, UsageError for gaps, missing amounts or an impossible horizon.
    """
    shares = _checked_levels(level)
    history = history_of(y, horizon, ignored)
    known_events = _extra(history, added)
    contenders = [_contender(history, *model, levels=shares, extra=known_events) for model in MODELS]
    return Contest(tuple(sorted(contenders, key=lambda contender: contender.score)))


def _checked_levels(level: Levels) -> tuple[float, ...]:
    """`level` as percentages between 0 and 100. Raises UsageError for others."""
    for percent in level:
        if not 0 < percent < 100:
            raise UsageError(f"A level of {percent} % is no interval.", "Give percentages such as 80 and 95.")
    return tuple(level)


def _contender(
    history: History, name: str, label: str, model: Model, handicap: float, *, levels: tuple[float, ...], extra: Floats
) -> Contender:
    backtest, mean = backtested(history, model, history.horizon)
    score = handicap * score_of(backtest)
    return Contender(name, label, score, backtest, history, mean, extra, levels)


def _extra(history: History, added: pd.Series[float] | None) -> Floats:
    if added is None:
        return np.zeros(history.horizon)
    by_day = added.groupby(pd.DatetimeIndex(added.index).tz_localize(None).normalize()).sum()
    return np.asarray(by_day.reindex(history.next_days, fill_value=0.0), dtype=np.float64)
