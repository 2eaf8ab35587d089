"""What was planted in the sample organization is found with its root in the synced data, and nothing else is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pandas as pd
import pytest

from costlib.access import EVERYTHING
from costlib.anomalies import Incident, Level, Tree, anomalies_of_many, incidents, level, level_of
from costlib.periods import Period
from costlib.queries.crossing import crossing
from costlib.queries.filters import LEFT_OUT, Filters
from costlib.queries.series import cost_over_time
from costlib.sample.organization import sample_organization
from costlib.sample.plan import PlantedAnomaly
from costlib.store.snapshot import Snapshot, open_current
from costlib.vocabulary import CostMetric

TEAM = "cost_category:Team"
EVERY = 1_000
QUARTER = timedelta(days=91)
NOTICED_WITHIN = timedelta(days=9)
"""What began later may still be too small to see."""


@pytest.fixture(scope="module")
def snapshot(sample_data_dir: Path) -> Iterator[Snapshot]:
    opened = open_current(sample_data_dir / "sample")
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def last_day(snapshot: Snapshot) -> date:
    return snapshot.complete_through


@pytest.fixture(scope="module")
def planted(last_day: date) -> list[PlantedAnomaly]:
    known = sample_organization(last_day).planted
    return [a for a in known if a.last_day >= last_day - QUARTER and a.first_day <= last_day]


@pytest.fixture(scope="module")
def told(snapshot: Snapshot, last_day: date) -> list[Incident]:
    """The last quarter's incidents, from thirteen months of what is used, at amortized cost."""
    days = Period(max(snapshot.period.start, last_day - timedelta(days=400)), last_day + timedelta(days=1))
    filters = Filters(days, metric=CostMetric.amortized_cost).without(LEFT_OUT)
    judged = anomalies_of_many(series(snapshot, filters))
    return [i for i in incidents(judged, tree(snapshot, filters)) if i.last_day >= last_day - QUARTER]


def series(snapshot: Snapshot, filters: Filters) -> dict[Level, pd.Series]:
    """Every level's days: total, services, accounts, places, teams."""
    found: dict[Level, pd.Series] = {(): daily(snapshot, filters)[""]}
    found |= {level(service=key): y for key, y in daily(snapshot, filters, "service").items()}
    found |= {level_of({TEAM: key}): y for key, y in daily(snapshot, filters, TEAM).items()}
    for account, y in daily(snapshot, filters, "usage_account_id").items():
        found[level(usage_account_id=account)] = y
        for service, part in daily(snapshot, replace(filters, accounts=(account,)), "service").items():
            found[level(service=service, usage_account_id=account)] = part
    return found


def daily(snapshot: Snapshot, filters: Filters, by: str | None = None) -> dict[str, pd.Series]:
    rows = cost_over_time(snapshot, EVERYTHING, filters, by=by, top=EVERY).to_pylist()
    days = pd.date_range(filters.period.start, filters.period.last_day)
    amounts: dict[str, dict[pd.Timestamp, float]] = {}
    for row in rows:
        amounts.setdefault(row["key"], {})[pd.Timestamp(row["period_start"])] = float(row["amount"])
    return {key: pd.Series(values).reindex(days, fill_value=0.0) for key, values in amounts.items()}


def tree(snapshot: Snapshot, filters: Filters) -> Tree:
    """Teams have accounts of their own, so that the leaves are accounts by team, each with its services."""
    accounts = crossing(snapshot, EVERYTHING, filters, "usage_account_id", top_rows=EVERY).column("row_key").to_pylist()
    return Tree.of(
        ({"usage_account_id": account, "service": row["row_key"], TEAM: row["column_key"]}, float(row["amount"]))
        for account in accounts
        for row in crossing(
            snapshot, EVERYTHING, replace(filters, accounts=(account,)), "service", TEAM, EVERY, EVERY
        ).to_pylist()
    )


def root_of(planted: PlantedAnomaly) -> Level:
    return level(service=planted.cell.service, usage_account_id=planted.cell.usage_account_id)


def is_that(incident: Incident, planted: PlantedAnomaly) -> bool:
    return incident.root == root_of(planted) and planted.first_day <= incident.last_day <= planted.last_day


def test_what_was_planted_is_found_where_it_was_planted(
    told: list[Incident], planted: list[PlantedAnomaly], last_day: date
):
    due = [a for a in planted if a.first_day <= last_day - NOTICED_WITHIN]
    assert len(due) >= 2
    for anomaly in due:
        (incident,) = [i for i in told if is_that(i, anomaly)]
        assert incident.kind == anomaly.kind.value
        assert abs(incident.first_day - anomaly.first_day) <= timedelta(days=3)


def test_nothing_else_is_found(told: list[Incident], planted: list[PlantedAnomaly]):
    assert [i for i in told if not any(is_that(i, anomaly) for anomaly in planted)] == []


def test_a_spike_costs_what_was_planted(told: list[Incident], planted: list[PlantedAnomaly]):
    (spike,) = [a for a in planted if a.kind.value == "spike"]
    (incident,) = [i for i in told if is_that(i, spike)]
    assert incident.above_expected == pytest.approx(float(spike.extra_cost), rel=0.1)
