"""The store equals the endpoint's ledger to the last digit, and each sync asks only for what changed."""

from __future__ import annotations

import contextlib
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from costlib.errors import (
    AccessDenied,
    AmountDoesNotFit,
    BudgetReached,
    CurrencyMixed,
    DataNotReady,
    DuplicateKey,
    MalformedAnswer,
    WarehouseForeign,
)
from costlib.ingest.cube import Kind
from costlib.sample.faults import Faults, Restatement
from costlib.sample.organization import sample_organization, tiny_organization
from costlib.sample.server import SampleEndpoint
from tests.ingest.syncing import NOON, snapshot_in, sync_from
from tests.ingest.truth import differences, query_differences, truth

TODAY = NOON.date()
TEAM, ENVIRONMENT = "cost_category:Team", "cost_category:Environment"
CUBE = ("charge_date", "usage_account_id", "service", "record_type")
BREAKDOWNS = [CUBE, (*CUBE, TEAM, ENVIRONMENT), ("charge_date",), (TEAM,), (TEAM, "service", "record_type")]


ORGANIZATION = tiny_organization(TODAY, awkward_names=True)
SHORT_ORGANIZATION = tiny_organization(TODAY, days=16, awkward_names=True)
SHORT: dict[str, Any] = {"history_months": 1}


@pytest.fixture
def endpoint() -> Iterator[SampleEndpoint]:
    with SampleEndpoint(ORGANIZATION) as endpoint:
        yield endpoint


@pytest.fixture
def short() -> Iterator[SampleEndpoint]:
    """A history of days rather than months, for pages of one group each."""
    with SampleEndpoint(SHORT_ORGANIZATION) as endpoint:
        yield endpoint


QUERIES = [
    (*CUBE, TEAM, ENVIRONMENT),
    ("charge_date", "service", "region"),
    ("billing_month", "service", "usage_type"),
    ("billing_month", TEAM, "service"),
    ("record_type",),
]


def assert_queries_equal_the_ledger(folder, endpoint):
    for dimensions in QUERIES:
        assert query_differences(folder, endpoint, dimensions) == {}


def assert_equal_to_the_ledger(folder, endpoint):
    snapshot = snapshot_in(folder)
    for dimensions in BREAKDOWNS:
        assert differences(snapshot, endpoint, dimensions) == {}
    snapshot.close()


def rows_of(folder, sql: str, parameters: tuple = ()) -> list[Any]:
    """What the current snapshot answers."""
    snapshot = snapshot_in(folder)
    rows = list(snapshot.rows(sql, parameters))
    snapshot.close()
    return rows


def purposes(folder) -> Counter[str]:
    """Paid pages of the last run by purpose, from the request ledger."""
    sql = "SELECT purpose FROM requests WHERE run_id = (SELECT MAX(run_id) FROM requests)"
    return Counter(purpose for (purpose,) in rows_of(folder, sql))


def a_charge(endpoint, day: date, record_type: str = "Usage") -> dict[str, Any]:
    """The key of the largest charge of a day."""
    rows = [r for r in endpoint.charges().to_pylist() if r["charge_date"] == day and r["record_type"] == record_type]
    row = max(rows, key=lambda r: r["unblended_cost"])
    return {k: row[k] for k in CUBE}


def cube_requests(endpoint) -> list:
    """The paid requests for charges of one record type."""
    asked = endpoint.requests_of("GetCostAndUsage")
    return [r for r in asked if "Dimensions" in r.parameters.get("Filter", {}) and r.is_paid]


@pytest.mark.parametrize("page_size", [1, 7, 1000, None])
def test_every_breakdown_equals_the_ledger_at_any_page_size(tmp_path, short, page_size):
    short.page_size = page_size
    result = sync_from(short, tmp_path, **SHORT)
    assert result.ties_out
    assert result.requests == short.paid_requests
    assert_queries_equal_the_ledger(tmp_path, short)


@pytest.mark.parametrize("page_size", [1, 7, 1000])
def test_a_storm_of_faults_changes_nothing(tmp_path, short, page_size):
    short.page_size = page_size
    short.faults = Faults(
        share_of_500s=0.05, share_of_cut_connections=0.05, token_lifetime_requests=400, seed=page_size
    )
    assert sync_from(short, tmp_path, **SHORT).ties_out
    assert_queries_equal_the_ledger(tmp_path, short)


def test_a_sync_throttled_at_two_a_second_is_patient_and_complete(tmp_path, short):
    short.faults = Faults(throttle=2.0)
    result = sync_from(short, tmp_path, history_months=0, sleep=time.sleep, requests_per_second=5.0)
    assert result.ties_out
    assert result.requests == short.paid_requests
    assert any(not request.is_paid for request in short.requests), "nothing was throttled"
    assert differences(snapshot_in(tmp_path), short, (*CUBE, TEAM)) == {}


def test_a_second_sync_over_unchanged_data_asks_only_probes_and_lists(tmp_path, endpoint):
    first = sync_from(endpoint, tmp_path)
    second = sync_from(endpoint, tmp_path, now=NOON + timedelta(hours=1))
    assert second.windows == 0
    assert second.restatements == 0
    asked = Counter(r.operation for r in endpoint.requests[first.requests :])
    assert asked == {
        "GetCostAndUsage": 4,
        "GetDimensionValues": 1,
        "GetCostCategories": 1,
        "ListCostCategoryDefinitions": 1,
    }


def test_a_restated_day_is_fetched_alone_and_listed(tmp_path, endpoint):
    sync_from(endpoint, tmp_path)
    key = a_charge(endpoint, TODAY - timedelta(days=20))
    endpoint.restate(**key, delta=Decimal("-1.5000000001"))
    endpoint.forget_requests()
    result = sync_from(endpoint, tmp_path, now=NOON + timedelta(hours=1))
    assert_equal_to_the_ledger(tmp_path, endpoint)
    assert result.restatements == 1
    (row,) = rows_of(
        tmp_path,
        "SELECT charge_date, usage_account_id, service, record_type, new_unblended_cost - old_unblended_cost"
        " FROM restatements",
    )
    assert row == (*key.values(), Decimal("-1.5000000001"))
    assert purposes(tmp_path)[Kind.cube] == 1
    one_day = {"Start": str(key["charge_date"]), "End": str(key["charge_date"] + timedelta(days=1))}
    assert [r.parameters["TimePeriod"] for r in cube_requests(endpoint)] == [one_day]


def test_a_charge_that_vanished_is_removed_and_listed(tmp_path, endpoint):
    sync_from(endpoint, tmp_path)
    key = a_charge(endpoint, TODAY - timedelta(days=20))
    endpoint.withdraw(**key)
    sync_from(endpoint, tmp_path, now=NOON + timedelta(hours=1))
    assert_equal_to_the_ledger(tmp_path, endpoint)
    rows = list(rows_of(tmp_path, "SELECT service, new_unblended_cost FROM restatements"))
    assert rows == [(key["service"], None)]


def test_a_record_type_that_vanished_costs_no_request(tmp_path, endpoint):
    sync_from(endpoint, tmp_path)
    refunds = [r for r in endpoint.charges().to_pylist() if r["record_type"] == "Refund"]
    for row in refunds:
        endpoint.withdraw(**{k: row[k] for k in CUBE})
    sync_from(endpoint, tmp_path, now=NOON + timedelta(hours=1))
    assert_equal_to_the_ledger(tmp_path, endpoint)
    assert purposes(tmp_path)[Kind.cube] == 0


def test_tomorrow_only_the_days_that_moved_are_fetched(tmp_path, endpoint):
    sync_from(endpoint, tmp_path)
    before = truth(endpoint.charges(), ("charge_date", "record_type"))
    endpoint.serve(endpoint.organization.on(TODAY + timedelta(days=1)))
    after = truth(endpoint.charges(), ("charge_date", "record_type"))
    moved = {key for key in after if after[key] != before.get(key)}
    endpoint.forget_requests()
    sync_from(endpoint, tmp_path, now=NOON + timedelta(days=1))
    assert_equal_to_the_ledger(tmp_path, endpoint)
    for request in cube_requests(endpoint):
        (record_type,) = request.parameters["Filter"]["Dimensions"]["Values"]
        span = request.parameters["TimePeriod"]
        assert (date.fromisoformat(span["Start"]), record_type) in moved
        assert (date.fromisoformat(span["End"]) - timedelta(days=1), record_type) in moved


def test_data_that_moves_between_two_pages_is_read_again_until_it_ties_out(tmp_path, endpoint):
    endpoint.page_size = 7
    key = a_charge(endpoint, TODAY - timedelta(days=10))
    endpoint.faults = Faults(restate_before_page=Restatement(**key, delta=Decimal(3)))
    assert sync_from(endpoint, tmp_path).ties_out
    assert_equal_to_the_ledger(tmp_path, endpoint)


def test_a_recategorized_account_is_labeled_anew_from_that_day(tmp_path, endpoint):
    sync_from(endpoint, tmp_path)
    account = endpoint.organization.accounts[0].account_id
    endpoint.recategorize(TEAM, account, "A new $team", since=TODAY - timedelta(days=9))
    sync_from(endpoint, tmp_path, now=NOON + timedelta(hours=1))
    assert_equal_to_the_ledger(tmp_path, endpoint)
    assert purposes(tmp_path)[Kind.cube] == 0


def test_a_tracked_tag_labels_what_has_it_and_leaves_the_rest_without(tmp_path, endpoint):
    sync_from(endpoint, tmp_path, tags=("application",))
    snapshot = snapshot_in(tmp_path)
    for dimensions in [("tag:application",), (*CUBE, TEAM, ENVIRONMENT, "tag:application")]:
        assert differences(snapshot, endpoint, dimensions) == {}


def test_a_tag_tracked_later_labels_the_whole_history(tmp_path, endpoint):
    sync_from(endpoint, tmp_path)
    sync_from(endpoint, tmp_path, tags=("application",), now=NOON + timedelta(hours=1))
    assert differences(snapshot_in(tmp_path), endpoint, ("charge_date", "tag:application", TEAM)) == {}
    assert purposes(tmp_path)[Kind.cube] == 0


def test_a_label_that_needs_too_many_requests_is_given_up_and_said_so(tmp_path, endpoint):
    result = sync_from(endpoint, tmp_path, tags=("application",), max_label_combinations=2)
    assert any("max_label_combinations is 2" in w for w in result.warnings)
    assert_labels = snapshot_in(tmp_path).labels
    assert 0 < len(assert_labels) < 3
    again = sync_from(
        endpoint, tmp_path, tags=("application",), max_label_combinations=2, now=NOON + timedelta(hours=1)
    )
    assert again.windows == 0


def test_lenses_hold_region_by_day_and_usage_type_by_month(tmp_path, endpoint):
    sync_from(endpoint, tmp_path)
    for lens, dimension, width in (
        ("service_x_region_daily", "region", 10),
        ("service_x_usage_type_monthly", "usage_type", 7),
    ):
        ours: dict[tuple, Decimal] = defaultdict(Decimal)
        for day, *keys, amount in rows_of(
            tmp_path,
            "SELECT charge_date, key_1, key_2, net_amortized_cost FROM lens_charges WHERE lens = ?",
            (lens,),
        ):
            ours[str(day)[:width], *keys] += amount
        theirs: dict[tuple, Decimal] = defaultdict(Decimal)
        for row in endpoint.charges().to_pylist():
            theirs[str(row["charge_date"])[:width], row["service"], row[dimension]] += row["net_amortized_cost"]
        assert ours == theirs


def test_a_single_account_is_read_without_slices(tmp_path):
    with SampleEndpoint(tiny_organization(TODAY, accounts=1)) as endpoint:
        sync_from(endpoint, tmp_path)
        assert_equal_to_the_ledger(tmp_path, endpoint)
        assert purposes(tmp_path)[Kind.cube] == 1
        endpoint.serve(tiny_organization(TODAY, accounts=3))
        sync_from(endpoint, tmp_path, now=NOON + timedelta(hours=2), full=True)
        assert_equal_to_the_ledger(tmp_path, endpoint)


def test_a_capped_run_keeps_its_progress_and_is_taken_up_again(tmp_path, endpoint):
    endpoint.page_size = 7
    runs, is_done = 0, False
    while not is_done and runs < 100:
        runs += 1
        with contextlib.suppress(BudgetReached):
            sync_from(endpoint, tmp_path, max_requests_per_run=150)
            is_done = True
    assert 2 < runs < 100
    assert endpoint.paid_requests < 150 * runs
    assert_equal_to_the_ledger(tmp_path, endpoint)


def test_the_monthly_cap_stops_before_the_request_that_would_exceed_it(tmp_path, endpoint):
    with pytest.raises(BudgetReached, match="max_dollars_per_month"):
        sync_from(endpoint, tmp_path, max_dollars_per_month=Decimal("0.05"))
    assert endpoint.paid_requests == 5


def test_the_ledger_lists_every_paid_request(tmp_path, endpoint):
    result = sync_from(endpoint, tmp_path)
    ((count, dollars),) = rows_of(tmp_path, "SELECT COUNT(*), SUM(cost_usd) FROM requests")
    assert count == endpoint.paid_requests == result.requests
    assert dollars == result.request_cost_usd == Decimal(count) / 100


@pytest.mark.parametrize(
    "operation", ["GetCostCategories", "ListCostCategoryDefinitions", "GetDimensionValues", "GetReservationUtilization"]
)
def test_a_missing_optional_right_is_listed_and_the_sync_goes_on(tmp_path, endpoint, operation):
    endpoint.faults = Faults(denied_operations=frozenset({operation}))
    sync_from(endpoint, tmp_path)
    snapshot = snapshot_in(tmp_path)
    assert list(snapshot.rows("SELECT action FROM missing_rights")) == [(f"ce:{operation}",)]
    assert differences(snapshot, endpoint, CUBE) == {}
    endpoint.faults = Faults()
    sync_from(endpoint, tmp_path, now=NOON + timedelta(hours=1))
    assert_equal_to_the_ledger(tmp_path, endpoint)


def test_a_missing_required_right_names_the_action_and_keeps_the_last_snapshot(tmp_path, endpoint):
    sync_from(endpoint, tmp_path)
    endpoint.faults = Faults(denied_operations=frozenset({"GetCostAndUsage"}))
    with pytest.raises(AccessDenied, match="ce:GetCostAndUsage"):
        sync_from(endpoint, tmp_path, now=NOON + timedelta(hours=1))
    assert_equal_to_the_ledger(tmp_path, endpoint)


@pytest.mark.parametrize(
    ("faults", "error"),
    [
        (Faults(second_currency="CNY"), CurrencyMixed),
        (Faults(odd_amount="1e30"), AmountDoesNotFit),
        (Faults(odd_amount="0.12345678901"), AmountDoesNotFit),
        (Faults(repeats_a_key=True), DuplicateKey),
        (Faults(lacks_label_prefix=True), MalformedAnswer),
        (Faults(is_too_new=True), DataNotReady),
    ],
)
def test_an_answer_that_must_not_be_stored_is_refused_and_nothing_is_lost(tmp_path, endpoint, faults, error):
    sync_from(endpoint, tmp_path)
    endpoint.serve(endpoint.organization.on(TODAY + timedelta(days=1)))
    endpoint.faults = faults
    with pytest.raises(error) as refused:
        sync_from(endpoint, tmp_path, now=NOON + timedelta(days=1))
    assert refused.value.remedy
    endpoint.faults = Faults()
    sync_from(endpoint, tmp_path, now=NOON + timedelta(days=1))
    assert_equal_to_the_ledger(tmp_path, endpoint)


def test_missing_net_metrics_are_not_available_never_zero(tmp_path, endpoint):
    endpoint.faults = Faults(lacks_net_metrics=True)
    assert sync_from(endpoint, tmp_path).ties_out
    rows = rows_of(tmp_path, "SELECT COUNT(net_unblended_cost), COUNT(unblended_cost) > 0 FROM charges")
    assert list(rows) == [(0, True)]


def test_history_shorter_than_asked_is_clamped_and_said_so(tmp_path, endpoint):
    endpoint.faults = Faults(refuses_before=date(2026, 8, 1))
    result = sync_from(endpoint, tmp_path)
    assert any("3 months of history" in w for w in result.warnings)
    assert_equal_to_the_ledger(tmp_path, endpoint)


def test_another_source_is_refused(tmp_path, endpoint):
    sync_from(endpoint, tmp_path)
    with pytest.raises(WarehouseForeign):
        sync_from(endpoint, tmp_path, source_id="another payer")


def test_recent_months_are_read_again_after_a_week_and_everything_after_a_month(tmp_path, endpoint):
    sync_from(endpoint, tmp_path)
    endpoint.serve(endpoint.organization.on(TODAY + timedelta(days=8)))
    sync_from(endpoint, tmp_path, now=NOON + timedelta(days=8))
    assert oldest_read(tmp_path, since=TODAY.replace(day=1)) == NOON + timedelta(days=8)
    assert oldest_read(tmp_path) == NOON
    endpoint.serve(endpoint.organization.on(TODAY + timedelta(days=31)))
    sync_from(endpoint, tmp_path, now=NOON + timedelta(days=31))
    assert oldest_read(tmp_path) == NOON + timedelta(days=31)


def oldest_read(folder, since: date = date(2000, 1, 1)) -> datetime:
    ((read_at,),) = rows_of(folder, "SELECT MIN(read_at) FROM control_totals WHERE charge_date >= ?", (since,))
    return read_at


def test_a_made_over_day_with_an_unchanged_total_is_found_by_a_full_sync(tmp_path, endpoint):
    sync_from(endpoint, tmp_path)
    key = a_charge(endpoint, TODAY - timedelta(days=20))
    other = {**key, "service": next(s for s in _services(endpoint) if s != key["service"])}
    endpoint.restate(**key, delta=Decimal(-2))
    endpoint.restate(**other, delta=Decimal(2))
    sync_from(endpoint, tmp_path, now=NOON + timedelta(hours=1))
    assert differences(snapshot_in(tmp_path), endpoint, CUBE) != {}
    sync_from(endpoint, tmp_path, now=NOON + timedelta(hours=2), full=True)
    assert_equal_to_the_ledger(tmp_path, endpoint)


def _services(endpoint) -> list[str]:
    return sorted(set(endpoint.charges()["service"].to_pylist()))


def test_the_sample_organization_equals_its_ledger(sample_data_dir):
    with contextlib.closing(snapshot_in(sample_data_dir)) as snapshot:
        today = snapshot.as_of.date()
    with SampleEndpoint(sample_organization(today)) as endpoint:
        assert_equal_to_the_ledger(sample_data_dir, endpoint)


def test_ids_of_snapshots_sort_by_time(tmp_path, endpoint):
    first = sync_from(endpoint, tmp_path)
    endpoint.serve(endpoint.organization.on(TODAY + timedelta(days=1)))
    second = sync_from(endpoint, tmp_path, now=datetime(2026, 11, 25, 12))
    assert first.snapshot_id < second.snapshot_id
