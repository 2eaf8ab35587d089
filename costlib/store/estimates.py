"""Counts of what is held, from which the price of the next sync is told."""

from __future__ import annotations

from datetime import date, datetime

from costlib.store.warehouse import Warehouse


def rows_by_record_type(warehouse: Warehouse, since: date) -> list[int]:
    """Charges from `since` on, a count for each record type."""
    rows = warehouse.fetch("SELECT COUNT(*) FROM charges WHERE charge_date >= ? GROUP BY record_type", [since])
    return [int(count) for (count,) in rows]


def charge_rows(warehouse: Warehouse, since: date) -> int:
    return _count(warehouse, "SELECT COUNT(*) FROM charges WHERE charge_date >= ?", [since])


def lens_rows(warehouse: Warehouse, lens: str, since: date) -> int:
    return _count(warehouse, "SELECT COUNT(*) FROM lens_charges WHERE lens = ? AND charge_date >= ?", [lens, since])


def tracked_labels(warehouse: Warehouse) -> int:
    return _count(warehouse, "SELECT COUNT(*) FROM labels", [])


def split_windows(warehouse: Warehouse, run_id: str) -> int:
    """Windows that a run needed for accounts with several values of a label."""
    return _count(
        warehouse,
        "SELECT COUNT(*) FROM windows WHERE kind = 'label_split' AND state = 'complete' AND run_id = ?",
        [run_id],
    )


def probe_requests(warehouse: Warehouse, run_id: str) -> int:
    """Pages that a run asked for probes and for the lists of accounts and labels."""
    return _count(
        warehouse,
        """
        SELECT COUNT(*)
        FROM requests
        WHERE run_id = ? AND purpose IN ('total', 'record_type', 'label', 'labels', 'accounts')
        """,
        [run_id],
    )


def oldest_read(warehouse: Warehouse, since: date) -> datetime | None:
    """When, of the charges from `since` on, those read longest ago were read."""
    ((oldest,),) = warehouse.fetch("SELECT MIN(read_at) FROM control_totals WHERE charge_date >= ?", [since])
    return oldest if isinstance(oldest, datetime) else None


def _count(warehouse: Warehouse, sql: str, parameters: list[object]) -> int:
    ((count,),) = warehouse.fetch(sql, parameters)
    return int(count)
