"""Rolling origins: what each model would have said on past days, against what came."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

import numpy as np

from costlib.forecast.series import NEEDS_DAYS, Floats, History, Ints

Model: TypeAlias = Callable[[History, Ints, int], Floats]
"""(history, origins, horizon) → one row an origin, one column a day ahead. Pure; blind from each origin on."""

MOST_ORIGINS = 26
STEPS = (1, 2, 3, 5, 8, 9, 11, 13, 16, 19, 23, 27, 31)
"""Days between origins: none is a multiple of 7, so that every weekday is forecast from."""
LEARNING_DAYS = 56


@dataclass(frozen=True)
class Backtest:
    """Rows are origins, columns days ahead; actual values after the end of what is known are NaN."""

    predicted: Floats
    actual: Floats

    @cached_property
    def errors(self) -> Floats:
        """Actual less predicted, a day."""
        return self.actual - self.predicted

    @cached_property
    def sum_errors(self) -> Floats:
        """Actual less predicted, of the sum from the first day ahead."""
        return np.cumsum(self.errors, axis=1)


def origins_of(known: int) -> Ints:
    """At most MOST_ORIGINS past days to forecast from, the latest one day ago, oldest first."""
    learning = min(LEARNING_DAYS, max(NEEDS_DAYS // 2, known // 2))
    step = next((s for s in STEPS if (known - 1 - learning) // s < MOST_ORIGINS), STEPS[-1])
    return np.arange(known - 1, learning - 1, -step, dtype=np.int64)[:MOST_ORIGINS][::-1]


def backtested(history: History, model: Model, horizon: int) -> tuple[Backtest, Floats]:
    """The past forecasts of `model`, and its forecast of the next `horizon` days."""
    origins = origins_of(history.known)
    paths = model(history, np.append(origins, history.known), horizon)
    target = origins[:, None] + np.arange(horizon)[None, :]
    known = target < history.known
    actual = np.where(known, history.values[np.minimum(target, history.known - 1)], np.nan)
    return Backtest(paths[:-1], actual), paths[-1]
