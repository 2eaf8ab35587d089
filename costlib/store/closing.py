"""Closing a month: its statements are copied to tables that nothing ever changes.

What AWS restates in a closed month later is carried by the first open month, as an adjustment: what the month comes to
now, by the rules that it was closed with, less what was closed, less what earlier closes have carried already.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from hashlib import sha256

import duckdb

from costlib.errors import CannotClose, UsageError
from costlib.money import plain
from costlib.periods import add_months, month_of
from costlib.store.commits import ROUNDING
from costlib.store.ledger import has_unfinished_business
from costlib.store.showback import rules_in_force
from costlib.store.warehouse import Warehouse
from costlib.vocabulary import COST_METRICS

PAIRS = (("showback_charges", "closed_charges"), ("showback_entries", "closed_entries"))


@dataclass(frozen=True)
class Close:
    """One closing: which month, when, by whom, from which snapshot, and why if it is forced."""

    month: date
    closed_at: datetime
    closed_by: str
    snapshot_id: str
    forced_because: str | None = None


def close_month(warehouse: Warehouse, close: Close) -> str:
    """Freeze the month's statements in one transaction; returns their id, a hash of all that they say.

    Raises UsageError for a month that is not stored, is closed already or has no rules; CannotClose while it is not
    over or an earlier one is open, or the last sync stopped part of the way, and, unless forced, while days are
    estimated or the tie-out fails.
    """
    if (statement_id := _unpublished(warehouse, close)) is not None:
        return statement_id
    rules = rules_in_force(warehouse)
    if rules is None:
        raise UsageError("There are no showback rules to close a month by.", "Write allocation.toml and sync.")
    _require_stored_and_open(warehouse, close.month)
    _require_order(warehouse, close)
    _require_a_whole_state(warehouse)
    if close.forced_because is None:
        _require_final(warehouse, close.month)
    month = close.month
    with warehouse.transaction() as connection:
        for table, frozen in PAIRS:
            connection.execute(f"INSERT INTO {frozen} SELECT * FROM {table} WHERE billing_month = ?", [month])
        connection.execute(f"INSERT INTO closed_adjustments SELECT ?, * FROM ({ADJUSTMENTS})", [month])
        statement_id = _statement_id(connection, month, rules.version)
        connection.execute(
            "INSERT INTO closed_months VALUES (?, ?, ?, ?, ?, ?, ?)",
            [
                month,
                statement_id,
                rules.version,
                close.snapshot_id,
                close.closed_at,
                close.closed_by,
                close.forced_because,
            ],
        )
    return statement_id


def _totals(charges: str, entries: str) -> str:
    """What each cost center comes to, by month and metric: its charges and what moved."""
    direct = " UNION ALL ".join(
        f"SELECT billing_month, cost_center, '{metric}' AS metric, SUM({metric}) AS amount"
        f" FROM {charges} GROUP BY billing_month, cost_center"
        for metric in COST_METRICS
    )
    return f"""
        SELECT billing_month, cost_center, metric, SUM(amount) AS amount
        FROM ({direct} UNION ALL SELECT billing_month, cost_center, metric, amount FROM {entries}) AS lines
        GROUP BY billing_month, cost_center, metric"""


ADJUSTMENTS = f"""
        SELECT billing_month AS adjusted_month, cost_center, metric, SUM(amount) AS amount
        FROM (
            SELECT billing_month, cost_center, metric, amount
            FROM ({_totals("showback_charges", "showback_entries")}) AS now
            UNION ALL
            SELECT billing_month, cost_center, metric, -amount
            FROM ({_totals("closed_charges", "closed_entries")}) AS closed
            UNION ALL
            SELECT adjusted_month, cost_center, metric, -amount
            FROM closed_adjustments
        ) AS differences
        WHERE billing_month IN (SELECT billing_month FROM closed_months)
        GROUP BY billing_month, cost_center, metric
        HAVING SUM(amount) <> 0"""
"""What closed months have moved by since, and no closed month has carried yet: `adjusted_month, cost_center, metric,
amount`. Read by the writer and by every statement of the open month."""


def _unpublished(warehouse: Warehouse, close: Close) -> str | None:
    """The month's statement if it was closed from the very snapshot that is served: that closing was not published, as
    when the disk was full, and asking again publishes it."""
    asked = [close.month, close.snapshot_id]
    rows = warehouse.fetch("SELECT statement_id FROM closed_months WHERE billing_month = ? AND snapshot_id = ?", asked)
    return str(rows[0][0]) if rows else None


def _require_stored_and_open(warehouse: Warehouse, month: date) -> None:
    closed = warehouse.fetch("SELECT statement_id FROM closed_months WHERE billing_month = ?", [month])
    if closed:
        raise UsageError(
            f"{month:%Y-%m} is closed already, as statement {closed[0][0]}.",
            f"Print it with `python -m costlib showback --month {month:%Y-%m} --as-closed`.",
        )
    if not warehouse.fetch("SELECT 1 FROM showback_charges WHERE billing_month = ? LIMIT 1", [month]):
        raise UsageError(f"Nothing is stored for {month:%Y-%m}.", "Name a stored month, as 2026-01; or sync first.")


def _require_order(warehouse: Warehouse, close: Close) -> None:
    """Months are closed one after the other, so that each adjustment is carried once."""
    ((last,),) = warehouse.fetch("SELECT MAX(billing_month) FROM closed_months")
    if last is not None and close.month != add_months(last, 1):
        following = add_months(last, 1)
        raise CannotClose(
            f"{last:%Y-%m} was closed last, so {following:%Y-%m} is next, not {close.month:%Y-%m}.",
            f"Close {following:%Y-%m} first.",
        )
    if close.closed_at.date() < month_of(close.month).end:
        raise CannotClose(f"{close.month:%Y-%m} is not over.", "Close it after its last day, once the bill is final.")


def _require_a_whole_state(warehouse: Warehouse) -> None:
    if has_unfinished_business(warehouse):
        raise CannotClose(
            "The last sync did not end well: what is stored may lie between two states of AWS's.",
            "Sync again, then close the month.",
        )


def _require_final(warehouse: Warehouse, month: date) -> None:
    span = [month, month_of(month).end]
    ((estimated,),) = warehouse.fetch(
        "SELECT COUNT(*) FROM daily_totals WHERE is_estimated AND charge_date >= ? AND charge_date < ?", span
    )
    if estimated:
        raise CannotClose(
            f"{estimated} day{'s' if estimated > 1 else ''} of {month:%Y-%m} are still estimated.",
            "Sync again when the bill is final; or force it with a reason, which is kept.",
        )
    differing = [day for (day,) in warehouse.fetch(_DIFFERING_DAYS, [*span, *span])]
    if differing:
        raise CannotClose(
            f"{month:%Y-%m} does not tie out to AWS's total on {differing[0]}"
            + (f" and {len(differing) - 1} other days." if len(differing) > 1 else "."),
            "Sync again, with --full if it stays; or force it with a reason, which is kept.",
        )


_BEYOND_ROUNDING = " OR ".join(f"ABS(ours.{m} - theirs.{m}) > {ROUNDING} * (ours.n + 1)" for m in COST_METRICS)
_DIFFERING_DAYS = f"""
        SELECT theirs.charge_date
        FROM (SELECT * FROM daily_totals WHERE charge_date >= ? AND charge_date < ?) AS theirs
        FULL JOIN (
            SELECT charge_date, COUNT(*) AS n, {", ".join(f"SUM({m}) AS {m}" for m in COST_METRICS)}
            FROM charges
            WHERE charge_date >= ? AND charge_date < ?
            GROUP BY charge_date
        ) AS ours ON ours.charge_date = theirs.charge_date
        WHERE {_BEYOND_ROUNDING} OR (ours.charge_date IS NULL AND theirs.{COST_METRICS[0]} <> 0)
           OR theirs.charge_date IS NULL
        ORDER BY theirs.charge_date"""


def _statement_id(connection: duckdb.DuckDBPyConnection, month: date, rules_version: str) -> str:
    """The same for the same statements, whoever computes it: rows in order, amounts as they are written."""
    digest = sha256(f"{month:%Y-%m} {rules_version}\n".encode())
    for table in ("closed_charges", "closed_entries", "closed_adjustments"):
        rows = connection.execute(f"SELECT * FROM {table} WHERE billing_month = ? ORDER BY ALL", [month]).fetchall()
        for row in rows:
            digest.update(("\t".join(_written(value) for value in row) + "\n").encode())
    return digest.hexdigest()[:16]


def _written(value: object) -> str:
    return plain(value) if isinstance(value, Decimal) else str(value)
