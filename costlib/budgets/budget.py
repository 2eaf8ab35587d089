"""What `budgets.toml` says, as values: how much of what may be spent in which month or year."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from costlib.periods import Period, add_months, month_start
from costlib.vocabulary import CostMetric

MONTHS_OF_YEAR = 12


class Of(StrEnum):
    """What a budget is of, besides a label, which is written `cost_category:NAME` or `tag:KEY`."""

    total = "total"
    account = "usage_account_id"
    service = "service"
    cost_center = "cost_center"


class Every(StrEnum):
    """How long an amount lasts."""

    month = "month"
    year = "year"


@dataclass(frozen=True)
class Term:
    """An amount that was agreed from the month `start` up to, not including, the month `end`; None is no bound."""

    amount: Decimal
    start: date | None
    end: date | None
    line: int

    def holds_in(self, month: date) -> bool:
        return (self.start is None or self.start <= month) and (self.end is None or month < self.end)


@dataclass(frozen=True)
class Budget:
    """Amounts of one thing in one metric. `of` is a word of `Of` or a label; `value` is '' for the total.

    With `rollover` what a month leaves, or overspends, goes to the next month of the same year.
    """

    budget_id: str
    name: str
    of: str
    value: str
    every: Every
    metric: CostMetric
    rollover: bool
    terms: tuple[Term, ...]

    @property
    def line(self) -> int:
        """Where it begins in the file."""
        return self.terms[0].line

    def agreed(self, day: date, year_starts_in: int) -> Agreed | None:
        """The period that `day` lies in, and its amount; None when nothing is agreed for the day's month."""
        month = month_start(day)
        term = next((term for term in self.terms if term.holds_in(month)), None)
        if term is None:
            return None
        if self.every is Every.month:
            return Agreed(Period(month, add_months(month, 1)), term.amount)
        year = year_of(month, year_starts_in)
        return Agreed(
            Period(max(year.start, term.start or year.start), min(year.end, term.end or year.end)), term.amount
        )

    def months_before(self, month: date, year_starts_in: int) -> Iterator[Agreed]:
        """What was agreed for each month from the start of the year up to, not including, `month`."""
        earlier = year_of(month, year_starts_in).start
        while earlier < month:
            if (found := self.agreed(earlier, year_starts_in)) is not None:
                yield found
            earlier = add_months(earlier, 1)


@dataclass(frozen=True)
class Agreed:
    """A period and the amount agreed for it, before anything is carried over."""

    period: Period
    amount: Decimal


@dataclass(frozen=True)
class Budgets:
    """The whole file, in its order. `version` names its content: two files that say the same have the same one."""

    budgets: tuple[Budget, ...]
    version: str


def year_of(month: date, year_starts_in: int) -> Period:
    """The year, calendar or fiscal, that a month lies in; `year_starts_in` is its first month, 1 to 12."""
    start = add_months(month_start(month), -((month.month - year_starts_in) % MONTHS_OF_YEAR))
    return Period(start, add_months(start, MONTHS_OF_YEAR))
