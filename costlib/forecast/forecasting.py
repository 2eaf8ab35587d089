"""What callers ask: the next days, their running total, and how likely a limit is passed."""

from __future__ import annotations

import numpy as np
import pandas as pd

from costlib.forecast.contest import LEVELS, Levels, contest


def forecast(
    y: pd.Series[float], horizon: int, level: Levels = LEVELS, ignored: pd.DatetimeIndex | None = None
) -> pd.DataFrame:
    """The next `horizon` days of `y`, one row a day: `mean`, and `lo-L`, `hi-L` for each `level` L (percent).

    `y`: currency units a day, a DatetimeIndex without gaps. `ignored`: days not to be learned from.
    Raises NotEnoughHistory for fewer than 14 days, UsageError for gaps, missing amounts or an impossible horizon.
    """
    return contest(y, horizon, level, ignored).winner.path


def forecast_total(
    y: pd.Series[float], horizon: int, level: Levels = LEVELS, ignored: pd.DatetimeIndex | None = None
) -> pd.DataFrame:
    """The same for the sum from the first forecast day through each day; intervals are from errors of sums."""
    return contest(y, horizon, level, ignored).winner.total


def probability_above(
    y: pd.Series[float], horizon: int, amount: float, ignored: pd.DatetimeIndex | None = None
) -> float:
    """How likely the next `horizon` days add up to more than `amount` (currency units), 0 to 1."""
    winner = contest(y, horizon, (), ignored).winner
    mean, spread = float(winner.total["mean"].iloc[-1]), winner.sum_spread
    scale = float(spread.scale[-1])
    if scale == 0:
        return float(mean > amount)
    return float(np.mean(mean + scale * spread.shape > amount))
