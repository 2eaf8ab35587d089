"""Replacing what is stored by what was staged, one transaction a window: rows, control totals, restatements.

Rows are never updated one by one: a group can vanish from an answer, so the whole window is deleted and inserted.
What does not add up to AWS's own totals is stored without a control total, so that it is asked for again; a
difference that stays is shown on the tie-out page.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

import duckdb

from costlib.periods import Period
from costlib.store.warehouse import Warehouse
from costlib.store.windows import Staging, complete
from costlib.vocabulary import COST_METRICS

METRICS = ", ".join(COST_METRICS)
SUMS = ", ".join(f"SUM({m}) AS {m}" for m in COST_METRICS)
ROUNDING = "0.00000000005"
"""Half a unit in the tenth decimal: the most by which AWS's rounding moves one amount. n rows and their total may
differ by n + 1 times as much without anything being wrong."""


@dataclass(frozen=True)
class CubeSlice:
    """The part of the charges that one cube window replaces: a record type, or everything of the only account."""

    record_type: str | None
    only_account: str | None

    @property
    def columns(self) -> str:
        """Account, service and record type, as SQL over the staged keys; the caller binds `parameter`."""
        return "?, key_1, key_2" if self.only_account is not None else "key_1, key_2, ?"

    @property
    def parameter(self) -> str:
        return self.only_account if self.only_account is not None else str(self.record_type)

    def rows_of(self, staging: Staging) -> str:
        """The staged rows under the charges' column names; the caller binds `parameter`."""
        keys = "charge_date, usage_account_id, service, record_type"
        staged = f"SELECT charge_date, {self.columns}, {METRICS} FROM {staging.table}"
        return f"SELECT * FROM ({staged}) AS s({keys}, {METRICS})"

    @property
    def condition(self) -> str:
        return "TRUE" if self.only_account is not None else "record_type = ?"

    @property
    def condition_parameters(self) -> list[object]:
        return [] if self.only_account is not None else [self.record_type]


@dataclass(frozen=True)
class Committed:
    """What a window changed: `restated` rows of days read before, `unreconciled` (day, record type) pairs."""

    restated: int
    unreconciled: int


def replace_cube_window(
    warehouse: Warehouse,
    run_id: str,
    staging: Staging,
    control: Staging,
    part: CubeSlice,
    period: Period,
    now: datetime,
    accept_differences: bool,
) -> Committed:
    """Put the staged rows in the place of the window's charges, and AWS's totals beside them.

    A (day, record type) whose rows do not add up to AWS's total gets no control total, unless differences are
    accepted, so that the next round of the sync asks for it again.
    """
    where = f"charge_date >= ? AND charge_date < ? AND {part.condition}"
    matching = [period.start, period.end, *part.condition_parameters]
    with warehouse.transaction() as connection:
        unreconciled = _find_unreconciled(connection, staging, control, part, matching)
        restated = _log_restatements(connection, run_id, staging, part, matching, now)
        connection.execute(f"DELETE FROM charges WHERE {where}", matching)
        connection.execute(
            f"""
            INSERT INTO charges
            SELECT charge_date, {part.columns}, NULL, {METRICS}
            FROM {staging.table}
            ORDER BY charge_date, key_1, key_2
            """,
            [part.parameter],
        )
        connection.execute(f"DELETE FROM control_totals WHERE {where}", matching)
        connection.execute(
            f"""
            INSERT INTO control_totals
            SELECT charge_date, record_type, {METRICS}, ?
            FROM (SELECT charge_date, key_1 AS record_type, {METRICS} FROM {control.table})
            ANTI JOIN (FROM unreconciled WHERE NOT ?) USING (charge_date, record_type)
            WHERE {where}
            """,
            [now, accept_differences, *matching],
        )
        complete(connection, staging)
    return Committed(restated, unreconciled)


def _find_unreconciled(
    connection: duckdb.DuckDBPyConnection, staging: Staging, control: Staging, part: CubeSlice, matching: list[object]
) -> int:
    """Fill the temp table `unreconciled` with the pairs that differ from AWS's control by more than its rounding."""
    where = f"charge_date >= ? AND charge_date < ? AND {part.condition}"
    connection.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE unreconciled AS
        SELECT charge_date, record_type
        FROM (SELECT charge_date, record_type, COUNT(*) AS n, {SUMS}
              FROM ({part.rows_of(staging)})
              GROUP BY charge_date, record_type) AS ours
        FULL JOIN (SELECT charge_date, record_type, {METRICS}
                   FROM (SELECT charge_date, key_1 AS record_type, {METRICS} FROM {control.table})
                   WHERE {where}) AS theirs
        USING (charge_date, record_type)
        WHERE {differs("ours", "theirs")}
        """,
        [part.parameter, *matching],
    )
    ((count,),) = connection.execute("SELECT COUNT(*) FROM unreconciled").fetchall()
    return int(count)


def _log_restatements(
    connection: duckdb.DuckDBPyConnection,
    run_id: str,
    staging: Staging,
    part: CubeSlice,
    matching: list[object],
    now: datetime,
) -> int:
    """Note each row whose amounts changed on a day that an earlier sync had already read."""
    keys = "charge_date, usage_account_id, service, record_type"
    old, new = (", ".join(f"{side}.{m}" for m in COST_METRICS) for side in ("was", "now"))
    changed = " OR ".join(f"was.{m} IS DISTINCT FROM now.{m}" for m in COST_METRICS)
    rows = connection.execute(
        f"""
        INSERT INTO restatements
        SELECT ?, ?, {keys}, held.is_estimated, {old}, {new}
        FROM (SELECT {keys}, {SUMS}
              FROM charges
              WHERE charge_date >= ? AND charge_date < ? AND {part.condition}
              GROUP BY {keys}) AS was
        FULL JOIN ({part.rows_of(staging)}) AS now USING ({keys})
        JOIN daily_totals AS held USING (charge_date)
        WHERE {changed}
        """,
        [run_id, now, *matching, part.parameter],
    ).fetchall()
    return int(rows[0][0])


def remove_vanished(warehouse: Warehouse, run_id: str, days: Sequence[tuple[date, str]], now: datetime) -> int:
    """Delete the charges of (day, record type) pairs that AWS no longer lists; returns the restated rows."""
    old = ", ".join(f"SUM(c.{m})" for m in COST_METRICS)
    gone = ", ".join(["NULL"] * len(COST_METRICS))
    restated = 0
    with warehouse.transaction() as connection:
        for day, record_type in days:
            rows = connection.execute(
                f"""
                INSERT INTO restatements
                SELECT ?, ?, c.charge_date, usage_account_id, service, record_type, ANY_VALUE(d.is_estimated),
                       {old}, {gone}
                FROM charges AS c JOIN daily_totals AS d USING (charge_date)
                WHERE charge_date = ? AND record_type = ?
                GROUP BY c.charge_date, usage_account_id, service, record_type
                """,
                [run_id, now, day, record_type],
            ).fetchall()
            restated += int(rows[0][0])
            connection.execute("DELETE FROM charges WHERE charge_date = ? AND record_type = ?", [day, record_type])
            connection.execute(
                "DELETE FROM control_totals WHERE charge_date = ? AND record_type = ?", [day, record_type]
            )
    return restated


def replace_daily_totals(warehouse: Warehouse, totals: Staging, period: Period) -> None:
    """Take over AWS's ungrouped totals of the probed days; older days are kept: the store outlives AWS's history."""
    with warehouse.transaction() as connection:
        connection.execute(
            "DELETE FROM daily_totals WHERE charge_date >= ? AND charge_date < ?", [period.start, period.end]
        )
        connection.execute(
            f"""
            INSERT INTO daily_totals
            SELECT charge_date, is_estimated, {METRICS}
            FROM {totals.table}
            ORDER BY charge_date
            """
        )


def probes_differ(warehouse: Warehouse, totals: Staging, control: Staging) -> bool:
    """Whether AWS's totals by record type do not add up to its ungrouped ones: the data moved between the two."""
    ((count,),) = warehouse.fetch(
        f"""
        SELECT COUNT(*)
        FROM (SELECT charge_date, COUNT(*) AS n, {SUMS} FROM {control.table} GROUP BY charge_date) AS ours
        FULL JOIN {totals.table} AS theirs USING (charge_date)
        WHERE {differs("ours", "theirs")}
        """
    )
    return bool(count)


def stale_cells(
    warehouse: Warehouse, control: Staging, period: Period
) -> tuple[dict[tuple[date, str], bool], dict[tuple[date, str], datetime]]:
    """(day, record type) pairs whose control moved (True: AWS still lists it), and when each other one was read."""
    changed = " OR ".join(f"now.{m} IS DISTINCT FROM was.{m}" for m in COST_METRICS)
    rows = warehouse.fetch(
        f"""
        SELECT charge_date, record_type, {changed} OR was.read_at IS NULL OR now.n IS NULL,
               now.n IS NOT NULL, was.read_at
        FROM (SELECT charge_date, key_1 AS record_type, 1 AS n, {METRICS} FROM {control.table}) AS now
        FULL JOIN (SELECT * FROM control_totals WHERE charge_date >= ? AND charge_date < ?) AS was
        USING (charge_date, record_type)
        """,
        [period.start, period.end],
    )
    moved = {(day, kind): bool(listed) for day, kind, is_stale, listed, _ in rows if is_stale}
    read = {(day, kind): read_at for day, kind, is_stale, _, read_at in rows if not is_stale}
    return moved, read


def rows_per_cell(warehouse: Warehouse) -> dict[tuple[date, str], int]:
    """How many charges each (day, record type) holds."""
    return {
        (day, kind): n
        for day, kind, n in warehouse.fetch(
            "SELECT charge_date, record_type, COUNT(*) FROM charges GROUP BY charge_date, record_type"
        )
    }


def record_types(warehouse: Warehouse) -> list[str]:
    """Every record type the charges have."""
    return [kind for (kind,) in warehouse.fetch("SELECT DISTINCT record_type FROM control_totals ORDER BY record_type")]


def differs(ours: str, theirs: str) -> str:
    """SQL: some metric differs by more than rounding. A side without rows is zero; NULL is "not available"."""
    return " OR ".join(
        f"""(({ours}.{m} IS NULL) <> ({theirs}.{m} IS NULL)
             AND NOT (COALESCE({ours}.n, 0) = 0 AND COALESCE({theirs}.{m}, 0) = 0)
            OR ABS(COALESCE({ours}.{m}, 0) - COALESCE({theirs}.{m}, 0)) > {ROUNDING} * (COALESCE({ours}.n, 0) + 1))"""
        for m in COST_METRICS
    )


def has_amounts(warehouse: Warehouse, totals: Staging) -> bool:
    """Whether any day of AWS's totals is not zero or missing."""
    some = " OR ".join(f"COALESCE({m}, 0) <> 0" for m in COST_METRICS)
    return bool(warehouse.fetch(f"SELECT 1 FROM {totals.table} WHERE {some} LIMIT 1"))


def name_accounts(warehouse: Warehouse, names: Mapping[str, str]) -> None:
    """Take over the accounts' present names; an account without one keeps the name it had."""
    held = dict(warehouse.fetch("SELECT usage_account_id, usage_account_name FROM accounts"))
    changed = {account: name for account, name in names.items() if name and held.get(account) != name}
    if changed:
        with warehouse.transaction() as connection:
            for account, name in changed.items():
                connection.execute("INSERT OR REPLACE INTO accounts VALUES (?, ?)", [account, name])
