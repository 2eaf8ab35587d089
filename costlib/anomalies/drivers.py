"""What an incident is made of: each value's share of what was above expectation, for any dimension."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

WEEKS = 4
"""How many weeks before an incident tell what its weekdays cost."""


@dataclass(frozen=True)
class Driver:
    """One value of a dimension (a usage type, a region, an account): `share` of all that was above expectation."""

    value: str
    above_expected: float
    share: float


def drivers(parts: Mapping[str, pd.Series], first_day: date, last_day: date) -> tuple[Driver, ...]:
    """The values that an incident from `first_day` to `last_day` is made of, those that drive it most first.

    `parts`: the daily amounts of every value within the incident's root, with four weeks before `first_day` (fewer
    where history is shorter). Expected of a day is the median of its weekday in those weeks: values too small or too
    new to be judged themselves have a share too. Shares add up to 1; values that went the other way have negative ones.
    """
    above = {value: _above(y, pd.Timestamp(first_day), pd.Timestamp(last_day)) for value, y in parts.items()}
    total = sum(above.values())
    told = (Driver(value, amount, amount / total if total else 0.0) for value, amount in above.items() if amount)
    return tuple(sorted(told, key=lambda driver: (-driver.share, driver.value)))


def _above(y: pd.Series, first: pd.Timestamp, last: pd.Timestamp) -> float:
    days = pd.DatetimeIndex(y.index)
    before = y[(days >= first - pd.Timedelta(weeks=WEEKS)) & (days < first)]
    usual = before.groupby(pd.DatetimeIndex(before.index).day_of_week).median()
    during = y[(days >= first) & (days <= last)]
    weekdays = pd.DatetimeIndex(during.index).day_of_week
    return float(during.sum() - np.nansum(usual.reindex(weekdays).to_numpy(dtype=float)))
