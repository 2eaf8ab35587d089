"""Cost Explorer serves fourteen months; the store keeps what it once read, as it was, and it still ties out."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from costlib.access import EVERYTHING
from costlib.config import Settings
from costlib.ingest.plan import price_from_store
from costlib.periods import Granularity, Period, add_months, month_start
from costlib.queries.breakdown import breakdown
from costlib.queries.crossing import crossing
from costlib.queries.filters import Filters
from costlib.queries.freshness import tie_out, tie_out_summary
from costlib.queries.series import cost_over_time
from costlib.sample.organization import Organization, tiny_organization
from costlib.sample.server import SampleEndpoint
from costlib.store.snapshot import Snapshot
from costlib.store.warehouse import open_warehouse, sync_lock
from costlib.vocabulary import COST_METRICS
from tests.ingest.syncing import snapshot_in, sync_from
from tests.ingest.truth import differences, query_differences

THEN, LATER = date(2026, 6, 20), date(2026, 10, 24)
HORIZON = add_months(month_start(LATER), -13)
TEAM, ENVIRONMENT = "cost_category:Team", "cost_category:Environment"
CUBE = ("charge_date", "usage_account_id", "service", "record_type")
ORGANIZATION = tiny_organization(THEN, days=400, services=2)
FIRST = add_months(month_start(THEN), -13)
GONE = Period(FIRST, HORIZON)
"""The days that Cost Explorer served at first and no longer serves later."""


def noon(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 12)


@pytest.fixture
def endpoint() -> Iterator[SampleEndpoint]:
    with SampleEndpoint(ORGANIZATION) as endpoint:
        yield endpoint


@pytest.fixture(scope="module")
def at_first(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the first sync left; read only."""
    folder = tmp_path_factory.mktemp("at_first")
    with SampleEndpoint(ORGANIZATION) as endpoint:
        sync_from(endpoint, folder, now=noon(THEN))
    return folder


@pytest.fixture
def synced(tmp_path: Path, at_first: Path) -> Path:
    """A copy of it, to go on with."""
    return shutil.copytree(at_first, tmp_path / "synced")


def sync_later(endpoint: SampleEndpoint, folder: Path, **settings: Any) -> None:
    """Four months on, as the endpoint then is: it refuses to look beyond its thirteen whole months."""
    organization: Organization = endpoint.organization.on(LATER)
    endpoint.serve(organization)
    endpoint.forget_requests()
    assert sync_from(endpoint, folder, now=noon(LATER), **settings).ties_out
    spans: list[Any] = [r.parameters["TimePeriod"] for r in endpoint.requests if "TimePeriod" in r.parameters]
    assert min(span["Start"] for span in spans) == HORIZON.isoformat()


def rows(table: Any) -> list[tuple[object, ...]]:
    return [tuple(row.values()) for row in table.to_pylist()]


def of_the_gone_days(snapshot: Snapshot) -> list[list[tuple[object, ...]]]:
    """What every kind of question says about them."""
    filters = Filters(GONE, Granularity.monthly)
    asked = (snapshot, EVERYTHING, filters)
    return [
        rows(tie_out(snapshot, EVERYTHING, period=GONE)),
        rows(breakdown(*asked, (*CUBE, TEAM, ENVIRONMENT), COST_METRICS)),
        rows(breakdown(*asked, ("charge_date", "service", "region"), COST_METRICS)),
        rows(breakdown(*asked, ("billing_month", "usage_type"), COST_METRICS)),
        rows(cost_over_time(*asked, "service")),
        rows(crossing(*asked, TEAM, "billing_month")),
    ]


def test_what_cost_explorer_no_longer_serves_stays_as_it_was(synced: Path, endpoint: SampleEndpoint) -> None:
    snapshot = snapshot_in(synced)
    before = of_the_gone_days(snapshot)
    snapshot.close()
    assert all(before)
    sync_later(endpoint, synced)
    snapshot = snapshot_in(synced)
    assert snapshot.period == Period(FIRST, date(2026, 10, 25))
    assert of_the_gone_days(snapshot) == before
    for metric in COST_METRICS:
        found = tie_out_summary(snapshot, None, metric)
        assert found.ties_out
        assert found.days == snapshot.period.days
    assert differences(snapshot, endpoint, (*CUBE, TEAM, ENVIRONMENT)) == {}
    snapshot.close()
    for dimensions in (("charge_date", TEAM), ("charge_date", "service", "region"), ("billing_month", "usage_type")):
        assert query_differences(synced, endpoint, dimensions) == {}


def test_a_full_sync_reads_again_only_what_is_served(synced: Path, endpoint: SampleEndpoint) -> None:
    sync_later(endpoint, synced, full=True)
    assert differences(snapshot_in(synced), endpoint, (*CUBE, TEAM, ENVIRONMENT)) == {}


def test_a_shorter_history_in_the_settings_forgets_nothing(synced: Path, endpoint: SampleEndpoint) -> None:
    assert sync_from(endpoint, synced, now=noon(THEN), history_months=1).ties_out
    assert differences(snapshot_in(synced), endpoint, (*CUBE, TEAM, ENVIRONMENT)) == {}


def test_the_next_sync_is_not_priced_for_days_that_can_never_be_read_again(
    synced: Path, endpoint: SampleEndpoint
) -> None:
    sync_later(endpoint, synced, full=True)
    expected = price_from_store(Settings(data_dir=synced), noon(LATER))
    assert expected
    assert expected["re-reads"] == 0


@pytest.mark.parametrize(
    ("at_first", "afterwards"),
    [
        ({"cost_categories": ("Team",)}, {}),
        ({}, {"cost_categories": ("Team",)}),
        ({}, {"tags": ("application",)}),
    ],
)
def test_another_choice_of_labels_leaves_the_labels_of_the_past_alone(
    tmp_path: Path, endpoint: SampleEndpoint, at_first: dict[str, Any], afterwards: dict[str, Any]
) -> None:
    sync_from(endpoint, tmp_path, now=noon(THEN), **at_first)
    sync_later(endpoint, tmp_path, **afterwards)
    snapshot = snapshot_in(tmp_path)
    assert differences(snapshot, endpoint, (*CUBE, TEAM)) == {}
    for label in snapshot.labels:
        parts = breakdown(snapshot, EVERYTHING, Filters(snapshot.period), ["charge_date", label], COST_METRICS)
        assert sum(parts.column("unblended_cost").to_pylist()) == tie_out_summary(snapshot).control


def test_a_label_that_comes_back_has_its_past_again(synced: Path, endpoint: SampleEndpoint) -> None:
    sync_later(endpoint, synced, cost_categories=("Environment",))
    sync_from(endpoint, synced, now=noon(LATER))
    assert differences(snapshot_in(synced), endpoint, (*CUBE, TEAM, ENVIRONMENT)) == {}


def test_charges_that_still_waited_for_labels_when_they_went_out_of_reach_do_not_stop_the_sync(
    synced: Path, endpoint: SampleEndpoint
) -> None:
    source_dir = synced / "sample"
    with sync_lock(source_dir), open_warehouse(source_dir) as warehouse, warehouse.transaction() as connection:
        connection.execute("UPDATE charges SET label_set_id = NULL WHERE charge_date < ?", [HORIZON])
    sync_later(endpoint, synced)
    snapshot = snapshot_in(synced)
    assert differences(snapshot, endpoint, CUBE) == {}
    assert differences(snapshot, endpoint, (*CUBE, ENVIRONMENT)) == {}
    shared = {account.account_id for account in ORGANIZATION.accounts if account.is_shared}
    wrong = differences(snapshot, endpoint, (*CUBE, TEAM))
    assert {key[1] for key in wrong} == shared
    known = {key[4] for key, (ours, _) in wrong.items() if ours is not None}
    assert known == {""}
