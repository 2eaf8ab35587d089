"""Made-up daily cost of sixteen kinds, the same for the same seed: what forecasts and anomalies are measured on.

Each kind has the habit of something that AWS bills. Amounts are US dollars a day.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from zlib import crc32

import numpy as np
import pandas as pd
from numpy.typing import NDArray

FIRST_DAY = "2024-09-01"
DAYS = 730

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Days:
    """The days of one series, and the dice it is made with."""

    rng: np.random.Generator
    first: str = FIRST_DAY
    count: int = DAYS
    index: pd.DatetimeIndex = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "index", pd.date_range(self.first, periods=self.count, freq="D"))

    @cached_property
    def t(self) -> Floats:
        return np.arange(self.count, dtype=np.float64)

    @cached_property
    def day(self) -> NDArray[np.int64]:
        return np.asarray(self.index.day, dtype=np.int64)

    @cached_property
    def before_end(self) -> NDArray[np.int64]:
        """1 on the month's last day."""
        return np.asarray(self.index.days_in_month - self.index.day + 1, dtype=np.int64)

    @cached_property
    def weekend(self) -> NDArray[np.bool_]:
        return np.asarray(self.index.day_of_week >= 5)

    def level(self, low: float = 50, high: float = 2000) -> float:
        """Small ones are more common than large ones."""
        return float(np.exp(self.rng.uniform(np.log(low), np.log(high))))

    def noise(self, share: float) -> Floats:
        """Around 1; what is left of yesterday's deviation makes it less than white."""
        white = self.rng.normal(0, share, self.count)
        kept = self.rng.uniform(0, 0.5)
        for place in range(1, self.count):
            white[place] += kept * white[place - 1]
        return np.exp(white)

    def drift(self, a_year: float) -> Floats:
        return (1 + a_year) ** (self.t / 365)

    def uniform(self, low: float, high: float) -> float:
        return float(self.rng.uniform(low, high))


def weekday_compute(days: Days) -> Floats:
    """Follows office hours, grows slowly."""
    quiet = np.where(days.weekend, days.uniform(0.45, 0.8), 1.0)
    return days.level() * quiet * days.drift(days.uniform(-0.1, 0.5)) * days.noise(0.04)


def steady_database(days: Days) -> Floats:
    return days.level() * days.noise(0.01)


def growing_storage(days: Days) -> Floats:
    """A straight line up, hardly any noise."""
    return days.level() * (1 + days.uniform(0.3, 1.5) * days.t / 365) * days.noise(0.008)


def day_1_fee(days: Days) -> Floats:
    """A monthly fee on the first, several days' worth, over daily use."""
    fee = np.where(days.day == 1, days.uniform(8, 40), 0.0)
    return days.level(20, 500) * (fee + days.noise(0.05))


def level_shift(days: Days) -> Floats:
    """Two real steps that stay."""
    level = np.ones(days.count)
    for _ in range(2):
        level[int(days.uniform(60, days.count - 40)) :] *= days.rng.choice([0.55, 0.7, 1.4, 1.8])
    return days.level() * level * np.where(days.weekend, days.uniform(0.8, 1), 1.0) * days.noise(0.04)


def spiky_batch(days: Days) -> Floats:
    """Steady, and now and then a large job that nobody announced."""
    spikes = (days.rng.random(days.count) < 0.03) * days.rng.uniform(1, 4, days.count)
    return days.level() * (days.noise(0.05) + spikes)


def commitment(days: Days) -> Floats:
    """The same fee every day, another one after a renewal."""
    return np.where(days.t < days.uniform(200, days.count), 1.0, days.uniform(0.8, 1.3)) * days.level(100, 3000)


def migration(days: Days) -> Floats:
    """Moves from one level to another over some weeks."""
    start, length = days.uniform(150, days.count - 100), days.uniform(30, 90)
    moved = np.clip((days.t - start) / length, 0, 1)
    return days.level() * (1 + (days.uniform(0.2, 2.2) - 1) * moved) * days.noise(0.03)


def retail_season(days: Days) -> Floats:
    """Weekends sell more, and the weeks before Christmas most."""
    of_year = np.asarray(days.index.day_of_year, dtype=np.float64)
    season = 1 + days.uniform(0.3, 0.9) * np.exp(-(((of_year - 340) / 18) ** 2))
    week = np.where(days.weekend, days.uniform(1.1, 1.4), 1.0)
    return days.level() * season * week * days.noise(0.05)


def dev_test(days: Days) -> Floats:
    """Switched off at the weekend."""
    on = np.where(days.weekend, days.uniform(0, 0.15), 1.0)
    return days.level(20, 400) * on * days.noise(0.1)


def tier_reset(days: Days) -> Floats:
    """Free at first, then cheaper with volume: starts anew each month."""
    free, cheap = days.uniform(2, 6), days.uniform(14, 22)
    price = np.where(days.day <= free, 0.1, np.where(days.day <= cheap, 1.0, days.uniform(0.5, 0.8)))
    return days.level() * price * days.noise(0.04)


def month_end_batch(days: Days) -> Floats:
    """Closing the books takes two or three days of computing."""
    batch = np.where(days.before_end <= days.rng.integers(1, 4), days.uniform(1.5, 5), 0.0)
    return days.level() * (np.where(days.weekend, 0.85, 1.0) * days.noise(0.04) + batch)


def intermittent(days: Days) -> Floats:
    """Most days nothing."""
    runs = days.rng.random(days.count) < days.uniform(0.08, 0.25)
    return np.asarray(days.level(20, 300) * runs * np.exp(days.rng.normal(0, 0.5, days.count)))


def new_service(days: Days) -> Floats:
    """Nothing for most of the time, then taken into use."""
    age = np.clip(days.t - days.uniform(days.count - 320, days.count - 160), 0, None)
    taken = np.where(age > 0, 1 - np.exp(-age / days.uniform(10, 60)), 0.0)
    return np.asarray(days.level() * taken * days.noise(0.05))


def usage_credits(days: Days) -> Floats:
    """Negative: a share of use, given back day by day, and some of it at the start of the month."""
    monthly = np.where(days.day == 1, days.uniform(0, 8), 0.0)
    return -days.level(20, 400) * (days.noise(0.05) + monthly)


def account_total(days: Days) -> Floats:
    """Several of the others together, support on the third."""
    parts = (weekday_compute, steady_database, growing_storage, day_1_fee, level_shift, dev_test, tier_reset)
    total = np.sum([part(days) for part in parts], axis=0) + usage_credits(days) * 0.2
    support = np.where(days.day == 3, days.uniform(0.5, 1.5), 0.0)
    return np.asarray(total + support * total.mean())


KINDS: dict[str, Callable[[Days], Floats]] = {
    kind.__name__: kind
    for kind in (
        weekday_compute,
        steady_database,
        growing_storage,
        day_1_fee,
        level_shift,
        spiky_batch,
        commitment,
        migration,
        retail_season,
        dev_test,
        tier_reset,
        month_end_batch,
        intermittent,
        new_service,
        usage_credits,
        account_total,
    )
}


def daily_series(kind: str, seed: int, first: str = FIRST_DAY, days: int = DAYS) -> pd.Series[float]:
    """One series of `kind`, in cents as a bill has them, DatetimeIndex without gaps."""
    made = Days(np.random.default_rng([seed, crc32(kind.encode())]), first, days)
    return pd.Series(np.round(KINDS[kind](made), 2), index=made.index, name=f"{kind} {seed}")


def every_kind(seed: int, each: int = 3) -> list[tuple[str, pd.Series[float]]]:
    """(kind, series), `each` of every kind; other seeds share no series."""
    return [(kind, daily_series(kind, 1000 * seed + place)) for kind in KINDS for place in range(each)]
