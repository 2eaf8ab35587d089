"""What Cost Explorer refuses, in its own codes and words."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from datetime import date
from typing import Any

import pytest
from botocore.exceptions import ClientError

from costlib.sample.refusals import (
    BEYOND_HISTORY,
    END_TOO_LATE,
    MORE_THAN_ONE_ROOT,
    NOT_MONTH_START,
    START_NOT_BEFORE_END,
    TOO_MANY_GROUPS,
)
from costlib.sample.server import SampleEndpoint
from tests.sample.asking import request

START, END = date(2026, 11, 1), date(2026, 11, 25)
ACCOUNT, SERVICE = ("DIMENSION", "LINKED_ACCOUNT"), ("DIMENSION", "SERVICE")
TAX = {"Dimensions": {"Key": "RECORD_TYPE", "Values": ["Tax"]}}


def refusal(client: Any, asked: dict[str, Any]) -> tuple[str, str]:
    with pytest.raises(ClientError) as caught:
        client.get_cost_and_usage(**asked)
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    return caught.value.response["Error"]["Code"], caught.value.response["Error"]["Message"]


def _period(start: str, end: str, granularity: str = "DAILY") -> dict[str, Any]:
    return {**request(START, END, granularity=granularity), "TimePeriod": {"Start": start, "End": end}}


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        (request(START, END, ACCOUNT, SERVICE, ("TAG", "application")), TOO_MANY_GROUPS),
        (_period("2026-11-01", "2026-11-01"), START_NOT_BEFORE_END),
        (_period("2026-11-02", "2026-11-01"), START_NOT_BEFORE_END),
        (_period("2026-11-01", "2026-12-02"), END_TOO_LATE),
        (_period("2025-09-30", "2026-11-01"), BEYOND_HISTORY),
        (_period("2025-09-01", "2026-11-01", "MONTHLY"), BEYOND_HISTORY),
        (_period("2025-09-15", "2026-11-01", "MONTHLY"), NOT_MONTH_START),
        (_period("2026-11-25", "2026-11-26"), "Start date 2026-11-25 should not be after the current date"),
        (_period("2026-1-5", "2026-11-01"), "Start time 2026-1-5 is invalid. Valid format is: yyyy-MM-dd."),
        (_period("2026-10-01", "2026-02-30"), "End time 2026-02-30 is invalid. Valid format is: yyyy-MM-dd."),
        (request(START, END, granularity="HOURLY"), "Hourly timePeriod is not supported for this request"),
        (request(START, END, ("DIMENSION", "RESOURCE_ID")), "Dimension RESOURCE_ID is not allowed."),
        (request(START, END, ("DIMENSION", "TAG")), "Dimension TAG is not allowed."),
        (request(START, END, ("LINKED_ACCOUNT", "x")), "Group Definition type is invalid."),
        (request(START, END, ("TAG", "")), "Group Definition key is invalid."),
        (request(START, END, Filter={**TAX, "Not": TAX}), MORE_THAN_ONE_ROOT),
        (request(START, END, Filter={"And": [TAX]}), "And expression must have at least 2 operands"),
        (request(START, END, Filter={"Or": [TAX]}), "Or expression must have at least 2 operands"),
        (
            request(START, END, Filter={"Dimensions": {"Key": "SERVICE_CODE", "Values": ["AmazonEC2"]}}),
            "Dimension SERVICE_CODE is not allowed.",
        ),
    ],
)
def test_a_request_that_aws_refuses_is_refused_in_its_words(
    shared_client: Any, asked: dict[str, Any], message: str
) -> None:
    assert refusal(shared_client, asked) == ("ValidationException", message)


@pytest.mark.parametrize(
    ("asked", "word"),
    [
        (request(START, END, Metrics=["SpendyCost"]), "SpendyCost"),
        (request(START, END, Metrics=[]), "Metrics"),
        (request(START, END, Filter={}), "Expression"),
        (
            request(START, END, Filter={"Dimensions": {**TAX["Dimensions"], "MatchOptions": ["ABSENT"]}}),
            "ABSENT",
        ),
        (
            request(START, END, Filter={"Tags": {"Key": "a", "Values": ["b"], "MatchOptions": ["CONTAINS"]}}),
            "CONTAINS",
        ),
        (
            request(START, END, Filter={"Tags": {"Key": "a", "Values": ["b"], "MatchOptions": ["ABSENT"]}}),
            "ABSENT",
        ),
        (request(START, END, Filter={"Tags": {"Key": "a", "Values": []}}), "at least one value"),
    ],
)
def test_other_nonsense_is_a_validation_error_that_names_it(
    shared_client: Any, asked: dict[str, Any], word: str
) -> None:
    code, message = refusal(shared_client, asked)
    assert code == "ValidationException"
    assert word in message


def test_the_whole_history_may_be_asked(shared_client: Any) -> None:
    asked = _period("2025-10-01", "2026-12-01")
    assert len(shared_client.get_cost_and_usage(**asked)["ResultsByTime"]) == 426
    monthly = _period("2025-10-01", "2026-12-01", "MONTHLY")
    assert len(shared_client.get_cost_and_usage(**monthly)["ResultsByTime"]) == 14


def _post(endpoint: SampleEndpoint, target: str, body: bytes) -> tuple[int, dict[str, Any]]:
    call = urllib.request.Request(endpoint.url, body, {"X-Amz-Target": f"AWSInsightsIndexService.{target}"})
    try:
        with urllib.request.urlopen(call) as response:
            return response.status, json.load(response)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error)


@pytest.mark.parametrize(
    ("target", "body", "code"),
    [
        ("GetCostAndUsage", b"{", "SerializationException"),
        ("GetCostAndUsage", b"[]", "SerializationException"),
        ("GetCostAndUsage", b"{}", "ValidationException"),
        ("GetCostAndUsage", b'{"TimePeriod": 1, "Granularity": "DAILY", "Metrics": []}', "ValidationException"),
        ("ListCostCategories", b"{}", "UnknownOperationException"),
        ("GetUsageForecast", b"{}", "AccessDeniedException"),
    ],
)
def test_what_the_service_model_does_not_know_is_refused(
    endpoint: SampleEndpoint, target: str, body: bytes, code: str
) -> None:
    status, answer = _post(endpoint, target, body)
    assert (status, answer["__type"]) == (400, code)


def test_an_operation_that_is_not_computed_is_denied_as_to_a_role_without_the_right(client: Any) -> None:
    with pytest.raises(ClientError) as caught:
        client.get_anomaly_monitors()
    assert caught.value.response["Error"]["Code"] == "AccessDeniedException"
    assert "is not authorized to perform: ce:GetAnomalyMonitors" in caught.value.response["Error"]["Message"]
