"""Incidents as somebody may see them: what cost more or less than expected, since when, of what, and whose it is.

Somebody who sees some accounts sees the incidents whose root is one of them, and of those only what is theirs: no
incident of a whole service or of the total, which other accounts are part of, and no drivers of a whole service. An
incident that lies in one account has that account as its root, so nothing of their own is lost.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from costlib.access import Scope
from costlib.errors import UsageError
from costlib.periods import Period
from costlib.queries.scoping import account_conditions
from costlib.store.snapshot import Snapshot
from costlib.vocabulary import CostMetric, label_dimension

if TYPE_CHECKING:
    import pyarrow as pa

FRESH = timedelta(days=14)
"""An incident is open while it goes on, and this long after: time enough for somebody to say what it was."""


@dataclass(frozen=True)
class Incident:
    """One cause. `lasts`: it went on when the last days were judged. Amounts of `expected` are estimates."""

    incident_id: str
    level: str
    usage_account_id: str
    usage_account_name: str
    service: str
    label: str
    value: str
    kind: str
    metric: CostMetric
    first_day: date
    last_day: date
    lasts: bool
    above_expectation: Decimal
    expected: Decimal
    actual: Decimal
    cost_center: str
    first_seen_at: datetime
    is_open: bool

    @property
    def days(self) -> int:
        return Period(self.first_day, self.last_day + timedelta(days=1)).days

    @property
    def root(self) -> str:
        """Where it happened, as people read it."""
        if self.label:
            named = label_dimension(self.label)
            return f"{named.label if named else self.label}: {self.value or 'Unallocated'}"
        places = [place for place in (self.service, self.usage_account_name) if place]
        return " in ".join(places) or "All cost"


@dataclass(frozen=True)
class Judging:
    """What the last judging was of, and what else there is: how many days it knows of the lens of usage types."""

    through: date | None
    asks_aws: bool
    aws_read_on: date | None
    usage_types: str
    """`daily`, `monthly` or '' where no lens holds usage types."""


@dataclass(frozen=True)
class AwsAnomaly:
    """What AWS's detector tells. For somebody who sees some accounts, of a whole service only what was added."""

    anomaly_id: str
    first_day: date
    last_day: date
    service: str
    usage_account_id: str
    usage_type: str
    total_impact: Decimal | None
    actual_spend: Decimal | None
    expected_spend: Decimal | None


def judging(snapshot: Snapshot) -> Judging:
    """No amounts: the same for everybody."""
    meta = {str(k): str(v) for k, v in snapshot.rows("SELECT key, value FROM meta")}
    ((missing,),) = snapshot.rows("SELECT COUNT(*) FROM missing_rights WHERE action = 'ce:GetAnomalies'")
    usage_types = [lens for lens in snapshot.lenses if {"service", "usage_type"} == set(lens.dimensions)]
    finest = min((lens.granularity.value for lens in usage_types), default="")
    return Judging(_day(meta.get("judged_through")), not missing, _day(meta.get("aws_anomalies_read_on")), finest)


def incidents(snapshot: Snapshot, scope: Scope) -> tuple[Incident, ...]:
    """Open ones first, then by what they are above (or below) expectation."""
    conditions = account_conditions(scope, "i.usage_account_id")
    where = " AND ".join(["1 = 1", *(c.text for c in conditions)])
    rows = snapshot.rows(
        f"""
        SELECT i.incident_id, i.level, i.usage_account_id,
            COALESCE(NULLIF(a.usage_account_name, ''), i.usage_account_id), i.service, i.label, i.value, i.kind,
            i.metric, i.first_day, i.last_day, i.is_open, i.above_expectation, i.expected, i.actual, i.cost_center,
            i.first_seen_at
        FROM incidents AS i
        LEFT JOIN accounts AS a ON a.usage_account_id = i.usage_account_id
        WHERE {where}""",
        [p for c in conditions for p in c.parameters],
    )
    through = judging(snapshot).through
    found = [_incident(row, through) for row in rows]
    return tuple(sorted(found, key=lambda i: (not i.is_open, -abs(i.above_expectation), i.incident_id)))


def incident_days(snapshot: Snapshot, scope: Scope, incident_id: str) -> pa.Table:
    """`charge_date, actual, expected, low, high, is_marked`: the root's days around an incident, in order."""
    condition, parameters = _of_incident(scope, incident_id)
    return snapshot.table(
        f"""
        SELECT d.charge_date, d.actual, d.expected, d.low, d.high, d.is_marked
        FROM incident_days AS d JOIN incidents AS i ON i.incident_id = d.incident_id
        WHERE {condition}
        ORDER BY d.charge_date""",
        parameters,
    )


def incident_drivers(snapshot: Snapshot, scope: Scope, incident_id: str) -> pa.Table:
    """`dimension, value, name, is_of_whole_service, actual, expected, above_expectation`, the largest first."""
    condition, parameters = _of_incident(scope, incident_id)
    own = "" if scope.accounts is None else "AND NOT d.is_of_whole_service"
    return snapshot.table(
        f"""
        SELECT d.dimension, d.value,
            CASE WHEN d.dimension = 'usage_account_id' THEN COALESCE(NULLIF(a.usage_account_name, ''), d.value)
                ELSE d.value END AS name,
            d.is_of_whole_service, d.actual, d.expected, d.above_expectation
        FROM incident_drivers AS d
        JOIN incidents AS i ON i.incident_id = d.incident_id
        LEFT JOIN accounts AS a ON a.usage_account_id = d.value
        WHERE {condition} {own}
        ORDER BY d.dimension, ABS(d.above_expectation) DESC, d.value""",
        parameters,
    )


def muted(snapshot: Snapshot, scope: Scope) -> pa.Table:
    """`charge_date, service, usage_account_name, reason, actual, expected`: days beyond the thresholds, excused.

    Of services and of services in accounts; what is true of them shows in accounts, labels and the total as well.
    """
    conditions = account_conditions(scope, "m.usage_account_id")
    where = " AND ".join(["m.level IN ('service', 'service_account')", *(c.text for c in conditions)])
    return snapshot.table(
        f"""
        SELECT m.charge_date, m.service,
            COALESCE(NULLIF(a.usage_account_name, ''), m.usage_account_id) AS usage_account_name,
            m.reason, m.actual, m.expected
        FROM muted_days AS m LEFT JOIN accounts AS a ON a.usage_account_id = m.usage_account_id
        WHERE {where}
        ORDER BY m.charge_date DESC, ABS(m.actual) DESC, m.service, m.usage_account_id""",
        [p for c in conditions for p in c.parameters],
    )


def data_anomalies(snapshot: Snapshot, scope: Scope) -> pa.Table:
    """`charge_date, kind, service, record_type, expected, actual`, the newest first.

    They are of the whole organization's data. Raises UsageError for somebody who sees only some accounts.
    """
    if scope.accounts is not None:
        raise UsageError(
            "Anomalies of the data are the whole organization's; your view holds only some accounts.",
            "Ask someone who may see every account.",
        )
    return snapshot.table(
        """
        SELECT charge_date, kind, service, record_type, expected, actual FROM data_anomalies
        ORDER BY charge_date DESC, kind, service, record_type"""
    )


def aws_anomalies(snapshot: Snapshot, scope: Scope) -> tuple[AwsAnomaly, ...]:
    """AWS's own, one for each cause, the newest first; a cause in another account is left out."""
    conditions = account_conditions(scope, "c.usage_account_id")
    where = " AND ".join(["1 = 1", *(c.text for c in conditions)])
    whole = "{0}" if scope.accounts is None else "CAST(NULL AS DECIMAL(38,10))"
    rows = snapshot.rows(
        f"""
        SELECT x.anomaly_id, x.first_day, x.last_day, COALESCE(NULLIF(c.service, ''), x.dimension_value),
            COALESCE(c.usage_account_id, ''), COALESCE(c.usage_type, ''),
            COALESCE(c.contribution, {whole.format("x.total_impact")}),
            {whole.format("x.actual_spend")}, {whole.format("x.expected_spend")}
        FROM aws_anomalies AS x LEFT JOIN aws_anomaly_causes AS c ON c.anomaly_id = x.anomaly_id
        WHERE {where}
        ORDER BY x.first_day DESC, x.anomaly_id, c.place""",
        [p for c in conditions for p in c.parameters],
    )
    return tuple(AwsAnomaly(*row) for row in rows)  # type: ignore[arg-type]


def seen_by_aws(incident: Incident, told: Sequence[AwsAnomaly]) -> AwsAnomaly | None:
    """AWS's anomaly of the same place and days, if it has one."""
    for anomaly in told:
        is_near = anomaly.first_day <= incident.last_day and incident.first_day <= anomaly.last_day
        is_same_service = not incident.service or anomaly.service == incident.service
        accounts = {incident.usage_account_id, anomaly.usage_account_id} - {""}
        if is_near and is_same_service and len(accounts) <= 1 and (incident.service or incident.usage_account_id):
            return anomaly
    return None


def _of_incident(scope: Scope, incident_id: str) -> tuple[str, list[object]]:
    conditions = account_conditions(scope, "i.usage_account_id")
    text = " AND ".join(["i.incident_id = ?", *(c.text for c in conditions)])
    return text, [incident_id, *(p for c in conditions for p in c.parameters)]


def _incident(row: Sequence[object], through: date | None) -> Incident:
    *values, first_seen = row
    last_day, lasts = values[10], bool(values[11])
    is_open = lasts or (through is not None and isinstance(last_day, date) and last_day >= through - FRESH)
    values[8] = CostMetric(str(values[8]))
    return Incident(*values, first_seen, is_open)  # type: ignore[arg-type, call-arg]


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
