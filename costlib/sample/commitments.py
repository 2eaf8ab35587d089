"""Savings Plans and Reserved Instances: covered use, fees, and what was paid for but not used.

Amounts by record type follow the CUR (facts: AWS's "Understanding Savings Plans" and "reservation" columns):
covered use shows the on-demand price unblended and the commitment's price amortized, a negation takes the on-demand
price back, the upfront fee is charged on the purchase day and never amortized itself; the fee rows carry amortized
only what nobody used.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from itertools import pairwise

from costlib.periods import Period, month_of
from costlib.sample import catalog
from costlib.sample.blueprint import cell_labels
from costlib.sample.catalog import ServiceKind
from costlib.sample.plan import UNIT, ZERO, Account, Cell, Charge, Commitment, Recurring, Rhythm

SAVINGS_PLAN, RESERVATION = "savings-plan", "reservation"
SAVINGS_PLAN_RATE = Decimal("0.72")
RESERVATION_RATE = Decimal("0.6")


@dataclass(frozen=True)
class Commitments:
    """What was committed to: the terms one after the other, and the recurring use that they cover."""

    terms: tuple[Commitment, ...]
    covered: tuple[Recurring, ...]


def savings_plan(
    accounts: tuple[Account, ...], compute: ServiceKind, per_day: Decimal, purchases: tuple[date, ...]
) -> Commitments:
    """An all-upfront Savings Plan, owned by the first account, renewed on each of `purchases` but the last."""
    owner = accounts[0]
    fee = Cell(owner.account_id, catalog.SAVINGS_PLANS, "SavingsPlanRecurringFee", labels=cell_labels(owner, None))
    upfront = replace(fee, record_type="SavingsPlanUpfrontFee")
    terms = _terms(SAVINGS_PLAN, purchases, per_day, ZERO, fee, upfront, is_monthly=False)
    covered: list[Recurring] = []
    for account, part in _parts(accounts[1:] or accounts):
        use = _covered(account, compute, SAVINGS_PLAN, "SavingsPlanCoveredUsage", per_day * part, SAVINGS_PLAN_RATE)
        use = replace(use, first_day=purchases[0])
        negation = replace(use.cell, record_type="SavingsPlanNegation")
        covered += [use, replace(use, cell=negation, quantity_per_dollar=ZERO)]
    return Commitments(terms, tuple(covered))


def reservation(
    accounts: tuple[Account, ...],
    database: ServiceKind,
    upfront: Decimal,
    recurring: Decimal,
    purchases: tuple[date, ...],
) -> Commitments:
    """Partial-upfront Reserved Instances, owned by the second account and used by the others; dollars a day."""
    owner = accounts[min(1, len(accounts) - 1)]
    fee = Cell(
        owner.account_id,
        database.name,
        "RIFee",
        owner.region,
        f"{catalog.USAGE_TYPE_PREFIXES.get(owner.region, '')}HeavyUsage:db.r6g.xlarge",
        "Hrs",
        cell_labels(owner, database),
    )
    terms = _terms(RESERVATION, purchases, upfront, recurring, fee, replace(fee, record_type="Fee"), is_monthly=True)
    covered = []
    for account, part in _parts(accounts[1:] or accounts):
        value = (upfront + recurring) * part
        use = _covered(account, database, RESERVATION, "DiscountedUsage", value, RESERVATION_RATE)
        covered.append(replace(use, first_day=purchases[0]))
    return Commitments(terms, tuple(covered))


def _terms(
    name: str,
    purchases: tuple[date, ...],
    upfront: Decimal,
    recurring: Decimal,
    fee_cell: Cell,
    upfront_cell: Cell,
    *,
    is_monthly: bool,
) -> tuple[Commitment, ...]:
    pairs = pairwise(purchases)
    return tuple(Commitment(name, a, b, upfront, recurring, fee_cell, upfront_cell, is_monthly) for a, b in pairs)


def _parts(accounts: tuple[Account, ...]) -> list[tuple[Account, Decimal]]:
    """The three biggest accounts share a commitment; parts sum to at most one."""
    users = sorted(accounts, key=lambda a: -a.weight)[:3]
    total = sum(a.weight for a in users)
    return [(a, (Decimal(a.weight) / total).quantize(Decimal("0.001")) - Decimal("0.001")) for a in users]


def _covered(
    account: Account, service: ServiceKind, commitment: str, record_type: str, per_day: Decimal, rate: Decimal
) -> Recurring:
    """Use worth `per_day` dollars of the commitment, at the on-demand list price of `per_day / rate`."""
    kind = service.usage_types[0]
    usage_type = catalog.USAGE_TYPE_PREFIXES.get(account.region, "") + kind.name
    labels = cell_labels(account, service, kind.name)
    return Recurring(
        cell=Cell(account.account_id, service.name, record_type, account.region, usage_type, kind.unit, labels),
        value=(per_day / rate).quantize(UNIT),
        seed=f"{commitment}|{account.account_id}",
        rhythm=Rhythm.covered,
        effective_rate=rate,
        quantity_per_dollar=(1 / kind.price).quantize(Decimal("1e-4")),
        commitment=commitment,
    )


def fees(
    term: Commitment, days: Period, used: Mapping[date, Decimal], arrived: Mapping[date, Decimal]
) -> Iterator[Charge]:
    """The fee rows of `term` on `days`; `used` is what was amortized to use, `arrived` the known part of each day."""
    if term.purchased_on in days:
        fee = term.upfront_fee
        yield Charge(term.upfront_cell, term.purchased_on, fee, ZERO, fee, ZERO, fee)
    lifetime = Period(term.purchased_on, term.ends_on).clip(days)
    if lifetime is None:
        return
    unused = {d: term.cost_per_day * arrived.get(d, Decimal(1)) - used.get(d, ZERO) for d in lifetime}
    if not term.is_monthly:
        for day, amount in unused.items():
            yield Charge(term.fee_cell, day, ZERO, amount, ZERO, amount, ZERO)
        return
    for month in _months(term):
        if month.start in days:
            fee = term.recurring_per_day * month.days
            rest = sum((unused.get(d, ZERO) for d in month), ZERO)
            yield Charge(term.fee_cell, month.start, fee, rest, fee, rest, fee)


def _months(term: Commitment) -> Iterator[Period]:
    """The term cut at month starts; the first part begins on the purchase day."""
    start = term.purchased_on
    while start < term.ends_on:
        end = min(month_of(start).end, term.ends_on)
        yield Period(start, end)
        start = end


def prepaid_change(terms: tuple[Commitment, ...], days: Period, arrived: Mapping[date, Decimal]) -> Decimal:
    """Fees charged in `days` less the part of them that was amortized: unblended less amortized, over everything."""
    charged = sum((t.upfront_fee for t in terms if t.purchased_on in days), ZERO)
    months = [(t, m) for t in terms if t.is_monthly for m in _months(t) if m.start in days]
    charged += sum((t.recurring_per_day * m.days for t, m in months), ZERO)
    lifetimes = [(t, Period(t.purchased_on, t.ends_on).clip(days)) for t in terms]
    amortized = (t.cost_per_day * arrived.get(d, Decimal(1)) for t, life in lifetimes if life for d in life)
    return charged - sum(amortized, ZERO)
