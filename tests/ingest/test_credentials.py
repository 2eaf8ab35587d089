"""Who asks, and whose data it is: AWS's own variables and files, assumed roles, identities."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import count
from pathlib import Path

import pytest
from moto import mock_aws

from costlib import errors
from costlib.config import Settings
from costlib.ingest.client import connect
from costlib.ingest.identity import OWN_VIEW, source_identity, who_asks
from costlib.sample.faults import Faults
from costlib.sample.organization import tiny_organization
from costlib.sample.server import SampleEndpoint
from tests.ingest.asking import COST, Time, client_of
from tests.ingest.scripted_endpoint import Received, Reply, ScriptedEndpoint, refusal

PAYER_ROLE = "arn:aws:iam::444455556666:role/showback-sync"
VIEW = "arn:aws:billing::777788889999:billingview/custom-1"
KEYS = {"AWS_ACCESS_KEY_ID": "AKIDOWN", "AWS_SECRET_ACCESS_KEY": "own"}


@pytest.fixture(autouse=True)
def _bare_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No AWS set-up: no variables, no files, no instance metadata."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


@pytest.fixture
def time() -> Time:
    return Time()


class Sts(ScriptedEndpoint):
    """Grants a new access key each time: GRANTED1, GRANTED2, … for `seconds`."""

    def __init__(self, seconds: float = 3600) -> None:
        super().__init__()
        self._granted, self._seconds = count(1), seconds

    def reply_to(self, received: Received) -> Reply:
        super().reply_to(received)
        until = datetime.now(UTC) + timedelta(seconds=self._seconds)
        return Reply(
            body=f"""<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult>
            <Credentials><AccessKeyId>GRANTED{next(self._granted)}</AccessKeyId><SecretAccessKey>s</SecretAccessKey>
            <SessionToken>t</SessionToken><Expiration>{until:%Y-%m-%dT%H:%M:%SZ}</Expiration></Credentials>
            </AssumeRoleResult></AssumeRoleResponse>""".encode()
        )


@pytest.fixture
def sts(monkeypatch: pytest.MonkeyPatch) -> Iterator[Sts]:
    with Sts() as endpoint:
        monkeypatch.setenv("AWS_ENDPOINT_URL_STS", endpoint.url)
        yield endpoint


def set_environ(monkeypatch: pytest.MonkeyPatch, **variables: str) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)


def key_of(received: Received) -> str:
    return received.authorization.partition("Credential=")[2].partition("/")[0]


def ask(settings: Settings, run_id: str = "run-1") -> None:
    connect(settings, run_id=run_id).ask("GetCostAndUsage", COST)


def test_awss_own_variables_lead_to_the_endpoint_and_the_key(monkeypatch: pytest.MonkeyPatch) -> None:
    with ScriptedEndpoint() as endpoint:
        set_environ(monkeypatch, AWS_ENDPOINT_URL_COST_EXPLORER=endpoint.url, **KEYS)
        ask(Settings())
    (received,) = endpoint.received
    assert key_of(received) == "AKIDOWN"
    assert "/us-east-1/ce/aws4_request" in received.authorization


def test_a_profile_brings_its_keys_its_region_and_its_endpoint(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with ScriptedEndpoint() as endpoint:
        (tmp_path / "config").write_text(
            "[profile finops]\nregion = eu-central-1\nservices = here\n"
            f"[services here]\ncost_explorer =\n  endpoint_url = {endpoint.url}\n"
        )
        (tmp_path / "credentials").write_text("[finops]\naws_access_key_id = AKIDPROFILE\naws_secret_access_key = x\n")
        set_environ(monkeypatch, AWS_PROFILE="finops")
        ask(Settings())
    (received,) = endpoint.received
    assert key_of(received) == "AKIDPROFILE"
    assert "/eu-central-1/ce/" in received.authorization


@pytest.mark.parametrize(
    ("variables", "region"), [({"AWS_REGION": "us-gov-west-1"}, "us-gov-west-1"), ({}, "us-east-1")]
)
def test_the_region_decides_the_partition_that_is_asked(
    variables: dict[str, str], region: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ScriptedEndpoint() as endpoint:
        set_environ(monkeypatch, AWS_ENDPOINT_URL_COST_EXPLORER=endpoint.url, **KEYS, **variables)
        ask(Settings())
    assert f"/{region}/ce/" in endpoint.received[0].authorization


def test_without_credentials_nothing_is_sent_and_the_remedy_says_how_to_get_them(time: Time) -> None:
    with ScriptedEndpoint() as endpoint:
        for client in (connect(Settings(), endpoint_url=endpoint.url), client_of(endpoint.url, time, environ={})):
            with pytest.raises(errors.CredentialsMissing) as caught:
                client.ask("GetCostAndUsage", COST)
            assert "AWS_PROFILE" in caught.value.remedy
    assert not endpoint.received


def test_half_a_key_is_no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    set_environ(monkeypatch, AWS_ACCESS_KEY_ID="AKIDOWN")
    with pytest.raises(errors.CredentialsMissing) as caught:
        ask(Settings())
    assert "AWS_SECRET_ACCESS_KEY" in caught.value.message


def test_a_profile_that_does_not_exist_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    set_environ(monkeypatch, AWS_PROFILE="nobody")
    with pytest.raises(errors.CredentialsMissing) as caught:
        ask(Settings())
    assert "nobody" in caught.value.message


def test_an_endpoint_that_is_no_url_is_a_configuration_error(monkeypatch: pytest.MonkeyPatch) -> None:
    set_environ(monkeypatch, AWS_ENDPOINT_URL_COST_EXPLORER="cost explorer", **KEYS)
    with pytest.raises(errors.ConfigError) as caught:
        ask(Settings())
    assert "AWS_ENDPOINT_URL_COST_EXPLORER" in caught.value.message


def test_a_stand_in_environment_sees_nothing_of_this_machine(
    time: Time, monkeypatch: pytest.MonkeyPatch, sample_endpoint: SampleEndpoint
) -> None:
    set_environ(monkeypatch, AWS_PROFILE="nobody", AWS_ENDPOINT_URL_COST_EXPLORER="http://127.0.0.1:9")
    assert client_of(sample_endpoint.url, time).ask("GetCostAndUsage", COST).attempts == 1


def test_a_stand_in_environment_without_keys_does_not_borrow_the_machines(
    time: Time, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_environ(monkeypatch, **KEYS)
    with ScriptedEndpoint() as endpoint, pytest.raises(errors.CredentialsMissing):
        client_of(endpoint.url, time, environ={}).ask("GetCostAndUsage", COST)
    assert not endpoint.received


def test_a_role_is_assumed_with_its_external_id_under_the_name_of_the_run(
    sts: Sts, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ScriptedEndpoint() as endpoint:
        set_environ(monkeypatch, AWS_ENDPOINT_URL_COST_EXPLORER=endpoint.url, **KEYS)
        ask(Settings(role_arn=PAYER_ROLE, external_id="agreed-42"), run_id="20261124T12:00:00Z+")
    (assumed,) = sts.received
    assert key_of(assumed) == "AKIDOWN"
    assert assumed.form["RoleArn"] == PAYER_ROLE
    assert assumed.form["ExternalId"] == "agreed-42"
    assert assumed.form["RoleSessionName"] == "20261124T12-00-00Z+"
    assert key_of(endpoint.received[0]) == "GRANTED1"


def test_no_external_id_is_sent_when_none_is_set(sts: Sts, monkeypatch: pytest.MonkeyPatch) -> None:
    with ScriptedEndpoint() as endpoint:
        set_environ(monkeypatch, AWS_ENDPOINT_URL_COST_EXPLORER=endpoint.url, **KEYS)
        ask(Settings(role_arn=PAYER_ROLE))
    assert "ExternalId" not in sts.received[0].form


def test_a_role_that_expires_in_the_middle_is_assumed_again_and_no_page_is_lost(
    sts: Sts, monkeypatch: pytest.MonkeyPatch
) -> None:
    with SampleEndpoint(tiny_organization(date(2026, 11, 24)), Faults(credentials_live_for=3), page_size=5) as endpoint:
        set_environ(monkeypatch, AWS_ENDPOINT_URL_COST_EXPLORER=endpoint.url, **KEYS)
        client = connect(Settings(role_arn=PAYER_ROLE, requests_per_second=10_000))
        token, pages, attempts = "", 0, 0
        while pages == 0 or token:
            answer = client.ask("GetCostAndUsage", COST | ({"NextPageToken": token} if token else {}))
            token, pages, attempts = answer.body.get("NextPageToken", ""), pages + 1, attempts + answer.attempts
    assert pages == 5
    assert attempts == 6
    assert len(sts.received) == 2


def test_a_role_is_assumed_again_before_it_expires(monkeypatch: pytest.MonkeyPatch) -> None:
    with Sts(seconds=60) as short_lived, ScriptedEndpoint() as endpoint:
        set_environ(monkeypatch, AWS_ENDPOINT_URL_STS=short_lived.url, AWS_ENDPOINT_URL_COST_EXPLORER=endpoint.url)
        set_environ(monkeypatch, **KEYS)
        client = connect(Settings(role_arn=PAYER_ROLE, requests_per_second=10_000))
        for _ in range(3):
            client.ask("GetCostAndUsage", COST)
    assert len({key_of(r) for r in endpoint.received}) >= 2


def test_a_role_that_may_not_be_assumed_points_to_its_trust_policy(monkeypatch: pytest.MonkeyPatch) -> None:
    body = (
        '<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type>'
        "<Code>AccessDenied</Code><Message>User: arn:aws:iam::1:user/x is not authorized to perform: sts:AssumeRole "
        f"on resource: {PAYER_ROLE}</Message></Error></ErrorResponse>"
    )
    with ScriptedEndpoint(Reply(403, body.encode())) as denying, ScriptedEndpoint() as endpoint:
        set_environ(monkeypatch, AWS_ENDPOINT_URL_STS=denying.url, AWS_ENDPOINT_URL_COST_EXPLORER=endpoint.url, **KEYS)
        with pytest.raises(errors.AccessDenied) as caught:
            ask(Settings(role_arn=PAYER_ROLE))
    assert caught.value.action == "sts:AssumeRole"
    assert "trust-policy.json" in caught.value.remedy
    assert not endpoint.received


@mock_aws
def test_a_role_asks_as_its_own_account(monkeypatch: pytest.MonkeyPatch) -> None:
    assert who_asks(Settings()).account_id == "123456789012"
    caller = who_asks(Settings(role_arn=PAYER_ROLE, external_id="agreed-42"))
    assert caller.account_id == "444455556666"
    assert caller.partition == "aws"
    assert "assumed-role/showback-sync" in caller.arn


@mock_aws
def test_a_warehouse_belongs_to_the_account_that_asks() -> None:
    assert source_identity(Settings()) == f"aws:123456789012|{OWN_VIEW}"


def test_a_role_or_a_billing_view_names_the_account_without_asking_anybody() -> None:
    assert source_identity(Settings(role_arn=PAYER_ROLE)) == f"aws:444455556666|{OWN_VIEW}"
    assert source_identity(Settings(billing_view_arn=VIEW)) == f"aws:777788889999|{VIEW}"
    assert source_identity(Settings(role_arn=PAYER_ROLE, billing_view_arn=VIEW)) == f"aws:777788889999|{VIEW}"


@pytest.mark.parametrize(
    ("settings", "key"),
    [(Settings(role_arn="showback-sync"), "role_arn"), (Settings(billing_view_arn="arn:x"), "billing_view_arn")],
)
def test_an_arn_that_is_none_is_a_configuration_error(settings: Settings, key: str) -> None:
    with pytest.raises(errors.ConfigError) as caught:
        source_identity(settings)
    assert caught.value.key == key


def test_an_endpoint_that_is_not_awss_is_the_identity_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    assert source_identity(Settings(), endpoint_url="http://ce.test:8080/") == f"http://ce.test:8080|{OWN_VIEW}"
    set_environ(monkeypatch, AWS_ENDPOINT_URL_COST_EXPLORER="https://key:secret@ce.test")
    assert source_identity(Settings()) == f"https://ce.test|{OWN_VIEW}"


def test_a_vpc_endpoint_of_awss_is_aws(monkeypatch: pytest.MonkeyPatch) -> None:
    url = "https://vpce-1.ce.us-east-1.vpce.amazonaws.com"
    set_environ(monkeypatch, AWS_ENDPOINT_URL_COST_EXPLORER=url)
    assert source_identity(Settings(role_arn=PAYER_ROLE)) == f"aws:444455556666|{OWN_VIEW}"


def test_where_sts_answers_beside_a_foreign_endpoint_the_account_counts_too(monkeypatch: pytest.MonkeyPatch) -> None:
    body = b"""<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>
        <Arn>arn:aws:iam::123456789012:user/x</Arn><UserId>X</UserId><Account>123456789012</Account>
        </GetCallerIdentityResult></GetCallerIdentityResponse>"""
    with ScriptedEndpoint(Reply(body=body)) as both:
        set_environ(monkeypatch, AWS_ENDPOINT_URL=both.url, **KEYS)
        assert source_identity(Settings()) == f"{both.url} aws:123456789012|{OWN_VIEW}"
    with ScriptedEndpoint(refusal("UnknownOperationException")) as only_cost_explorer:
        set_environ(monkeypatch, AWS_ENDPOINT_URL=only_cost_explorer.url)
        assert source_identity(Settings()) == f"{only_cost_explorer.url}|{OWN_VIEW}"


def test_an_account_that_cannot_be_found_out_is_not_guessed(monkeypatch: pytest.MonkeyPatch) -> None:
    with ScriptedEndpoint() as closed:
        url = closed.url
    set_environ(monkeypatch, AWS_ENDPOINT_URL_STS=url, **KEYS)
    with pytest.raises(errors.ServiceUnavailable) as caught:
        source_identity(Settings())
    assert "billing_view_arn" in caught.value.remedy


def test_without_credentials_there_is_no_identity() -> None:
    with pytest.raises(errors.CredentialsMissing):
        source_identity(Settings())
