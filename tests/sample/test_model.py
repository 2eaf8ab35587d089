"""Every answer has the shape that botocore's service model of Cost Explorer gives it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from costlib.sample.faults import Faults
from costlib.sample.model import answer_problems
from costlib.sample.organization import Organization
from costlib.sample.service import OPERATIONS, CostExplorer
from tests.sample.asking import METRICS

TIME = {"TimePeriod": {"Start": "2026-10-01", "End": "2026-12-01"}}
COST = {**TIME, "Granularity": "DAILY", "Metrics": [*METRICS, "UsageQuantity"]}
ARN = "arn:aws:ce::111122223333:costcategory/00000000-0000-4000-8000-000000000000"
COMMITTED = {"TimePeriod": {"Start": "2026-10-10", "End": "2026-11-23"}}
RESERVED = {**COMMITTED, "Filter": {"Dimensions": {"Key": "SERVICE", "Values": ["=SUM(A1:A9)"]}}}
REQUESTS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("GetCostAndUsage", COST),
    ("GetCostAndUsage", {**COST, "Granularity": "MONTHLY", "GroupBy": [{"Type": "TAG", "Key": "application"}]}),
    ("GetCostAndUsage", {**COST, "GroupBy": [{"Type": "DIMENSION", "Key": "LINKED_ACCOUNT"}]}),
    ("GetDimensionValues", {**TIME, "Dimension": "LINKED_ACCOUNT"}),
    ("GetDimensionValues", {**TIME, "Dimension": "SERVICE", "SortBy": [{"Key": "UnblendedCost"}]}),
    ("GetTags", TIME),
    ("GetTags", {**TIME, "TagKey": "application"}),
    ("GetCostCategories", TIME),
    ("GetCostCategories", {**TIME, "CostCategoryName": "Team"}),
    ("ListCostCategoryDefinitions", {}),
    ("ListCostCategoryDefinitions", {"MaxResults": 1}),
    ("DescribeCostCategoryDefinition", {"CostCategoryArn": ARN}),
    ("ListCostAllocationTags", {}),
    ("GetSavingsPlansUtilization", {**COMMITTED, "Granularity": "DAILY"}),
    ("GetSavingsPlansCoverage", {**COMMITTED, "Granularity": "MONTHLY"}),
    ("GetSavingsPlansCoverage", {**COMMITTED, "GroupBy": [{"Type": "DIMENSION", "Key": "SERVICE"}]}),
    ("GetReservationUtilization", {**RESERVED, "Granularity": "DAILY"}),
    ("GetReservationUtilization", {**RESERVED, "GroupBy": [{"Type": "DIMENSION", "Key": "SUBSCRIPTION_ID"}]}),
    ("GetReservationCoverage", {**RESERVED, "Granularity": "DAILY"}),
    ("GetReservationCoverage", {**RESERVED, "GroupBy": [{"Type": "DIMENSION", "Key": "REGION"}]}),
    ("GetAnomalies", {"DateInterval": {"StartDate": "2026-09-01"}}),
)


def test_every_operation_is_asked_here() -> None:
    assert {operation for operation, _ in REQUESTS} == set(OPERATIONS)


@pytest.mark.parametrize(("operation", "parameters"), REQUESTS, ids=lambda v: v if isinstance(v, str) else "")
@pytest.mark.parametrize("page_size", [3, None])
def test_every_page_has_the_modelled_shape(
    organization: Organization, operation: str, parameters: dict[str, Any], page_size: int | None
) -> None:
    explorer = CostExplorer(organization, page_size=page_size)
    token: dict[str, object] = {}
    for _ in range(5):
        answer = explorer.answer(operation, {**parameters, **token}, "sample")
        assert answer_problems(operation, answer) == []
        token = {k: answer[k] for k in ("NextPageToken", "NextToken") if k in answer}
        if not token:
            break


@pytest.mark.parametrize(
    "faults",
    [
        Faults(lacks_net_metrics=True),
        Faults(odd_amount="1e30"),
        Faults(second_currency="EUR"),
        Faults(repeats_a_key=True),
        Faults(lacks_label_prefix=True),
        Faults(ends_with_empty_token=True),
        Faults(ends_with_empty_page=True),
        Faults(processing_categories=frozenset({"Team"})),
    ],
    ids=lambda f: next(k for k, v in vars(f).items() if v not in (None, False, 0, 0.0, frozenset())),
)
def test_even_a_wrong_answer_has_the_modelled_shape(organization: Organization, faults: Faults) -> None:
    explorer = CostExplorer(organization, faults)
    for operation, parameters in REQUESTS:
        assert answer_problems(operation, explorer.answer(operation, parameters, "sample")) == []


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        ({"Tags": [], "ReturnSize": 0, "TotalSize": 0, "Extra": 1}, "$.Extra is not in the model"),
        ({"Tags": [], "ReturnSize": 0}, "$.TotalSize is missing"),
        ({"Tags": [1], "ReturnSize": 0, "TotalSize": 0}, "$.Tags[0] is int, not string"),
        ({"Tags": {}, "ReturnSize": 0, "TotalSize": 0}, "$.Tags is dict, not list"),
    ],
)
def test_the_check_is_not_blind(answer: Mapping[str, object], problem: str) -> None:
    assert answer_problems("GetTags", answer) == [problem]


def test_the_check_knows_enums_maps_and_operations() -> None:
    status = [{"Component": "COST_EXPLORER", "Status": "SLEEPING"}]
    reference = {"CostCategoryReferences": [{"ProcessingStatus": status}]}
    assert "'SLEEPING', not one of" in answer_problems("ListCostCategoryDefinitions", reference)[0]
    total = {"ResultsByTime": [{"Total": {"UnblendedCost": {"Amount": 1}}}]}
    assert answer_problems("GetCostAndUsage", total) == [
        "$.ResultsByTime[0].Total.UnblendedCost.Amount is int, not string"
    ]
    assert answer_problems("ListCostCategories", {}) == ["ListCostCategories has no answer"]
