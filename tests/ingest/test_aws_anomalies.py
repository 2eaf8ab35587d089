"""AWS's own anomalies: asked once a day, kept after AWS forgot them, and never in the way of a sync."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from costlib.ingest import aws_anomalies
from costlib.periods import DAY
from costlib.sample.anomaly_answers import AnomalyAnswers
from costlib.sample.faults import Faults
from costlib.sample.organization import tiny_organization
from costlib.sample.refusals import invalid, stale_token
from costlib.sample.server import SampleEndpoint
from tests.ingest.syncing import NOON, rows_of, sync_from

ORGANIZATION = tiny_organization(NOON.date(), days=60)
ASK = "GetAnomalies"


@pytest.fixture
def endpoint() -> Iterator[SampleEndpoint]:
    with SampleEndpoint(ORGANIZATION) as endpoint:
        yield endpoint


STORED = "SELECT anomaly_id, first_day, last_day, total_impact, first_seen_at, read_at FROM aws_anomalies ORDER BY 2"


def test_they_are_stored_with_their_causes(tmp_path, endpoint):
    sync_from(endpoint, tmp_path, history_months=1)
    planted = [a for a in ORGANIZATION.anomalies if a.first_day < NOON.date() - DAY]
    found = rows_of(tmp_path, "SELECT first_day, dimension_value, total_impact FROM aws_anomalies ORDER BY 1")
    assert [(day, service) for day, service, _ in found] == [(a.first_day, a.cell.service) for a in planted]
    assert found[0][2] == round(planted[0].extra_cost, 4)
    causes = rows_of(tmp_path, "SELECT service, usage_account_id, usage_type, contribution FROM aws_anomaly_causes")
    assert {c[:3] for c in causes} == {(a.cell.service, a.cell.usage_account_id, a.cell.usage_type) for a in planted}


def test_aws_is_asked_once_a_day(tmp_path, endpoint):
    for hours, asked in ((0, 1), (3, 1), (24, 2)):
        endpoint.serve(ORGANIZATION.on((NOON + timedelta(hours=hours)).date()))
        sync_from(endpoint, tmp_path, history_months=1, now=NOON + timedelta(hours=hours))
        assert len(endpoint.requests_of(ASK)) == asked
    ((purpose, count),) = rows_of(
        tmp_path, f"SELECT purpose, COUNT(*) FROM requests WHERE operation = '{ASK}' GROUP BY purpose"
    )
    assert (purpose, count) == ("anomalies", 2)


def test_one_that_goes_on_is_replaced_and_one_that_aws_forgot_stays(tmp_path, endpoint):
    sync_from(endpoint, tmp_path, history_months=1)
    before = rows_of(tmp_path, STORED)
    endpoint.serve(ORGANIZATION.on(NOON.date() + DAY))
    sync_from(endpoint, tmp_path, history_months=1, now=NOON + DAY)
    after = rows_of(tmp_path, STORED)
    assert [row[:2] for row in after] == [row[:2] for row in before]
    assert after[-1][2] == before[-1][2] + DAY
    assert after[-1][3] > before[-1][3]
    assert (after[-1][4], after[-1][5]) == (NOON, NOON + DAY)
    later = NOON + 95 * DAY
    endpoint.serve(ORGANIZATION.on(later.date()))
    sync_from(endpoint, tmp_path, history_months=0, now=later)
    kept = rows_of(tmp_path, STORED)
    assert kept[0] == after[0]
    assert endpoint.requests_of(ASK)[-1].parameters["DateInterval"]["StartDate"] == str(later.date() - 90 * DAY)


def test_a_missing_right_is_noted_and_noted_no_more_once_it_is_there(tmp_path, endpoint):
    endpoint.faults = Faults(denied_operations=frozenset({ASK}))
    assert sync_from(endpoint, tmp_path, history_months=1).ties_out
    assert rows_of(tmp_path, "SELECT action FROM missing_rights") == [("ce:GetAnomalies",)]
    endpoint.faults = Faults()
    sync_from(endpoint, tmp_path, history_months=1, now=NOON + timedelta(hours=1))
    assert rows_of(tmp_path, "SELECT action FROM missing_rights") == []
    assert rows_of(tmp_path, STORED)


def test_all_pages_are_read(tmp_path, endpoint, monkeypatch):
    monkeypatch.setattr(aws_anomalies, "PAGE", 1)
    sync_from(endpoint, tmp_path, history_months=1)
    assert len(rows_of(tmp_path, STORED)) == len(endpoint.requests_of(ASK)) > 1


def test_another_billing_view_is_not_asked(tmp_path, endpoint):
    view = "arn:aws:billing::111122223333:billingview/custom-1"
    sync_from(endpoint, tmp_path, history_months=1, billing_view_arn=view)
    assert endpoint.requests_of(ASK) == []


@pytest.mark.parametrize("refusal", [invalid("No"), stale_token()])
def test_what_aws_cannot_answer_is_said_and_the_sync_goes_on(tmp_path, endpoint, monkeypatch, refusal):
    def refuse(*_: object) -> dict[str, object]:
        raise refusal

    monkeypatch.setattr(AnomalyAnswers, "anomalies", refuse)
    result = sync_from(endpoint, tmp_path, history_months=1)
    assert result.ties_out
    assert any("AWS's own anomalies were not read" in warning for warning in result.warnings)
    assert rows_of(tmp_path, STORED) == []


@pytest.mark.parametrize(
    ("member", "value", "said"),
    [("AnomalyStartDate", "soon", "the day soon"), ("Impact", {"MaxImpact": 1e300}, "the figure 1e+300")],
)
def test_a_garbled_answer_is_none(tmp_path, endpoint, monkeypatch, member, value, said):
    true = AnomalyAnswers.anomalies

    def garbled(self: AnomalyAnswers, request: Any) -> dict[str, Any]:
        answer: dict[str, Any] = true(self, request)
        answer["Anomalies"][0][member] = value
        return answer

    monkeypatch.setattr(AnomalyAnswers, "anomalies", garbled)
    result = sync_from(endpoint, tmp_path, history_months=1)
    assert any(said in warning for warning in result.warnings)
    assert rows_of(tmp_path, STORED) == []


def test_amounts_are_decimals_of_what_aws_wrote(tmp_path, endpoint):
    sync_from(endpoint, tmp_path, history_months=1)
    assert all(isinstance(row[3], Decimal) for row in rows_of(tmp_path, STORED))
