"""Small published snapshots of hand-written rows, and the same questions answered in plain Python."""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path

import duckdb

from costlib.store.migrations import migrate
from costlib.store.snapshot import Snapshot, open_current, publish
from costlib.vocabulary import COST_METRICS, charge_category

_numbers = itertools.count(1)

Rows = Sequence[Sequence[object]]
Amounts = tuple[Decimal | None, ...]
"""One amount for each of COST_METRICS."""


def amounts(unblended: str | None, **others: str | None) -> Amounts:
    """The five metrics: `unblended` for each that is not named."""
    found = (others.get(metric.value, unblended) for metric in COST_METRICS)
    return tuple(None if text is None else Decimal(text) for text in found)


@dataclass(frozen=True)
class Charge:
    """One stored charge, with the label values it carries; None waits for its labels."""

    charge_date: date
    usage_account_id: str
    service: str
    record_type: str
    amounts: Amounts
    labels: tuple[str, ...] | None = ("",)


@dataclass
class Organization:
    """Everything that a test writes into a snapshot."""

    charges: list[Charge] = field(default_factory=list)
    labels: tuple[str, ...] = ("cost_category:Team",)
    accounts: dict[str, str] = field(default_factory=dict)
    as_of: datetime = datetime(2026, 3, 20, 6)
    daily_totals: Rows | None = None
    estimated_from: date = date(2026, 3, 1)
    days: Sequence[date] = ()
    rows: Mapping[str, Rows] = field(default_factory=dict)

    def control(self) -> Rows:
        """AWS's daily totals: those given, or the charges' own sums for `days` and every charged day."""
        if self.daily_totals is not None:
            return self.daily_totals
        days = sorted({*self.days, *(c.charge_date for c in self.charges)})
        return [(day, day >= self.estimated_from, *self._sums(day)) for day in days]

    def _sums(self, day: date) -> Iterator[Decimal | None]:
        for i, _ in enumerate(COST_METRICS):
            yield sum_or_none(c.amounts[i] for c in self.charges if c.charge_date == day)


@contextmanager
def published(organization: Organization, folder: Path) -> Iterator[Snapshot]:
    """`organization` as a published snapshot, opened as readers do."""
    source_dir = folder / f"source_{next(_numbers)}"
    source_dir.mkdir(parents=True)
    warehouse = source_dir / "warehouse.duckdb"
    warehouse.write_bytes(_empty_warehouse())
    connection = duckdb.connect(str(warehouse))
    connection.execute("BEGIN")
    _fill(connection, organization)
    connection.execute("COMMIT")
    connection.close()
    publish(source_dir, warehouse, "s1", keep=1)
    snapshot = open_current(source_dir)
    try:
        yield snapshot
    finally:
        snapshot.close()


@cache
def _empty_warehouse() -> bytes:
    """A warehouse of the present schema; making its tables takes longer than to fill and open them."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "warehouse.duckdb"
        with duckdb.connect(str(path)) as connection:
            migrate(connection)
        return path.read_bytes()


def _fill(connection: duckdb.DuckDBPyConnection, organization: Organization) -> None:
    sets = sorted({c.labels for c in organization.charges if c.labels is not None})
    ids = {values: number for number, values in enumerate(sets, 1)}
    tables: dict[str, Rows] = {
        "meta": [("currency", "USD"), ("as_of", organization.as_of.isoformat()), ("source_id", "test")],
        "labels": [(label, *label.split(":", 1)) for label in organization.labels],
        "label_sets": [
            (ids[values], label, value)
            for values in sets
            for label, value in zip(organization.labels, values, strict=True)
        ],
        "accounts": list(organization.accounts.items()),
        "charges": [
            (c.charge_date, c.usage_account_id, c.service, c.record_type, ids.get(c.labels or ()), *c.amounts)
            for c in sorted(organization.charges, key=lambda c: c.charge_date)
        ],
        "daily_totals": organization.control(),
        **organization.rows,
    }
    for table, rows in tables.items():
        if rows:
            marks = ", ".join(f"({', '.join('?' * len(row))})" for row in rows)
            connection.execute(f"INSERT INTO {table} VALUES {marks}", [value for row in rows for value in row])


def sum_or_none(values: Iterable[Decimal | None]) -> Decimal | None:
    """The truth about a sum: not available as soon as one part is not."""
    found = list(values)
    return None if None in found else sum((v for v in found if v is not None), Decimal(0))


def value_of(organization: Organization, charge: Charge, dimension: str) -> object:
    """What a charge is under a dimension, by definition rather than by SQL."""
    match dimension:
        case "charge_date":
            return charge.charge_date
        case "billing_month":
            return charge.charge_date.replace(day=1)
        case "usage_account_name":
            return organization.accounts.get(charge.usage_account_id) or charge.usage_account_id
        case "charge_category":
            return charge_category(charge.record_type).value
        case "usage_account_id" | "service" | "record_type":
            return getattr(charge, dimension)
    if charge.labels is None:
        return "Unallocated"
    return dict(zip(organization.labels, charge.labels, strict=True))[dimension] or "Unallocated"


def truth(organization: Organization, kept: Iterable[Charge], dimensions: Sequence[str]) -> list[tuple[object, ...]]:
    """The breakdown of the kept charges by `dimensions`, with all metrics, sorted."""
    groups: dict[tuple[object, ...], list[Charge]] = {}
    for charge in kept:
        key = tuple(value_of(organization, charge, name) for name in dimensions)
        groups.setdefault(key, []).append(charge)
    if not dimensions:
        groups.setdefault((), [])
    return [
        (*key, *(sum_or_none(c.amounts[i] for c in charges) for i, _ in enumerate(COST_METRICS)))
        for key, charges in sorted(groups.items(), key=lambda item: [str(v).encode() for v in item[0]])
    ]
