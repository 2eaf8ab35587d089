"""The past changes on request, and the rest of it stays."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from costlib.sample.organization import Organization
from costlib.sample.server import SampleEndpoint
from tests.sample.asking import METRICS, Row, answered, request, truth

START, END = date(2026, 10, 11), date(2026, 11, 25)
DAY = date(2026, 11, 3)
ACCOUNT, SERVICE, RECORD_TYPE, TEAM = (
    ("DIMENSION", "LINKED_ACCOUNT"),
    ("DIMENSION", "SERVICE"),
    ("DIMENSION", "RECORD_TYPE"),
    ("COST_CATEGORY", "Team"),
)


def _key(rows: list[Row], record_type: str = "Usage") -> dict[str, Any]:
    row = next(r for r in rows if r["charge_date"] == DAY and r["record_type"] == record_type)
    return {k: row[k] for k in ("charge_date", "usage_account_id", "service", "record_type")}


def test_a_restatement_changes_one_key_on_one_day(client: Any, endpoint: SampleEndpoint, rows: list[Row]) -> None:
    key, delta = _key(rows), Decimal("-0.0000000001")
    asked = request(START, END, ACCOUNT, SERVICE)
    expected = answered(client, asked)
    endpoint.restate(**key, delta=delta)
    for metric in METRICS:
        expected[DAY.isoformat(), (key["usage_account_id"], key["service"])][metric] += delta
    assert answered(client, asked) == expected == truth(endpoint.charges().to_pylist(), START, END, ACCOUNT, SERVICE)


def test_restatements_add_up_and_leave_the_organization_alone(
    client: Any, endpoint: SampleEndpoint, organization: Organization, rows: list[Row]
) -> None:
    for _ in range(2):
        endpoint.restate(**_key(rows), delta=Decimal("2.5"))
    assert organization.charges().to_pylist() == rows
    total = sum(m["UnblendedCost"] for m in answered(client, request(START, END)).values())
    assert total == sum(r["unblended_cost"] for r in rows) + 5


@pytest.mark.parametrize("record_type", ["Refund", "Other out-of-cycle charges"])
def test_a_restatement_may_bring_a_key_that_was_not_there(
    client: Any, endpoint: SampleEndpoint, organization: Organization, record_type: str
) -> None:
    account = organization.accounts[0].account_id
    endpoint.restate(
        charge_date=DAY, usage_account_id=account, service="Tax", record_type=record_type, delta=Decimal("-3.25")
    )
    tax = {"Dimensions": {"Key": "RECORD_TYPE", "Values": [record_type]}}
    got = answered(client, request(DAY, date(2026, 11, 4), ACCOUNT, SERVICE, Filter=tax))
    assert {k: m["NetAmortizedCost"] for k, m in got.items()} == {(DAY.isoformat(), (account, "Tax")): Decimal("-3.25")}


def test_a_group_may_vanish(client: Any, endpoint: SampleEndpoint, rows: list[Row]) -> None:
    key = _key(rows, "DiscountedUsage")
    asked = request(DAY, date(2026, 11, 4), ACCOUNT, RECORD_TYPE)
    cell = DAY.isoformat(), (key["usage_account_id"], "DiscountedUsage")
    expected = answered(client, asked)
    assert cell in expected
    endpoint.withdraw(**key)
    del expected[cell]
    assert answered(client, asked) == expected


def test_a_cost_category_may_change_for_the_past(
    client: Any, endpoint: SampleEndpoint, organization: Organization, rows: list[Row]
) -> None:
    account, since = organization.accounts[2].account_id, date(2026, 11, 1)
    endpoint.recategorize("cost_category:Team", account, "New $team", since)
    moved = [
        {**r, "cost_category:Team": "New $team"}
        if r["usage_account_id"] == account and r["charge_date"] >= since
        else r
        for r in rows
    ]
    assert answered(client, request(START, END, ACCOUNT, TEAM)) == truth(moved, START, END, ACCOUNT, TEAM)
    assert answered(client, request(START, END)) == truth(rows, START, END)
    assert (
        "New $team"
        in client.get_cost_categories(TimePeriod={"Start": "2026-11-01", "End": "2026-11-25"}, CostCategoryName="Team")[
            "CostCategoryValues"
        ]
    )
    definitions = client.list_cost_category_definitions()["CostCategoryReferences"]
    starts = {d["Name"]: (d["EffectiveStart"], d["Values"][0]) for d in definitions}
    assert starts["Team"] == ("2026-11-01T00:00:00Z", "New $team")
    assert starts["Environment"][0] == "2024-01-01T00:00:00Z"


def test_a_definition_may_change_alone_and_the_list_shows_no_changed_rule(
    client: Any, endpoint: SampleEndpoint
) -> None:
    before = client.list_cost_category_definitions()["CostCategoryReferences"]
    arn = next(d["CostCategoryArn"] for d in before if d["Name"] == "Team")
    charges = endpoint.charges().to_pylist()
    rule = replace(
        endpoint.organization.cost_categories[0].rules[-1], expression={"Tags": {"Key": "team", "Values": ["x"]}}
    )
    endpoint.redefine("Team", lambda category: replace(category, rules=(*category.rules[:-1], rule)))
    assert client.list_cost_category_definitions()["CostCategoryReferences"] == before
    described = client.describe_cost_category_definition(CostCategoryArn=arn)["CostCategory"]["Rules"]
    assert described[-1]["Rule"] == {"Tags": {"Key": "team", "Values": ["x"]}}
    assert endpoint.charges().to_pylist() == charges
