"""The schema, as numbered steps. A step is never edited once released; a new one is appended.

Every amount is DECIMAL(38,10), NULL where AWS does not offer the metric. Timestamps are UTC without a zone.
"""

from __future__ import annotations

import duckdb

from costlib.errors import SchemaTooNew, SnapshotCorrupt
from costlib.vocabulary import COST_METRICS

AMOUNTS = ", ".join(f"{m} DECIMAL(38,10)" for m in COST_METRICS)
OLD_AND_NEW = ", ".join(f"{age}_{m} DECIMAL(38,10)" for age in ("old", "new") for m in COST_METRICS)

_VERSION_1 = f"""
CREATE TABLE meta (key VARCHAR PRIMARY KEY, value VARCHAR);

CREATE TABLE charges (
    charge_date DATE, usage_account_id VARCHAR, service VARCHAR, record_type VARCHAR, label_set_id INTEGER, {AMOUNTS}
);
CREATE TABLE accounts (usage_account_id VARCHAR PRIMARY KEY, usage_account_name VARCHAR);
CREATE TABLE labels (label VARCHAR PRIMARY KEY, kind VARCHAR, name VARCHAR);
CREATE TABLE label_sets (label_set_id INTEGER, label VARCHAR, value VARCHAR);
CREATE TABLE lenses (lens VARCHAR PRIMARY KEY, dimension_1 VARCHAR, dimension_2 VARCHAR, granularity VARCHAR);
CREATE TABLE lens_charges (
    lens VARCHAR, charge_date DATE, key_1 VARCHAR, key_2 VARCHAR, {AMOUNTS},
    usage_quantity DECIMAL(38,10), usage_unit VARCHAR
);

CREATE TABLE daily_totals (charge_date DATE PRIMARY KEY, is_estimated BOOLEAN, {AMOUNTS});
CREATE TABLE control_totals (charge_date DATE, record_type VARCHAR, {AMOUNTS}, read_at TIMESTAMP);
CREATE TABLE label_totals (label VARCHAR, charge_date DATE, value VARCHAR, {AMOUNTS});
CREATE TABLE label_accounts (label VARCHAR, charge_date DATE, usage_account_id VARCHAR, value VARCHAR, {AMOUNTS});
CREATE TABLE lens_totals (lens VARCHAR, charge_date DATE, {AMOUNTS}, read_at TIMESTAMP);

CREATE TABLE restatements (
    run_id VARCHAR, restated_at TIMESTAMP, charge_date DATE, usage_account_id VARCHAR, service VARCHAR,
    record_type VARCHAR, was_estimated BOOLEAN, {OLD_AND_NEW}
);
CREATE TABLE runs (
    run_id VARCHAR PRIMARY KEY, started_at TIMESTAMP, ended_at TIMESTAMP, state VARCHAR, requests INTEGER,
    request_cost_usd DECIMAL(18,4), windows INTEGER, row_count BIGINT, restatements INTEGER, message VARCHAR
);
CREATE TABLE requests (
    run_id VARCHAR, requested_at TIMESTAMP, operation VARCHAR, purpose VARCHAR, page INTEGER, groups INTEGER,
    milliseconds INTEGER, attempts INTEGER, outcome VARCHAR, cost_usd DECIMAL(18,4)
);
CREATE TABLE windows (
    window_id VARCHAR PRIMARY KEY, run_id VARCHAR, kind VARCHAR, signature VARCHAR, start_date DATE, end_date DATE,
    resume_date DATE, next_token VARCHAR, pages INTEGER, row_count BIGINT, state VARCHAR, updated_at TIMESTAMP
);
CREATE TABLE staged_rows (
    window_id VARCHAR, charge_date DATE, key_1 VARCHAR, key_2 VARCHAR, {AMOUNTS},
    usage_quantity DECIMAL(38,10), usage_unit VARCHAR, is_estimated BOOLEAN
);
"""

_VERSION_2 = """
CREATE TABLE missing_rights (action VARCHAR PRIMARY KEY, feature VARCHAR, noticed_at TIMESTAMP);
"""

_COMMITMENTS = """
CREATE TABLE commitment_utilization (
    kind VARCHAR, service VARCHAR, charge_date DATE, total_commitment DECIMAL(38,10), upfront_commitment DECIMAL(38,10),
    recurring_commitment DECIMAL(38,10), used_commitment DECIMAL(38,10), unused_commitment DECIMAL(38,10),
    on_demand_equivalent DECIMAL(38,10), net_savings DECIMAL(38,10), read_at TIMESTAMP
);
CREATE TABLE commitment_coverage (
    kind VARCHAR, service VARCHAR, charge_date DATE, covered_spend DECIMAL(38,10), on_demand_spend DECIMAL(38,10),
    total_spend DECIMAL(38,10), covered_hours DECIMAL(38,10), on_demand_hours DECIMAL(38,10),
    total_hours DECIMAL(38,10), read_at TIMESTAMP
);
"""

_COST_CATEGORY_DEFINITIONS = """
CREATE TABLE cost_category_definitions (
    name VARCHAR PRIMARY KEY, arn VARCHAR, effective_start DATE, effective_end DATE, processing_status VARCHAR,
    default_value VARCHAR, rules VARCHAR, split_charge_rules VARCHAR, read_at TIMESTAMP
);
CREATE TABLE cost_category_changes (
    run_id VARCHAR, noticed_at TIMESTAMP, name VARCHAR, effective_start DATE, old_definition VARCHAR,
    new_definition VARCHAR
);
"""

_SHOWBACK = f"""
CREATE TABLE rule_versions (
    version VARCHAR, file VARCHAR, text VARCHAR, applied_at TIMESTAMP, applied_by VARCHAR, note VARCHAR
);
CREATE TABLE showback_charges (
    billing_month DATE, cost_center VARCHAR, usage_account_id VARCHAR, service VARCHAR, record_type VARCHAR,
    rule_id VARCHAR, {AMOUNTS}
);
CREATE TABLE showback_entries (
    billing_month DATE, metric VARCHAR, place INTEGER, rule_id VARCHAR, cost_center VARCHAR, is_source BOOLEAN,
    amount DECIMAL(38,10), driver DECIMAL(38,10), driver_total DECIMAL(38,10)
);
CREATE TABLE showback_kept (billing_month DATE, metric VARCHAR, rule_id VARCHAR, reason VARCHAR);

CREATE TABLE closed_months (
    billing_month DATE PRIMARY KEY, statement_id VARCHAR, rules_version VARCHAR, snapshot_id VARCHAR,
    closed_at TIMESTAMP, closed_by VARCHAR, forced_because VARCHAR
);
CREATE TABLE closed_charges AS FROM showback_charges;
CREATE TABLE closed_entries AS FROM showback_entries;
CREATE TABLE closed_adjustments (
    billing_month DATE, adjusted_month DATE, cost_center VARCHAR, metric VARCHAR, amount DECIMAL(38,10)
);
"""

_INCIDENTS = """
CREATE TABLE aws_anomalies (
    anomaly_id VARCHAR PRIMARY KEY, first_day DATE, last_day DATE, monitor_arn VARCHAR, dimension_value VARCHAR,
    max_score DECIMAL(38,10), current_score DECIMAL(38,10), max_impact DECIMAL(38,10), total_impact DECIMAL(38,10),
    actual_spend DECIMAL(38,10), expected_spend DECIMAL(38,10), impact_percentage DECIMAL(38,10), feedback VARCHAR,
    first_seen_at TIMESTAMP, read_at TIMESTAMP
);
CREATE TABLE aws_anomaly_causes (
    anomaly_id VARCHAR, place INTEGER, service VARCHAR, region VARCHAR, usage_account_id VARCHAR, usage_type VARCHAR,
    contribution DECIMAL(38,10)
);

CREATE TABLE incidents (
    incident_id VARCHAR PRIMARY KEY, level VARCHAR, usage_account_id VARCHAR, service VARCHAR, label VARCHAR,
    value VARCHAR, kind VARCHAR, metric VARCHAR, first_day DATE, last_day DATE, is_open BOOLEAN,
    above_expectation DECIMAL(38,10), expected DECIMAL(38,10), actual DECIMAL(38,10), cost_center VARCHAR,
    first_seen_at TIMESTAMP, judged_at TIMESTAMP
);
CREATE TABLE incident_days (
    incident_id VARCHAR, charge_date DATE, actual DECIMAL(38,10), expected DECIMAL(38,10), low DECIMAL(38,10),
    high DECIMAL(38,10), is_marked BOOLEAN
);
CREATE TABLE incident_drivers (
    incident_id VARCHAR, dimension VARCHAR, value VARCHAR, is_of_whole_service BOOLEAN, actual DECIMAL(38,10),
    expected DECIMAL(38,10), above_expectation DECIMAL(38,10)
);
CREATE TABLE muted_days (
    level VARCHAR, usage_account_id VARCHAR, service VARCHAR, label VARCHAR, value VARCHAR, charge_date DATE,
    reason VARCHAR, actual DECIMAL(38,10), expected DECIMAL(38,10)
);
CREATE TABLE data_anomalies (
    data_anomaly_id VARCHAR PRIMARY KEY, kind VARCHAR, service VARCHAR, record_type VARCHAR, charge_date DATE,
    expected DECIMAL(38,10), actual DECIMAL(38,10), first_seen_at TIMESTAMP, judged_at TIMESTAMP
);
"""

_BUDGETS = """
CREATE TABLE budget_versions (
    version VARCHAR, file VARCHAR, text VARCHAR, applied_at TIMESTAMP, applied_by VARCHAR, note VARCHAR
);
CREATE TABLE aws_budgets (
    account_id VARCHAR, name VARCHAR, budget_type VARCHAR, time_unit VARCHAR, start_date DATE, end_date DATE,
    unit VARCHAR, budget_limit DECIMAL(38,10), actual DECIMAL(38,10), forecast DECIMAL(38,10), narrowed_to VARCHAR,
    read_at TIMESTAMP
);
"""

STEPS = (_VERSION_1, _VERSION_2, _COMMITMENTS, _COST_CATEGORY_DEFINITIONS, _SHOWBACK, _INCIDENTS, _BUDGETS)
SCHEMA_VERSION = len(STEPS)


def schema_version(connection: duckdb.DuckDBPyConnection) -> int:
    """The version of an open file; 0 for an empty one.

    Raises SchemaTooNew for a file of a later program and SnapshotCorrupt for tables without a version.
    """
    tables = {name for (name,) in connection.execute("SELECT table_name FROM duckdb_tables()").fetchall()}
    if not tables:
        return 0
    row = None
    if "meta" in tables:
        row = connection.execute("SELECT value FROM meta WHERE key = 'schema_version'").fetchone()
    if row is None or not str(row[0]).isdigit():
        raise SnapshotCorrupt("The data file has tables but no schema version.", "Delete it and run `costlib sync`.")
    version = int(row[0])
    if version > SCHEMA_VERSION:
        raise SchemaTooNew(
            f"The data file has schema version {version}; this program knows {SCHEMA_VERSION}.",
            "Install the newer version of the program that wrote it.",
        )
    return version


def migrate(connection: duckdb.DuckDBPyConnection, target: int = SCHEMA_VERSION) -> int:
    """Bring an open file to `target`, one transaction a step; returns the version it had."""
    had = schema_version(connection)
    for number in range(had + 1, target + 1):
        connection.execute("BEGIN")
        connection.execute(STEPS[number - 1])
        connection.execute("INSERT OR REPLACE INTO meta VALUES ('schema_version', ?)", [str(number)])
        connection.execute("COMMIT")
    return had
