"""What callers ask: the next days, their running total, and how likely a limit is passed."""

from __future__ import annotations

import numpy as np
import pandas as pd

from costlib.forecast.contest import LEVELS, Contender, Levels, contest


def forecast(
    y: pd.Series[float],
    horizon: int,
    level: Levels = LEVELS,
    ignored: pd.DatetimeIndex | None = None,
    added: pd.Series[float] | None = None,
) -> pd.DataFrame:
    """The next `horizon` days of `y`, one row a day: `mean`, and `lo-L`, `hi-L` for each `level` L (percent).

    `y`: currency units a day, a DatetimeIndex without gaps. `ignored`: days not to be learned from. `added`: what
    known events add to each day to come.
    Raises NotEnoughHistory for fewer than 14 days, UsageError for gaps, missing amounts or an impossible horizon.
    """
    return contest(y, horizon, level, ignored, added).winner.path


def forecast_total(
    y: pd.Series[float],
    horizon: int,
    level: Levels = LEVELS,
    ignored: pd.DatetimeIndex | None = None,
    added: pd.Series[float] | None = None,
) -> pd.DataFrame:
    """The same for the sum from the first forecast day through each day; intervals are from errors of sums."""
    return contest(y, horizon, level, ignored, added).winner.total


def probability_above(
    y: pd.Series[float],
    horizon: int,
    amount: float,
    ignored: pd.DatetimeIndex | None = None,
    added: pd.Series[float] | None = None,
) -> float:
    """How likely the next `horizon` days add up to more than `amount` (currency units), 0 to 1."""
    return likely_above(contest(y, horizon, (), ignored, added).winner, horizon, amount)


def likely_above(winner: Contender, horizon: int, amount: float) -> float:
    """`probability_above` of a contest that was held already, for any horizon within its own."""
    mean, spread = float(winner.total["mean"].iloc[horizon - 1]), winner.sum_spread
    scale = float(spread.scale[horizon - 1])
    if scale == 0:
        return float(mean > amount)
    return float(np.mean(mean + scale * spread.shape > amount))
