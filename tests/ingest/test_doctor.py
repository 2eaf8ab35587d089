"""The doctor tries everything, says what to do, and costs cents."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal

import pytest

from costlib.cli import main as costlib
from costlib.config import Settings
from costlib.errors import CredentialsMissing, ServiceUnavailable
from costlib.ingest.commitments import OPERATIONS
from costlib.ingest.doctor import diagnose
from costlib.ingest.findings import Diagnosis, Finding, State
from costlib.ingest.identity import Caller
from costlib.periods import DAY
from costlib.sample.faults import Faults
from costlib.sample.organization import sample_organization, tiny_organization
from costlib.sample.server import SampleEndpoint
from tests.ingest.asking import Time, client_of
from tests.ingest.scripted_endpoint import Reply, ScriptedEndpoint

TODAY = date(2026, 11, 24)
CALLER = Caller("444455556666", "arn:aws:sts::444455556666:assumed-role/showback-sync/doctor")


def examine(
    faults: Faults | None = None, identify=lambda: CALLER, days: int = 45, accounts: int = 3, **settings
) -> Diagnosis:
    organization = tiny_organization(TODAY, days=days, accounts=accounts)
    with SampleEndpoint(organization, faults or Faults()) as endpoint:
        client = client_of(endpoint.url, Time(), **settings)
        diagnosis = diagnose(Settings(**settings), client, identify, "There", TODAY)
        assert diagnosis.requests == endpoint.paid_requests
    return diagnosis


def finding(diagnosis: Diagnosis, check: str) -> Finding:
    (found,) = (f for f in diagnosis.findings if f.check == check)
    return found


def states(diagnosis: Diagnosis) -> dict[str, State]:
    return {f.check: f.state for f in diagnosis.findings}


def test_a_healthy_payer_passes_every_check_for_a_few_cents() -> None:
    diagnosis = examine(tags=("application",), history_months=1)
    assert set(states(diagnosis).values()) == {State.ok}
    assert len(diagnosis.findings) == 16
    assert diagnosis.requests == 10
    assert diagnosis.request_cost_usd == Decimal("0.10")
    assert "$0.10" in finding(diagnosis, "price").detail
    assert "444455556666" in finding(diagnosis, "credentials").detail
    assert "Cost categories: 2." in finding(diagnosis, "ce:GetCostCategories").detail


def test_a_missing_optional_right_is_a_warning_that_names_its_action() -> None:
    diagnosis = examine(Faults(denied_operations=frozenset({"GetTags", "ListCostCategoryDefinitions"})))
    assert not diagnosis.failures
    warned = finding(diagnosis, "ce:GetTags")
    assert warned.state is State.warning
    assert "ce:GetTags" in warned.remedy
    assert "sync-policy.json" in warned.remedy
    assert finding(diagnosis, "ce:DescribeCostCategoryDefinition").state is State.skipped


def test_the_rights_to_commitments_are_optional_and_name_their_policy() -> None:
    diagnosis = examine(Faults(denied_operations=frozenset(OPERATIONS)))
    assert not diagnosis.failures
    for operation in OPERATIONS:
        warned = finding(diagnosis, f"ce:{operation}")
        assert warned.state is State.warning
        assert f"ce:{operation}" in warned.remedy
        assert "optional-commitments.json" in warned.remedy


def test_a_right_to_commitments_that_nobody_has_made_is_a_right_all_the_same() -> None:
    found = finding(examine(), "ce:GetReservationUtilization")
    assert found.state is State.ok
    assert found.detail == "Days of EC2 reservations: 0."


def test_a_missing_right_to_read_rules_is_a_warning() -> None:
    diagnosis = examine(Faults(denied_operations=frozenset({"DescribeCostCategoryDefinition"})))
    assert finding(diagnosis, "ce:DescribeCostCategoryDefinition").state is State.warning


def test_without_the_one_required_right_the_rest_is_not_asked() -> None:
    diagnosis = examine(Faults(denied_operations=frozenset({"GetCostAndUsage"})))
    (failure,) = diagnosis.failures
    assert failure.check == "ce:GetCostAndUsage"
    assert "ce:GetCostAndUsage" in failure.remedy
    assert not failure.is_temporary
    assert diagnosis.requests == 0
    assert finding(diagnosis, "ce:GetTags").state is State.skipped


def test_a_cost_explorer_that_was_never_switched_on_is_told_apart_from_a_missing_right() -> None:
    (failure,) = examine(Faults(is_not_enabled=True)).failures
    assert "never switched on" in failure.detail
    assert "console" in failure.remedy


def test_a_new_account_is_told_to_come_back() -> None:
    (failure,) = examine(Faults(is_too_new=True)).failures
    assert failure.is_temporary


def test_an_account_without_any_cost_is_told_to_come_back() -> None:
    (failure,) = examine(Faults(first_day_with_data=TODAY + 30 * DAY)).failures
    assert failure.check == "history"
    assert failure.is_temporary


def test_a_history_shorter_than_asked_for_is_a_warning_with_its_first_month() -> None:
    found = finding(examine(days=45), "history")
    assert found.state is State.warning
    assert "2026-10" in found.detail
    refused = finding(examine(Faults(refuses_before=date(2026, 10, 1)), days=45), "history")
    assert refused.state is State.warning
    assert "refuses to go back beyond 2026-10-01" in refused.detail


def test_refused_months_are_not_paid_for() -> None:
    assert examine(Faults(refuses_before=date(2026, 10, 1))).requests == 10


def test_missing_net_metrics_are_a_warning() -> None:
    found = finding(examine(Faults(lacks_net_metrics=True)), "cost metrics")
    assert found.state is State.warning
    assert "Net unblended" in found.detail


def test_a_label_that_does_not_exist_is_named() -> None:
    diagnosis = examine(tags=("application", "tema"), cost_categories=("Team", "Squad"))
    assert "Not among them: tema." in finding(diagnosis, "ce:GetTags").detail
    assert "Not among them: Squad." in finding(diagnosis, "ce:GetCostCategories").detail


def test_a_single_account_is_asked_whether_it_is_the_payer() -> None:
    found = finding(examine(accounts=1), "ce:GetDimensionValues")
    assert found.state is State.warning
    assert "role_arn" in found.remedy


def test_missing_credentials_are_said_once() -> None:
    def nobody() -> Caller:
        raise CredentialsMissing("No usable AWS credentials: Unable to locate credentials.", "Get some.")

    client = client_of("http://127.0.0.1:9", Time(), environ={})
    diagnosis = diagnose(Settings(), client, nobody, "There", TODAY)
    assert [f.check for f in diagnosis.failures] == ["credentials"]
    assert finding(diagnosis, "ce:GetCostAndUsage").state is State.skipped


def test_an_identity_that_cannot_be_asked_does_not_stop_the_rest() -> None:
    def unreachable() -> Caller:
        raise ServiceUnavailable("STS does not answer.", "Wait.")

    diagnosis = examine(identify=unreachable)
    assert finding(diagnosis, "credentials").state is State.warning
    assert not diagnosis.failures


IDENTITY = Reply(
    body=b"""<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>
    <Arn>arn:aws:iam::123456789012:user/x</Arn><UserId>X</UserId><Account>123456789012</Account>
    </GetCallerIdentityResult></GetCallerIdentityResponse>"""
)


@pytest.mark.parametrize(
    ("faults", "code"),
    [
        (Faults(), 0),
        (Faults(denied_operations=frozenset({"GetCostCategories"})), 0),
        (Faults(denied_operations=frozenset({"GetCostAndUsage"})), 2),
        (Faults(is_too_new=True), 3),
    ],
    ids=["healthy", "warned", "denied", "too new"],
)
def test_the_exit_code_says_whether_time_or_a_person_must_act(
    faults: Faults, code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with SampleEndpoint(tiny_organization(TODAY), faults) as endpoint, ScriptedEndpoint(IDENTITY) as sts:
        monkeypatch.delenv("AWS_PROFILE", raising=False)
        monkeypatch.setenv("AWS_ENDPOINT_URL_COST_EXPLORER", endpoint.url)
        monkeypatch.setenv("AWS_ENDPOINT_URL_STS", sts.url)
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKID")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "x")
        monkeypatch.setenv("COSTLIB_REQUESTS_PER_SECOND", "100")
        monkeypatch.setattr("costlib.ingest.client.utc_now", lambda: Time().date())
        assert costlib(["doctor", "--source", "aws", "--json"]) == code
    printed = json.loads(capsys.readouterr().out)
    assert printed["requests"] == endpoint.paid_requests
    assert {f["check"] for f in printed["findings"]} >= {"credentials", "ce:GetCostAndUsage", "price"}
    assert endpoint.url in json.dumps(printed)


def test_the_sample_organization_is_healthy_and_shown_as_a_table(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    small = sample_organization(TODAY, accounts=4, services=5, services_per_account=3)
    monkeypatch.setattr("costlib.sample.organization.sample_organization", lambda today: small)
    monkeypatch.setattr("costlib.ingest.client.utc_now", lambda: Time().date())
    assert costlib(["doctor", "--source", "sample"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert any(line.startswith("ce:GetCostAndUsage") and "ok" in line for line in lines)
    assert any("10 paid requests: $0.10." in line for line in lines)
    assert max(map(len, lines)) <= 100
