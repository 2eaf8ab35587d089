"""Anomalies of the data rather than of the spend: schema drift, a bad grouping, a day that did not arrive."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date
from typing import TypeAlias

import numpy as np
import pandas as pd

USUAL_DAYS = 28
"""The days before a day that tell what is usual."""

_ALWAYS = 0.9
_GONE_FOR = 2
_DOUBLED = (1.9, 2.1)
_WORTH = 1.0


@dataclass(frozen=True)
class MissingDay:
    """No charge at all on a day, where every day before had some."""

    day: date


@dataclass(frozen=True)
class DoubledDay:
    """Nearly every service at twice its usual amount: the day was counted twice."""

    day: date
    actual: float
    usual: float


@dataclass(frozen=True)
class VanishedService:
    """Nothing since `day` of a service that was charged nearly every day; `usual` is its amount a day."""

    service: str
    day: date
    usual: float


@dataclass(frozen=True)
class SignFlip:
    """A service whose days had one sign has the other, by as much."""

    service: str
    day: date
    actual: float
    usual: float


@dataclass(frozen=True)
class NewRecordType:
    """A kind of charge that was never seen before."""

    record_type: str
    day: date


DataAnomaly: TypeAlias = MissingDay | DoubledDay | VanishedService | SignFlip | NewRecordType


def data_anomalies(
    by_service: pd.DataFrame, by_record_type: pd.DataFrame, known_record_types: Collection[str] = ()
) -> tuple[DataAnomaly, ...]:
    """Everything odd about the shape of the data, in order of days.

    Both frames have a DatetimeIndex with every day of the period and a column a service or record type; NaN where
    there was no charge, which is not the same as a charge of 0. A day is judged by the days before it; the first 28
    are only learned from. `known_record_types` are expected even if they come for the first time.
    """
    found = [
        *_missing_days(by_service),
        *_doubled_days(by_service),
        *(a for name, y in by_service.items() for a in _of_service(str(name), y)),
        *_new_record_types(by_record_type, known_record_types),
    ]
    return tuple(sorted(found, key=lambda a: (a.day, type(a).__name__)))


def _missing_days(by_service: pd.DataFrame) -> Iterator[MissingDay]:
    has_charges = by_service.notna().any(axis=1)
    usual = has_charges.rolling(USUAL_DAYS).mean().shift() >= _ALWAYS
    yield from (MissingDay(_day(day)) for day in by_service.index[usual & ~has_charges])


def _doubled_days(by_service: pd.DataFrame) -> Iterator[DoubledDay]:
    """Told from services that vary little: a doubling of all of them at once is nobody's use."""
    same_weekday = pd.concat([by_service.shift(7 * week) for week in (1, 2, 3, 4)], keys=range(4)).groupby(level=1)
    usual, low, high = same_weekday.median(), same_weekday.min(), same_weekday.max()
    steady = ((high - low) <= 0.3 * usual.abs()) & (usual.abs() >= _WORTH)
    ratio = by_service / usual
    doubled = steady & (ratio >= _DOUBLED[0]) & (ratio <= _DOUBLED[1])
    judged = steady.sum(axis=1)
    for day in by_service.index[(judged >= 3) & (doubled.sum(axis=1) >= _ALWAYS * judged)]:
        columns = steady.loc[day]
        yield DoubledDay(_day(day), float(by_service.loc[day, columns].sum()), float(usual.loc[day, columns].sum()))


def _of_service(service: str, y: pd.Series) -> Iterator[VanishedService | SignFlip]:
    is_charged = y.notna()
    was_usual = is_charged.rolling(USUAL_DAYS).mean().shift() >= _ALWAYS
    amount = y.rolling(USUAL_DAYS, min_periods=USUAL_DAYS // 2).median().shift()
    worth = was_usual & (amount.abs() >= _WORTH)
    gone = _gone(is_charged)
    for day in y.index[worth & gone]:
        yield VanishedService(service, _day(day), float(amount[day]))
    flipped = worth & (np.sign(y) == -np.sign(amount)) & (y.abs() >= 0.5 * amount.abs())
    for day in y.index[flipped & ~flipped.shift(fill_value=False)]:
        yield SignFlip(service, _day(day), float(y[day]), float(amount[day]))


def _gone(is_charged: pd.Series) -> pd.Series:
    """First days of at least two without a charge, told on the second: no day is judged by a later one."""
    missing = ~is_charged
    return missing & missing.shift(fill_value=False) & is_charged.shift(_GONE_FOR, fill_value=False)


def _new_record_types(by_record_type: pd.DataFrame, known: Collection[str]) -> Iterator[NewRecordType]:
    for name, y in by_record_type.items():
        seen = y.index[y.notna()]
        if len(seen) and seen[0] >= y.index[0] + pd.Timedelta(days=USUAL_DAYS) and name not in known:
            yield NewRecordType(str(name), _day(seen[0]))


def _day(stamp: pd.Timestamp) -> date:
    return stamp.date()
