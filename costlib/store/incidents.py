"""Incidents, days that were muted, and anomalies of the data, as the last judging left them.

The judged days' incidents are replaced together; older ones stay as they were last told. An incident keeps its id from
sync to sync, so that what people said of it stays with it: it is the same one when it has the same root, or a root
that lies within the other's, and shares days.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple, dataclass, fields, replace
from datetime import date, datetime
from decimal import Decimal
from hashlib import sha256

import duckdb

from costlib.store.warehouse import Warehouse

JUDGED = "judged"
"""The fact about a warehouse that says of what the last judging was."""
JUDGED_THROUGH = "judged_through"
"""The last day that was judged."""


@dataclass(frozen=True)
class Root:
    """Where something happened; '' is "not narrowed down". A `label` with the value '' is the label's "has none"."""

    level: str
    usage_account_id: str = ""
    service: str = ""
    label: str = ""
    value: str = ""

    def shares(self, other: Root) -> bool:
        """Whether one of the two may lie within the other: nothing that both name differs."""
        if (self.label or other.label) and (self.label, self.value) != (other.label, other.value):
            return not (self.label and other.label)
        pairs = ((self.usage_account_id, other.usage_account_id), (self.service, other.service))
        return all(not a or not b or a == b for a, b in pairs)


@dataclass(frozen=True)
class StoredDay:
    """A day of the root's series around an incident: within `low` and `high` nothing is worth a word."""

    charge_date: date
    actual: Decimal
    expected: Decimal
    low: Decimal
    high: Decimal
    is_marked: bool


@dataclass(frozen=True)
class Driver:
    """A part of the root and what it was above expectation; `is_of_whole_service`: other accounts are in it."""

    dimension: str
    value: str
    is_of_whole_service: bool
    actual: Decimal
    expected: Decimal

    @property
    def above_expectation(self) -> Decimal:
        return self.actual - self.expected


@dataclass(frozen=True)
class StoredIncident:
    """One cause. `expected` and what follows from it are estimates, rounded to cents; `actual` is exact."""

    root: Root
    kind: str
    metric: str
    first_day: date
    last_day: date
    is_open: bool
    expected: Decimal
    actual: Decimal
    cost_center: str
    days: tuple[StoredDay, ...] = ()
    drivers: tuple[Driver, ...] = ()
    incident_id: str = ""

    @property
    def above_expectation(self) -> Decimal:
        return self.actual - self.expected

    @property
    def is_drop(self) -> bool:
        return self.kind == "drop"


@dataclass(frozen=True)
class MutedDay:
    """A day beyond the thresholds that is no anomaly, and why."""

    root: Root
    charge_date: date
    reason: str
    actual: Decimal
    expected: Decimal


@dataclass(frozen=True)
class StoredDataAnomaly:
    """Something odd about the shape of the data; amounts are NULL where the kind has none."""

    kind: str
    service: str
    record_type: str
    charge_date: date
    expected: Decimal | None
    actual: Decimal | None

    @property
    def id(self) -> str:
        return _digest(self.kind, self.service, self.record_type, str(self.charge_date))


@dataclass(frozen=True)
class Judgement:
    """All that a judging of the days since `since` found; `of` names what was judged."""

    since: date
    through: date
    of: str
    incidents: Sequence[StoredIncident]
    muted: Sequence[MutedDay]
    data: Sequence[StoredDataAnomaly]


def is_judged(warehouse: Warehouse, of: str) -> bool:
    return warehouse.meta(JUDGED) == of


def replace_judged(warehouse: Warehouse, judgement: Judgement, now: datetime) -> None:
    """Put a judging in the place of the one before, in one transaction."""
    with warehouse.transaction() as connection:
        held = _held(connection, judgement.since)
        named = _named(judgement.incidents, [incident for incident, _ in held])
        first_seen = {incident.incident_id: seen for incident, seen in held}
        for gone in first_seen:
            for table in ("incidents", "incident_days", "incident_drivers"):
                connection.execute(f"DELETE FROM {table} WHERE incident_id = ?", [gone])
        for incident in named:
            _insert_incident(connection, incident, first_seen.get(incident.incident_id, now), now)
        _replace_muted(connection, judgement.muted)
        _replace_data(connection, judgement, now)
        for key, value in ((JUDGED, judgement.of), (JUDGED_THROUGH, judgement.through.isoformat())):
            connection.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", [key, value])


def _named(found: Sequence[StoredIncident], held: Sequence[StoredIncident]) -> list[StoredIncident]:
    """Each with the id it had, or one of its own; no id is given twice."""
    free = list(held)
    named: dict[int, str] = {}
    for is_same in (_has_same_root, _has_kindred_root):
        for place, incident in enumerate(found):
            match = next((h for h in free if place not in named and is_same(incident, h)), None)
            if match is not None:
                free.remove(match)
                named[place] = match.incident_id
    return [
        replace(i, incident_id=named.get(n) or _digest(*astuple(i.root), str(i.first_day))) for n, i in enumerate(found)
    ]


def _has_same_root(incident: StoredIncident, held: StoredIncident) -> bool:
    return incident.root == held.root and _overlaps(incident, held)


def _has_kindred_root(incident: StoredIncident, held: StoredIncident) -> bool:
    return incident.root.shares(held.root) and incident.first_day == held.first_day and _overlaps(incident, held)


def _overlaps(one: StoredIncident, other: StoredIncident) -> bool:
    is_alike = one.is_drop == other.is_drop
    return is_alike and one.first_day <= other.last_day and other.first_day <= one.last_day


def _digest(*parts: str) -> str:
    return sha256("|".join(parts).encode()).hexdigest()[:12]


_KEPT = "level, usage_account_id, service, label, value, kind, metric, first_day, last_day, is_open, expected, actual"


def _held(connection: duckdb.DuckDBPyConnection, since: date) -> list[tuple[StoredIncident, datetime]]:
    """The stored incidents that reach into the judged days, and when each was first seen."""
    rows = connection.execute(
        f"SELECT {_KEPT}, cost_center, incident_id, first_seen_at FROM incidents WHERE last_day >= ?", [since]
    ).fetchall()
    return [
        (StoredIncident(Root(*row[:5]), *row[5:13], incident_id=row[13]), row[14])  # type: ignore[misc]
        for row in rows
    ]


def _insert_incident(
    connection: duckdb.DuckDBPyConnection, incident: StoredIncident, first_seen: datetime, now: datetime
) -> None:
    own = [*astuple(incident.root), incident.kind, incident.metric, incident.first_day, incident.last_day]
    amounts = [incident.above_expectation, incident.expected, incident.actual, incident.cost_center]
    _insert(connection, "incidents", [incident.incident_id, *own, incident.is_open, *amounts, first_seen, now])
    for day in incident.days:
        _insert(connection, "incident_days", [incident.incident_id, *astuple(day)])
    for driver in incident.drivers:
        row = [incident.incident_id, *astuple(driver), driver.above_expectation]
        _insert(connection, "incident_drivers", row)


def _replace_muted(connection: duckdb.DuckDBPyConnection, muted: Sequence[MutedDay]) -> None:
    connection.execute("DELETE FROM muted_days")
    for day in muted:
        row = [*astuple(day.root), day.charge_date, day.reason, day.actual, day.expected]
        _insert(connection, "muted_days", row)


def _replace_data(connection: duckdb.DuckDBPyConnection, judgement: Judgement, now: datetime) -> None:
    rows = connection.execute(
        "SELECT data_anomaly_id, first_seen_at FROM data_anomalies WHERE charge_date >= ?", [judgement.since]
    ).fetchall()
    first_seen = dict(rows)
    connection.execute("DELETE FROM data_anomalies WHERE charge_date >= ?", [judgement.since])
    for anomaly in judgement.data:
        values = [getattr(anomaly, field.name) for field in fields(anomaly)]
        _insert(connection, "data_anomalies", [anomaly.id, *values, first_seen.get(anomaly.id, now), now])


def _insert(connection: duckdb.DuckDBPyConnection, table: str, row: Sequence[object]) -> None:
    connection.execute(f"INSERT INTO {table} VALUES ({', '.join('?' for _ in row)})", list(row))
