"""Organizations to serve: the sample one, tiny ones for tests, big ones for benches, and ones made of given charges.

An organization is a value: the same arguments give the same ledger, to the last digit, on any machine.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING

import pyarrow as pa

from costlib.periods import DAY, Period, add_months, month_start
from costlib.sample import awkward, blueprint, catalog, categories, fees
from costlib.sample.blueprint import Detail
from costlib.sample.catalog import ServiceKind
from costlib.sample.commitments import Commitments, prepaid_change, reservation, savings_plan
from costlib.sample.plan import ZERO, Account, Charge, Commitment, CostCategory, Discounting, PlantedAnomaly, Recurring

if TYPE_CHECKING:
    from costlib.sample.ledger import Ledger

NO_COMMITMENTS = Commitments((), ())
DISCOUNTED_SERVICES = 10
"""The private discount covers the services with the highest cost."""


@dataclass(frozen=True)
class Organization:
    """What is true about a made-up payer. `today` is the last day with charges, half arrived as in real life."""

    today: date
    start: date
    accounts: tuple[Account, ...]
    recurring: tuple[Recurring, ...] = ()
    singles: tuple[Charge, ...] = ()
    terms: tuple[Commitment, ...] = ()
    planted: tuple[PlantedAnomaly, ...] = ()
    cost_categories: tuple[CostCategory, ...] = ()
    tags: tuple[str, ...] = ()
    currency: str = "USD"

    @property
    def payer_account_id(self) -> str:
        return self.accounts[0].account_id

    @property
    def labels(self) -> tuple[str, ...]:
        """Names in the order of every cell's label values: `cost_category:NAME`, then `tag:KEY`."""
        return (*(f"cost_category:{c.name}" for c in self.cost_categories), *(f"tag:{t}" for t in self.tags))

    @property
    def period(self) -> Period:
        return Period(self.start, self.today + DAY)

    @property
    def anomalies(self) -> tuple[PlantedAnomaly, ...]:
        """The planted ones that have begun."""
        return tuple(a for a in self.planted if self.start <= a.first_day <= self.today)

    @cached_property
    def arrived(self) -> Mapping[date, Decimal]:
        """The part of a day's cost that is known by `today`, for days of which not all is known."""
        return {self.today: Decimal("0.25"), self.today - DAY: Decimal("0.8")}

    @cached_property
    def ledger(self) -> Ledger:
        """The charges, computed once; shared by everybody who only reads."""
        from costlib.sample.generation import build_ledger

        return build_ledger(self)

    def charges(self) -> pa.Table:
        """Every charge as a row with all its columns; see Ledger.charges."""
        return self.ledger.charges()

    def on(self, today: date) -> Organization:
        """The same organization seen on another day: what had not arrived has, and new days have begun."""
        return replace(self, today=today)

    def prepaid_change(self, days: Period) -> Decimal:
        """Sum of unblended less sum of amortized cost over `days`: what was paid for in advance, less what was used."""
        seen = days.clip(self.period)
        return prepaid_change(self.terms, seen, self.arrived) if seen else ZERO


def sample_organization(
    today: date,
    *,
    accounts: int = 20,
    services: int = 30,
    services_per_account: int = 14,
    months: int = 13,
    discount: Decimal = Decimal("0.06"),
) -> Organization:
    """The made-up company of the sample app: `months` full months and the current one, about $150k a month."""
    start = add_months(month_start(today), -months)
    people = catalog.accounts(accounts)
    used = catalog.SERVICES[:services]
    biggest = sorted(used, key=lambda s: -s.monthly_cost)[:DISCOUNTED_SERVICES]
    discounting = Discounting(discount, frozenset(s.name for s in biggest))
    march = tuple(date(year, 3, 15) for year in range(start.year - 1, today.year + 4))
    january = tuple(date(year, 1, 1) for year in range(start.year - 1, today.year + 4))
    return _assembled(
        today,
        start,
        people,
        used,
        Detail(services_per_account),
        discounting,
        [
            savings_plan(people, _named(used, catalog.COMPUTE), Decimal("96.5"), march),
            reservation(people, _named(used, catalog.DATABASE), Decimal("14.4"), Decimal("21.6"), january),
        ],
        refund_every_months=3,
    )


def tiny_organization(
    today: date, *, accounts: int = 3, services: int = 4, days: int = 45, awkward_names: bool = False
) -> Organization:
    """Every record type in a ledger small enough to add up by hand; `awkward_names` are those that break naive code."""
    start = today - (days - 1) * DAY
    people = catalog.few_accounts(accounts)
    first = (catalog.COMPUTE, catalog.DATABASE, catalog.TRANSFER, catalog.STORAGE)
    used = tuple(sorted(catalog.SERVICES, key=lambda s: first.index(s.name) if s.name in first else 9))[:services]
    if awkward_names:
        people, used = awkward.accounts(people), awkward.services(used)
    bought = (start + 5 * DAY, start + 370 * DAY)
    return _assembled(
        today,
        start,
        people,
        used,
        Detail(services),
        Discounting(Decimal("0.06"), frozenset(s.name for s in used[:2])),
        [
            savings_plan(people, used[0], Decimal("1.25"), bought),
            reservation(people, used[min(1, services - 1)], Decimal("0.4"), Decimal("0.6"), bought),
        ],
        refund_every_months=1,
    )


def large_organization(
    today: date, *, accounts: int = 1000, services_per_account: int = 15, months: int = 13
) -> Organization:
    """Many accounts, one charge a day for each of their services: about 6 million charges by default."""
    start = add_months(month_start(today), -months)
    return _assembled(
        today,
        start,
        catalog.accounts(accounts),
        tuple(replace(s, monthly_cost=s.monthly_cost * accounts / 20) for s in catalog.SERVICES),
        Detail(services_per_account, usage_types=1, regions=1),
        Discounting(),
        [],
        refund_every_months=3,
    )


def organization_of(
    charges: Sequence[Charge], *, today: date, accounts: Sequence[Account], tags: tuple[str, ...] = ()
) -> Organization:
    """An organization with exactly `charges`, all of them arrived; its cost categories are Team and Environment.

    A cell's labels are team, environment and one value for each of `tags`; a cell without labels has no values.
    """
    names = len(tags) + 2
    complete = tuple(replace(c, cell=replace(c.cell, labels=c.cell.labels or ("",) * names)) for c in charges)
    start = min((c.charge_date for c in charges), default=today)
    return _Complete(
        today, start, tuple(accounts), singles=complete, cost_categories=categories.of(tuple(accounts)), tags=tags
    )


class _Complete(Organization):
    """Nothing is still on its way."""

    @cached_property
    def arrived(self) -> Mapping[date, Decimal]:
        return {}


def _assembled(
    today: date,
    start: date,
    accounts: tuple[Account, ...],
    services: tuple[ServiceKind, ...],
    detail: Detail,
    discounting: Discounting,
    commitments: Sequence[Commitments],
    *,
    refund_every_months: int,
) -> Organization:
    usage = tuple(blueprint.usage(accounts, services, detail, discounting))
    years_to_come = Period(start, add_months(month_start(today), 36))
    planted, extra = fees.anomalies(usage, years_to_come)
    return Organization(
        today=today,
        start=start,
        accounts=accounts,
        recurring=(
            *usage,
            *fees.fees(accounts, services, refund_every_months),
            *(r for c in commitments for r in c.covered),
        ),
        singles=extra,
        terms=tuple(t for c in commitments for t in c.terms),
        planted=planted,
        cost_categories=categories.of(accounts),
        tags=(blueprint.APPLICATION,),
    )


def _named(services: Sequence[ServiceKind], name: str) -> ServiceKind:
    return next((s for s in services if s.name == name), services[0])
