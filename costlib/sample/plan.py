"""What an organization is made of, before there are charges: accounts, cells, rhythms, commitments.

A *cell* is a place in the ledger (everything about a charge but its day and its amounts). A *recurring* charge fills
a cell on many days by rule; a *single* charge fills it once. Amounts depend on the day and the cell only, never on
"today": tomorrow's organization has the same past.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum

from costlib.sample.wire import Expression

ZERO = Decimal(0)
UNIT = Decimal("1e-10")
"""The smallest amount that Cost Explorer writes, in dollars."""


@dataclass(frozen=True)
class Account:
    """A member account; `weight` is its part of the organization's use."""

    account_id: str
    name: str
    team: str
    environment: str
    weight: int = 1
    applications: tuple[str, ...] = ()
    region: str = "us-east-1"
    is_shared: bool = False
    """Several teams use it; whose a charge is follows from its service."""


@dataclass(frozen=True)
class Cell:
    """Where in the ledger a charge lies. `labels` gives a value for each of the organization's labels, '' for none."""

    usage_account_id: str
    service: str
    record_type: str
    region: str = "NoRegion"
    usage_type: str = ""
    usage_unit: str = "N/A"
    labels: tuple[str, ...] = ()


class Rhythm(StrEnum):
    """How a charge varies over the week."""

    even = "even"
    office = "office"
    shop = "shop"
    covered = "covered"


class Growth(StrEnum):
    """How a charge develops over the months."""

    flat = "flat"
    steady = "steady"
    fast = "fast"
    shrinking = "shrinking"


@dataclass(frozen=True)
class Recurring:
    """A charge that comes back by rule.

    `value` is the list price of one active day in dollars. `seed` feeds the noise: two recurring charges with the
    same seed and value have the same list price every day, which is how a discount row matches its usage row.
    `discount`, `effective_rate` and `blended_rate` are parts of the list price. `day_of_month` 0 means every day,
    -1 the last day of the month. A charge becomes visible `lag_days` after its day.
    """

    cell: Cell
    value: Decimal
    seed: str
    rhythm: Rhythm = Rhythm.even
    growth: Growth = Growth.flat
    noise: Decimal = ZERO
    discount: Decimal = ZERO
    effective_rate: Decimal = Decimal(1)
    blended_rate: Decimal = Decimal(1)
    quantity_per_dollar: Decimal = ZERO
    is_free: bool = False
    first_day: date = date.min
    day_of_month: int = 0
    every_months: int = 1
    lag_days: int = 0
    commitment: str = ""


@dataclass(frozen=True)
class Charge:
    """One charge on one day; five amounts in dollars."""

    cell: Cell
    charge_date: date
    unblended_cost: Decimal
    amortized_cost: Decimal
    net_unblended_cost: Decimal
    net_amortized_cost: Decimal
    blended_cost: Decimal
    usage_quantity: Decimal = ZERO

    @classmethod
    def plain(cls, cell: Cell, day: date, amount: Decimal, usage_quantity: Decimal = ZERO) -> Charge:
        """A charge that every metric sees alike."""
        return cls(cell, day, amount, amount, amount, amount, amount, usage_quantity)

    def scaled(self, part: Decimal) -> Charge:
        """The charge when only `part` of it has arrived, to ten decimals."""
        amounts = (
            self.unblended_cost,
            self.amortized_cost,
            self.net_unblended_cost,
            self.net_amortized_cost,
            self.blended_cost,
            self.usage_quantity,
        )
        return Charge(self.cell, self.charge_date, *((a * part).quantize(UNIT) for a in amounts))


@dataclass(frozen=True)
class Commitment:
    """One term of a Savings Plan or of Reserved Instances, in dollars a day.

    The recurring charges whose `commitment` is `name` use it up. `fee_cell` takes what recurs and what was not used,
    `upfront_cell` the payment on `purchased_on`. A Savings Plan's fee comes every day, an RI's once a month.
    """

    name: str
    purchased_on: date
    ends_on: date
    upfront_per_day: Decimal
    recurring_per_day: Decimal
    fee_cell: Cell
    upfront_cell: Cell
    is_monthly: bool

    @property
    def upfront_fee(self) -> Decimal:
        return self.upfront_per_day * (self.ends_on - self.purchased_on).days

    @property
    def cost_per_day(self) -> Decimal:
        return self.upfront_per_day + self.recurring_per_day


@dataclass(frozen=True)
class CategoryRule:
    """A rule of a cost category, for display; the cells carry its outcome."""

    value: str
    expression: Expression


@dataclass(frozen=True)
class CostCategory:
    """A cost category as its definition says; `split_source` is the value whose cost the others share, '' for none."""

    name: str
    rules: tuple[CategoryRule, ...]
    default_value: str = ""
    split_source: str = ""
    effective_start: date = date(2024, 1, 1)


class AnomalyKind(StrEnum):
    """The shapes that were planted."""

    spike = "spike"
    step = "step"
    ramp = "ramp"


@dataclass(frozen=True)
class PlantedAnomaly:
    """Extra spend that a detector should find: in `cell`, from `first_day` to `last_day`, both included."""

    kind: AnomalyKind
    cell: Cell
    first_day: date
    last_day: date
    extra_cost: Decimal


@dataclass(frozen=True)
class Discounting:
    """The private discount: a part of the list price of some services."""

    rate: Decimal = ZERO
    services: frozenset[str] = field(default_factory=frozenset)

    def of(self, service: str) -> Decimal:
        return self.rate if service in self.services else ZERO
