"""Which label values each charge carries.

Where an account has one value of every tracked label on a day, that labels its charges, at no cost. The other
account-days are split (see `splits`). A charge that waits for its labels has `label_set_id` NULL, so what is left to
do can always be read from the data.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import duckdb

from costlib.periods import Period
from costlib.store.commits import METRICS, SUMS, differs
from costlib.store.label_sets import label_set_ids, temporary
from costlib.store.warehouse import Warehouse
from costlib.store.windows import Staging, complete
from costlib.vocabulary import COST_METRICS


def track(warehouse: Warehouse, labels: Sequence[tuple[str, str, str]], since: date) -> None:
    """Make (label, kind, name) rows the tracked ones; a change leaves the charges from `since` on waiting for labels.

    Older charges cannot be asked for again: they keep the values that they had, and have none of a label that is new.
    """
    held = warehouse.fetch("SELECT label, kind, name FROM labels ORDER BY label")
    if held == sorted(labels):
        return
    gone = [label for label, _, _ in held if label not in {new for new, _, _ in labels}]
    with warehouse.transaction() as connection:
        connection.execute("DELETE FROM labels")
        for row in sorted(labels):
            connection.execute("INSERT INTO labels VALUES (?, ?, ?)", list(row))
        for label in gone:
            for table in ("label_totals", "label_accounts"):
                connection.execute(f"DELETE FROM {table} WHERE label = ? AND charge_date >= ?", [label, since])
        connection.execute(
            "UPDATE charges SET label_set_id = NULL WHERE label_set_id IS NOT NULL AND charge_date >= ?", [since]
        )


def tracked(warehouse: Warehouse) -> list[str]:
    """The tracked labels, in the order of every combination of values."""
    return [label for (label,) in warehouse.fetch("SELECT label FROM labels ORDER BY label")]


def held_categories(warehouse: Warehouse) -> list[str]:
    """The names of the tracked cost categories."""
    return [n for (n,) in warehouse.fetch("SELECT name FROM labels WHERE kind = 'cost_category' ORDER BY name")]


def due_days(warehouse: Warehouse, label: str, probe: Staging, period: Period) -> dict[date, int]:
    """Days whose label values moved or whose charges wait for labels, with the rows their matrix will have."""
    changed = " OR ".join(f"now.{m} IS DISTINCT FROM was.{m}" for m in COST_METRICS)
    rows = warehouse.fetch(
        f"""
        SELECT DISTINCT charge_date
        FROM (SELECT charge_date, key_1 AS value, {METRICS} FROM {probe.table}) AS now
        FULL JOIN (SELECT charge_date, value, {METRICS}
                   FROM label_totals
                   WHERE label = ? AND charge_date >= ? AND charge_date < ?) AS was
        USING (charge_date, value)
        WHERE {changed} OR now.charge_date IS NULL
        UNION
        SELECT charge_date
        FROM charges
        WHERE label_set_id IS NULL AND charge_date >= ? AND charge_date < ?
        """,
        [label, period.start, period.end, period.start, period.end],
    )
    cells = rows_per_day(warehouse, label)
    typical = max(cells.values(), default=1)
    return {day: cells.get(day, typical) for (day,) in rows}


def rows_per_day(warehouse: Warehouse, label: str) -> dict[date, int]:
    return dict(
        warehouse.fetch(
            "SELECT charge_date, COUNT(*) FROM label_accounts WHERE label = ? GROUP BY charge_date", [label]
        )
    )


def replace_matrix(
    warehouse: Warehouse, label: str, staging: Staging, probe: Staging, period: Period, accept_differences: bool
) -> int:
    """Take over label × account of a span; returns the days that do not add up to the probe.

    Those get no control totals, unless differences are accepted, so that they are asked for again.
    """
    span = [label, period.start, period.end]
    with warehouse.transaction() as connection:
        different = _find_different_days(connection, staging, probe, period)
        for table in ("label_accounts", "label_totals"):
            connection.execute(f"DELETE FROM {table} WHERE label = ? AND charge_date >= ? AND charge_date < ?", span)
        connection.execute(
            f"INSERT INTO label_accounts SELECT ?, charge_date, key_2, key_1, {METRICS} FROM {staging.table}", [label]
        )
        connection.execute(
            f"""
            INSERT INTO label_totals
            SELECT ?, charge_date, key_1, {METRICS}
            FROM {probe.table} ANTI JOIN (FROM different_days WHERE NOT ?) USING (charge_date)
            WHERE charge_date >= ? AND charge_date < ?
            """,
            [label, accept_differences, *span[1:]],
        )
        connection.execute(
            """
            UPDATE charges SET label_set_id = NULL
            WHERE label_set_id IS NOT NULL AND charge_date >= ? AND charge_date < ?
            """,
            span[1:],
        )
        complete(connection, staging)
    return different


def _find_different_days(
    connection: duckdb.DuckDBPyConnection, staging: Staging, probe: Staging, period: Period
) -> int:
    connection.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE different_days AS
        SELECT DISTINCT charge_date
        FROM (SELECT charge_date, key_1, COUNT(*) AS n, {SUMS} FROM {staging.table} GROUP BY charge_date, key_1) AS ours
        FULL JOIN (SELECT charge_date, key_1, {METRICS}
                   FROM {probe.table}
                   WHERE charge_date >= ? AND charge_date < ?) AS theirs
        USING (charge_date, key_1)
        WHERE {differs("ours", "theirs")}
        """,
        [period.start, period.end],
    )
    ((count,),) = connection.execute("SELECT COUNT(*) FROM different_days").fetchall()
    return int(count)


def waiting_months(warehouse: Warehouse) -> list[Period]:
    """The spans, a month at most each, that hold charges waiting for labels."""
    rows = warehouse.fetch(
        """
        SELECT MIN(charge_date), MAX(charge_date) + 1
        FROM charges
        WHERE label_set_id IS NULL
        GROUP BY date_trunc('month', charge_date)
        ORDER BY 1
        """
    )
    return [Period(start, end) for start, end in rows]


def give_up(warehouse: Warehouse, label: str, combinations: int) -> None:
    """Stop tracking a label that splits accounts into more combinations than may be asked for; remember how many."""
    with warehouse.transaction() as connection:
        connection.execute("DELETE FROM labels WHERE label = ?", [label])
        connection.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", [f"combinations:{label}", str(combinations)])


def label_whole_accounts(warehouse: Warehouse, period: Period, labels: Sequence[str]) -> None:
    """Label the waiting charges of `period`, whose accounts have one value of each label on the day.

    An account with several is split before; where Cost Explorer no longer serves the day, it cannot be, and which of
    the values a charge has is not known: it gets none.
    """
    connection = warehouse.connection
    chosen = ", ".join(
        f"CASE WHEN COUNT(CASE WHEN label = ? THEN 1 END) = 1 THEN MIN(CASE WHEN label = ? THEN value END) ELSE '' END"
        f" AS value_{i}"
        for i, _ in enumerate(labels)
    )
    connection.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE account_values AS
        SELECT w.charge_date, w.usage_account_id, {chosen or "NULL"}
        FROM (SELECT DISTINCT charge_date, usage_account_id
              FROM charges
              WHERE label_set_id IS NULL AND charge_date >= ? AND charge_date < ?) AS w
        LEFT JOIN label_accounts USING (charge_date, usage_account_id)
        GROUP BY w.charge_date, w.usage_account_id
        """,
        [*(label for label in labels for _ in range(2)), period.start, period.end],
    )
    names = [f"value_{i}" for i, _ in enumerate(labels)]
    columns = ", ".join(names)
    found = warehouse.fetch(f"SELECT DISTINCT {columns} FROM account_values") if labels else [()]
    ids = label_set_ids(warehouse, set(found))
    temporary(connection, "set_ids", [*names, "set_id"], [(*values, number) for values, number in ids.items()])
    on = " AND ".join(f"v.{name} = s.{name}" for name in names) or "TRUE"
    keys = "charge_date, usage_account_id, service, record_type"
    connection.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE labeled AS
        SELECT {keys}, s.set_id AS label_set_id, {SUMS}
        FROM charges
        JOIN account_values AS v USING (charge_date, usage_account_id)
        JOIN set_ids AS s ON {on}
        WHERE label_set_id IS NULL AND charge_date >= ? AND charge_date < ?
        GROUP BY {keys}, s.set_id
        ORDER BY {keys}
        """,
        [period.start, period.end],
    )
    with warehouse.transaction():
        connection.execute(
            "DELETE FROM charges WHERE label_set_id IS NULL AND charge_date >= ? AND charge_date < ?",
            [period.start, period.end],
        )
        connection.execute("INSERT INTO charges FROM labeled")
    connection.execute("DROP TABLE labeled")
