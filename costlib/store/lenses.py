"""Lenses: second cubes of two dimensions, checked against the same totals as the charges."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from costlib.periods import Granularity, Period
from costlib.store.commits import METRICS, SUMS, differs
from costlib.store.warehouse import Warehouse
from costlib.store.windows import Staging, complete
from costlib.vocabulary import COST_METRICS

LensRow = tuple[str, str, str, str]
"""lens, dimension_1, dimension_2, granularity"""


def track(warehouse: Warehouse, lenses: Sequence[LensRow]) -> None:
    """Make these the held lenses; the rows of a lens no longer configured go."""
    if warehouse.fetch("SELECT * FROM lenses ORDER BY lens") == sorted(lenses):
        return
    with warehouse.transaction() as connection:
        connection.execute("DELETE FROM lenses")
        for row in lenses:
            connection.execute("INSERT INTO lenses VALUES (?, ?, ?, ?)", list(row))
        for table in ("lens_charges", "lens_totals"):
            connection.execute(f"DELETE FROM {table} WHERE lens NOT IN (SELECT lens FROM lenses)")


def bucket(granularity: Granularity, column: str = "charge_date") -> str:
    """SQL of the period start that a day belongs to."""
    return f"CAST(date_trunc('month', {column}) AS DATE)" if granularity is Granularity.monthly else column


def reading_times(
    warehouse: Warehouse, lens: str, granularity: Granularity, totals: Staging
) -> dict[date, datetime | None]:
    """Each period start of the probe; None when the lens lacks it or AWS's total has moved since."""
    changed = " OR ".join(f"now.{m} IS DISTINCT FROM was.{m}" for m in COST_METRICS)
    return dict(
        warehouse.fetch(
            f"""
            SELECT now.charge_date, CASE WHEN {changed} THEN NULL ELSE was.read_at END
            FROM ({_totals(totals, granularity)}) AS now
            LEFT JOIN lens_totals AS was ON was.charge_date = now.charge_date AND was.lens = ?
            """,
            [lens],
        )
    )


def rows_per_period(warehouse: Warehouse, lens: str) -> dict[date, int]:
    return dict(
        warehouse.fetch("SELECT charge_date, COUNT(*) FROM lens_charges WHERE lens = ? GROUP BY charge_date", [lens])
    )


def replace_lens_window(
    warehouse: Warehouse,
    lens: str,
    granularity: Granularity,
    staging: Staging,
    totals: Staging,
    period: Period,
    now: datetime,
    accept_differences: bool,
) -> int:
    """Put the staged rows in the place of the window's; returns the periods that do not add up to AWS's total."""
    day = bucket(granularity)
    span = [lens, period.start, period.end]
    with warehouse.transaction() as connection:
        connection.execute(
            f"""
            CREATE OR REPLACE TEMP TABLE different_periods AS
            SELECT charge_date
            FROM (SELECT {day} AS charge_date, COUNT(*) AS n, {SUMS} FROM {staging.table} GROUP BY {day}) AS ours
            FULL JOIN (SELECT * FROM ({_totals(totals, granularity)})
                       WHERE charge_date >= ? AND charge_date < ?) AS theirs
            USING (charge_date)
            WHERE {differs("ours", "theirs")}
            """,
            span[1:],
        )
        for table in ("lens_charges", "lens_totals"):
            connection.execute(f"DELETE FROM {table} WHERE lens = ? AND charge_date >= ? AND charge_date < ?", span)
        connection.execute(
            f"""
            INSERT INTO lens_charges
            SELECT ?, {day}, key_1, key_2, {METRICS}, usage_quantity, usage_unit
            FROM {staging.table}
            ORDER BY charge_date, key_1, key_2
            """,
            [lens],
        )
        connection.execute(
            f"""
            INSERT INTO lens_totals
            SELECT ?, charge_date, {METRICS}, ?
            FROM ({_totals(totals, granularity)}) ANTI JOIN (FROM different_periods WHERE NOT ?) USING (charge_date)
            WHERE charge_date >= ? AND charge_date < ?
            """,
            [lens, now, accept_differences, *span[1:]],
        )
        ((different,),) = connection.execute("SELECT COUNT(*) FROM different_periods").fetchall()
        complete(connection, staging)
    return int(different)


def _totals(totals: Staging, granularity: Granularity) -> str:
    day = bucket(granularity)
    return f"SELECT {day} AS charge_date, {SUMS} FROM {totals.table} GROUP BY {day}"
