"""Answers that are wrong, or less than was asked for."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from botocore.exceptions import ClientError

from costlib.sample.faults import Faults
from costlib.sample.server import SampleEndpoint
from tests.sample.asking import Row, answered, pages, request, truth

START, END = date(2026, 11, 1), date(2026, 11, 25)
SERVICE = ("DIMENSION", "SERVICE")
ASKED = request(START, END, SERVICE)


def test_history_may_begin_later_than_asked(client: Any, endpoint: SampleEndpoint, rows: list[Row]) -> None:
    first = date(2026, 11, 10)
    endpoint.faults = Faults(first_day_with_data=first)
    assert answered(client, ASKED) == truth(rows, first, END, SERVICE)
    endpoint.faults = Faults()
    assert answered(client, ASKED) == truth(rows, START, END, SERVICE)


def test_history_may_be_refused(client: Any, endpoint: SampleEndpoint) -> None:
    endpoint.faults = Faults(refuses_before=date(2026, 11, 10))
    with pytest.raises(ClientError, match="You haven't enabled historical data beyond 14 months"):
        client.get_cost_and_usage(**ASKED)
    client.get_cost_and_usage(**request(date(2026, 11, 10), END, SERVICE))


def test_net_metrics_may_be_missing(client: Any, endpoint: SampleEndpoint) -> None:
    endpoint.faults = Faults(lacks_net_metrics=True)
    for asked in (ASKED, request(START, END)):
        assert {frozenset(m) for m in answered(client, asked).values()} == {
            frozenset({"UnblendedCost", "AmortizedCost", "BlendedCost"})
        }


def test_two_currencies_may_come_at_once(client: Any, endpoint: SampleEndpoint) -> None:
    endpoint.faults = Faults(second_currency="EUR")
    page = client.get_cost_and_usage(**ASKED)
    units = {m["Unit"] for r in page["ResultsByTime"] for g in r["Groups"] for m in g["Metrics"].values()}
    assert units == {"USD", "EUR"}


@pytest.mark.parametrize("amount", ["1e30", "0.12345678901", "NaN"])
def test_an_amount_may_be_odd(client: Any, endpoint: SampleEndpoint, amount: str) -> None:
    endpoint.faults = Faults(odd_amount=amount)
    results = client.get_cost_and_usage(**ASKED)["ResultsByTime"]
    assert amount in {m["Amount"] for r in results for g in r["Groups"] for m in g["Metrics"].values()}


def test_a_key_may_come_twice(client: Any, endpoint: SampleEndpoint) -> None:
    endpoint.faults = Faults(repeats_a_key=True)
    with pytest.raises(AssertionError, match="came twice"):
        answered(client, ASKED)


def test_a_label_may_come_without_its_prefix(client: Any, endpoint: SampleEndpoint) -> None:
    endpoint.faults = Faults(lacks_label_prefix=True)
    keys = {k for _, (k,) in answered(client, request(START, END, ("COST_CATEGORY", "Team")))}
    assert any(not k.startswith("Team$") for k in keys)


def test_the_last_token_may_be_empty(client: Any, endpoint: SampleEndpoint, rows: list[Row]) -> None:
    endpoint.faults = Faults(ends_with_empty_token=True)
    assert client.get_cost_and_usage(**ASKED)["NextPageToken"] == ""
    assert answered(client, ASKED) == truth(rows, START, END, SERVICE)


def test_the_last_page_may_be_empty(client: Any, endpoint: SampleEndpoint, rows: list[Row]) -> None:
    endpoint.faults = Faults(ends_with_empty_page=True)
    assert [len(p["ResultsByTime"]) for p in pages(client, ASKED)] == [24, 0]
    assert answered(client, ASKED) == truth(rows, START, END, SERVICE)


def test_a_cost_category_may_be_in_processing(client: Any, endpoint: SampleEndpoint) -> None:
    endpoint.faults = Faults(processing_categories=frozenset({"Team"}))
    references = client.list_cost_category_definitions()["CostCategoryReferences"]
    assert {r["Name"]: r["ProcessingStatus"][0]["Status"] for r in references} == {
        "Team": "PROCESSING",
        "Environment": "APPLIED",
    }
