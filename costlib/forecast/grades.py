"""How a model did on a series' past: the score that a contest is decided by, and the grades that people read."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from costlib.forecast.backtest import Backtest
from costlib.forecast.intervals import Spread

DISTANCES = (1, 7, 14, 30, 60, 90, 180, 365)
LONGEST_SCORED = 31
FEWEST = 3
"""Past forecasts at a distance, below which it does not count in the contest."""
BAND = 80


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


def score_of(backtest: Backtest) -> float:
    """Errors of totals over the distances that people ask for, each a day, averaged."""
    errors = backtest.sum_errors
    distances = [
        d for d in DISTANCES if d <= min(errors.shape[1], LONGEST_SCORED) and np.isfinite(errors[:, d - 1]).sum() >= 3
    ]
    if not distances:
        return float(np.nanmean(np.abs(errors[:, 0])))
    return float(np.mean([np.nanmean(np.abs(errors[:, d - 1])) / d for d in distances]))


def grades_of(backtest: Backtest, spread: Spread) -> tuple[Grade, ...]:
    """Of the totals at each distance that the history is long enough for."""
    low, high = spread.interval(BAND)
    horizon = backtest.errors.shape[1]
    distances = sorted({d for d in DISTANCES if d < horizon} | {horizon})
    grades = (_grade(backtest, (low[days - 1], high[days - 1]), days) for days in distances)
    return tuple(grade for grade in grades if grade is not None)


def _grade(backtest: Backtest, band: tuple[float, float], days: int) -> Grade | None:
    errors = backtest.sum_errors[:, days - 1]
    known = np.isfinite(errors)
    if not known.any():
        return None
    errors = errors[known]
    actual = np.abs(np.cumsum(backtest.actual, axis=1)[known, days - 1]).sum()
    share = 1 / actual if actual else 0.0
    return Grade(
        days=days,
        wape=float(np.abs(errors).sum() * share),
        bias=float(-errors.sum() * share),
        coverage=float(np.mean((errors >= band[0]) & (errors <= band[1]))),
        origins=len(errors),
    )
