"""Utilization and coverage of commitments, day by day, as AWS tells them: a span is replaced whole.

A Savings Plan belongs to no service: its `service` is ''. AWS's own figures are kept, NULL where it gave none.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from costlib.periods import Period
from costlib.store.warehouse import Warehouse
from costlib.store.windows import Staging
from costlib.vocabulary import CommitmentKind

Amount = Decimal | None


class Table(StrEnum):
    """Where the rows lie."""

    utilization = "commitment_utilization"
    coverage = "commitment_coverage"


@dataclass(frozen=True)
class Utilization:
    """One day's commitment in dollars: what it cost (amortized), what of it was used, and what it saved."""

    charge_date: date
    total_commitment: Amount = None
    upfront_commitment: Amount = None
    recurring_commitment: Amount = None
    used_commitment: Amount = None
    unused_commitment: Amount = None
    on_demand_equivalent: Amount = None
    net_savings: Amount = None


@dataclass(frozen=True)
class Coverage:
    """One day's use that could have been covered, in dollars at on-demand prices and in hours of instances."""

    charge_date: date
    covered_spend: Amount = None
    on_demand_spend: Amount = None
    total_spend: Amount = None
    covered_hours: Amount = None
    on_demand_hours: Amount = None
    total_hours: Amount = None


@dataclass(frozen=True)
class Readings:
    """When a day's charges were last read, and when its row was."""

    charges: Mapping[date, datetime | None]
    rows: Mapping[date, datetime]


def kinds_probed(warehouse: Warehouse, control: Staging) -> list[CommitmentKind]:
    """The kinds of commitment that occur in AWS's totals by record type."""
    found = {str(record_type) for (record_type,) in warehouse.fetch(f"SELECT DISTINCT key_1 FROM {control.table}")}
    return [kind for kind in CommitmentKind if found & {kind.used_in, kind.unused_in}]


def committed_services(warehouse: Warehouse) -> list[tuple[CommitmentKind, str]]:
    """Each kind of commitment with charges, and the services of reservations, which AWS is asked about one by one."""
    rows = warehouse.fetch(
        "SELECT DISTINCT record_type, service FROM charges WHERE list_contains(?, record_type)",
        [[record_type for kind in CommitmentKind for record_type in (kind.used_in, kind.unused_in)]],
    )
    plans = {record_type for record_type, _ in rows} & {
        CommitmentKind.savings_plan.used_in,
        CommitmentKind.savings_plan.unused_in,
    }
    reserved = {CommitmentKind.reservation.used_in, CommitmentKind.reservation.unused_in}
    services = sorted({service for record_type, service in rows if record_type in reserved})
    found = [(CommitmentKind.reservation, service) for service in services]
    return [(CommitmentKind.savings_plan, ""), *found] if plans else found


def readings(
    warehouse: Warehouse, table: Table, kind: CommitmentKind, service: str, watched: Sequence[str], period: Period
) -> Readings:
    """Of the days in `period` that have charges of the commitment; `watched` record types are what may have moved."""
    charges = warehouse.fetch(
        """
        SELECT days.charge_date, MAX(t.read_at)
        FROM (SELECT DISTINCT charge_date
              FROM charges
              WHERE record_type IN (?, ?) AND (? = '' OR service = ?) AND charge_date >= ? AND charge_date < ?) AS days
        LEFT JOIN control_totals AS t ON t.charge_date = days.charge_date AND list_contains(?, t.record_type)
        GROUP BY days.charge_date
        """,
        [kind.used_in, kind.unused_in, service, service, period.start, period.end, list(watched)],
    )
    rows = warehouse.fetch(
        f"SELECT charge_date, read_at FROM {table} "
        "WHERE kind = ? AND service = ? AND charge_date >= ? AND charge_date < ?",
        [kind, service, period.start, period.end],
    )
    return Readings(dict(charges), dict(rows))


def replace_days(
    warehouse: Warehouse,
    table: Table,
    kind: CommitmentKind,
    service: str,
    period: Period,
    days: Sequence[Utilization] | Sequence[Coverage],
    now: datetime,
) -> None:
    """Put `days` in the place of whatever the table held of `period`, in one transaction."""
    with warehouse.transaction() as connection:
        connection.execute(
            f"DELETE FROM {table} WHERE kind = ? AND service = ? AND charge_date >= ? AND charge_date < ?",
            [kind, service, period.start, period.end],
        )
        for day in days:
            values = [kind, service, *astuple(day), now]
            connection.execute(f"INSERT INTO {table} VALUES ({', '.join('?' for _ in values)})", values)
