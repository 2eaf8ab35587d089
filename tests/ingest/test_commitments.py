"""Utilization and coverage of commitments: stored as AWS tells them, asked only where and when something moved."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, cast

import pytest

from costlib.access import EVERYTHING
from costlib.errors import AmountDoesNotFit
from costlib.ingest.commitment_rows import coverage_rows, utilization_rows
from costlib.ingest.commitments import OPERATIONS, askable, due_span, first_requests
from costlib.periods import DAY, Period
from costlib.queries.commitment_tie_out import reconciliation
from costlib.sample import service
from costlib.sample.faults import Faults
from costlib.sample.organization import large_organization, tiny_organization
from costlib.sample.refusals import invalid, no_data, stale_token
from costlib.sample.server import SampleEndpoint
from costlib.store.commitments import Readings
from costlib.vocabulary import CommitmentKind
from tests.ingest.syncing import NOON, rows_of, snapshot_in, sync_from

TODAY = NOON.date()
ORGANIZATION = tiny_organization(TODAY, awkward_names=True)
BOUGHT = TODAY - 39 * DAY
LAST = TODAY - 2 * DAY
"""AWS answers about days before yesterday."""
PLANS, RESERVED = CommitmentKind.savings_plan, CommitmentKind.reservation


@pytest.fixture
def endpoint() -> Iterator[SampleEndpoint]:
    with SampleEndpoint(ORGANIZATION) as endpoint:
        yield endpoint


def asked(endpoint: SampleEndpoint) -> dict[str, list[Mapping[str, Any]]]:
    """The periods that each of the four operations was asked about."""
    found: dict[str, list[Mapping[str, Any]]] = {}
    for request in endpoint.requests:
        if request.operation in OPERATIONS:
            found.setdefault(request.operation, []).append(cast(Mapping[str, Any], request.parameters["TimePeriod"]))
    return found


def amortized(endpoint: SampleEndpoint, record_type: str) -> Mapping[date, Decimal]:
    """The charges' amortized cost by day."""
    sums: dict[date, Decimal] = defaultdict(Decimal)
    for row in endpoint.charges().to_pylist():
        if row["record_type"] == record_type:
            sums[row["charge_date"]] += row["amortized_cost"]
    return sums


@pytest.mark.parametrize("page_size", [7, 1000])
def test_every_day_is_stored_and_equals_the_ledger(tmp_path, endpoint, page_size):
    endpoint.page_size = page_size
    sync_from(endpoint, tmp_path)
    used = {kind: amortized(endpoint, kind.used_in) for kind in CommitmentKind}
    found = rows_of(
        tmp_path, "SELECT kind, charge_date, total_commitment, used_commitment FROM commitment_utilization ORDER BY ALL"
    )
    price = {PLANS: Decimal("1.25"), RESERVED: Decimal(1)}
    assert found == [
        (kind, day, price[kind], used[kind][day]) for kind in (RESERVED, PLANS) for day in Period(BOUGHT, LAST + DAY)
    ]
    unused = amortized(endpoint, "SavingsPlanRecurringFee")
    for day, amount in rows_of(
        tmp_path, "SELECT charge_date, unused_commitment FROM commitment_utilization WHERE kind = 'savings_plan'"
    ):
        assert amount == unused[day]


def test_coverage_is_stored_in_dollars_for_plans_and_in_hours_for_reservations(tmp_path, endpoint):
    sync_from(endpoint, tmp_path)
    sql = """
        SELECT kind, service, COUNT(*), COUNT(covered_spend), COUNT(covered_hours), COUNT(on_demand_spend)
        FROM commitment_coverage GROUP BY kind, service ORDER BY kind
    """
    days = Period(BOUGHT, LAST + DAY).days
    service = next(r["service"] for r in endpoint.charges().to_pylist() if r["record_type"] == "RIFee")
    assert rows_of(tmp_path, sql) == [
        ("reservation", service, days, 0, days, days),
        ("savings_plan", "", days, days, 0, days),
    ]


def test_a_first_sync_asks_once_for_the_whole_history_and_an_unchanged_one_not_at_all(tmp_path, endpoint):
    sync_from(endpoint, tmp_path)
    whole = [{"Start": str(BOUGHT), "End": str(LAST + DAY)}]
    assert asked(endpoint) == dict.fromkeys(OPERATIONS, whole)
    assert rows_of(tmp_path, "SELECT COUNT(*) FROM requests WHERE purpose = 'commitments'") == [(4,)]
    endpoint.forget_requests()
    sync_from(endpoint, tmp_path, now=NOON + timedelta(hours=1))
    assert asked(endpoint) == {}


def test_tomorrow_only_the_new_day_is_asked_and_the_month_where_an_unused_fee_moved(tmp_path, endpoint):
    sync_from(endpoint, tmp_path)
    endpoint.serve(ORGANIZATION.on(TODAY + DAY))
    endpoint.forget_requests()
    sync_from(endpoint, tmp_path, now=NOON + DAY)
    new = [{"Start": str(LAST + DAY), "End": str(LAST + 2 * DAY)}]
    month = [{"Start": str(TODAY.replace(day=1)), "End": str(LAST + 2 * DAY)}]
    assert asked(endpoint) == dict.fromkeys(OPERATIONS, new) | {"GetReservationUtilization": month}
    assert rows_of(tmp_path, "SELECT DISTINCT MAX(charge_date) FROM commitment_utilization GROUP BY kind") == [
        (LAST + DAY,)
    ]


def test_a_restated_day_is_asked_again_alone(tmp_path, endpoint):
    sync_from(endpoint, tmp_path)
    day = TODAY - 10 * DAY
    row = next(
        r
        for r in endpoint.charges().to_pylist()
        if r["charge_date"] == day and r["record_type"] == "SavingsPlanCoveredUsage"
    )
    key = {name: row[name] for name in ("charge_date", "usage_account_id", "service", "record_type")}
    endpoint.restate(**key, delta=Decimal("0.0000000001"))
    endpoint.forget_requests()
    sync_from(endpoint, tmp_path, now=NOON + timedelta(hours=1))
    alone = [{"Start": str(day), "End": str(day + DAY)}]
    assert asked(endpoint) == {"GetSavingsPlansUtilization": alone, "GetSavingsPlansCoverage": alone}
    sql = f"SELECT used_commitment FROM commitment_utilization WHERE kind = 'savings_plan' AND charge_date = '{day}'"
    assert rows_of(tmp_path, sql) == [(amortized(endpoint, "SavingsPlanCoveredUsage")[day],)]


def test_a_used_part_that_its_fee_does_not_follow_is_shown_as_a_difference(tmp_path, endpoint):
    day = TODAY - 10 * DAY
    rows = [r for r in endpoint.charges().to_pylist() if r["charge_date"] == day]
    row = next(r for r in rows if r["record_type"] == "SavingsPlanCoveredUsage")
    key = {name: row[name] for name in ("charge_date", "usage_account_id", "service", "record_type")}
    endpoint.restate(**key, delta=Decimal("0.25"))
    assert sync_from(endpoint, tmp_path).ties_out
    snapshot = snapshot_in(tmp_path)
    apart = [r for r in reconciliation(snapshot, EVERYTHING, snapshot.period).to_pylist() if r["differs"]]
    snapshot.close()
    assert [(r["kind"], r["billing_month"]) for r in apart] == [(PLANS, day.replace(day=1))]
    assert (apart[0]["used_difference"], apart[0]["unused_difference"]) == (0, Decimal("-0.25"))


def test_restated_use_on_demand_moves_coverage_and_not_utilization(tmp_path, endpoint):
    sync_from(endpoint, tmp_path)
    rows = endpoint.charges().to_pylist()
    row = next(r for r in rows if r["charge_date"] == TODAY - 10 * DAY and r["record_type"] == "Usage")
    key = {name: row[name] for name in ("charge_date", "usage_account_id", "service", "record_type")}
    endpoint.restate(**key, delta=Decimal(1))
    endpoint.forget_requests()
    sync_from(endpoint, tmp_path, now=NOON + timedelta(hours=1))
    assert set(asked(endpoint)) == {"GetSavingsPlansCoverage", "GetReservationCoverage"}


def test_an_organization_without_commitments_is_not_asked(tmp_path):
    with SampleEndpoint(large_organization(TODAY, accounts=2, services_per_account=2, months=0)) as endpoint:
        sync_from(endpoint, tmp_path, history_months=0)
        assert asked(endpoint) == {}


def test_another_billing_view_is_not_asked_about_commitments_that_are_the_payers(tmp_path, endpoint):
    view = "arn:aws:billing::111122223333:billingview/"
    sync_from(endpoint, tmp_path / "custom", billing_view_arn=f"{view}custom-1")
    assert asked(endpoint) == {}
    sync_from(endpoint, tmp_path / "primary", billing_view_arn=f"{view}primary")
    assert set(asked(endpoint)) == set(OPERATIONS)


@pytest.mark.parametrize("operation", OPERATIONS)
def test_a_missing_right_is_noted_with_what_it_would_bring_and_the_rest_is_read(tmp_path, endpoint, operation):
    endpoint.faults = Faults(denied_operations=frozenset({operation}))
    assert sync_from(endpoint, tmp_path).ties_out
    ((action, feature),) = rows_of(tmp_path, "SELECT action, feature FROM missing_rights")
    assert action == f"ce:{operation}"
    assert "Savings Plans" in feature or "Reservations" in feature
    tables = ("commitment_utilization", "commitment_coverage")
    kinds = {table: len(rows_of(tmp_path, f"SELECT DISTINCT kind FROM {table}")) for table in tables}
    assert sum(kinds.values()) == 3
    endpoint.faults = Faults()
    sync_from(endpoint, tmp_path, now=NOON + timedelta(hours=1))
    assert rows_of(tmp_path, "SELECT * FROM missing_rights") == []
    assert [len(rows_of(tmp_path, f"SELECT DISTINCT kind FROM {table}")) for table in tables] == [2, 2]


@pytest.mark.parametrize("refusal", [no_data(), invalid("The value for SERVICE is not supported")])
def test_what_aws_cannot_answer_is_said_and_the_sync_goes_on(tmp_path, endpoint, monkeypatch, refusal):
    def refuse(*_: object) -> dict[str, object]:
        raise refusal

    monkeypatch.setitem(service.COMMITMENTS, "GetReservationUtilization", refuse)
    result = sync_from(endpoint, tmp_path)
    assert result.ties_out
    (warning,) = result.warnings
    assert "Reservations" in warning
    assert refusal.message in warning
    assert rows_of(tmp_path, "SELECT DISTINCT kind FROM commitment_utilization") == [("savings_plan",)]


def garbling(change: Callable[[dict[str, Any]], None]) -> Callable[..., dict[str, object]]:
    """The true answer of GetSavingsPlansUtilization with its first item changed."""
    true = service.COMMITMENTS["GetSavingsPlansUtilization"]

    def answer(*of: Any) -> dict[str, object]:
        body: dict[str, Any] = true(*of)
        change(body["SavingsPlansUtilizationsByTime"][0])
        return body

    return answer


@pytest.mark.parametrize(
    "change",
    [
        lambda item: item.pop("Utilization"),
        lambda item: item["Utilization"].update(UsedCommitment="1e40"),
        lambda item: item["Utilization"].update(UsedCommitment="NaN"),
        lambda item: item["TimePeriod"].update(Start="2020-01-01"),
        lambda item: item["TimePeriod"].update(Start=str(BOUGHT + DAY)),
    ],
    ids=["member missing", "too large", "no number", "foreign day", "day twice"],
)
def test_a_garbled_answer_is_not_stored_and_said_so(tmp_path, endpoint, monkeypatch, change):
    monkeypatch.setitem(service.COMMITMENTS, "GetSavingsPlansUtilization", garbling(change))
    result = sync_from(endpoint, tmp_path)
    assert len(result.warnings) == 1
    assert rows_of(tmp_path, "SELECT DISTINCT kind FROM commitment_utilization") == [("reservation",)]


def test_a_day_that_aws_leaves_out_is_not_available_and_not_zero(tmp_path, endpoint, monkeypatch):
    true = service.COMMITMENTS["GetSavingsPlansUtilization"]

    def short(*of: Any) -> dict[str, object]:
        body: dict[str, Any] = true(*of)
        body["SavingsPlansUtilizationsByTime"].pop(3)
        return body

    monkeypatch.setitem(service.COMMITMENTS, "GetSavingsPlansUtilization", short)
    sync_from(endpoint, tmp_path)
    missing = rows_of(
        tmp_path,
        "SELECT charge_date FROM commitment_utilization WHERE kind = 'savings_plan' AND used_commitment IS NULL",
    )
    assert missing == [(BOUGHT + 3 * DAY,)]


@pytest.mark.parametrize("deaths", [1, 3])
def test_a_question_whose_page_token_dies_is_asked_anew_a_few_times(tmp_path, endpoint, monkeypatch, deaths):
    true = service.COMMITMENTS["GetReservationCoverage"]
    died: list[Any] = []

    def dying(answers: Any, request: Any) -> dict[str, object]:
        if request.get("NextPageToken") and len(died) < deaths:
            died.append(request)
            raise stale_token()
        return true(answers, request)

    monkeypatch.setitem(service.COMMITMENTS, "GetReservationCoverage", dying)
    endpoint.page_size = 20
    result = sync_from(endpoint, tmp_path)
    assert len(died) == deaths
    assert len(result.warnings) == (1 if deaths == 3 else 0)
    stored = rows_of(tmp_path, "SELECT COUNT(*) FROM commitment_coverage WHERE kind = 'reservation'")
    assert stored == [(0 if deaths == 3 else Period(BOUGHT, LAST + DAY).days,)]


def test_amounts_with_more_digits_than_cost_has_are_rounded_to_ten() -> None:
    day = Period(BOUGHT, BOUGHT + DAY)
    item = {"TimePeriod": {"Start": str(BOUGHT)}, "Utilization": {"UsedCommitment": "1.00000000005000001"}}
    (row,) = utilization_rows("GetSavingsPlansUtilization", [{"SavingsPlansUtilizationsByTime": [item]}], day).values()
    assert row.used_commitment == Decimal("1.0000000001")
    assert row.unused_commitment is None
    huge = {**item, "Coverage": {"OnDemandCost": "9" * 29}}
    with pytest.raises(AmountDoesNotFit, match="OnDemandCost"):
        coverage_rows("GetSavingsPlansCoverage", [{"SavingsPlansCoverages": [huge]}], day)


def test_only_the_last_twelve_months_and_complete_days_are_asked_about() -> None:
    assert askable(Period(date(2025, 10, 1), date(2026, 11, 25))) == Period(date(2025, 11, 1), date(2026, 11, 23))
    assert askable(Period(date(2026, 11, 1), date(2026, 11, 3))) is None


def test_a_commitment_is_asked_about_from_its_first_charge_to_the_end_of_its_last_month() -> None:
    whole = Period(date(2026, 1, 1), date(2026, 6, 1))
    read = datetime(2026, 6, 1)
    unused_days = Readings({date(2026, 2, 10): read, date(2026, 3, 5): read}, {})
    assert due_span(unused_days, whole) == Period(date(2026, 2, 10), date(2026, 4, 1))
    assert due_span(Readings({}, {}), whole) is None
    held = Readings(unused_days.charges, dict.fromkeys(Period(date(2026, 2, 10), date(2026, 4, 1)), read))
    assert due_span(held, whole) is None
    later = Readings({**held.charges, date(2026, 3, 5): read + timedelta(seconds=1)}, held.rows)
    assert due_span(later, whole) == Period(date(2026, 3, 5), date(2026, 3, 6))


def test_the_price_of_a_first_sync_counts_what_is_committed_to() -> None:
    assert first_requests([]) == 0
    assert first_requests([PLANS, RESERVED]) == 4
