"""Judging in a real sync: the planted anomalies and nothing else, ids that stay, and days that are judged once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from costlib.access import EVERYTHING
from costlib.ingest.incident_rows import root_of
from costlib.periods import DAY
from costlib.queries.anomalies import Incident, incidents, judging, seen_by_aws
from costlib.queries.anomalies import aws_anomalies as told_by_aws
from costlib.sample.organization import Organization, organization_of, sample_organization
from costlib.sample.plan import Account, Cell, Charge
from costlib.sample.server import SampleEndpoint
from costlib.store.incidents import Root
from tests.ingest.syncing import NOON, snapshot_in, sync_from

TODAY = NOON.date()
LAST = TODAY - 2 * DAY
"""The last complete day at noon."""
FIRST = TODAY.replace(month=8, day=1)
WEB, DATA = "111111111111", "222222222222"
ACCOUNTS = [Account(WEB, "web", "Web", "Production"), Account(DATA, "data", "Data", "Production")]
PLACES = ((WEB, "Amazon EC2"), (WEB, "Amazon S3"), (DATA, "Amazon EC2"), (DATA, "Amazon Redshift"))


def small(*extra: tuple[str, str, date, int], today: date = TODAY, gone_from: date | None = None) -> Organization:
    """Two accounts and three services at $100 a day with a weekly rhythm, and `extra` dollars on some days."""
    more = {(account, service, day): amount for account, service, day, amount in extra}
    days = [FIRST + n * DAY for n in range((today - FIRST).days + 1)]
    charges = [
        Charge.plain(
            Cell(account, service, "Usage", usage_type="BoxUsage"),
            day,
            Decimal((80 if day.weekday() >= 5 else 100) + day.day % 3 + more.get((account, service, day), 0)),
        )
        for day in days
        for account, service in PLACES
        if not (gone_from and service == "Amazon Redshift" and day >= gone_from)
    ]
    return organization_of(charges, today=today, accounts=ACCOUNTS)


def spike(on: date, amount: int = 150) -> tuple[str, str, date, int]:
    return (DATA, "Amazon Redshift", on, amount)


def found_in(folder: Path) -> tuple[Incident, ...]:
    snapshot = snapshot_in(folder)
    try:
        return incidents(snapshot, EVERYTHING)
    finally:
        snapshot.close()


def rows_of(folder: Path, sql: str) -> list[tuple[Any, ...]]:
    snapshot = snapshot_in(folder)
    rows = list(snapshot.rows(sql))
    snapshot.close()
    return rows


@pytest.fixture
def endpoint() -> Iterator[SampleEndpoint]:
    with SampleEndpoint(small(spike(LAST))) as endpoint:
        yield endpoint


def sync(endpoint: SampleEndpoint, folder: Path, later: timedelta = timedelta(), **settings: Any) -> None:
    sync_from(endpoint, folder, now=NOON + later, history_months=3, events_file=folder / "events.toml", **settings)


def test_the_samples_planted_anomalies_are_found_at_their_root_and_nothing_else(sample_data_dir: Path) -> None:
    snapshot = snapshot_in(sample_data_dir)
    organization = sample_organization(snapshot.as_of.date())
    judged_from = snapshot.complete_through - 89 * DAY
    planted = [a for a in organization.anomalies if a.last_day >= judged_from]
    assert {a.kind.value for a in planted} == {"spike", "step", "ramp"}
    found, by_aws = incidents(snapshot, EVERYTHING), told_by_aws(snapshot, EVERYTHING)
    places = sorted((a.cell.usage_account_id, a.cell.service) for a in planted)
    assert sorted((i.usage_account_id, i.service) for i in found) == places
    for incident in found:
        true = next(
            a
            for a in planted
            if (a.cell.usage_account_id, a.cell.service) == (incident.usage_account_id, incident.service)
        )
        assert true.first_day <= incident.first_day <= true.first_day + 10 * DAY
        assert 0 < incident.above_expectation <= true.extra_cost
        assert incident.above_expectation == incident.actual - incident.expected
        assert seen_by_aws(incident, by_aws) is not None
        assert incident.cost_center
    assert rows_of(sample_data_dir, "SELECT * FROM data_anomalies") == []
    snapshot.close()


def test_an_incident_is_told_on_the_day_that_is_complete_with_its_exact_amount(tmp_path, endpoint):
    sync(endpoint, tmp_path)
    (incident,) = found_in(tmp_path)
    assert (incident.level, incident.usage_account_id, incident.service) == ("service_account", DATA, "Amazon Redshift")
    assert (incident.first_day, incident.last_day, incident.kind, incident.lasts) == (LAST, LAST, "spike", True)
    assert incident.root == "Amazon Redshift in data"
    assert incident.actual == sum(
        r["amortized_cost"]
        for r in endpoint.charges().to_pylist()
        if (r["usage_account_id"], r["service"], r["charge_date"]) == (DATA, "Amazon Redshift", LAST)
    )
    assert abs(incident.above_expectation - 150) < 5


def test_a_day_that_is_still_arriving_is_not_judged(tmp_path):
    with SampleEndpoint(small(spike(LAST + DAY))) as endpoint:
        sync(endpoint, tmp_path)
        assert found_in(tmp_path) == ()
        assert rows_of(tmp_path, "SELECT value FROM meta WHERE key = 'judged_through'") == [(str(LAST),)]
        endpoint.serve(small(spike(LAST + DAY), today=TODAY + DAY))
        sync(endpoint, tmp_path, DAY)
        assert [i.first_day for i in found_in(tmp_path)] == [LAST + DAY]


def test_the_id_stays_while_an_incident_goes_on_is_restated_and_ends(tmp_path, endpoint):
    sync(endpoint, tmp_path)
    (first,) = found_in(tmp_path)
    going_on = [spike(LAST + n * DAY) for n in range(3)]
    for later in (1, 2):
        endpoint.serve(small(*going_on, today=TODAY + later * DAY))
        sync(endpoint, tmp_path, later * DAY)
    (last,) = found_in(tmp_path)
    assert (last.incident_id, last.first_seen_at) == (first.incident_id, first.first_seen_at)
    assert (last.first_day, last.last_day) == (LAST, LAST + 2 * DAY)
    key = {"usage_account_id": DATA, "service": "Amazon Redshift", "record_type": "Usage"}
    endpoint.restate(charge_date=LAST, **key, delta=Decimal(-150))
    sync(endpoint, tmp_path, 2 * DAY + timedelta(hours=1))
    (restated,) = found_in(tmp_path)
    assert (restated.incident_id, restated.first_day) == (first.incident_id, LAST + DAY)


def test_an_incident_that_was_restated_away_is_gone(tmp_path, endpoint):
    sync(endpoint, tmp_path)
    key = {"usage_account_id": DATA, "service": "Amazon Redshift", "record_type": "Usage"}
    endpoint.restate(charge_date=LAST, **key, delta=Decimal(-150))
    sync(endpoint, tmp_path, timedelta(hours=1))
    assert found_in(tmp_path) == ()
    assert rows_of(tmp_path, "SELECT * FROM incident_days") == []
    assert rows_of(tmp_path, "SELECT * FROM incident_drivers") == []


def test_nothing_is_judged_again_while_nothing_changed(tmp_path, endpoint):
    sync(endpoint, tmp_path)
    sync(endpoint, tmp_path, timedelta(hours=1))
    assert rows_of(tmp_path, "SELECT DISTINCT judged_at FROM incidents") == [(NOON,)]


def test_drivers_name_what_moved_against_the_weeks_before(tmp_path):
    both = [(account, service, LAST, 120) for account, service in PLACES if account == DATA]
    with SampleEndpoint(small(*both)) as endpoint:
        sync(endpoint, tmp_path)
    (incident,) = found_in(tmp_path)
    assert incident.level == "account"
    drivers = rows_of(tmp_path, "SELECT dimension, value, above_expectation FROM incident_drivers ORDER BY 1, 2")
    services = {value: above for dimension, value, above in drivers if dimension == "service"}
    assert set(services) == {"Amazon EC2", "Amazon Redshift"}
    assert all(100 < above < 130 for above in services.values())


@pytest.mark.parametrize("granularity", ["daily", "monthly"])
def test_usage_types_drive_where_a_lens_holds_them(tmp_path, endpoint, granularity):
    from costlib.config import Lens
    from costlib.periods import Granularity

    sync(endpoint, tmp_path, lenses=(Lens(("service", "usage_type"), Granularity(granularity)),))
    ((value, above, is_whole),) = rows_of(
        tmp_path,
        "SELECT value, above_expectation, is_of_whole_service FROM incident_drivers WHERE dimension = 'usage_type'",
    )
    assert (value, is_whole) == ("BoxUsage", True)
    assert 120 < above < 160 if granularity == "daily" else above != 0


def test_a_known_event_mutes_and_says_so(tmp_path, endpoint):
    (tmp_path / "events.toml").write_text(
        f'[[event]]\nname = "Migration"\nday = {LAST}\nmutes = true\nselection = {{ service = ["Amazon Redshift"] }}\n'
    )
    sync(endpoint, tmp_path)
    assert [i for i in found_in(tmp_path) if i.service == "Amazon Redshift"] == []
    muted = rows_of(tmp_path, "SELECT DISTINCT reason FROM muted_days WHERE level = 'service_account'")
    assert muted == [("Migration",)]


def test_a_wrong_file_of_events_is_said_and_mutes_nothing(tmp_path, endpoint):
    (tmp_path / "events.toml").write_text("[[event]]\nname = 1\n")
    result = sync_from(endpoint, tmp_path, history_months=3, events_file=tmp_path / "events.toml")
    assert any("Known events were not used" in warning for warning in result.warnings)
    assert len(found_in(tmp_path)) == 1


def test_a_service_that_vanished_is_an_anomaly_of_the_data(tmp_path):
    with SampleEndpoint(small(gone_from=LAST - 4 * DAY)) as endpoint:
        sync(endpoint, tmp_path)
    found = rows_of(tmp_path, "SELECT kind, service, charge_date FROM data_anomalies")
    assert [(kind, service) for kind, service, _ in found] == [("vanished_service", "Amazon Redshift")]


def test_a_history_that_is_too_short_has_no_incidents_and_the_sync_goes_on(tmp_path):
    with SampleEndpoint(small(spike(LAST))) as endpoint:
        sync_from(endpoint, tmp_path, history_months=0)
    assert found_in(tmp_path) == ()
    snapshot = snapshot_in(tmp_path)
    assert judging(snapshot).through == LAST
    snapshot.close()


@pytest.mark.parametrize(
    ("level", "root"),
    [
        ((), Root("total")),
        ((("service", "S"),), Root("service", service="S")),
        ((("usage_account_id", "1"),), Root("account", "1")),
        ((("service", "S"), ("usage_account_id", "1")), Root("service_account", "1", "S")),
        ((("cost_category:Team", ""),), Root("label", label="cost_category:Team")),
    ],
)
def test_every_level_has_its_root(level, root):
    assert root_of(level) == root
