"""A contest per series: every model forecasts the series' own past, and the best of them its future."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from costlib.errors import UsageError
from costlib.forecast import simple
from costlib.forecast.backtest import Backtest, Model, backtested
from costlib.forecast.intervals import Spread, spread_of
from costlib.forecast.series import Floats, History, history_of

DISTANCES = (1, 7, 14, 30, 60, 90, 180, 365)
LEVELS = (80, 95)
BAND = 0.8

Levels = Sequence[float]


@dataclass(frozen=True)
class Grade:
    """How one model did on the series' past, for the total of the next `days` days.

    `wape`: absolute errors over actual amounts (0.05 is 5 %); `bias`: forecast less actual over actual, positive is
    too high; `coverage`: how often the 80 % interval of the other origins held the total. `origins`: past forecasts.
    """

    days: int
    wape: float
    bias: float
    coverage: float
    origins: int


@dataclass(frozen=True)
class Contender:
    """One model: its track record on this series, and what it forecasts."""

    name: str
    label: str
    grades: tuple[Grade, ...]
    score: float
    """What the contest is decided by: mean absolute error of totals, currency units a day; lower is better."""
    path: pd.DataFrame
    """As `forecast` gives it."""
    total: pd.DataFrame
    """As `forecast_total` gives it."""
    backtest: Backtest
    daily_spread: Spread
    sum_spread: Spread

    def grade(self, days: int) -> Grade | None:
        """The grade of the longest distance that is not beyond `days`; None when the history is too short for any."""
        return next((grade for grade in reversed(self.grades) if grade.days <= days), None)


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
    ("month_to_date", "Month-to-date × days", simple.month_to_date, 1.0),
    ("last_30_days", "Average of the last 30 days", simple.last_30_days, 1.0),
    ("same_weekday", "Last week again", simple.same_weekday, 1.0),
    ("same_day_of_month", "Same days of last month", simple.same_day_of_month, 1.0),
)
"""Name, label, model, and how much its score is held against it."""


def contest(
    y: pd.Series[float], horizon: int = 31, level: Levels = LEVELS, ignored: pd.DatetimeIndex | None = None
) -> Contest:
    """Every model on `y`, the best first.

    `y`: currency units a day, a DatetimeIndex without gaps, the last known day last. `horizon`: days. `level`: percent.
    `ignored`: days that known events explain; they are not learned from.
    Raises NotEnoughHistory for fewer than 14 days, UsageError for gaps, missing amounts or an impossible horizon.
    """
    shares = checked_levels(level)
    history = history_of(y, horizon, ignored)
    contenders = [_contender(history, *model, levels=shares) for model in MODELS]
    return Contest(tuple(sorted(contenders, key=lambda contender: contender.score)))


def checked_levels(level: Levels) -> tuple[float, ...]:
    """`level` as percentages between 0 and 100. Raises UsageError for others."""
    for percent in level:
        if not 0 < percent < 100:
            raise UsageError(f"A level of {percent} % is no interval.", "Give percentages such as 80 and 95.")
    return tuple(level)


def _contender(
    history: History, name: str, label: str, model: Model, handicap: float, *, levels: tuple[float, ...]
) -> Contender:
    backtest, mean = backtested(history, model, history.horizon)
    daily, sums = spread_of(backtest.errors, growth=0.5), spread_of(backtest.sum_errors, growth=1.0)
    days = history.next_days
    return Contender(
        name=name,
        label=label,
        grades=_grades(backtest, sums),
        score=handicap * _score(backtest),
        path=_banded(days, mean, daily, levels),
        total=_banded(days, np.cumsum(mean), sums, levels),
        backtest=backtest,
        daily_spread=daily,
        sum_spread=sums,
    )


def _banded(days: pd.DatetimeIndex, mean: Floats, spread: Spread, levels: tuple[float, ...]) -> pd.DataFrame:
    columns = {"mean": mean}
    for percent in levels:
        outside = (1 - percent / 100) / 2
        columns[f"lo-{percent:g}"] = mean + np.minimum(spread.quantile(outside), 0)
        columns[f"hi-{percent:g}"] = mean + np.maximum(spread.quantile(1 - outside), 0)
    return pd.DataFrame(columns, index=days)


def _score(backtest: Backtest) -> float:
    """Errors of totals over the distances that people ask for, each a day, averaged."""
    errors = backtest.sum_errors
    distances = [d for d in DISTANCES if d <= min(errors.shape[1], 31) and np.isfinite(errors[:, d - 1]).sum() >= 3]
    if not distances:
        return float(np.nanmean(np.abs(errors[:, 0])))
    return float(np.mean([np.nanmean(np.abs(errors[:, d - 1])) / d for d in distances]))


def _grades(backtest: Backtest, spread: Spread) -> tuple[Grade, ...]:
    horizon = backtest.errors.shape[1]
    distances = sorted({d for d in DISTANCES if d < horizon} | {horizon})
    grades = (_grade(backtest, spread, days) for days in distances)
    return tuple(grade for grade in grades if grade is not None)


def _grade(backtest: Backtest, spread: Spread, days: int) -> Grade | None:
    errors = backtest.sum_errors[:, days - 1]
    known = np.isfinite(errors)
    if not known.any():
        return None
    errors = errors[known]
    actual = np.abs(np.cumsum(backtest.actual, axis=1)[known, days - 1]).sum()
    low, high = spread.quantile((1 - BAND) / 2)[days - 1], spread.quantile((1 + BAND) / 2)[days - 1]
    share = 1 / actual if actual else 0.0
    return Grade(
        days=days,
        wape=float(np.abs(errors).sum() * share),
        bias=float(-errors.sum() * share),
        coverage=float(np.mean((errors >= low) & (errors <= high))),
        origins=len(errors),
    )
