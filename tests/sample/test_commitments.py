"""What was committed to, used and covered, as the four operations tell it, against single charges in plain Python."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from botocore.exceptions import ClientError

from costlib.periods import DAY, Period
from costlib.sample.organization import Organization, sample_organization, tiny_organization
from costlib.sample.server import SampleEndpoint
from tests.sample.asking import Row, client_of

FIRST, END = date(2026, 10, 16), date(2026, 11, 23)
"""The tiny organization's commitments begin on the first of these days; the answers end before the second."""
DAYS = {"TimePeriod": {"Start": FIRST.isoformat(), "End": END.isoformat()}}
DATABASE = "=SUM(A1:A9)"
RESERVED = {"Filter": {"Dimensions": {"Key": "SERVICE", "Values": [DATABASE]}}}
SERVICE = {"GroupBy": [{"Type": "DIMENSION", "Key": "SERVICE"}]}
OPERATIONS = {
    "get_savings_plans_utilization": {},
    "get_savings_plans_coverage": {},
    "get_reservation_utilization": RESERVED,
    "get_reservation_coverage": RESERVED,
}


def by_day(rows: list[Row], record_type: str, column: str, service: str | None = None) -> Mapping[date, Decimal]:
    """The sum of a column over the charges of a record type, day by day."""
    sums: dict[date, Decimal] = defaultdict(Decimal)
    for row in rows:
        if row["record_type"] == record_type and service in (None, row["service"]):
            sums[row["charge_date"]] += row[column]
    return sums


def test_used_and_unused_parts_of_a_savings_plan_are_its_amortized_rows(shared_client: Any, rows: list[Row]) -> None:
    answer = shared_client.get_savings_plans_utilization(**DAYS, Granularity="DAILY")
    used = by_day(rows, "SavingsPlanCoveredUsage", "amortized_cost")
    unused = by_day(rows, "SavingsPlanRecurringFee", "amortized_cost")
    on_demand = by_day(rows, "SavingsPlanCoveredUsage", "unblended_cost")
    results = answer["SavingsPlansUtilizationsByTime"]
    assert [r["TimePeriod"]["Start"] for r in results] == [d.isoformat() for d in Period(FIRST, END)]
    for result in results:
        day, use, savings = (
            date.fromisoformat(result["TimePeriod"]["Start"]),
            result["Utilization"],
            result["Savings"],
        )
        assert Decimal(use["UsedCommitment"]) == used[day] > 0
        assert Decimal(use["UnusedCommitment"]) == unused[day] > 0
        assert Decimal(use["TotalCommitment"]) == used[day] + unused[day] == Decimal("1.25")
        assert Decimal(savings["OnDemandCostEquivalent"]) == on_demand[day]
        assert Decimal(savings["NetSavings"]) == on_demand[day] - Decimal("1.25")
        assert result["AmortizedCommitment"]["AmortizedUpfrontCommitment"] == "1.25"
        assert result["AmortizedCommitment"]["AmortizedRecurringCommitment"] == "0"
    total = Decimal(answer["Total"]["Utilization"]["UsedCommitment"])
    assert total == sum(Decimal(r["Utilization"]["UsedCommitment"]) for r in results)


def test_used_parts_of_reservations_are_their_covered_use_and_hours_follow(shared_client: Any, rows: list[Row]) -> None:
    answer = shared_client.get_reservation_utilization(**DAYS, **RESERVED, Granularity="DAILY")
    used = by_day(rows, "DiscountedUsage", "amortized_cost")
    hours = by_day(rows, "DiscountedUsage", "usage_quantity")
    for result in answer["UtilizationsByTime"]:
        day, total = date.fromisoformat(result["TimePeriod"]["Start"]), result["Total"]
        assert Decimal(total["TotalAmortizedFee"]) - Decimal(total["RICostForUnusedHours"]) == used[day] > 0
        assert Decimal(total["AmortizedUpfrontFee"]) == Decimal("0.4")
        assert Decimal(total["AmortizedRecurringFee"]) == Decimal("0.6")
        assert Decimal(total["TotalActualHours"]) == hours[day]
        assert Decimal(total["PurchasedHours"]) == hours[day] + Decimal(total["UnusedHours"])
        assert Decimal(total["UnusedHours"]) > 0


def test_a_months_unused_reservation_is_the_amortized_fee_of_its_first_day(today: date) -> None:
    organization = tiny_organization(today, days=70)
    charges = organization.charges().to_pylist()
    fee = by_day(charges, "RIFee", "amortized_cost")[date(2026, 10, 1)]
    service = next(r["service"] for r in charges if r["record_type"] == "RIFee")
    october = {"TimePeriod": {"Start": "2026-10-01", "End": "2026-11-01"}, "Granularity": "MONTHLY"}
    only = {"Filter": {"Dimensions": {"Key": "SERVICE", "Values": [service]}}}
    with SampleEndpoint(organization) as endpoint:
        (result,) = client_of(endpoint).get_reservation_utilization(**october, **only)["UtilizationsByTime"]
    assert Decimal(result["Total"]["RICostForUnusedHours"]) == fee > 0


def test_covered_and_on_demand_spend_are_those_of_the_charges(shared_client: Any, rows: list[Row]) -> None:
    answer = shared_client.get_savings_plans_coverage(**DAYS, Granularity="DAILY", MaxResults=100)
    covered = by_day(rows, "SavingsPlanCoveredUsage", "unblended_cost")
    (service,) = {r["service"] for r in rows if r["record_type"] == "SavingsPlanCoveredUsage"}
    on_demand = by_day(rows, "Usage", "unblended_cost", service)
    assert len(answer["SavingsPlansCoverages"]) == (END - FIRST).days
    for item in answer["SavingsPlansCoverages"]:
        day, coverage = date.fromisoformat(item["TimePeriod"]["Start"]), item["Coverage"]
        assert Decimal(coverage["SpendCoveredBySavingsPlans"]) == covered[day]
        assert Decimal(coverage["OnDemandCost"]) == on_demand[day]
        assert Decimal(coverage["TotalCost"]) == covered[day] + on_demand[day]


def test_reserved_and_on_demand_hours_are_those_of_the_charges(shared_client: Any, rows: list[Row]) -> None:
    asked = {**DAYS, **RESERVED, "Granularity": "MONTHLY", "Metrics": ["Hour", "Cost"]}
    results = shared_client.get_reservation_coverage(**asked)["CoveragesByTime"]
    assert [r["TimePeriod"]["Start"] for r in results] == ["2026-10-16", "2026-11-01"]
    reserved = by_day(rows, "DiscountedUsage", "usage_quantity")
    instances = [r for r in rows if r["usage_unit"] == "Hrs"]
    on_demand = by_day(instances, "Usage", "usage_quantity", DATABASE)
    november = Period(date(2026, 11, 1), END)
    hours = results[1]["Total"]["CoverageHours"]
    assert Decimal(hours["ReservedHours"]) == sum(reserved[d] for d in november)
    assert Decimal(hours["OnDemandHours"]) == sum(on_demand[d] for d in november)
    cost = by_day(instances, "Usage", "unblended_cost", DATABASE)
    assert Decimal(results[1]["Total"]["CoverageCost"]["OnDemandCost"]) == sum(cost[d] for d in november)


def test_groups_add_up_to_the_total(shared_client: Any) -> None:
    asked = {**DAYS, **RESERVED, "GroupBy": [{"Type": "DIMENSION", "Key": "LINKED_ACCOUNT"}]}
    (result,) = shared_client.get_reservation_coverage(**asked)["CoveragesByTime"]
    assert len(result["Groups"]) > 1
    parts = [Decimal(g["Coverage"]["CoverageHours"]["TotalRunningHours"]) for g in result["Groups"]]
    assert sum(parts) == Decimal(result["Total"]["CoverageHours"]["TotalRunningHours"])
    grouped = shared_client.get_savings_plans_coverage(**DAYS, **SERVICE)["SavingsPlansCoverages"]
    assert [set(item["Attributes"]) for item in grouped] == [{"service"}] * len(grouped)
    asked = {**DAYS, **RESERVED, "GroupBy": [{"Type": "DIMENSION", "Key": "SUBSCRIPTION_ID"}]}
    (result,) = shared_client.get_reservation_utilization(**asked)["UtilizationsByTime"]
    (group,) = result["Groups"]
    assert group["Utilization"] == result["Total"]


def test_the_reservation_calls_are_about_ec2_unless_told_otherwise(today: date) -> None:
    organization = sample_organization(today, accounts=4, services=5, services_per_account=3)
    with SampleEndpoint(organization) as endpoint:
        client = client_of(endpoint)
        with pytest.raises(ClientError, match="unavailable"):
            client.get_reservation_utilization(**DAYS)
        default = client.get_reservation_coverage(**DAYS)["Total"]
        ec2 = {"Dimensions": {"Key": "SERVICE", "Values": ["Amazon Elastic Compute Cloud - Compute"]}}
        assert client.get_reservation_coverage(**DAYS, Filter=ec2)["Total"] == default
        assert default["CoverageHours"]["ReservedHours"] == "0"
        assert Decimal(default["CoverageHours"]["OnDemandHours"]) > 0


def test_twenty_days_of_coverage_come_on_a_page_unless_more_are_asked_for(client: Any, endpoint: Any) -> None:
    asked = {**DAYS, "Granularity": "DAILY"}
    pages, page = 1, client.get_savings_plans_coverage(**asked)
    days = [item["TimePeriod"]["Start"] for item in page["SavingsPlansCoverages"]]
    assert len(days) == 20
    while token := page.get("NextToken"):
        pages, page = pages + 1, client.get_savings_plans_coverage(**asked, NextToken=token)
        days += [item["TimePeriod"]["Start"] for item in page["SavingsPlansCoverages"]]
    assert days == [d.isoformat() for d in Period(FIRST, END)]
    assert endpoint.paid_requests == pages == 2
    assert "NextToken" not in client.get_savings_plans_coverage(**asked, MaxResults=1000)


def test_reservations_come_in_pages_and_savings_plans_on_one(client: Any, endpoint: Any) -> None:
    endpoint.page_size = 30
    first = client.get_reservation_utilization(**DAYS, **RESERVED, Granularity="DAILY")
    rest = client.get_reservation_utilization(
        **DAYS, **RESERVED, Granularity="DAILY", NextPageToken=first["NextPageToken"]
    )
    days = [r["TimePeriod"]["Start"] for page in (first, rest) for r in page["UtilizationsByTime"]]
    assert days == [d.isoformat() for d in Period(FIRST, END)]
    assert "NextPageToken" not in rest
    whole = client.get_savings_plans_utilization(**DAYS, Granularity="DAILY")
    assert len(whole["SavingsPlansUtilizationsByTime"]) == (END - FIRST).days


@pytest.mark.parametrize("operation", OPERATIONS)
def test_only_days_before_today_and_within_thirteen_months_are_answered(
    shared_client: Any, operation: str, today: date
) -> None:
    ask, more = getattr(shared_client, operation), OPERATIONS[operation]
    yesterday = today - DAY
    ask(TimePeriod={"Start": "2026-11-01", "End": yesterday.isoformat()}, **more)
    for start, end, words in (
        ("2026-11-01", today.isoformat(), "before the current date"),
        ("2025-10-23", yesterday.isoformat(), "14 months"),
        ("2026-11-02", "2026-11-02", "should be before end date"),
    ):
        with pytest.raises(ClientError, match=words):
            ask(TimePeriod={"Start": start, "End": end}, **more)


@pytest.mark.parametrize("operation", OPERATIONS)
def test_what_the_operations_do_not_take_is_refused(shared_client: Any, operation: str) -> None:
    leaf = {"Dimensions": {"Key": "REGION", "Values": ["us-east-1"]}}
    refused: list[dict[str, Any]] = [
        {"Filter": {"Or": [leaf, leaf]}},
        {"Filter": {"Not": leaf}},
        {"Filter": {"Dimensions": {"Key": "RECORD_TYPE", "Values": ["Usage"]}}},
        {"Granularity": "HOURLY"},
    ]
    if operation != "get_savings_plans_utilization":
        refused.append({"Granularity": "DAILY", "GroupBy": [{"Type": "DIMENSION", "Key": "REGION"}]})
        refused.append({"GroupBy": [{"Type": "DIMENSION", "Key": "RECORD_TYPE"}]})
    for more in refused:
        with pytest.raises(ClientError) as error:
            getattr(shared_client, operation)(**DAYS, **(OPERATIONS[operation] | more))
        assert error.value.response["Error"]["Code"] == "ValidationException"


def test_more_than_one_service_is_refused(shared_client: Any) -> None:
    two = {"Dimensions": {"Key": "SERVICE", "Values": [DATABASE, "another"]}}
    with pytest.raises(ClientError, match="should not exceed 1"):
        shared_client.get_reservation_utilization(**DAYS, Filter=two)


def test_utilization_is_filtered_by_the_owner_and_coverage_by_the_user(
    shared_client: Any, organization: Organization
) -> None:
    owner, *users = [a.account_id for a in organization.accounts]

    def only(account: str) -> dict[str, Any]:
        return {"Filter": {"Dimensions": {"Key": "LINKED_ACCOUNT", "Values": [account]}}}

    assert shared_client.get_savings_plans_utilization(**DAYS, **only(owner))["Total"]
    with pytest.raises(ClientError, match="unavailable"):
        shared_client.get_savings_plans_utilization(**DAYS, **only(users[0]))
    for account, is_covered in ((owner, False), (users[0], True)):
        items = shared_client.get_savings_plans_coverage(**DAYS, **only(account), MaxResults=100)
        covered = [Decimal(i["Coverage"]["SpendCoveredBySavingsPlans"]) for i in items["SavingsPlansCoverages"]]
        assert any(covered) is is_covered


def test_where_nothing_was_committed_to_there_is_no_data(shared_client: Any) -> None:
    before = {"TimePeriod": {"Start": "2026-10-11", "End": "2026-10-15"}}
    with pytest.raises(ClientError) as error:
        shared_client.get_savings_plans_utilization(**before)
    assert error.value.response["Error"]["Code"] == "DataUnavailableException"


def test_days_before_a_purchase_are_zero(shared_client: Any) -> None:
    around = {"TimePeriod": {"Start": (FIRST - timedelta(days=2)).isoformat(), "End": END.isoformat()}}
    results = shared_client.get_savings_plans_utilization(**around)["SavingsPlansUtilizationsByTime"]
    assert [r["Utilization"]["TotalCommitment"] for r in results[:3]] == ["0", "0", "1.25"]
