"""What an incident is made of, and whose it is: its parts against the four weeks before it, added up exactly."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from costlib.money import CENT
from costlib.periods import DAY, Period, add_months, month_of, month_start
from costlib.store.incidents import Driver
from costlib.store.judging import METRIC, Values, where
from costlib.store.warehouse import Warehouse

COMPARED = 28 * DAY
"""The days before an incident that its parts are compared with, by their average day."""

MOST = 5
"""Parts of one dimension, the ones that moved most."""

ACCOUNT, SERVICE, RECORD_TYPE, USAGE_TYPE = "usage_account_id", "service", "record_type", "usage_type"


def drivers(warehouse: Warehouse, values: Values, first: date, last: date) -> Iterator[Driver]:
    """Parts by what the root does not name yet, then by usage type where a lens holds it."""
    for dimension in (ACCOUNT, SERVICE, RECORD_TYPE):
        if dimension not in values:
            yield from _parts(warehouse, values, dimension, first, last)
    yield from _usage_types(warehouse, values, first, last)


def owner(warehouse: Warehouse, values: Values, last: date) -> str:
    """The cost center with the largest part of the root's spend in the month; '' without showback rules."""
    chosen = where(values)
    rows = warehouse.fetch(
        f"""
        WITH root AS (
            SELECT c.usage_account_id, c.service, CAST(SUM(ABS(c.{METRIC})) AS DOUBLE) AS size
            FROM charges AS c{chosen.joins}
            WHERE {chosen.conditions} AND c.charge_date >= ? AND c.charge_date <= ?
            GROUP BY c.usage_account_id, c.service
        ), parts AS (
            SELECT usage_account_id, service, cost_center, CAST(SUM(ABS({METRIC})) AS DOUBLE) AS amount
            FROM showback_charges WHERE billing_month = ?
            GROUP BY usage_account_id, service, cost_center
        ), shares AS (
            SELECT usage_account_id, service, cost_center,
                amount / SUM(amount) OVER (PARTITION BY usage_account_id, service) AS share
            FROM parts WHERE amount > 0
        )
        SELECT cost_center, SUM(size * share) AS part
        FROM root JOIN shares USING (usage_account_id, service)
        GROUP BY cost_center ORDER BY part DESC, cost_center LIMIT 1
        """,
        [*chosen.parameters, month_start(last), last, month_start(last)],
    )
    return str(rows[0][0]) if rows else ""


def _parts(warehouse: Warehouse, values: Values, dimension: str, first: date, last: date) -> Iterator[Driver]:
    chosen = where(values)
    rows = warehouse.fetch(
        f"""
        SELECT c.{dimension},
            COALESCE(SUM(CASE WHEN c.charge_date >= ? THEN c.{METRIC} END), 0),
            COALESCE(SUM(CASE WHEN c.charge_date < ? THEN c.{METRIC} END), 0)
        FROM charges AS c{chosen.joins}
        WHERE {chosen.conditions} AND c.charge_date >= ? AND c.charge_date <= ?
        GROUP BY c.{dimension}
        """,
        [first, first, *chosen.parameters, first - COMPARED, last],
    )
    days = (last - first).days + 1
    found = [Driver(dimension, str(n), False, a, _scaled(before, days, COMPARED.days)) for n, a, before in rows]
    yield from _largest(found)


def _usage_types(warehouse: Warehouse, values: Values, first: date, last: date) -> Iterator[Driver]:
    """From the lens that holds usage types beside what the root names; most lenses know no accounts."""
    lenses = warehouse.fetch(
        "SELECT lens, dimension_1, dimension_2, granularity FROM lenses ORDER BY granularity, lens"
    )
    for lens, one, two, granularity in lenses:
        partner = two if one == USAGE_TYPE else one
        if USAGE_TYPE not in (one, two) or partner not in values:
            continue
        days, before = (
            (Period(first, last + DAY), Period(first - COMPARED, first))
            if granularity == "daily"
            else _months(warehouse, first)
        )
        is_whole = granularity != "daily" or set(values) != {partner}
        found = _lens_parts(warehouse, lens, 1 if one == USAGE_TYPE else 2, values[partner], days, before, is_whole)
        yield from _largest(found)
        return


def _months(warehouse: Warehouse, first: date) -> tuple[Period, Period]:
    """The month of a day as far as it is stored, and the month before it: a monthly lens knows no days."""
    ((end,),) = warehouse.fetch("SELECT MAX(charge_date) FROM charges")
    month = month_of(first)
    return Period(month.start, min(month.end, max(end, month.start + DAY))), month_of(add_months(month.start, -1))


def _lens_parts(
    warehouse: Warehouse, lens: str, key: int, partner: str, days: Period, before: Period, is_whole: bool
) -> list[Driver]:
    rows = warehouse.fetch(
        f"""
        SELECT key_{key},
            COALESCE(SUM(CASE WHEN charge_date >= ? THEN {METRIC} END), 0),
            COALESCE(SUM(CASE WHEN charge_date < ? THEN {METRIC} END), 0)
        FROM lens_charges
        WHERE lens = ? AND key_{3 - key} = ? AND key_{key} <> '' AND charge_date >= ? AND charge_date < ?
        GROUP BY key_{key}
        """,
        [before.end, before.end, lens, partner, before.start, days.end],
    )
    return [Driver(USAGE_TYPE, str(n), is_whole, a, _scaled(b, days.days, before.days)) for n, a, b in rows]


def _largest(found: list[Driver]) -> list[Driver]:
    moved = [d for d in found if abs(d.above_expectation) >= CENT]
    return sorted(moved, key=lambda d: (-abs(d.above_expectation), d.value))[:MOST]


def _scaled(amount: Decimal, days: int, of_days: int) -> Decimal:
    return (amount * days / of_days).quantize(CENT)
