"""What a digest holds: plain figures, already asked for and exact, but for the month's end, which is an estimate."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from costlib.alerts.alert import Alert
from costlib.alerts.delay import DataState
from costlib.channels import Cadence
from costlib.money import difference
from costlib.periods import Period
from costlib.vocabulary import CostMetric


@dataclass(frozen=True)
class Compared:
    """The amount of a period, and of the one it is set beside; None is "not available"."""

    period: Period
    amount: Decimal | None
    before: Period
    previous: Decimal | None

    @property
    def change(self) -> Decimal | None:
        return difference(self.amount, self.previous)


@dataclass(frozen=True)
class MonthEnd:
    """Where the month will end: an estimate, in the middle of `low` and `high` where these are known.

    `how` says how it was made; `level` is how likely, in percent, the end lies between the two.
    """

    month: date
    expected: Decimal
    how: str
    low: Decimal | None = None
    high: Decimal | None = None
    level: int | None = None


@dataclass(frozen=True)
class Move:
    """What changed most, and the place one level down that carries most of it, if one does."""

    name: str
    amount: Decimal
    previous: Decimal
    change: Decimal
    place: str = ""
    place_change: Decimal = Decimal(0)


@dataclass(frozen=True)
class StatementSum:
    """A cost center's statement of the running month so far, and that of the whole month before."""

    cost_center: str
    amount: Decimal | None
    month_before: Decimal | None


@dataclass(frozen=True)
class Day:
    """A day of the trend."""

    day: date
    amount: Decimal | None
    is_compared: bool
    """Whether it is one of those that the digest is about."""


@dataclass(frozen=True)
class Spend:
    """What can be said of charges: nothing of it where somebody may read statements only."""

    latest: Compared
    to_date: Compared
    last_month: Decimal | None
    month_end: MonthEnd | None
    moves: Sequence[Move]
    days: Sequence[Day]


@dataclass(frozen=True)
class DigestFigures:
    """Everything that a digest tells. `narrowed_to` says in words what it leaves out."""

    cadence: Cadence
    metric: CostMetric
    currency: str
    month: date
    spend: Spend | None
    statements: Sequence[StatementSum]
    alerts: Sequence[Alert]
    state: DataState
    ties_out: bool
    estimated_days: int
    narrowed_to: Sequence[str]
