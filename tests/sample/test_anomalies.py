"""GetAnomalies against the planted anomalies and the ledger's own spend."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from botocore.exceptions import ClientError

from costlib.periods import DAY
from costlib.sample.organization import Organization, sample_organization
from costlib.sample.plan import AnomalyKind
from costlib.sample.server import SampleEndpoint
from tests.sample.asking import client_of

TODAY = date(2026, 11, 25)
ALL = {"DateInterval": {"StartDate": "2026-09-01"}}


@pytest.fixture(scope="module")
def company() -> Organization:
    return sample_organization(TODAY, accounts=8, services=8)


@pytest.fixture(scope="module")
def ce(company: Organization) -> Iterator[Any]:
    with SampleEndpoint(company) as endpoint:
        yield client_of(endpoint)


def test_the_quarters_anomalies_are_told_with_their_root_the_latest_first(company: Organization, ce: Any) -> None:
    found = ce.get_anomalies(**ALL)["Anomalies"]
    planted = sorted((a for a in company.anomalies if a.first_day >= date(2026, 9, 1)), key=lambda a: a.first_day)
    assert {a.kind for a in planted} == set(AnomalyKind)
    assert [a["AnomalyStartDate"][:10] for a in found] == [str(a.first_day) for a in reversed(planted)]
    for told, true in zip(found, reversed(planted), strict=True):
        (cause,) = told["RootCauses"]
        assert told["DimensionValue"] == cause["Service"] == true.cell.service
        assert (cause["LinkedAccount"], cause["UsageType"]) == (true.cell.usage_account_id, true.cell.usage_type)


def test_impact_is_what_was_added_and_the_spend_is_the_ledgers(company: Organization, ce: Any) -> None:
    spike = next(a for a in company.anomalies if a.kind is AnomalyKind.spike and a.first_day >= date(2026, 9, 1))
    told = next(a for a in ce.get_anomalies(**ALL)["Anomalies"] if a["AnomalyStartDate"][:10] == str(spike.first_day))
    spent = sum(
        r["net_unblended_cost"]
        for r in company.charges().to_pylist()
        if r["charge_date"] == spike.first_day and r["service"] == spike.cell.service and r["record_type"] == "Usage"
    )
    impact = told["Impact"]
    assert Decimal(str(impact["TotalImpact"])) == round(spike.extra_cost, 4)
    assert Decimal(str(impact["TotalActualSpend"])) == round(spent, 4)
    assert impact["TotalExpectedSpend"] == pytest.approx(float(spent - spike.extra_cost), abs=1e-3)


def test_an_anomaly_that_goes_on_grows_and_keeps_its_id(company: Organization) -> None:
    ramp = next(a for a in company.anomalies if a.first_day == date(2026, 11, 9))
    told = []
    for seen_on in (ramp.first_day + 1 * DAY, ramp.first_day + 2 * DAY, ramp.first_day + 9 * DAY):
        with SampleEndpoint(company.on(seen_on)) as endpoint:
            found = client_of(endpoint).get_anomalies(**ALL)["Anomalies"]
        told.append(next((a for a in found if a["AnomalyStartDate"][:10] == str(ramp.first_day)), None))
    too_early, young, older = told
    assert young
    assert older
    assert too_early is None, "its first day has not arrived whole"
    assert young["AnomalyId"] == older["AnomalyId"]
    assert young["AnomalyEndDate"] < older["AnomalyEndDate"]
    assert young["Impact"]["TotalImpact"] < older["Impact"]["TotalImpact"]


def test_ninety_days_are_kept(ce: Any) -> None:
    found = ce.get_anomalies(DateInterval={"StartDate": "2026-01-01"})["Anomalies"]
    assert min(a["AnomalyEndDate"] for a in found) >= str(TODAY - 90 * DAY)


def test_pages_hold_them_all_once(ce: Any) -> None:
    everything = ce.get_anomalies(**ALL)["Anomalies"]
    pages = list(ce.get_paginator("get_anomalies").paginate(**ALL, MaxResults=1))
    assert len(pages) == len(everything) > 1
    assert [a for page in pages for a in page["Anomalies"]] == everything


@pytest.mark.parametrize(
    ("operator", "values", "kept"),
    [
        ("GREATER_THAN", {"StartValue": 0}, 3),
        ("GREATER_THAN_OR_EQUAL", {"StartValue": 1e9}, 0),
        ("BETWEEN", {"StartValue": 0, "EndValue": 1e9}, 3),
        ("LESS_THAN", {"StartValue": 1e9}, 3),
        ("LESS_THAN_OR_EQUAL", {"StartValue": 0}, 0),
        ("EQUAL", {"StartValue": 1}, 0),
    ],
)
def test_they_can_be_asked_for_by_impact(ce: Any, operator: str, values: dict[str, float], kept: int) -> None:
    found = ce.get_anomalies(**ALL, TotalImpact={"NumericOperator": operator, **values})["Anomalies"]
    assert len(found) == kept


def test_another_monitor_has_found_nothing_and_nobody_gave_feedback(ce: Any) -> None:
    own = ce.get_anomalies(**ALL)["Anomalies"][0]["MonitorArn"]
    assert len(ce.get_anomalies(**ALL, MonitorArn=own)["Anomalies"]) == 3
    assert ce.get_anomalies(**ALL, MonitorArn=own + "x")["Anomalies"] == []
    assert ce.get_anomalies(**ALL, Feedback="YES")["Anomalies"] == []


@pytest.mark.parametrize(
    "asked",
    [{"StartDate": "2026-11-02", "EndDate": "2026-11-01"}, {"StartDate": "November"}],
)
def test_days_that_make_no_sense_are_refused(ce: Any, asked: dict[str, str]) -> None:
    with pytest.raises(ClientError, match="ValidationException"):
        ce.get_anomalies(DateInterval=asked)
