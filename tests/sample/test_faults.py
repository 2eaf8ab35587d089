"""Each fault does what it says, and stops when it is switched off."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from http.client import HTTPConnection, IncompleteRead
from typing import Any

import pytest
from botocore.exceptions import ClientError, HTTPClientError
from botocore.exceptions import ConnectionError as BrokenConnection

from costlib.periods import DAY
from costlib.sample.faults import Faults, Restatement, ThrottleForm
from costlib.sample.organization import Organization
from costlib.sample.server import SampleEndpoint
from tests.sample.asking import METRICS, Row, answered, client_of, pages, request, truth

START, END = date(2026, 11, 1), date(2026, 11, 25)
ACCOUNT, SERVICE = ("DIMENSION", "LINKED_ACCOUNT"), ("DIMENSION", "SERVICE")
ASKED = request(START, END, SERVICE)


@dataclass
class Clock:
    """A clock that stands still until it is moved."""

    seconds: float = 100.0

    def now(self) -> float:
        return self.seconds

    def sleep(self, seconds: float) -> None:
        self.seconds += seconds


def refused(client: Any, asked: dict[str, Any] = ASKED) -> tuple[int, str]:
    with pytest.raises(ClientError) as caught:
        client.get_cost_and_usage(**asked)
    error = caught.value.response
    return error["ResponseMetadata"]["HTTPStatusCode"], error["Error"]["Code"]


def test_more_requests_a_second_than_allowed_are_refused(organization: Organization) -> None:
    clock = Clock()
    with SampleEndpoint(organization, Faults(throttle=2.0), now=clock.now) as endpoint:
        client = client_of(endpoint)
        client.get_cost_and_usage(**ASKED)
        with pytest.raises(client.exceptions.LimitExceededException, match="Rate limit exceeded"):
            client.get_cost_and_usage(**ASKED)
        clock.seconds += 0.5
        client.get_cost_and_usage(**ASKED)
        clock.seconds += 60
        for _ in range(2):
            client.get_cost_and_usage(**ASKED)
        assert refused(client) == (400, "LimitExceededException")
        endpoint.faults = Faults()
        client.get_cost_and_usage(**ASKED)
        assert endpoint.paid_requests == 5
        assert [r.code for r in endpoint.requests if not r.is_paid] == ["LimitExceededException"] * 2


@pytest.mark.parametrize(
    ("form", "status", "code"),
    [
        (ThrottleForm.throttling, 400, "ThrottlingException"),
        (ThrottleForm.bare_429, 429, "429"),
        (ThrottleForm.unavailable, 503, "ServiceUnavailableException"),
    ],
)
def test_throttling_has_other_forms(organization: Organization, form: ThrottleForm, status: int, code: str) -> None:
    with SampleEndpoint(organization, Faults(throttle=1.0, throttle_form=form), now=Clock().now) as endpoint:
        client = client_of(endpoint)
        client.get_cost_and_usage(**ASKED)
        assert refused(client) == (status, code)


@pytest.mark.parametrize(("header", "value"), [("Retry-After", "1.5"), ("x-amz-retry-after", "1500")])
def test_a_throttled_caller_may_be_told_when_to_return(organization: Organization, header: str, value: str) -> None:
    faults = Faults(throttle=1.0, retry_after_seconds=1.5, retry_after_header=header)
    with SampleEndpoint(organization, faults, now=Clock().now) as endpoint:
        client = client_of(endpoint)
        client.get_cost_and_usage(**ASKED)
        with pytest.raises(ClientError) as caught:
            client.get_cost_and_usage(**ASKED)
    assert caught.value.response["ResponseMetadata"]["HTTPHeaders"][header.lower()] == value


def test_a_share_of_answers_is_an_internal_error(client: Any, endpoint: SampleEndpoint) -> None:
    endpoint.faults = Faults(share_of_500s=0.3, seed=7)
    outcomes = []
    for _ in range(40):
        try:
            client.get_cost_and_usage(**ASKED)
            outcomes.append(200)
        except ClientError as error:
            outcomes.append(error.response["ResponseMetadata"]["HTTPStatusCode"])
    assert 4 <= outcomes.count(500) <= 20
    assert endpoint.paid_requests == outcomes.count(200)


def test_a_share_of_connections_is_cut_in_mid_body(client: Any, endpoint: SampleEndpoint) -> None:
    """botocore takes such a body for an empty answer; only what is missing in it tells."""
    endpoint.faults = Faults(share_of_cut_connections=0.4, seed=1)
    got = [client.get_cost_and_usage(**ASKED) for _ in range(20)]
    assert 3 <= sum("ResultsByTime" not in answer for answer in got) <= 15
    assert endpoint.paid_requests == 20, "AWS has answered them"
    length = int(got[0]["ResponseMetadata"]["HTTPHeaders"]["content-length"])
    endpoint.faults = Faults(share_of_cut_connections=1)
    with closing(HTTPConnection(endpoint.url.removeprefix("http://"))) as connection:
        connection.request("POST", "/", json.dumps(ASKED), {"X-Amz-Target": "AWSInsightsIndexService.GetCostAndUsage"})
        with pytest.raises(IncompleteRead) as caught:
            connection.getresponse().read()
    assert len(caught.value.partial) == length // 2


def test_a_share_of_connections_is_dropped(client: Any, endpoint: SampleEndpoint) -> None:
    endpoint.faults = Faults(share_of_dropped_connections=1)
    with pytest.raises(HTTPClientError):
        client.get_cost_and_usage(**ASKED)
    assert [(r.status, r.is_paid) for r in endpoint.requests] == [(0, False)]
    endpoint.faults = Faults()
    client.get_cost_and_usage(**ASKED)


def test_tokens_die_after_some_requests(client: Any, endpoint: SampleEndpoint) -> None:
    endpoint.page_size = 5
    endpoint.faults = Faults(token_lifetime_requests=2)
    token = client.get_cost_and_usage(**ASKED)["NextPageToken"]
    client.get_cost_and_usage(**ASKED, NextPageToken=token)
    client.get_cost_and_usage(**ASKED, NextPageToken=token)
    with pytest.raises(client.exceptions.InvalidNextTokenException):
        client.get_cost_and_usage(**ASKED, NextPageToken=token)


def test_tokens_die_after_some_seconds(organization: Organization) -> None:
    clock = Clock()
    with SampleEndpoint(organization, Faults(token_lifetime_seconds=30), 5, now=clock.now) as endpoint:
        client = client_of(endpoint)
        token = client.get_cost_and_usage(**ASKED)["NextPageToken"]
        clock.seconds += 30
        client.get_cost_and_usage(**ASKED, NextPageToken=token)
        clock.seconds += 1
        with pytest.raises(client.exceptions.InvalidNextTokenException):
            client.get_cost_and_usage(**ASKED, NextPageToken=token)


def test_a_token_belongs_to_its_request(client: Any, endpoint: SampleEndpoint) -> None:
    endpoint.page_size = 5
    token = client.get_cost_and_usage(**ASKED)["NextPageToken"]
    with pytest.raises(client.exceptions.RequestChangedException):
        client.get_cost_and_usage(**request(START, END, ACCOUNT), NextPageToken=token)
    for nonsense in ("nonsense", token[:-4] + "AAAA", "ä"):
        with pytest.raises(client.exceptions.InvalidNextTokenException):
            client.get_cost_and_usage(**ASKED, NextPageToken=nonsense)


def _restatement(organization: Organization, delta: Decimal | None = Decimal(1)) -> Restatement:
    return Restatement(date(2026, 11, 3), organization.accounts[1].account_id, "Tax", "Tax", delta)


def test_data_may_change_between_two_pages_and_kill_the_token(
    client: Any, endpoint: SampleEndpoint, organization: Organization, rows: list[Row]
) -> None:
    endpoint.page_size = 5
    endpoint.faults = Faults(restate_before_page=_restatement(organization))
    with pytest.raises(client.exceptions.InvalidNextTokenException):
        list(pages(client, ASKED))
    got, before = answered(client, ASKED), truth(rows, START, END, SERVICE)
    assert got == truth(endpoint.charges().to_pylist(), START, END, SERVICE)
    assert got["2026-11-03", ("Tax",)]["UnblendedCost"] == 1
    assert ("2026-11-03", ("Tax",)) not in before


def test_data_may_change_between_two_pages_unnoticed(
    client: Any, endpoint: SampleEndpoint, organization: Organization, rows: list[Row]
) -> None:
    endpoint.page_size = 15
    endpoint.faults = Faults(restate_before_page=_restatement(organization), tokens_survive_refresh=True)
    got = [
        (r["TimePeriod"]["Start"], *g["Keys"])
        for p in pages(client, ASKED)
        for r in p["ResultsByTime"]
        for g in r["Groups"]
    ]
    assert len(got) != len(truth(rows, START, END, SERVICE))


def test_slow_answers_are_slow(organization: Organization) -> None:
    clock = Clock()
    with SampleEndpoint(organization, Faults(slow_seconds=3), now=clock.now, sleep=clock.sleep) as endpoint:
        client_of(endpoint).get_cost_and_usage(**ASKED)
    assert clock.seconds == 103


def test_a_role_may_lack_rights(client: Any, endpoint: SampleEndpoint) -> None:
    endpoint.faults = Faults(denied_operations=frozenset({"GetCostCategories"}))
    client.get_cost_and_usage(**ASKED)
    with pytest.raises(ClientError) as caught:
        client.get_cost_categories(TimePeriod=ASKED["TimePeriod"])
    error = caught.value.response["Error"]
    assert error["Code"] == "AccessDeniedException"
    assert error["Message"].startswith("User: arn:aws:sts::111122223333:assumed-role/")
    assert "is not authorized to perform: ce:GetCostCategories on resource: arn:aws:ce:us-east-1:" in error["Message"]


def test_credentials_expire_and_new_ones_work(client: Any, endpoint: SampleEndpoint) -> None:
    endpoint.faults = Faults(credentials_live_for=2)
    for _ in range(2):
        client.get_cost_and_usage(**ASKED)
    assert refused(client) == (400, "ExpiredTokenException")
    client_of(endpoint, access_key="renewed").get_cost_and_usage(**ASKED)


def test_cost_explorer_may_not_be_enabled(client: Any, endpoint: SampleEndpoint) -> None:
    endpoint.faults = Faults(is_not_enabled=True)
    with pytest.raises(ClientError, match=r"AccessDeniedException.*User not enabled for cost explorer access"):
        client.get_cost_and_usage(**ASKED)


def test_an_account_may_be_too_new(client: Any, endpoint: SampleEndpoint) -> None:
    endpoint.faults = Faults(is_too_new=True)
    with pytest.raises(client.exceptions.DataUnavailableException, match="data might not be ingested yet"):
        client.get_cost_and_usage(**ASKED)


def test_many_callers_at_once_get_the_same_answer(endpoint: SampleEndpoint, rows: list[Row]) -> None:
    endpoint.page_size = 11
    client, expected = client_of(endpoint), truth(rows, START, END, SERVICE)
    with ThreadPoolExecutor(8) as pool:
        assert all(got == expected for got in pool.map(lambda _: answered(client, ASKED), range(8)))


def test_a_server_that_stopped_does_not_answer(organization: Organization) -> None:
    with SampleEndpoint(organization) as endpoint:
        client = client_of(endpoint)
        client.get_cost_and_usage(**ASKED)
    with pytest.raises(BrokenConnection):
        client.get_cost_and_usage(**ASKED)


def test_only_posts_are_answered(endpoint: SampleEndpoint) -> None:
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(endpoint.url)
    with caught.value:
        assert caught.value.code == 501


def test_tomorrow_can_be_served(client: Any, endpoint: SampleEndpoint, organization: Organization) -> None:
    today = organization.today
    asked = request(today, today + 2 * DAY)
    before = answered(client, asked)
    endpoint.serve(organization.on(today + DAY))
    after = answered(client, asked)
    assert after[today.isoformat(), ()]["UnblendedCost"] > before[today.isoformat(), ()]["UnblendedCost"]
    assert after[(today + DAY).isoformat(), ()]["UnblendedCost"] > 0
    assert set(METRICS) == set(after[today.isoformat(), ()])
