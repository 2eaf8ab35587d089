"""What a level cost day by day, for what is computed at the end of a sync."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal

from costlib.periods import DAY, Period
from costlib.store.books import daily_charges_sql
from costlib.store.showback import rules_in_force
from costlib.store.warehouse import Warehouse
from costlib.vocabulary import UNALLOCATED, CostMetric

Days = Mapping[date, Decimal]
TOTAL, COST_CENTER = "total", "cost_center"
COLUMNS = ("service", "usage_account_id")


def first_day(warehouse: Warehouse) -> date | None:
    """The first day with charges."""
    ((first,),) = warehouse.fetch("SELECT MIN(charge_date) FROM charges")
    return first if isinstance(first, date) else None


def daily_series(warehouse: Warehouse, metric: CostMetric) -> Iterator[tuple[str, str, Days]]:
    """(level, value, days): the total, services, accounts, values of tracked labels, and cost centers, whose days are
    their own charges before anything is shared. A series with a day on which the metric is not available is left out.
    """
    amount = f"CASE WHEN COUNT({metric}) = COUNT(*) THEN SUM({metric}) END"
    yield from _read(warehouse, TOTAL, f"SELECT '', charge_date, {amount} FROM charges GROUP BY charge_date", [])
    for column in COLUMNS:
        sql = f"SELECT {column}, charge_date, {amount} FROM charges GROUP BY {column}, charge_date"
        yield from _read(warehouse, column, sql, [])
    for (label,) in warehouse.fetch("SELECT label FROM labels ORDER BY label"):
        yield from _read(warehouse, label, _label_sql(amount), [UNALLOCATED, label])
    yield from _cost_centers(warehouse, metric)


def _label_sql(amount: str) -> str:
    return f"""
        SELECT COALESCE(NULLIF(sets.value, ''), ?), charge_date, {amount}
        FROM charges
        LEFT JOIN label_sets AS sets ON sets.label_set_id = charges.label_set_id AND sets.label = ?
        GROUP BY ALL"""


def _cost_centers(warehouse: Warehouse, metric: CostMetric) -> Iterator[tuple[str, str, Days]]:
    rules = rules_in_force(warehouse)
    ((first, last),) = warehouse.fetch("SELECT MIN(charge_date), MAX(charge_date) FROM charges")
    if rules is not None and first is not None:
        sql, parameters = daily_charges_sql(rules, Period(first, last + DAY), metric)
        yield from _read(warehouse, COST_CENTER, sql, parameters)


def _read(warehouse: Warehouse, level: str, sql: str, parameters: list[object]) -> Iterator[tuple[str, str, Days]]:
    found: dict[str, dict[date, Decimal | None]] = {}
    for value, day, amount in warehouse.fetch(sql, parameters):
        found.setdefault(str(value), {})[day] = amount
    for value, days in sorted(found.items()):
        known = {day: amount for day, amount in days.items() if amount is not None}
        if len(known) == len(days):
            yield level, value, known
