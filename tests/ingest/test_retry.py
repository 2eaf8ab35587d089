"""Patience: jittered, bounded by tries and by time."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from botocore import exceptions as aws
from botocore.exceptions import ClientError
from botocore.parsers import ResponseParserError

from costlib.ingest.refusals import Kind, Refusal, refusal_of
from costlib.ingest.retry import Patience, RetryPolicy

NOW = datetime(2026, 11, 24, 12)
POLICY = RetryPolicy(failures=4, deadline_seconds=100, base_seconds=1, cap_seconds=8)


def refusal(kind: Kind, retry_after: float | None = None) -> Refusal:
    return Refusal(kind, "Code", "", "ce:GetCostAndUsage", 400, retry_after)


def patience(seconds: list[float], chance: float = 1.0, policy: RetryPolicy = POLICY) -> Patience:
    return Patience(policy, lambda: seconds[0], lambda: chance)


def test_waits_double_up_to_the_cap() -> None:
    patient = patience([0.0])
    assert [patient.wait_after(refusal(Kind.throttled)) for _ in range(6)] == [1, 2, 4, 8, 8, 8]


def test_waits_are_drawn_from_nothing_to_the_bound() -> None:
    assert patience([0.0], chance=0.0).wait_after(refusal(Kind.failed)) == 0
    assert patience([0.0], chance=0.3).wait_after(refusal(Kind.failed)) == pytest.approx(0.3)


def test_failures_are_counted_and_throttles_are_not() -> None:
    patient = patience([0.0], chance=0.0)
    for _ in range(1000):
        assert patient.wait_after(refusal(Kind.throttled)) == 0
    assert [patient.wait_after(refusal(Kind.failed)) for _ in range(4)] == [0, 0, 0, None]


def test_the_deadline_bounds_both() -> None:
    seconds = [0.0]
    patient = patience(seconds, chance=0.5)
    seconds[0] = 99.4
    assert patient.wait_after(refusal(Kind.throttled)) == pytest.approx(0.5)
    assert patient.wait_after(refusal(Kind.throttled)) is None
    assert patience(seconds).wait_after(refusal(Kind.failed)) == 1


def test_what_aws_asks_for_is_the_least_wait() -> None:
    patient = patience([0.0])
    assert patient.wait_after(refusal(Kind.throttled, 30.0)) == 30
    assert patient.wait_after(refusal(Kind.throttled, 0.5)) == 2
    assert patient.wait_after(refusal(Kind.throttled, 101.0)) is None


def test_fresh_credentials_are_tried_once_and_at_once() -> None:
    patient = patience([0.0])
    assert patient.wait_after(refusal(Kind.expired)) == 0
    assert patient.wait_after(refusal(Kind.expired)) is None


def test_what_is_final_ends_it() -> None:
    assert patience([0.0]).wait_after(refusal(Kind.final)) is None


def answered(code: str, status: int, **headers: str) -> ClientError:
    response: Any = {
        "Error": {"Code": code, "Message": ""},
        "ResponseMetadata": {"HTTPStatusCode": status, "HTTPHeaders": headers},
    }
    return ClientError(response, "GetCostAndUsage")


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (answered("LimitExceededException", 400), Kind.throttled),
        (answered("ThrottlingException", 503), Kind.throttled),
        (answered("429", 429), Kind.throttled),
        (answered("ExpiredToken", 403), Kind.expired),
        (answered("ServiceUnavailable", 503), Kind.failed),
        (answered("408", 408), Kind.failed),
        (answered("ValidationException", 400), Kind.final),
        (answered("AccessDeniedException", 400), Kind.final),
        (ResponseParserError("12 bytes"), Kind.failed),
        (aws.EndpointConnectionError(endpoint_url="https://x"), Kind.failed),
        (aws.ConnectTimeoutError(endpoint_url="https://x"), Kind.failed),
        (aws.ReadTimeoutError(endpoint_url="https://x"), Kind.failed),
        (aws.ConnectionClosedError(endpoint_url="https://x"), Kind.failed),
        (aws.SSLError(endpoint_url="https://x", error=OSError("EOF occurred in violation of protocol")), Kind.failed),
        (aws.SSLError(endpoint_url="https://x", error=OSError("CERTIFICATE_VERIFY_FAILED")), Kind.final),
        (aws.NoCredentialsError(), Kind.final),
        (aws.ProfileNotFound(profile="x"), Kind.final),
    ],
    ids=lambda value: value.value if isinstance(value, Kind) else repr(value)[:60],
)
def test_each_error_is_sorted_by_what_may_help(error: Exception, kind: Kind) -> None:
    sorted_as = refusal_of(error, "GetCostAndUsage", NOW)
    assert sorted_as is not None
    assert sorted_as.kind is kind


def test_an_error_that_is_not_of_aws_is_not_sorted() -> None:
    assert refusal_of(KeyError("Groups"), "GetCostAndUsage", NOW) is None
    assert refusal_of(ValueError("a mistake"), "GetCostAndUsage", NOW) is None


def test_a_code_in_the_header_is_read_when_the_body_has_none() -> None:
    found = refusal_of(answered("400", 400, **{"x-amzn-errortype": "a.b#ThrottlingException:http://x"}), "GetTags", NOW)
    assert found is not None
    assert (found.code, found.kind) == ("ThrottlingException", Kind.throttled)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "3"}, 3.0),
        ({"retry-after": "0.5"}, 0.5),
        ({"x-amz-retry-after": "2500"}, 2.5),
        ({"retry-after": "Tue, 24 Nov 2026 12:01:00 GMT"}, 60.0),
        ({"retry-after": "Tue, 24 Nov 2026 11:00:00 GMT"}, 0.0),
        ({"retry-after": "later"}, None),
        ({"retry-after": "-4"}, None),
        ({"retry-after": "inf"}, None),
        ({"retry-after": "nan"}, None),
    ],
)
def test_the_wait_that_aws_names_is_read_in_each_of_its_forms(headers: dict[str, str], seconds: float | None) -> None:
    found = refusal_of(answered("ThrottlingException", 400, **headers), "GetCostAndUsage", NOW)
    assert found is not None
    assert found.retry_after_seconds == seconds
