"""A preview says what a draft would do to stored charges, sums to the bill, and admits what it cannot tell."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from costlib.access import EVERYTHING, Scope
from costlib.periods import Period
from costlib.queries import ranking
from costlib.queries.draft_preview import Preview, preview
from costlib.queries.draft_sql import UNTOLD
from costlib.queries.filters import Filters
from costlib.store.snapshot import Snapshot
from tests.queries.drafting import dimension, draft, rule, tag
from tests.queries.snapshots import Charge, Organization, amounts, published

MARCH = Filters(Period(date(2026, 3, 1), date(2026, 4, 1)))
EC2, LAMBDA, ODD = "Amazon Elastic Compute Cloud - Compute", "AWS Lambda", "Somebody's Marketplace Product"
DAY = date(2026, 3, 2)
ROWS = [
    ("111", EC2, "Usage", "100", ("Old", "search")),
    ("111", LAMBDA, "Usage", "20", ("Old", "")),
    ("222", EC2, "Usage", "30.0000000001", ("", "checkout")),
    ("222", "Tax", "Tax", "7", ("", "")),
    ("222", ODD, "Usage", "11", ("Old", "")),
    ("333", LAMBDA, "Credit", "-5", ("", "search")),
]


@pytest.fixture(scope="module")
def snapshot(shelf: Path) -> Iterator[Snapshot]:
    charges = [Charge(DAY, a, s, r, amounts(amount), labels) for a, s, r, amount, labels in ROWS]
    names = {"111": "search-prod", "222": "checkout-prod", "333": "search-dev"}
    with published(Organization(charges, ("cost_category:Team", "tag:team"), names), shelf) as opened:
        yield opened


def previewed(snapshot: Snapshot, *rules: dict[str, Any], scope: Scope = EVERYTHING, **more: Any) -> Preview:
    return preview(snapshot, scope, MARCH, draft(*rules, **more))


def after(found: Preview) -> dict[str, Decimal | None]:
    values: dict[str, Decimal | None] = {}
    for move in found.moves:
        values[move.after] = (values.get(move.after) or Decimal(0)) + (move.amount or 0)
    return values


def test_the_first_rule_that_matches_wins(snapshot: Snapshot) -> None:
    first = rule("A", dimension("LINKED_ACCOUNT", "111"))
    second = rule("B", dimension("LINKED_ACCOUNT_NAME", "search", how="STARTS_WITH"))
    assert after(previewed(snapshot, first, second)) == {
        "A": Decimal(120),
        "B": Decimal(-5),
        "Unallocated": Decimal("48.0000000001"),
    }
    assert after(previewed(snapshot, second, first))["B"] == Decimal(115)


@pytest.mark.parametrize(
    ("condition", "amount"),
    [
        (dimension("RECORD_TYPE", "Tax", "Credit"), "2"),
        (dimension("LINKED_ACCOUNT_NAME", "prod", how="ENDS_WITH"), "168.0000000001"),
        (dimension("LINKED_ACCOUNT_NAME", "out-p", how="CONTAINS"), "48.0000000001"),
        (tag("team", "search"), "95"),
        (tag("team", "Unall", how="STARTS_WITH"), None),
        (tag("team", how="ABSENT"), "38"),
        ({"Not": tag("team", how="ABSENT")}, "125.0000000001"),
        ({"And": [tag("team", "search"), dimension("LINKED_ACCOUNT", "111")]}, "100"),
        ({"Or": [tag("team", "checkout"), dimension("RECORD_TYPE", "Tax")]}, "37.0000000001"),
        (dimension("SERVICE_CODE", "AmazonEC2"), "130.0000000001"),
    ],
)
def test_a_condition_matches_what_aws_says_it_does(
    snapshot: Snapshot, condition: dict[str, Any], amount: str | None
) -> None:
    found = previewed(snapshot, rule("A", condition))
    assert after(found).get("A") == (None if amount is None else Decimal(amount))
    assert not found.blind


def test_the_default_value_takes_the_rest_and_counts_as_a_value(snapshot: Snapshot) -> None:
    found = previewed(snapshot, rule("A", dimension("RECORD_TYPE", "Tax")), DefaultValue="Rest")
    assert after(found) == {"A": Decimal(7), "Rest": Decimal("156.0000000001")}
    assert found.after.share == 1


def test_values_are_inherited_from_tag_or_account_name(snapshot: Snapshot) -> None:
    of_tag = {"InheritedValue": {"DimensionName": "TAG", "DimensionKey": "team"}, "Type": "INHERITED_VALUE"}
    of_name = {"InheritedValue": {"DimensionName": "LINKED_ACCOUNT_NAME"}, "Type": "INHERITED_VALUE"}
    assert after(previewed(snapshot, of_tag, of_name)) == {
        "search": Decimal(95),
        "checkout": Decimal("30.0000000001"),
        "search-prod": Decimal(20),
        "checkout-prod": Decimal(18),
    }


def test_a_region_cannot_be_told_unless_the_rest_of_the_rule_decides(snapshot: Snapshot) -> None:
    region = dimension("REGION", "eu-west-1")
    found = previewed(
        snapshot,
        rule("A", {"And": [region, dimension("LINKED_ACCOUNT", "111")]}),
        rule("B", dimension("RECORD_TYPE", "Usage")),
    )
    assert after(found) == {UNTOLD: Decimal(120), "B": Decimal("41.0000000001"), "Unallocated": Decimal(2)}
    assert found.untold == Decimal(120)
    assert [(b.rule, b.why) for b in found.blind] == [(1, "charges are not stored by region")]


def test_an_unknown_service_code_may_be_that_of_an_unknown_service_only(snapshot: Snapshot) -> None:
    found = previewed(snapshot, rule("A", dimension("SERVICE_CODE", "AmazonEC2", "abc123marketplace")))
    assert after(found)["A"] == Decimal("130.0000000001")
    assert after(found)[UNTOLD] == Decimal(11) + Decimal(7)
    assert "abc123marketplace" in found.blind[0].why


def test_a_tag_that_is_not_tracked_is_named_with_the_setting_that_tracks_it(snapshot: Snapshot) -> None:
    found = previewed(snapshot, rule("A", tag("owner", "x")))
    assert set(after(found)) == {UNTOLD}
    assert "setting tags" in found.blind[0].why


def test_coverage_before_is_that_of_the_stored_values(snapshot: Snapshot) -> None:
    found = previewed(snapshot, rule("A", dimension("LINKED_ACCOUNT", "111")))
    assert (found.before.labeled, found.before.positive) == (Decimal(131), Decimal("168.0000000001"))
    assert found.after.labeled == Decimal(120)
    assert found.is_tracked


def test_a_new_category_has_no_values_before(snapshot: Snapshot) -> None:
    found = previewed(snapshot, rule("A", dimension("LINKED_ACCOUNT", "111")), name="New")
    assert {move.before for move in found.moves} == {"Unallocated"}
    assert not found.is_tracked


CONDITIONS = st.recursive(
    st.sampled_from(
        [
            dimension("LINKED_ACCOUNT", "111", "333"),
            dimension("REGION", "eu-west-1"),
            dimension("SERVICE_CODE", "Amazon", how="STARTS_WITH"),
            tag("team", "search"),
            tag("team", how="ABSENT"),
            tag("owner", "x"),
        ]
    ),
    lambda inner: st.one_of(
        inner.map(lambda part: {"Not": part}),
        st.lists(inner, min_size=2, max_size=3).map(lambda parts: {"And": parts}),
        st.lists(inner, min_size=2, max_size=3).map(lambda parts: {"Or": parts}),
    ),
    max_leaves=6,
)


@given(rules=st.lists(st.tuples(st.sampled_from("ABC"), CONDITIONS), min_size=1, max_size=4), mine=st.booleans())
def test_whatever_the_rules_the_moves_sum_to_the_bill(
    snapshot: Snapshot, rules: list[tuple[str, dict[str, Any]]], mine: bool
) -> None:
    scope = Scope(frozenset({"111"})) if mine else EVERYTHING
    found = previewed(snapshot, *(rule(value, condition) for value, condition in rules), scope=scope)
    assert (
        sum((move.amount or Decimal(0) for move in found.moves), Decimal(0))
        == ranking.total(snapshot, scope, MARCH).amount
    )
