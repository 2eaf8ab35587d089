"""A month's report by hand, to be changed a field at a time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal

from costlib.exports.month import Bar, Line, MonthReport, MonthTieOut, Unallocated
from costlib.money import total
from costlib.periods import Period
from costlib.vocabulary import CostMetric

SERVICES = (
    ("EC2", "700.10", "500.10"),
    ("S3", "200", "260.255"),
    ("Lambda", "99.90", "99.90"),
)


def lines(*rows: tuple[str, str | None, str | None]) -> list[Line]:
    return [Line(name, _decimal(amount), _decimal(previous)) for name, amount, previous in rows]


def report(services: Sequence[tuple[str, str | None, str | None]] = SERVICES, **changed: object) -> MonthReport:
    """March 2026, whole and final; totals are those of the services unless they are given."""
    march = Period(date(2026, 3, 1), date(2026, 4, 1))
    found = lines(*services)
    fields: dict[str, object] = {
        "month": march,
        "counted": march,
        "before": Period(date(2026, 2, 1), date(2026, 3, 1)),
        "year_before": Period(date(2025, 3, 1), date(2025, 4, 1)),
        "metric": CostMetric.unblended_cost,
        "currency": "USD",
        "total": total(line.amount for line in found),
        "total_before": total(line.previous for line in found),
        "total_year_before": Decimal(800),
        "services": found,
        "accounts": lines(("One", "750", "600"), ("Two", "250", "260.255")),
        "kinds": lines(("Charges", "1000", "860.255"), ("Tax", "0", "0"), ("Credits", "0", "0"), ("Refunds", "0", "0")),
        "labels": [Unallocated("cost category Team", Decimal(50), Decimal("0.05"))],
        "months": [Bar(date(2026, m, 1), Decimal(m * 100), False, True) for m in (1, 2, 3)],
        "days": [Bar(day, Decimal(30), False, True) for day in march],
        "tie_out": MonthTieOut(31, 0, Decimal("1000"), Decimal(0)),
        "narrowed_to": [],
        "snapshot_id": "s1",
        "as_of": datetime(2026, 4, 9, 6),
    }
    return MonthReport(**{**fields, **changed})  # type: ignore[arg-type]


def _decimal(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)
