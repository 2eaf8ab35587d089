"""Charges that are no metered use: support, tax, credits, refunds, crumbs, and the planted anomalies."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal

from costlib.periods import DAY, Period, months_in
from costlib.sample import catalog
from costlib.sample.blueprint import cell_labels
from costlib.sample.catalog import ServiceKind
from costlib.sample.plan import UNIT, Account, AnomalyKind, Cell, Charge, Growth, PlantedAnomaly, Recurring

SUPPORT_RATE, TAX_RATE = Decimal("0.055"), Decimal("0.021")
SUPPORT_LAG_DAYS = 5
"""AWS puts the support fee of a month's first day on the bill on the sixth."""
LATE_CREDIT_LAG_DAYS = 6
CRUMB = Decimal("-0.0000000092")
"""Cost Explorer was seen to give such amounts for data transfer."""


def fees(accounts: Sequence[Account], services: Sequence[ServiceKind], refund_every_months: int) -> Iterator[Recurring]:
    """What comes back every month or two, whatever was used."""
    monthly = sum((s.monthly_cost for s in services), Decimal(0))
    payer = accounts[0]
    support = Cell(payer.account_id, catalog.SUPPORT, "Fee", labels=cell_labels(payer, None))
    yield _monthly(support, monthly * SUPPORT_RATE, 1, lag_days=SUPPORT_LAG_DAYS)
    weights = sum(a.weight for a in accounts)
    for account in accounts:
        cell = Cell(account.account_id, catalog.TAX, "Tax", labels=cell_labels(account, None))
        tax = monthly * TAX_RATE * account.weight / weights
        yield _monthly(cell, tax * Decimal("0.9"), 1)
        yield _monthly(cell, tax * Decimal("0.1"), 2)
    yield from _credits(accounts, services, refund_every_months)
    yield from _crumbs(accounts, services)


def _credits(
    accounts: Sequence[Account], services: Sequence[ServiceKind], refund_every_months: int
) -> Iterator[Recurring]:
    promoted, refunded = services[min(4, len(services) - 1)], services[min(3, len(services) - 1)]
    user = accounts[-1]
    credit = Cell(user.account_id, promoted.name, "Credit", labels=cell_labels(user, promoted))
    yield _monthly(credit, promoted.monthly_cost * Decimal("-0.05"), 3)
    late = replace(credit, usage_account_id=accounts[0].account_id, labels=cell_labels(accounts[0], promoted))
    yield _monthly(late, promoted.monthly_cost * Decimal("-0.03"), -1, lag_days=LATE_CREDIT_LAG_DAYS)
    middle = accounts[len(accounts) // 2]
    refund = Cell(middle.account_id, refunded.name, "Refund", labels=cell_labels(middle, refunded))
    value = refunded.monthly_cost * Decimal("-0.015")
    yield replace(_monthly(refund, value, 12), every_months=refund_every_months)


def _crumbs(accounts: Sequence[Account], services: Sequence[ServiceKind]) -> Iterator[Recurring]:
    service = next((s for s in services if s.name == catalog.TRANSFER), services[-1])
    account = accounts[-1]
    cell = Cell(account.account_id, service.name, "Usage", account.region, "DataTransfer-In-Bytes", "GB")
    cell = replace(cell, labels=cell_labels(account, service, cell.usage_type))
    yield Recurring(cell, CRUMB, "crumb", quantity_per_dollar=Decimal(-10_000))


def _monthly(cell: Cell, value: Decimal, day_of_month: int, lag_days: int = 0) -> Recurring:
    return Recurring(
        cell,
        value.quantize(UNIT),
        "|".join((cell.usage_account_id, cell.service, cell.record_type, str(day_of_month))),
        growth=Growth.steady,
        day_of_month=day_of_month,
        lag_days=lag_days,
    )


def anomalies(usage: Sequence[Recurring], days: Period) -> tuple[tuple[PlantedAnomaly, ...], tuple[Charge, ...]]:
    """A spike, a step and a ramp in every quarter, each in a big cell of its own, with the charges they add.

    They lie on fixed days of the calendar, so that the past does not move when today does.
    """
    cells = _big_cells(usage)
    planted: list[PlantedAnomaly] = []
    charges: list[Charge] = []
    for month in months_in(days):
        kind = list(AnomalyKind)[month.start.month % 3]
        index = (month.start.year * 12 + month.start.month) % len(cells)
        extra = _extra(kind, cells[index], month)
        charges += extra
        cost = sum((c.unblended_cost for c in extra), Decimal(0))
        planted.append(PlantedAnomaly(kind, cells[index].cell, extra[0].charge_date, extra[-1].charge_date, cost))
    return tuple(planted), tuple(charges)


def _big_cells(usage: Sequence[Recurring]) -> list[Recurring]:
    """Cells where an anomaly is worth finding: between the biggest and the middling, one a service."""
    metered = [r for r in usage if r.cell.record_type == "Usage" and not r.is_free]
    best: dict[str, Recurring] = {}
    for recurring in sorted(metered, key=lambda r: (-r.value, r.seed)):
        best.setdefault(recurring.cell.service, recurring)
    return list(best.values())[:7]


def _extra(kind: AnomalyKind, recurring: Recurring, month: Period) -> list[Charge]:
    first = month.start + 8 * DAY
    match kind:
        case AnomalyKind.spike:
            parts = [Decimal(6)]
        case AnomalyKind.step:
            parts = [Decimal("1.2")] * 18
        case AnomalyKind.ramp:
            parts = [Decimal(day) / 8 for day in range(1, 21)]
    return [_charge(recurring, first + i * DAY, part) for i, part in enumerate(parts)]


def _charge(recurring: Recurring, day: date, part: Decimal) -> Charge:
    amount = (recurring.value * part).quantize(UNIT)
    return Charge.plain(recurring.cell, day, amount, (amount * recurring.quantity_per_dollar).quantize(UNIT))
