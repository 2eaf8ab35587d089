"""The door to AWS, over real HTTP."""

from __future__ import annotations

import json
import logging
import time as real_time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from threading import Barrier

import boto3
import pytest
from botocore.loaders import Loader
from botocore.model import OperationModel, ServiceModel, Shape

from costlib import errors
from costlib.config import Settings
from costlib.ingest import client as client_module
from costlib.ingest.client import TAKE_A_BILLING_VIEW, connect
from costlib.ingest.credentials import SAMPLE_ENVIRON
from costlib.ingest.explanations import EXPLAINED
from costlib.ingest.parsing import TAKEN_AS_THEY_ARE
from costlib.ingest.refusals import THROTTLES
from costlib.ingest.retry import RetryPolicy
from costlib.sample.server import SampleEndpoint
from tests.ingest.asking import COST, NOON, Time, client_of
from tests.ingest.scripted_endpoint import OK, Received, Reply, ScriptedEndpoint, refusal

OPERATIONS = (
    "GetCostAndUsage",
    "GetCostForecast",
    "GetDimensionValues",
    "GetTags",
    "GetCostCategories",
    "ListCostCategoryDefinitions",
    "DescribeCostCategoryDefinition",
)
VIEW = "arn:aws:billing::111122223333:billingview/custom-1"


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture(scope="module")
def model() -> ServiceModel:
    return ServiceModel(Loader().load_service_model("ce", "service-2"))


def operations(model: ServiceModel) -> Iterator[OperationModel]:
    return (model.operation_model(name) for name in OPERATIONS)


def test_an_answer_carries_the_page_and_when_it_was_asked_for(time: Time) -> None:
    with ScriptedEndpoint(Reply(body=b'{"ResultsByTime": [], "NextPageToken": ""}')) as endpoint:
        answer = client_of(endpoint.url, time).ask("GetCostAndUsage", COST)
    assert answer.body == {"ResultsByTime": [], "NextPageToken": ""}
    assert (answer.requested_at, answer.milliseconds, answer.attempts) == (NOON, 0, 1)
    (received,) = endpoint.received
    assert received.operation == "GetCostAndUsage"
    assert received.parameters == COST
    assert "costlib" in received.user_agent


def test_a_page_is_what_botocore_makes_of_it(sample_endpoint: SampleEndpoint, time: Time) -> None:
    grouped = COST | {"GroupBy": [{"Type": "DIMENSION", "Key": "LINKED_ACCOUNT"}]}
    plain = boto3.client(
        "ce",
        endpoint_url=sample_endpoint.url,
        region_name="us-east-1",
        aws_access_key_id="sample",
        aws_secret_access_key="sample",
    )
    expected = plain.get_cost_and_usage(**grouped)
    expected.pop("ResponseMetadata")
    assert expected["ResultsByTime"]
    assert client_of(sample_endpoint.url, time).ask("GetCostAndUsage", grouped).body == expected


def test_the_shape_that_is_taken_as_it_is_holds_only_what_json_can_say(model: ServiceModel) -> None:
    def kinds(shape: Shape) -> Iterator[str]:
        yield shape.type_name
        children = getattr(shape, "members", {}).values()
        for child in (*children, *(c for c in (getattr(shape, n, None) for n in ("member", "key", "value")) if c)):
            yield from kinds(child)

    outputs = {o.output_shape.name: o.output_shape for o in operations(model) if o.output_shape}
    assert set(outputs) >= TAKEN_AS_THEY_ARE
    for name in TAKEN_AS_THEY_ARE:
        assert set(kinds(outputs[name])) <= {"structure", "list", "map", "string", "boolean"}


@pytest.mark.parametrize(
    "first",
    [
        refusal("LimitExceededException", "Rate limit exceeded"),
        refusal("ThrottlingException", "Rate exceeded"),
        refusal("Throttling"),
        refusal("TooManyRequestsException"),
        refusal("RequestLimitExceeded"),
        refusal("com.amazonaws.ce#LimitExceededException"),
        refusal(None, status=429),
        refusal(None, status=500),
        refusal("InternalServerException", status=500),
        refusal("ServiceUnavailableException", status=503),
        Reply(502, b"<html><body>Bad gateway</body></html>"),
        Reply(is_cut=True),
        Reply(body=b'{"ResultsByTime": ['),
        Reply(body=b""),
        Reply(body=b"[]"),
        Reply(body=b"<html>Please sign in to the proxy</html>"),
    ],
    ids=lambda reply: f"{reply.status} {reply.body[:40].decode()}",
)
def test_what_time_mends_is_asked_again(first: Reply, time: Time) -> None:
    with ScriptedEndpoint(first, OK) as endpoint:
        answer = client_of(endpoint.url, time).ask("GetCostAndUsage", COST)
    assert answer.attempts == len(endpoint.received) == 2
    assert answer.body == {"ResultsByTime": []}


@pytest.mark.parametrize("operation", ["GetDimensionValues", "ListCostCategoryDefinitions"])
def test_a_cut_answer_is_never_taken_for_an_empty_list(operation: str, time: Time) -> None:
    parameters = {"TimePeriod": COST["TimePeriod"], "Dimension": "SERVICE"} if operation[0] == "G" else {}
    whole = Reply(body=b'{"DimensionValues": [], "ReturnSize": 0, "TotalSize": 0, "CostCategoryReferences": []}')
    with ScriptedEndpoint(Reply(body=whole.body, is_cut=True), whole) as endpoint:
        assert client_of(endpoint.url, time).ask(operation, parameters).attempts == 2


NEVER_AGAIN = [
    ("ValidationException", "Only two values for GroupBy are allowed", errors.RequestRefused),
    ("ValidationException", "You haven't enabled historical data beyond 14 months.", errors.HistoryTooLong),
    (
        "ValidationException",
        "To retrieve data beyond the past 14 months, your start date needs to be the first day of the month.",
        errors.HistoryTooLong,
    ),
    ("AccessDeniedException", "User: x is not authorized to perform: ce:GetCostAndUsage on y", errors.AccessDenied),
    ("AccessDeniedException", "User not enabled for cost explorer access", errors.CostExplorerNotEnabled),
    ("DataUnavailableException", "Data is not available.", errors.DataNotReady),
    ("BillingViewHealthStatusException", "billing view status must be HEALTHY", errors.DataNotReady),
    ("BillExpirationException", "The requested report expired.", errors.PagingStale),
    ("InvalidNextTokenException", "The pagination token is invalid.", errors.PagingStale),
    ("RequestChangedException", "Your request parameters changed between pages.", errors.PagingStale),
    ("ResourceNotFoundException", "No such view", errors.RequestRefused),
    ("UnrecognizedClientException", "The security token included in the request is invalid", errors.CredentialsMissing),
    ("SignatureDoesNotMatch", "The request signature we calculated does not match", errors.CredentialsMissing),
    ("RequestTimeTooSkewed", "", errors.AwsAccessError),
    ("SomethingNewException", "Nobody has seen this", errors.RequestRefused),
]


@pytest.mark.parametrize(("code", "message", "expected"), NEVER_AGAIN, ids=lambda v: str(getattr(v, "__name__", v)))
def test_what_time_does_not_mend_is_asked_once(
    code: str, message: str, expected: type[errors.CostlibError], time: Time
) -> None:
    with ScriptedEndpoint(refusal(code, message)) as endpoint, pytest.raises(expected) as caught:
        client_of(endpoint.url, time).ask("GetCostAndUsage", COST)
    assert type(caught.value) is expected
    assert caught.value.remedy
    assert len(endpoint.received) == 1


def test_a_denial_names_the_action_that_is_missing(time: Time) -> None:
    message = "User: arn:aws:sts::1:assumed-role/r/s is not authorized to perform: ce:GetTags on resource: x"
    denied = refusal("AccessDeniedException", message)
    with ScriptedEndpoint(denied) as endpoint, pytest.raises(errors.AccessDenied) as spoken:
        client_of(endpoint.url, time).ask("GetCostAndUsage", COST)
    with ScriptedEndpoint(refusal("AccessDeniedException")) as endpoint, pytest.raises(errors.AccessDenied) as mute:
        client_of(endpoint.url, time).ask("GetCostAndUsage", COST)
    assert spoken.value.action == "ce:GetTags"
    assert message in spoken.value.message
    assert mute.value.action == "ce:GetCostAndUsage"
    assert "ce:GetCostAndUsage" in mute.value.remedy


def test_every_error_that_the_service_model_declares_is_explained(model: ServiceModel) -> None:
    declared = {shape.name for operation in operations(model) for shape in operation.error_shapes}
    assert declared
    assert declared <= {*EXPLAINED, *THROTTLES}


def test_throttles_do_not_use_up_the_tries_of_a_patient_client(time: Time) -> None:
    throttles = [refusal("LimitExceededException")] * (RetryPolicy().failures + 2)
    with ScriptedEndpoint(*throttles, OK) as endpoint:
        assert client_of(endpoint.url, time).ask("GetCostAndUsage", COST).attempts == len(throttles) + 1


def test_endless_throttling_ends_at_the_deadline(time: Time) -> None:
    with ScriptedEndpoint(refusal("LimitExceededException")) as endpoint, pytest.raises(errors.Throttled) as caught:
        client_of(endpoint.url, time, policy=RetryPolicy(deadline_seconds=60), chance=1.0).ask("GetCostAndUsage", COST)
    assert 40 <= time.seconds <= 110
    assert "requests_per_second" in caught.value.remedy


def test_endless_failure_ends_after_so_many_tries(time: Time) -> None:
    with ScriptedEndpoint(refusal(None, status=500)) as endpoint, pytest.raises(errors.ServiceUnavailable):
        client_of(endpoint.url, time, chance=1.0).ask("GetCostAndUsage", COST)
    assert len(endpoint.received) == RetryPolicy().failures
    assert time.seconds < 120


def test_a_refused_connection_is_an_unavailable_service(time: Time) -> None:
    with ScriptedEndpoint() as closed:
        url = closed.url
    with pytest.raises(errors.ServiceUnavailable) as caught:
        client_of(url, time).ask("GetCostAndUsage", COST)
    assert url in caught.value.message


@pytest.mark.parametrize(
    "throttle",
    [
        refusal("ThrottlingException", Retry_After="7"),
        refusal("ThrottlingException", x_amz_retry_after="7000"),
        refusal("ThrottlingException", Retry_After="Tue, 24 Nov 2026 12:00:07 GMT"),
    ],
    ids=["seconds", "milliseconds", "date"],
)
def test_aws_says_how_long_to_wait(throttle: Reply, time: Time) -> None:
    with ScriptedEndpoint(throttle, OK) as endpoint:
        client_of(endpoint.url, time).ask("GetCostAndUsage", COST)
    assert time.seconds == pytest.approx(7)


def test_a_wait_that_cannot_be_read_is_our_own(time: Time) -> None:
    with ScriptedEndpoint(refusal("ThrottlingException", Retry_After="soon"), OK) as endpoint:
        assert client_of(endpoint.url, time).ask("GetCostAndUsage", COST).attempts == 2
    assert time.seconds < 1


def test_a_wait_beyond_the_deadline_ends_the_waiting_now(time: Time) -> None:
    with ScriptedEndpoint(refusal("ThrottlingException", Retry_After="3600"), OK) as endpoint:
        client = client_of(endpoint.url, time)
        with pytest.raises(errors.Throttled):
            client.ask("GetCostAndUsage", COST)
        assert (len(endpoint.received), time.seconds) == (1, 0)
        client.ask("GetCostAndUsage", COST)
    assert time.seconds < 1


def test_a_wait_that_aws_asks_of_one_is_kept_by_all() -> None:
    with ScriptedEndpoint(refusal("LimitExceededException", Retry_After="1"), OK) as endpoint:
        client = connect(Settings(requests_per_second=50), endpoint_url=endpoint.url, environ=SAMPLE_ENVIRON)
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda _: client.ask("GetCostAndUsage", COST), range(60)))
    at = sorted(r.at for r in endpoint.received)
    assert max(later - earlier for earlier, later in pairwise(at)) >= 0.8


def test_the_hook_is_asked_once_a_page_and_may_stop_it(time: Time) -> None:
    asked: list[int] = []

    def hook() -> None:
        asked.append(1)
        if len(asked) == 2:
            raise errors.BudgetReached("Enough.", "Raise the cap.")

    with ScriptedEndpoint(refusal(None, status=500), OK) as endpoint:
        client = client_of(endpoint.url, time, before_request=hook)
        client.ask("GetCostAndUsage", COST)
        with pytest.raises(errors.BudgetReached):
            client.ask("GetCostAndUsage", COST)
    assert len(endpoint.received) == 2


def test_a_billing_view_goes_with_each_question_that_takes_one(time: Time, model: ServiceModel) -> None:
    takers = {o.name for o in operations(model) if o.input_shape and "BillingViewArn" in o.input_shape.members}
    assert takers == TAKE_A_BILLING_VIEW
    with ScriptedEndpoint() as endpoint:
        client = client_of(endpoint.url, time, billing_view_arn=VIEW)
        client.ask("GetCostAndUsage", COST)
        client.ask("ListCostCategoryDefinitions", {})
    assert [r.parameters.get("BillingViewArn") for r in endpoint.received] == [VIEW, None]
    assert "BillingViewArn" not in COST


def test_one_connection_serves_many_requests(time: Time) -> None:
    with ScriptedEndpoint() as endpoint:
        client = client_of(endpoint.url, time)
        for _ in range(5):
            client.ask("GetCostAndUsage", COST)
    assert len({r.connection for r in endpoint.received}) == 1


def test_a_proxy_is_not_asked_for_this_machines_own_endpoint(time: Time, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    with ScriptedEndpoint() as endpoint:
        assert client_of(endpoint.url, time).ask("GetCostAndUsage", COST).attempts == 1


def test_eight_threads_keep_to_one_pace() -> None:
    rate, asks = 40.0, 32
    with ScriptedEndpoint() as endpoint:
        client = connect(Settings(requests_per_second=rate), endpoint_url=endpoint.url, environ=SAMPLE_ENVIRON)
        client.ask("GetCostAndUsage", COST)
        began = real_time.monotonic()
        with ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(lambda _: client.ask("GetCostAndUsage", COST), range(asks)))
        seconds = real_time.monotonic() - began
    assert len(answers) == asks
    assert seconds >= (asks - 1) / rate
    arrivals = [r.at for r in endpoint.received[1:]]
    assert all(sum(a <= other < a + 0.5 for other in arrivals) <= 0.5 * rate + 3 for a in arrivals)


EXPIRED = refusal("ExpiredTokenException", "The security token included in the request is expired")


def test_eight_threads_that_notice_an_expiry_renew_the_credentials_once(monkeypatch: pytest.MonkeyPatch) -> None:
    environ = {"AWS_ACCESS_KEY_ID": "OLD", "AWS_SECRET_ACCESS_KEY": "x"}
    together = Barrier(8)

    class Strict(ScriptedEndpoint):
        def reply_to(self, received: Received) -> Reply:
            super().reply_to(received)
            if "Credential=NEW/" in received.authorization:
                return OK
            environ["AWS_ACCESS_KEY_ID"] = "NEW"
            together.wait(10)
            return EXPIRED

    opened: list[int] = []
    original = client_module._open

    def counted(*arguments):
        opened.append(1)
        return original(*arguments)

    monkeypatch.setattr(client_module, "_open", counted)
    with Strict() as endpoint, ThreadPoolExecutor(8) as pool:
        client = connect(Settings(requests_per_second=10_000), endpoint_url=endpoint.url, environ=environ)
        answers = list(pool.map(lambda _: client.ask("GetCostAndUsage", COST), range(8)))
    assert {a.attempts for a in answers} == {2}
    assert len(opened) == 2


def test_credentials_that_stay_expired_are_tried_twice(time: Time) -> None:
    with ScriptedEndpoint(EXPIRED) as endpoint, pytest.raises(errors.CredentialsExpired):
        client_of(endpoint.url, time).ask("GetCostAndUsage", COST)
    assert len(endpoint.received) == 2


SECRET = "s3cr3t-key-that-nobody-may-read"
TOKEN = "t0ken-that-nobody-may-read"


@pytest.mark.parametrize("code", ["SignatureDoesNotMatch", "InvalidSignatureException", "IncompleteSignatureException"])
def test_no_secret_gets_into_a_message_or_a_log(code: str, time: Time, caplog: pytest.LogCaptureFixture) -> None:
    environ = {"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": SECRET, "AWS_SESSION_TOKEN": TOKEN}
    repeated = f"The Canonical String should have been 'POST / x-amz-security-token:{TOKEN}'"
    caplog.set_level(logging.INFO)
    with ScriptedEndpoint(refusal(code, repeated)) as endpoint, pytest.raises(errors.CredentialsMissing) as caught:
        client_of(endpoint.url, time, environ=environ).ask("GetCostAndUsage", COST)
    for text in (str(caught.value), repr(caught.value), caplog.text):
        assert SECRET not in text
        assert TOKEN not in text


def test_a_page_of_html_does_not_become_a_message(time: Time) -> None:
    page = Reply(403, b"<html>" + b"Forbidden by the proxy. " * 500 + b"</html>")
    with ScriptedEndpoint(page) as endpoint, pytest.raises(errors.RequestRefused) as caught:
        client_of(endpoint.url, time).ask("GetCostAndUsage", COST)
    assert len(caught.value.message) < 600


def test_parameters_that_the_service_model_refuses_are_never_sent(time: Time) -> None:
    with ScriptedEndpoint() as endpoint, pytest.raises(errors.RequestRefused) as caught:
        client_of(endpoint.url, time).ask("GetCostAndUsage", {"Granularity": "DAILY"})
    assert "TimePeriod" in caught.value.message
    assert not endpoint.received


def test_a_mistake_of_ours_is_no_error_of_aws(time: Time) -> None:
    with ScriptedEndpoint() as endpoint, pytest.raises(AttributeError):
        client_of(endpoint.url, time).ask("NoSuchOperation", {})


def test_the_answer_is_plain_json(time: Time) -> None:
    with ScriptedEndpoint() as endpoint:
        body = client_of(endpoint.url, time).ask("GetCostAndUsage", COST).body
    assert json.loads(json.dumps(body)) == body
