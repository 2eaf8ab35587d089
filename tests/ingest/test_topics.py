"""Messages to SNS topics, against moto's SNS and an endpoint that refuses."""

from __future__ import annotations

import boto3
import pytest
from moto import mock_aws
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.sns.models import sns_backends

from costlib.alerts.message import Message
from costlib.channels import Channel
from costlib.errors import AccessDenied, ChannelUnreachable, RequestRefused
from costlib.ingest.topics import LONGEST_SUBJECT, publish, subject
from tests.alerts.receiving import free_port, hook

REGION = "eu-central-1"
MESSAGE = Message("Cost alert: −$5 – new…", "What happened\n", "<p>never sent</p>")
KEYS = {"AWS_ACCESS_KEY_ID": "AKIDPLANTED", "AWS_SECRET_ACCESS_KEY": "planted-secret", "AWS_REGION": "us-east-1"}


@pytest.fixture(autouse=True)
def _keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)


def topic(name: str = "costs") -> Channel:
    return Channel("ops", topic_arn=f"arn:aws:sns:{REGION}:{DEFAULT_ACCOUNT_ID}:{name}")


@mock_aws
def test_a_topic_gets_the_text_in_its_own_region() -> None:
    boto3.client("sns", region_name=REGION).create_topic(Name="costs")
    publish(topic(), MESSAGE, KEYS)
    ((_, text, title, *_),) = sns_backends[DEFAULT_ACCOUNT_ID][REGION].topics[topic().topic_arn].sent_notifications
    assert (text, title) == ("What happened\n", "Cost alert: -$5 - new...")


@mock_aws
def test_a_topic_that_does_not_exist_is_a_request_to_mend() -> None:
    with pytest.raises(RequestRefused, match="sns:Publish"):
        publish(topic("other"), MESSAGE, KEYS)


def test_a_missing_right_is_named_with_the_policy(monkeypatch: pytest.MonkeyPatch) -> None:
    body = b"""<ErrorResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><Error><Type>Sender</Type>
        <Code>AuthorizationError</Code><Message>User: arn:aws:iam::1:user/me is not authorized to perform: SNS:Publish
        </Message></Error></ErrorResponse>"""
    with hook(status=403, answer=body) as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL_SNS", f"http://127.0.0.1:{server.port}")
        with pytest.raises(AccessDenied) as denied:
            publish(topic(), MESSAGE)
    assert denied.value.action == "sns:Publish"
    assert "deploy/iam/optional-sns.json" in denied.value.remedy
    assert "planted-secret" not in str(denied.value)


def test_an_endpoint_that_is_not_there_is_a_channel_out_of_reach(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_SNS", f"http://127.0.0.1:{free_port()}")
    with pytest.raises(ChannelUnreachable, match="'ops'"):
        publish(topic(), MESSAGE)


def test_a_subject_is_what_sns_takes() -> None:
    assert subject("Über\n100 €" + "x" * 200) == ("?ber 100 ?" + "x" * 200)[:LONGEST_SUBJECT]
    assert subject(" ") == "Cloud cost"
