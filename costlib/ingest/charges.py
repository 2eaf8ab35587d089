"""The main cube: charges by day, account, service and record type."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from costlib.ingest.client import CostExplorer
from costlib.ingest.cube import ASSUMED_SERVICES_PER_ACCOUNT, Window, cube_question, windows_over
from costlib.ingest.fetch import fetch
from costlib.ingest.reread import RereadRule
from costlib.ingest.run import Run
from costlib.periods import Period
from costlib.store import commits
from costlib.store.commits import CubeSlice
from costlib.store.windows import Staging

DayAndType = tuple[date, str]
MINOR_SHARE = 4
"""Before anything is known: other record types have about a quarter of the rows that Usage has."""


@dataclass(frozen=True)
class Probe:
    """AWS's own totals of the whole history, staged: by day, and by day and record type."""

    period: Period
    totals: Staging
    control: Staging


@dataclass(frozen=True)
class CubePlan:
    """The windows that bring the charges up to date, and the pairs to delete because AWS no longer lists them."""

    windows: tuple[tuple[Window, CubeSlice], ...]
    vanished: tuple[DayAndType, ...]


def plan_charges(run: Run, probe: Probe, accounts: tuple[str, ...], rule: RereadRule) -> CubePlan:
    """What to ask: the (day, record type) pairs whose control total moved, and those due for a second look."""
    moved, read_at = commits.stale_cells(run.warehouse, probe.control, probe.period)
    again = rule.due(read_at, {cell: cell[0] for cell in read_at})
    wanted = again | {cell for cell, is_listed in moved.items() if is_listed}
    vanished = tuple(cell for cell, is_listed in moved.items() if not is_listed)
    held = commits.rows_per_cell(run.warehouse)
    typical = _typical_rows(held, accounts)
    only = accounts[0] if len(accounts) == 1 else None
    by_slice: dict[str, dict[date, int]] = {}
    for day, record_type in wanted:
        rows = held.get((day, record_type)) or typical.get(record_type) or max(1, typical[""] // MINOR_SHARE)
        slice_days = by_slice.setdefault("" if only else record_type, {})
        slice_days[day] = slice_days.get(day, 0) + rows
    windows = [
        (window, CubeSlice(None if only else record_type, only))
        for record_type, days in sorted(by_slice.items())
        for window in windows_over(
            cube_question(record_type, only),
            days,
            _rows_between(held, None if only else record_type),
            run.page_size,
            run.settings.max_concurrent_requests,
        )
    ]
    return CubePlan(tuple(windows), vanished)


def _typical_rows(held: Mapping[DayAndType, int], accounts: tuple[str, ...]) -> dict[str, int]:
    """Rows a day by record type, from what is held; '' is the guess for what has never been seen."""
    typical = {"": max(1, len(accounts)) * ASSUMED_SERVICES_PER_ACCOUNT}
    for (_, record_type), rows in held.items():
        typical[record_type] = max(rows, typical.get(record_type, 0))
    return typical | ({"Usage": typical[""]} if "Usage" not in typical else {})


def _rows_between(held: Mapping[DayAndType, int], record_type: str | None) -> dict[date, int]:
    rows: dict[date, int] = {}
    for (day, kind), n in held.items():
        if record_type in (None, kind):
            rows[day] = rows.get(day, 0) + n
    return rows


def sync_charges(
    run: Run, client: CostExplorer, probe: Probe, plan: CubePlan, now: datetime, accept_differences: bool
) -> int:
    """Fetch and replace; returns the (day, record type) pairs that do not add up to AWS's totals."""
    if plan.vanished:
        run.restatements += commits.remove_vanished(run.warehouse, run.run_id, plan.vanished, now)
    parts = dict(plan.windows)
    unreconciled = 0
    for window, staging in fetch(list(parts), client, run, "Charges"):
        part = parts[window]
        done = commits.replace_cube_window(
            run.warehouse, run.run_id, staging, probe.control, part, window.period, now, accept_differences
        )
        run.restatements += done.restated
        run.windows += 1
        unreconciled += done.unreconciled
    return unreconciled
