"""GetCostAndUsage equals the ledger, to the last digit."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from itertools import combinations, pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from costlib.sample.organization import Organization
from costlib.sample.server import SampleEndpoint
from tests.sample.asking import COLUMNS, METRICS, Row, answered, key_of, pages, request, truth

GROUPS = (
    *(("DIMENSION", key) for key in COLUMNS),
    ("COST_CATEGORY", "Team"),
    ("COST_CATEGORY", "Environment"),
    ("TAG", "application"),
)
GROUPINGS = ((), *((g,) for g in GROUPS), *combinations(GROUPS, 2))
START, END = date(2026, 10, 11), date(2026, 11, 25)


@pytest.mark.parametrize("granularity", ["DAILY", "MONTHLY"])
@pytest.mark.parametrize("group_by", GROUPINGS, ids=lambda g: "+".join(k for _, k in g) or "total")
def test_every_grouping_by_every_metric_is_the_sum_of_the_charges(
    shared_client: Any, rows: list[Row], group_by: tuple[tuple[str, str], ...], granularity: str
) -> None:
    asked = request(START, END, *group_by, granularity=granularity)
    assert answered(shared_client, asked) == truth(rows, START, END, *group_by, granularity=granularity)


def test_the_keys_of_a_pair_come_in_the_order_asked(shared_client: Any, rows: list[Row]) -> None:
    reverse = (("COST_CATEGORY", "Team"), ("DIMENSION", "SERVICE"))
    assert answered(shared_client, request(START, END, *reverse)) == truth(rows, START, END, *reverse)


@pytest.mark.parametrize("page_size", [1, 7, 1000, None])
@pytest.mark.parametrize("group_by", [(), GROUPS[:2]], ids=["total", "pair"])
def test_pages_of_any_size_bring_the_same_answer(
    client: Any, endpoint: SampleEndpoint, rows: list[Row], page_size: int | None, group_by: tuple[tuple[str, str], ...]
) -> None:
    endpoint.page_size = page_size
    start = date(2026, 11, 15)
    assert answered(client, request(start, END, *group_by)) == truth(rows, start, END, *group_by)


def test_a_page_may_end_within_a_day_and_holds_as_many_groups_as_it_can(client: Any, endpoint: SampleEndpoint) -> None:
    endpoint.page_size = 7
    got = list(pages(client, request(date(2026, 11, 1), END, GROUPS[0], GROUPS[1])))
    sizes = [sum(len(r["Groups"]) for r in p["ResultsByTime"]) for p in got]
    assert set(sizes[:-1]) == {7}
    assert any(a["ResultsByTime"][-1]["TimePeriod"] == b["ResultsByTime"][0]["TimePeriod"] for a, b in pairwise(got))


def test_every_page_is_paid_for(client: Any, endpoint: SampleEndpoint) -> None:
    endpoint.page_size = 10
    count = len(list(pages(client, request(START, END, GROUPS[1]))))
    assert count > 1
    assert endpoint.paid_requests == len(endpoint.requests_of("GetCostAndUsage")) == count


def test_days_without_charges_are_there_once_however_pages_fall(client: Any, endpoint: SampleEndpoint) -> None:
    endpoint.page_size = 3
    asked = request(date(2026, 10, 1), date(2026, 12, 1), GROUPS[0])
    days = [r["TimePeriod"]["Start"] for p in pages(client, asked) for r in p["ResultsByTime"]]
    assert list(dict.fromkeys(days)) == sorted(set(days))
    assert len(set(days)) == 61
    for empty in ("2026-10-01", "2026-10-10", "2026-11-25", "2026-11-30"):
        assert days.count(empty) == 1


def test_totals_of_days_without_charges_are_zero(shared_client: Any) -> None:
    result = shared_client.get_cost_and_usage(**request(date(2026, 11, 24), date(2026, 11, 26)))["ResultsByTime"][1]
    assert result["Total"]["UnblendedCost"] == {"Amount": "0", "Unit": "USD"}
    assert result["Estimated"] is True


def test_grouped_answers_have_no_total_and_plain_ones_no_groups(shared_client: Any) -> None:
    grouped = shared_client.get_cost_and_usage(**request(START, END, GROUPS[1]))
    assert all(r["Total"] == {} and r["Groups"] for r in grouped["ResultsByTime"])
    assert grouped["GroupDefinitions"] == [{"Type": "DIMENSION", "Key": "SERVICE"}]
    total = shared_client.get_cost_and_usage(**request(START, END))
    assert all(r["Groups"] == [] and r["Total"] for r in total["ResultsByTime"])
    assert "GroupDefinitions" not in total


def test_the_last_three_days_are_estimated(shared_client: Any) -> None:
    results = shared_client.get_cost_and_usage(**request(START, END))["ResultsByTime"]
    assert [r["TimePeriod"]["Start"] for r in results if r["Estimated"]] == ["2026-11-22", "2026-11-23", "2026-11-24"]


def test_account_names_come_with_their_ids(shared_client: Any, organization: Organization) -> None:
    page = shared_client.get_cost_and_usage(**request(START, END, GROUPS[0]))
    names = {a["Value"]: a["Attributes"]["description"] for a in page["DimensionValueAttributes"]}
    assert names == {a.account_id: a.name for a in organization.accounts}
    assert shared_client.get_cost_and_usage(**request(START, END, GROUPS[1]))["DimensionValueAttributes"] == []


def test_amounts_are_written_without_exponent_or_padding(shared_client: Any) -> None:
    asked = request(START, END, ("DIMENSION", "USAGE_TYPE"), ("DIMENSION", "RECORD_TYPE"))
    results = shared_client.get_cost_and_usage(**asked)["ResultsByTime"]
    texts = {g["Metrics"][m]["Amount"] for r in results for g in r["Groups"] for m in METRICS}
    assert "-0.0000000092" in texts
    assert "0" in texts
    for text in texts:
        assert "E" not in text
        assert "." not in text or (not text.endswith("0") and len(text.split(".")[1]) <= 10)


def test_a_usage_quantity_has_a_unit_where_it_is_the_same(shared_client: Any, rows: list[Row]) -> None:
    asked = request(START, END, ("DIMENSION", "USAGE_TYPE"), granularity="MONTHLY", Metrics=["UsageQuantity"])
    groups = [g for r in shared_client.get_cost_and_usage(**asked)["ResultsByTime"][:1] for g in r["Groups"]]
    october = [r for r in rows if r["charge_date"].month == 10]
    for group in groups:
        same = [r for r in october if r["usage_type"] == group["Keys"][0]]
        units = {r["usage_unit"] for r in same}
        value = group["Metrics"]["UsageQuantity"]
        assert Decimal(value["Amount"]) == sum(r["usage_quantity"] for r in same)
        assert value["Unit"] == (units.pop() if len(units) == 1 else "N/A")
    assert {g["Metrics"]["UsageQuantity"]["Unit"] for g in groups} > {"Hrs", "GB-Mo", "N/A"}
    total = shared_client.get_cost_and_usage(**request(START, END, Metrics=["UsageQuantity"]))
    assert total["ResultsByTime"][0]["Total"]["UsageQuantity"]["Unit"] == "N/A"


def test_a_metric_that_the_ledger_lacks_is_left_out(shared_client: Any) -> None:
    asked = request(START, END, Metrics=["UnblendedCost", "NormalizedUsageAmount"])
    assert set(shared_client.get_cost_and_usage(**asked)["ResultsByTime"][0]["Total"]) == {"UnblendedCost"}


@pytest.mark.parametrize(
    ("key", "values"),
    [
        ("PURCHASE_TYPE", {"Savings Plans", "Standard Reserved Instances", "On Demand Instances"}),
        ("INSTANCE_TYPE", {"NoInstanceType", "m6i.large", "c7g.xlarge", "r6i.2xlarge", "db.r6g.xlarge"}),
        ("AZ", {"NoAZ"}),
        ("PAYER_ACCOUNT", {"111122223333"}),
    ],
)
def test_dimensions_that_the_dashboard_does_not_use_partition_the_total_too(
    shared_client: Any, rows: list[Row], key: str, values: set[str]
) -> None:
    got = answered(shared_client, request(START, END, ("DIMENSION", key), granularity="MONTHLY"))
    assert {keys[0] for _, keys in got} == values
    assert sum(m["UnblendedCost"] for m in got.values()) == sum(r["unblended_cost"] for r in rows)


def test_a_label_that_does_not_exist_is_empty_everywhere(shared_client: Any, rows: list[Row]) -> None:
    got = answered(shared_client, request(START, END, ("TAG", "nobody"), granularity="MONTHLY"))
    assert {keys for _, keys in got} == {("nobody$",)}
    assert sum(m["AmortizedCost"] for m in got.values()) == sum(r["amortized_cost"] for r in rows)


KINDS = {"DIMENSION": "Dimensions", "TAG": "Tags", "COST_CATEGORY": "CostCategories"}


def _leaves(rows: list[Row]) -> st.SearchStrategy[dict[str, Any]]:
    def leaf(group: tuple[str, str]) -> st.SearchStrategy[dict[str, Any]]:
        group_type, key = group
        prefix = "" if group_type == "DIMENSION" else f"{key}$"
        values = sorted({key_of(r, *group).removeprefix(prefix) for r in rows})
        chosen = st.lists(st.sampled_from([*values, "no such value"]), min_size=1, max_size=3, unique=True)
        options = st.sampled_from([{}, {"MatchOptions": ["EQUALS"]}, {"MatchOptions": ["EQUALS", "CASE_SENSITIVE"]}])
        plain = st.builds(lambda v, o: {KINDS[group_type]: {"Key": key, "Values": v, **o}}, chosen, options)
        absent = st.just({KINDS[group_type]: {"Key": key, "MatchOptions": ["ABSENT"]}})
        return plain if group_type == "DIMENSION" else plain | absent

    return st.sampled_from(GROUPS).flatmap(leaf)


def _trees(rows: list[Row]) -> st.SearchStrategy[dict[str, Any]]:
    def grown(inner: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[dict[str, Any]]:
        parts = st.lists(inner, min_size=2, max_size=3)
        return parts.map(lambda p: {"And": p}) | parts.map(lambda p: {"Or": p}) | inner.map(lambda p: {"Not": p})

    return st.recursive(_leaves(rows), grown, max_leaves=6)


def _holds(tree: dict[str, Any], row: Row) -> bool:
    ((root, content),) = tree.items()
    match root:
        case "And":
            return all(_holds(part, row) for part in content)
        case "Or":
            return any(_holds(part, row) for part in content)
        case "Not":
            return not _holds(content, row)
    group_type = next(t for t, kind in KINDS.items() if kind == root)
    prefix = "" if group_type == "DIMENSION" else f"{content['Key']}$"
    value = key_of(row, group_type, content["Key"])
    if "ABSENT" in content.get("MatchOptions", []):
        return value == prefix
    return value in {prefix + v for v in content["Values"]}


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_any_filter_tree_selects_the_charges_it_describes(
    shared_client: Any, rows: list[Row], data: st.DataObject
) -> None:
    tree = data.draw(_trees(rows))
    group = data.draw(st.sampled_from(GROUPS))
    asked = request(START, END, group, granularity="MONTHLY", Filter=tree)
    expected = truth(rows, START, END, group, granularity="MONTHLY", where=lambda row: _holds(tree, row))
    assert answered(shared_client, asked) == expected
