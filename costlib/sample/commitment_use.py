"""What was committed to and what was used of it, day by day: the terms say the one, the ledger's charges the other.

A commitment costs the same every day of its term. What a day's covered use was amortized at is its used part; the rest
is unused. Hours follow from the price of an hour on demand and the commitment's part of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date
from decimal import Decimal

from costlib.periods import Period
from costlib.sample.commitments import RESERVATION, SAVINGS_PLAN
from costlib.sample.expressions import Condition
from costlib.sample.ledger import Ledger
from costlib.sample.organization import Organization
from costlib.sample.plan import UNIT, ZERO, Commitment

COVERED_USE = {SAVINGS_PLAN: "SavingsPlanCoveredUsage", RESERVATION: "DiscountedUsage"}
HUNDRED = Decimal(100)


@dataclass(frozen=True)
class Use:
    """Sums over days. Dollars: `on_demand` is what the covered use would have cost, `potential` what all of the
    commitment would have bought, at on-demand prices. Hours of instances."""

    upfront: Decimal = ZERO
    recurring: Decimal = ZERO
    used: Decimal = ZERO
    on_demand: Decimal = ZERO
    potential: Decimal = ZERO
    purchased_hours: Decimal = ZERO
    used_hours: Decimal = ZERO

    @property
    def total(self) -> Decimal:
        return self.upfront + self.recurring

    @property
    def unused(self) -> Decimal:
        return self.total - self.used

    def __add__(self, other: Use) -> Use:
        return Use(*(getattr(self, f.name) + getattr(other, f.name) for f in fields(self)))


@dataclass(frozen=True)
class Coverage:
    """Sums over days: what commitments covered and what was paid on demand, in dollars and in hours of instances."""

    covered_spend: Decimal = ZERO
    on_demand_spend: Decimal = ZERO
    covered_hours: Decimal = ZERO
    on_demand_hours: Decimal = ZERO

    def __add__(self, other: Coverage) -> Coverage:
        return Coverage(*(getattr(self, f.name) + getattr(other, f.name) for f in fields(self)))


def terms_of(organization: Organization, kind: str, period: Period, asked: Mapping[str, Sequence[str]]) -> list[int]:
    """The places of the terms of `kind` that run in `period` and have the asked attributes."""
    return [
        place
        for place, term in enumerate(organization.terms)
        if term.name == kind
        and Period(term.purchased_on, term.ends_on).clip(period)
        and all(attributes(term, place).get(key) in values for key, values in asked.items())
    ]


def attributes(term: Commitment, place: int) -> dict[str, str]:
    """What a commitment can be filtered by; `place` is where it stands among the organization's."""
    owner, number = term.fee_cell.usage_account_id, f"00000000-0000-4000-8000-{place:012d}"
    payment = "Partial Upfront" if term.recurring_per_day else "All Upfront"
    common = {"LINKED_ACCOUNT": owner, "REGION": term.fee_cell.region, "PAYMENT_OPTION": payment}
    if term.name == SAVINGS_PLAN:
        plan = f"arn:aws:savingsplans::{owner}:savingsplan/{number}"
        return {**common, "SAVINGS_PLAN_ARN": plan, "SAVINGS_PLANS_TYPE": "ComputeSavingsPlans"}
    instance = term.fee_cell.usage_type.rpartition(":")[2]
    return {**common, "SERVICE": term.fee_cell.service, "INSTANCE_TYPE": instance, "SUBSCRIPTION_ID": number}


def use_by_day(organization: Organization, ledger: Ledger, kind: str, days: Period, places: Iterable[int]) -> list[Use]:
    """One Use for each of `days`, of the terms at `places` together; days without any are zero."""
    terms = [organization.terms[place] for place in places]
    services = {term.fee_cell.service for term in terms} if kind == RESERVATION else set()
    used = _covered_use(ledger, kind, days, sorted(services))
    rate, hours = _rates(organization, kind)
    return [_use(kind, terms, day, used.get(day, (ZERO, ZERO, ZERO)), rate, hours) for day in days]


def _use(
    kind: str,
    terms: Sequence[Commitment],
    day: date,
    covered: tuple[Decimal, Decimal, Decimal],
    rate: Decimal,
    hours: Decimal,
) -> Use:
    running = [term for term in terms if term.purchased_on <= day < term.ends_on]
    if not running:
        return Use()
    used, unblended, used_hours = covered
    upfront = sum((term.upfront_per_day for term in running), ZERO)
    recurring = sum((term.recurring_per_day for term in running), ZERO)
    potential = ((upfront + recurring) / rate).quantize(UNIT)
    on_demand = unblended if kind == SAVINGS_PLAN else (used / rate).quantize(UNIT)
    return Use(upfront, recurring, used, on_demand, potential, (potential * hours).quantize(UNIT), used_hours)


def _covered_use(
    ledger: Ledger, kind: str, days: Period, services: Sequence[str]
) -> dict[date, tuple[Decimal, Decimal, Decimal]]:
    """Amortized and unblended cost and quantity of covered use; of all services when none is named."""
    named = f"AND service IN ({', '.join('?' for _ in services)})" if services else ""
    rows = ledger.table(
        f"""
        SELECT charge_date, SUM(amortized_cost) AS used, SUM(unblended_cost) AS unblended,
            SUM(usage_quantity) AS hours
        FROM charges
        JOIN cells USING (cell_id)
        WHERE record_type = ? AND charge_date >= ? AND charge_date < ? {named}
        GROUP BY charge_date
        """,
        [COVERED_USE[kind], days.start, days.end, *services],
    ).to_pylist()
    return {row["charge_date"]: (row["used"], row["unblended"], row["hours"]) for row in rows}


def _rates(organization: Organization, kind: str) -> tuple[Decimal, Decimal]:
    """The commitment's price as a part of the on-demand price, and hours for a dollar on demand."""
    found = next((r for r in organization.recurring if r.commitment == kind), None)
    return (found.effective_rate, found.quantity_per_dollar) if found else (Decimal(1), ZERO)


def coverage_rows(
    ledger: Ledger, kind: str, days: Period, condition: Condition, columns: Sequence[str]
) -> dict[tuple[date, tuple[str, ...]], Coverage]:
    """Coverage by day and by the values of `columns`, of the cells that meet `condition`.

    On demand is plain usage: of instances, which come in hours, for reservations.
    """
    keys = "".join(f", {column} AS key_{i}" for i, column in enumerate(columns))
    names = "".join(f", key_{i}" for i, _ in enumerate(columns))
    hours = "AND usage_unit = 'Hrs'" if kind == RESERVATION else ""
    rows = ledger.table(
        f"""
        SELECT charge_date{keys}, record_type, SUM(unblended_cost) AS spend, SUM(usage_quantity) AS hours
        FROM charges
        JOIN (SELECT * FROM cells WHERE {condition.sql}) USING (cell_id)
        WHERE charge_date >= ? AND charge_date < ? AND (record_type = ? OR (record_type = 'Usage' {hours}))
        GROUP BY charge_date{names}, record_type
        ORDER BY charge_date{names}
        """,
        [*condition.parameters, days.start, days.end, COVERED_USE[kind]],
    ).to_pylist()
    found: dict[tuple[date, tuple[str, ...]], Coverage] = {}
    for row in rows:
        key = row["charge_date"], tuple(row[f"key_{i}"] for i, _ in enumerate(columns))
        part = (
            Coverage(on_demand_spend=row["spend"], on_demand_hours=row["hours"])
            if row["record_type"] == "Usage"
            else Coverage(covered_spend=row["spend"], covered_hours=row["hours"])
        )
        found[key] = found.get(key, Coverage()) + part
    return found


def percent(part: Decimal, whole: Decimal) -> Decimal:
    """To ten decimals; 0 of nothing is 0."""
    return (part * HUNDRED / whole).quantize(UNIT) if whole else ZERO
