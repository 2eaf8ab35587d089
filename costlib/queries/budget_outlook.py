"""Where a budget's period will end, from the days that are complete: an estimate with its interval and its chances."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import accumulate

import pandas as pd

from costlib.errors import NotEnoughHistory
from costlib.forecast import contest, likely_above
from costlib.money import rounded
from costlib.periods import DAY, Period
from costlib.queries.budget_spend import Days
from costlib.queries.forecast_events import Events, added, muted

LEVEL = 80
"""Percent of the interval."""
UNSURE = 0.01
"""No forecast is certain: a probability stays this far from 0 and from 1 until the period is over."""


@dataclass(frozen=True)
class Point:
    """The running sum of the period through a day, as it is expected, and between which bounds."""

    day: date
    expected: Decimal
    low: Decimal
    high: Decimal


@dataclass(frozen=True)
class Outlook:
    """The days after the last complete one, to the end of the period; estimates, rounded to cents.

    `probability`: how likely the period ends above the amount, 0 to 1. `model` is what the forecast comes from, and
    `error` how far such forecasts were from the truth on this series' past (0.05 is 5 %); None without a past.
    """

    points: tuple[Point, ...]
    probability: float
    model: str
    error: float | None

    @property
    def end(self) -> Point:
        return self.points[-1]

    def crossed_on(self, amount: Decimal) -> date | None:
        """The first day through which more than `amount` is expected; None when it is not expected to be."""
        return next((point.day for point in self.points if point.expected > amount), None)


def outlook_of(days: Days, period: Period, last_complete: date, amount: Decimal, events: Events = ()) -> Outlook | str:
    """The outlook, or why there is none. `days` are all that are stored; those after `last_complete` play no part."""
    known = {day: spent for day, spent in days.items() if day <= last_complete}
    if any(spent is None for spent in known.values()):
        return "The cost metric is not available for all days."
    so_far = sum((spent for day, spent in known.items() if day in period and spent is not None), Decimal(0))
    horizon = (period.last_day - last_complete).days
    if horizon <= 0:
        return _ended(so_far, period.last_day, amount)
    series, stored = _series(known), Period(min(known, default=last_complete), last_complete + DAY)
    try:
        coming = _added(events, last_complete, horizon)
        winner = contest(series, horizon, (LEVEL,), muted(events, stored), coming).winner
        likely = likely_above(winner, horizon, float(amount - so_far))
    except NotEnoughHistory as error:
        return error.message
    grade = winner.grade(horizon)
    probability = min(1 - UNSURE, max(UNSURE, likely))
    return Outlook(tuple(_points(winner.total, so_far)), probability, winner.label, grade.wape if grade else None)


def _added(events: Events, last: date, horizon: int) -> pd.Series[float] | None:
    """What known events add to each of the coming days; None when nothing."""
    if not events:
        return None
    days = [last + n * DAY for n in range(1, horizon + 1)]
    amounts = [float(added(events, Period(day, day + DAY))) for day in days]
    return pd.Series(amounts, index=pd.DatetimeIndex(days), dtype=float)


def _ended(spent: Decimal, last: date, amount: Decimal) -> Outlook:
    at_end = rounded(spent)
    return Outlook((Point(last, at_end, at_end, at_end),), float(spent > amount), "The period is over", None)


def _series(known: Days) -> pd.Series[float]:
    return pd.Series(
        [float(spent or 0) for spent in known.values()], index=pd.DatetimeIndex(list(known)), dtype=float
    ).asfreq("D")


def _points(totals: pd.DataFrame, so_far: Decimal) -> Iterator[Point]:
    columns = (totals["mean"], totals[f"lo-{LEVEL}"], totals[f"hi-{LEVEL}"])
    for moment, *amounts in zip(totals.index, *columns, strict=True):
        yield Point(moment.date(), *(rounded(so_far + Decimal(str(amount))) for amount in amounts))


def running(days: Mapping[date, Decimal | None], period: Period, last: date) -> tuple[tuple[date, Decimal], ...]:
    """The running sum of the stored days of a period through `last`; nothing when one of them is not available."""
    kept = [(day, spent) for day, spent in days.items() if day in period and day < last + DAY]
    amounts = [spent for _, spent in kept if spent is not None]
    if len(amounts) < len(kept):
        return ()
    return tuple(zip((day for day, _ in kept), accumulate(amounts), strict=True))
