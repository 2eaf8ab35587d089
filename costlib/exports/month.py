"""What the report of a month holds: plain figures, already asked for and exact. `report` writes them to a file."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from costlib.money import difference, ratio, total
from costlib.periods import Period
from costlib.vocabulary import CostMetric


@dataclass(frozen=True)
class Line:
    """An amount with a name, and what it was in the month before; None is "not available"."""

    name: str
    amount: Decimal | None
    previous: Decimal | None

    @property
    def change(self) -> Decimal | None:
        return difference(self.amount, self.previous)


@dataclass(frozen=True)
class Bar:
    """A month or a day of a trend. `is_whole`: AWS has finished all its days."""

    start: date
    amount: Decimal | None
    is_estimated: bool
    is_whole: bool


@dataclass(frozen=True)
class Unallocated:
    """What carries no value of a cost category or tag, and its share of what carries one or none."""

    label: str
    amount: Decimal | None
    share: Decimal | None


@dataclass(frozen=True)
class MonthTieOut:
    """All stored charges of the month, whatever is filtered, against AWS's own total.

    Whoever sees a part of them (`is_told` is False) learns whether days differ, and no amount.
    """

    days: int
    differing_days: int
    control: Decimal | None
    absolute_difference: Decimal | None
    is_told: bool = True


@dataclass(frozen=True)
class MonthReport:
    """A month's figures. `counted` are its complete days; `before` and `year_before` are what they are compared with.

    `services` and `accounts` are all there are, the largest first. `kinds` are charges, tax, credits and refunds, and
    add up to `total`. `narrowed_to` says in words what is left out of everything but `tie_out`.
    """

    month: Period
    counted: Period
    before: Period
    year_before: Period
    metric: CostMetric
    currency: str
    total: Decimal | None
    total_before: Decimal | None
    total_year_before: Decimal | None
    services: Sequence[Line]
    accounts: Sequence[Line]
    kinds: Sequence[Line]
    labels: Sequence[Unallocated]
    months: Sequence[Bar]
    days: Sequence[Bar]
    tie_out: MonthTieOut
    narrowed_to: Sequence[str]
    snapshot_id: str
    as_of: datetime

    @property
    def is_whole(self) -> bool:
        """Whether every day of the month is complete."""
        return self.counted == self.month

    @property
    def estimated_days(self) -> int:
        return sum(day.is_estimated for day in self.days)


def gross(lines: Iterable[Line]) -> Decimal | None:
    """The positive amounts together: what a share is a share of."""
    return total(line.amount if line.amount is None else max(line.amount, Decimal(0)) for line in lines)


def share(line: Line, lines: Iterable[Line]) -> Decimal | None:
    """The part of the positive amounts that this one is; None for a negative one, and where one is not available."""
    whole = gross(lines)
    return None if whole is None or line.amount is None or line.amount < 0 else ratio(line.amount, whole)


def least_allocated(report: MonthReport) -> Unallocated | None:
    """The cost category or tag that leaves most to nobody; None when none is read or none is available."""
    known = [label for label in report.labels if label.amount is not None]
    return max(known, key=lambda label: label.amount or Decimal(0), default=None)


def largest(lines: Sequence[Line], count: int) -> list[Line]:
    """The first `count` lines, and the rest as one, so that what is shown adds up."""
    rest = lines[count:]
    if len(rest) <= 1:
        return list(lines)
    previous = total(line.previous for line in rest)
    return [*lines[:count], Line(f"{len(rest)} others", total(line.amount for line in rest), previous)]
