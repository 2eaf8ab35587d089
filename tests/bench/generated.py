"""Published snapshots of any size, written by SQL: for benches that only read.

Every account uses half of the services, amounts look like AWS's (ten decimals, no pattern), rows lie in date order as
a sync leaves them.
"""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import duckdb

from costlib.periods import DAY, Period, add_months, month_start
from costlib.store.migrations import migrate
from costlib.store.snapshot import publish, snapshot_path
from costlib.vocabulary import COST_METRICS

TODAY = date(2026, 11, 20)
SERVICES, SERVICES_AN_ACCOUNT = 30, 15
TEAMS = 12
ESTIMATED_DAYS = 3
SNAPSHOT_ID = "generated"

_CHARGES = f"""
INSERT INTO charges
SELECT charge_date, usage_account_id, service, record_type, label_set_id,
       amount, amount, amount * CAST(0.9 AS DECIMAL(2,1)), amount * CAST(0.9 AS DECIMAL(2,1)), amount
FROM (
    SELECT d.charge_date, a.usage_account_id,
           'AWS Service ' || ((a.number * 7 + s.number) % {SERVICES}) AS service,
           CASE WHEN s.number = 0 AND DAY(d.charge_date) = 1 THEN 'Tax'
                WHEN s.number = 1 AND DAY(d.charge_date) = 1 THEN 'Credit'
                ELSE 'Usage' END AS record_type,
           1 + a.number % {TEAMS} AS label_set_id,
           CAST(CAST(hash(d.charge_date, a.number, s.number) % 2000000000000 AS DECIMAL(18,0))
                * CAST(0.0000000001 AS DECIMAL(10,10)) AS DECIMAL(30,10)) AS amount
    FROM days AS d
    CROSS JOIN (SELECT range AS number, printf('%012d', range + 100000000000) AS usage_account_id FROM range(?)) AS a
    CROSS JOIN (SELECT range AS number FROM range({SERVICES_AN_ACCOUNT})) AS s
)
ORDER BY charge_date, usage_account_id, service
"""

_SUMS = ", ".join(f"SUM({m})" for m in COST_METRICS)
_AROUND_THEM = (
    f"""
    INSERT INTO daily_totals
    SELECT charge_date, charge_date > ?::DATE - {ESTIMATED_DAYS}, {_SUMS} FROM charges GROUP BY ALL ORDER BY ALL
    """,
    f"""
    INSERT INTO control_totals
    SELECT charge_date, record_type, {_SUMS}, ?::DATE FROM charges GROUP BY charge_date, record_type ORDER BY ALL
    """,
    """
    INSERT INTO accounts
    SELECT DISTINCT usage_account_id, 'workload-' || usage_account_id FROM charges WHERE charge_date = ?::DATE
    """,
)


def generated_snapshot(source_dir: Path, charges: int) -> Path:
    """Publish about so many charges of 13 full months and the current one; the path of the snapshot's file."""
    period = Period(add_months(month_start(TODAY), -13), TODAY + DAY)
    warehouse = generated_warehouse(source_dir, charges, period)
    publish(source_dir, warehouse, SNAPSHOT_ID, keep=1)
    warehouse.unlink()
    return snapshot_path(source_dir, SNAPSHOT_ID)


def generated_warehouse(source_dir: Path, charges: int, period: Period) -> Path:
    """A warehouse with about so many charges of the days of `period`; the path of its file."""
    source_dir.mkdir(parents=True)
    warehouse = source_dir / "warehouse.duckdb"
    with duckdb.connect(str(warehouse)) as connection:
        migrate(connection)
        connection.execute("CREATE TEMP TABLE days AS SELECT unnest(?) AS charge_date", [list(period)])
        connection.execute(_CHARGES, [round(charges / period.days / SERVICES_AN_ACCOUNT)])
        for statement in _AROUND_THEM:
            connection.execute(statement, [TODAY])
        _label_and_date(connection)
    return warehouse


def _label_and_date(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute("INSERT INTO labels VALUES ('cost_category:Team', 'cost_category', 'Team')")
    connection.execute(
        "INSERT INTO label_sets SELECT range, 'cost_category:Team', 'team-' || range FROM range(1, ?)", [TEAMS + 1]
    )
    as_of = datetime(TODAY.year, TODAY.month, TODAY.day, 12)
    for key, value in (("source_id", "bench"), ("currency", "USD"), ("as_of", as_of.isoformat())):
        connection.execute("INSERT INTO meta VALUES (?, ?)", [key, value])
