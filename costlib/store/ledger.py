"""The write path's own books: runs, every paid request, and rights that are missing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

import duckdb

from costlib.store.warehouse import Warehouse


@dataclass(frozen=True)
class RequestRecord:
    """One paid (or refused) page of an AWS answer, as the request ledger keeps it."""

    requested_at: datetime
    operation: str
    purpose: str
    page: int
    groups: int
    milliseconds: int
    attempts: int
    outcome: str
    cost_usd: Decimal


@dataclass(frozen=True)
class RunTotals:
    """What a run did in all."""

    requests: int
    cost_usd: Decimal
    windows: int
    rows: int
    restatements: int


def new_run_id(warehouse: Warehouse, now: datetime) -> str:
    """The time, which sorts; and later than every id before it, whatever the clock says."""
    run_id = now.strftime("%Y%m%dT%H%M%S%fZ")
    ((last,),) = warehouse.fetch("SELECT MAX(run_id) FROM runs")
    return run_id if last is None or run_id > last else f"{last}+"


def start_run(warehouse: Warehouse, run_id: str, now: datetime) -> None:
    """Note that a run began; a run left `running` by a killed process is closed as failed."""
    with warehouse.transaction() as connection:
        connection.execute(
            "UPDATE runs SET state = 'failed', message = ? WHERE state = 'running'",
            ["The process ended without a word."],
        )
        connection.execute("INSERT INTO runs (run_id, started_at, state) VALUES (?, ?, 'running')", [run_id, now])


def has_unfinished_business(warehouse: Warehouse, run_id: str | None = None) -> bool:
    """Whether the last run, or the one before `run_id`, did not end well: what follows from the charges may be behind
    them."""
    before = "WHERE run_id < ?" if run_id else ""
    sql = f"SELECT state FROM runs {before} ORDER BY run_id DESC LIMIT 1"
    rows = warehouse.fetch(sql, [run_id] if run_id else [])
    return bool(rows) and rows[0][0] != "ok"


def end_run(warehouse: Warehouse, run_id: str, now: datetime, state: str, totals: RunTotals, message: str) -> None:
    """Close a run."""
    with warehouse.transaction() as connection:
        connection.execute(
            """
            UPDATE runs
            SET ended_at = ?, state = ?, requests = ?, request_cost_usd = ?, windows = ?, row_count = ?,
                restatements = ?, message = ?
            WHERE run_id = ?
            """,
            [
                now,
                state,
                totals.requests,
                totals.cost_usd,
                totals.windows,
                totals.rows,
                totals.restatements,
                message,
                run_id,
            ],
        )


def last_good_run(warehouse: Warehouse) -> str | None:
    ((run_id,),) = warehouse.fetch("SELECT MAX(run_id) FROM runs WHERE state = 'ok'")
    return None if run_id is None else str(run_id)


def record_request(warehouse: Warehouse, run_id: str, record: RequestRecord) -> None:
    with warehouse.transaction() as connection:
        insert_request(connection, run_id, record)


def insert_request(connection: duckdb.DuckDBPyConnection, run_id: str, record: RequestRecord) -> None:
    """Add to the ledger inside the caller's transaction."""
    r = record
    connection.execute(
        "INSERT INTO requests VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            run_id,
            r.requested_at,
            r.operation,
            r.purpose,
            r.page,
            r.groups,
            r.milliseconds,
            r.attempts,
            r.outcome,
            r.cost_usd,
        ],
    )


def dollars_since(warehouse: Warehouse, start: datetime) -> Decimal:
    """What the ledger says was paid from `start` on."""
    ((paid,),) = warehouse.fetch("SELECT COALESCE(SUM(cost_usd), 0) FROM requests WHERE requested_at >= ?", [start])
    return Decimal(paid)


def note_missing_right(warehouse: Warehouse, action: str, feature: str, now: datetime) -> None:
    with warehouse.transaction() as connection:
        connection.execute("INSERT OR REPLACE INTO missing_rights VALUES (?, ?, ?)", [action, feature, now])


def clear_missing_right(warehouse: Warehouse, action: str) -> None:
    if not warehouse.fetch("SELECT 1 FROM missing_rights WHERE action = ?", [action]):
        return
    with warehouse.transaction() as connection:
        connection.execute("DELETE FROM missing_rights WHERE action = ?", [action])
