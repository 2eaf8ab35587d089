"""Dimension values, tags, cost categories and their definitions."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from botocore.exceptions import ClientError

from costlib.sample.catalog import SERVICE_CODES
from costlib.sample.organization import Organization, sample_organization
from costlib.sample.server import SampleEndpoint
from tests.sample.asking import COLUMNS, Row, client_of

WHOLE = {"Start": "2026-10-01", "End": "2026-11-25"}


@pytest.mark.parametrize("key", COLUMNS)
def test_dimension_values_are_those_of_the_charges(shared_client: Any, rows: list[Row], key: str) -> None:
    answer = shared_client.get_dimension_values(TimePeriod=WHOLE, Dimension=key)
    values = [v["Value"] for v in answer["DimensionValues"]]
    assert values == sorted({r[COLUMNS[key]] for r in rows}, key=lambda v: v.encode())
    assert answer["ReturnSize"] == answer["TotalSize"] == len(values)


def test_accounts_come_with_their_names(shared_client: Any, organization: Organization) -> None:
    values = shared_client.get_dimension_values(TimePeriod=WHOLE, Dimension="LINKED_ACCOUNT")["DimensionValues"]
    names = {v["Value"]: v["Attributes"]["description"] for v in values}
    assert names == {a.account_id: a.name for a in organization.accounts}


def test_only_values_of_the_asked_days_and_filter_are_listed(shared_client: Any, rows: list[Row]) -> None:
    tax = {"Dimensions": {"Key": "RECORD_TYPE", "Values": ["Tax"]}}
    answer = shared_client.get_dimension_values(TimePeriod=WHOLE, Dimension="SERVICE", Filter=tax)
    assert [v["Value"] for v in answer["DimensionValues"]] == ["Tax"]
    quiet = {"Start": "2026-11-20", "End": "2026-11-21"}
    answer = shared_client.get_dimension_values(TimePeriod=quiet, Dimension="RECORD_TYPE")
    on_the_day = {r["record_type"] for r in rows if r["charge_date"] == date(2026, 11, 20)}
    assert {v["Value"] for v in answer["DimensionValues"]} == on_the_day


def test_a_search_finds_parts_of_values(shared_client: Any) -> None:
    found = shared_client.get_dimension_values(TimePeriod=WHOLE, Dimension="RECORD_TYPE", SearchString="plan")
    assert {v["Value"] for v in found["DimensionValues"]} == {
        "SavingsPlanCoveredUsage",
        "SavingsPlanNegation",
        "SavingsPlanRecurringFee",
        "SavingsPlanUpfrontFee",
    }


def test_long_listings_come_in_pages(client: Any, endpoint: SampleEndpoint, rows: list[Row]) -> None:
    endpoint.page_size = 5
    asked = {"TimePeriod": WHOLE, "Dimension": "RECORD_TYPE"}
    page = client.get_dimension_values(**asked)
    values = [v["Value"] for v in page["DimensionValues"]]
    while token := page.get("NextPageToken"):
        page = client.get_dimension_values(**asked, NextPageToken=token)
        assert page["ReturnSize"] == len(page["DimensionValues"]) <= 5
        values += [v["Value"] for v in page["DimensionValues"]]
    assert values == sorted({r["record_type"] for r in rows})
    assert page["TotalSize"] == len(values)


def test_sorting_by_cost_takes_the_place_of_paging(client: Any, endpoint: SampleEndpoint, rows: list[Row]) -> None:
    endpoint.page_size = 1
    sort_by = [{"Key": "UnblendedCost", "SortOrder": "DESCENDING"}]
    asked = {"TimePeriod": WHOLE, "Dimension": "SERVICE", "SortBy": sort_by}
    answer = client.get_dimension_values(**asked, MaxResults=2)
    costs = {s: sum(r["unblended_cost"] for r in rows if r["service"] == s) for s in {r["service"] for r in rows}}
    assert [v["Value"] for v in answer["DimensionValues"]] == sorted(costs, key=lambda s: -costs[s])[:2]
    assert "NextPageToken" not in answer
    for excluded in ({"NextPageToken": "x"}, {"SearchString": "x"}):
        with pytest.raises(ClientError, match="aren't supported"):
            client.get_dimension_values(**asked, **excluded)


def test_tag_keys_and_their_values_are_listed_with_the_untagged(shared_client: Any, rows: list[Row]) -> None:
    assert shared_client.get_tags(TimePeriod=WHOLE)["Tags"] == ["application"]
    values = shared_client.get_tags(TimePeriod=WHOLE, TagKey="application")["Tags"]
    assert set(values) == {r["tag:application"] for r in rows}
    assert values[0] == ""


def test_cost_categories_and_their_values_are_listed(shared_client: Any, rows: list[Row]) -> None:
    assert shared_client.get_cost_categories(TimePeriod=WHOLE)["CostCategoryNames"] == ["Environment", "Team"]
    answer = shared_client.get_cost_categories(TimePeriod=WHOLE, CostCategoryName="Team")
    assert set(answer["CostCategoryValues"]) == {r["cost_category:Team"] for r in rows}
    assert "CostCategoryNames" not in answer


def test_definitions_come_in_pages_of_the_asked_size(shared_client: Any) -> None:
    first = shared_client.list_cost_category_definitions(MaxResults=1)
    second = shared_client.list_cost_category_definitions(MaxResults=1, NextToken=first["NextToken"])
    assert [p["CostCategoryReferences"][0]["Name"] for p in (first, second)] == ["Team", "Environment"]
    assert "NextToken" not in second
    assert first["CostCategoryReferences"][0]["ProcessingStatus"] == [
        {"Component": "COST_EXPLORER", "Status": "APPLIED"}
    ]


def test_the_rules_of_a_cost_category_explain_the_values_of_the_charges(today: date) -> None:
    """Applied in order to single charges, they give each one's label."""
    organization = sample_organization(today, months=1)
    with SampleEndpoint(organization) as endpoint:
        client = client_of(endpoint)
        references = client.list_cost_category_definitions()["CostCategoryReferences"]
        rules = {
            r["Name"]: client.describe_cost_category_definition(CostCategoryArn=r["CostCategoryArn"])["CostCategory"]
            for r in references
        }
    metered = [r for r in organization.charges().to_pylist() if r["charge_date"] == date(2026, 11, 10)]
    for row in metered:
        for name, definition in rules.items():
            applied = next((r["Value"] for r in definition["Rules"] if _matches(r["Rule"], row)), "")
            assert row[f"cost_category:{name}"] == applied


def _matches(rule: dict[str, Any], row: Row) -> bool:
    if "And" in rule:
        return all(_matches(part, row) for part in rule["And"])
    leaf = rule["Dimensions"]
    values = {"LINKED_ACCOUNT": row["usage_account_id"], "SERVICE_CODE": SERVICE_CODES.get(row["service"])}
    return values[leaf["Key"]] in leaf["Values"]


def test_a_definition_that_does_not_exist_is_not_found(shared_client: Any) -> None:
    arn = "arn:aws:ce::111122223333:costcategory/00000000-0000-4000-8000-999999999999"
    with pytest.raises(shared_client.exceptions.ResourceNotFoundException):
        shared_client.describe_cost_category_definition(CostCategoryArn=arn)


def test_allocation_tags_are_listed(shared_client: Any) -> None:
    tags = shared_client.list_cost_allocation_tags()["CostAllocationTags"]
    assert [(t["TagKey"], t["Status"], t["Type"]) for t in tags] == [("application", "Active", "UserDefined")]
    assert shared_client.list_cost_allocation_tags(Status="Inactive")["CostAllocationTags"] == []


def test_listings_are_paid_for_too(client: Any, endpoint: SampleEndpoint) -> None:
    client.get_tags(TimePeriod=WHOLE)
    client.get_cost_categories(TimePeriod=WHOLE)
    assert endpoint.paid_requests == 2
