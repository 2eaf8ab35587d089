"""Forecasts as they were made, AWS's and our own, kept for the day on which they can be graded. Never changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from costlib.periods import Granularity, Period
from costlib.store.warehouse import Warehouse
from costlib.vocabulary import CostMetric


class Forecaster(StrEnum):
    """Who made a forecast."""

    aws = "aws"
    costlib = "costlib"


@dataclass(frozen=True)
class Subject:
    """What a forecast is about: a level (`total`, a dimension, `cost_center`), one value of it, and the metric."""

    level: str
    value: str
    metric: CostMetric


@dataclass(frozen=True)
class Forecast:
    """The sum over `period`, with the bounds of an interval, None where there are none."""

    period: Period
    mean: Decimal
    lower: Decimal | None
    upper: Decimal | None


@dataclass(frozen=True)
class Made:
    """Forecasts of one subject, made together: `granularity` of their periods, `model` as its maker calls it."""

    forecaster: Forecaster
    as_of: date
    subject: Subject
    granularity: Granularity
    interval_percent: int
    model: str
    forecasts: Sequence[Forecast]


def is_kept(
    warehouse: Warehouse, forecaster: Forecaster, as_of: date, subject: Subject, granularity: Granularity
) -> bool:
    """Whether this was forecast on this day already."""
    asked = [forecaster, as_of, subject.level, subject.value, subject.metric, granularity]
    return bool(
        warehouse.fetch(
            """
            SELECT 1 FROM forecasts
            WHERE forecaster = ? AND as_of = ? AND level = ? AND value = ? AND metric = ? AND granularity = ?
            LIMIT 1""",
            asked,
        )
    )


def last_kept(warehouse: Warehouse, forecaster: Forecaster) -> date | None:
    """The last day on which this forecaster's forecasts were kept."""
    ((last,),) = warehouse.fetch("SELECT MAX(as_of) FROM forecasts WHERE forecaster = ?", [forecaster])
    return last if isinstance(last, date) else None


def keep(warehouse: Warehouse, made: Sequence[Made], read_at: datetime) -> None:
    """Add them, all or none."""
    rows = [row for one in made for row in _rows(one, read_at)]
    if rows:
        with warehouse.transaction() as connection:
            connection.executemany(f"INSERT INTO forecasts VALUES ({', '.join('?' * len(rows[0]))})", rows)


def _rows(made: Made, read_at: datetime) -> list[list[object]]:
    subject = made.subject
    head = [made.forecaster, made.as_of, subject.level, subject.value, subject.metric, made.granularity]
    tail = [made.interval_percent, made.model, read_at]
    return [[*head, f.period.start, f.period.end, f.mean, f.lower, f.upper, *tail] for f in made.forecasts]
