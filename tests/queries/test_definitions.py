"""Definitions as values, what changed between two of them, and what a narrower scope is not told."""

from __future__ import annotations

import json
from datetime import date, datetime
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from costlib.access import EVERYTHING, Scope
from costlib.queries.definitions import definition, definition_changes
from costlib.queries.rule_changes import Kind, rule_changes
from costlib.queries.rules import (
    OUTSIDE,
    All,
    AnyOf,
    Inherited,
    Leaf,
    Negated,
    Rule,
    SplitCharge,
    Unknown,
    rule_of,
    split_charge_of,
    tree_of,
)
from tests.queries.snapshots import Charge, Organization, amounts, published

MINE, FOREIGN = "111111111111", "222222222222"
ACCOUNTS = {MINE: "mine-prod", FOREIGN: "secret-project"}
WHEN = datetime(2026, 3, 19, 12)
START = date(2026, 3, 1)


def accounts(*values: str, key: str = "LINKED_ACCOUNT", match: str = "EQUALS") -> dict[str, Any]:
    return {"Dimensions": {"Key": key, "Values": list(values), "MatchOptions": [match]}}


RULES: list[dict[str, Any]] = [
    {"Value": "Shop", "Rule": {"And": [accounts(MINE, FOREIGN), accounts("AmazonEC2", key="SERVICE_CODE")]}},
    {"Value": "Secret", "Rule": {"Not": accounts(FOREIGN)}},
    {"Value": "Named", "Rule": accounts("secret", "mine", key="LINKED_ACCOUNT_NAME", match="STARTS_WITH")},
    {"Value": "secret-project", "Rule": {"Tags": {"Key": "owner", "Values": [FOREIGN, "me"]}}},
    {"Type": "INHERITED_VALUE", "InheritedValue": {"DimensionName": "TAG", "DimensionKey": "owner"}},
]
SPLITS: list[dict[str, Any]] = [{"Source": "Shop", "Targets": ["Named", "secret-project"], "Method": "EVEN"}]


def content(rules: list[dict[str, Any]], **more: Any) -> str:
    base: dict[str, Any] = {
        "effective_start": "2026-03-01",
        "effective_end": None,
        "default_value": None,
        "split_charge_rules": [],
    }
    return json.dumps({**base, "rules": rules, **more}, sort_keys=True)


def organization() -> Organization:
    stored = ("Team", "arn", START, None, "APPLIED", None, json.dumps(RULES), json.dumps(SPLITS), WHEN)
    changes = [
        ("run 1", datetime(2026, 3, 10), "Team", START, content(RULES[:2]), content(RULES[:3], default_value="Rest")),
        ("run 2", WHEN, "Team", START, content(RULES[:3]), None),
        ("run 2", WHEN, "Other", START, content([]), None),
    ]
    return Organization(
        [Charge(START, account, "EC2", "Usage", amounts("1")) for account in ACCOUNTS],
        accounts=ACCOUNTS,
        rows={"cost_category_definitions": [stored], "cost_category_changes": changes},
    )


def test_a_definition_is_read_with_its_rules_in_order(shelf: Path) -> None:
    with published(organization(), shelf) as snapshot:
        found = definition(snapshot, EVERYTHING, "Team")
        assert definition(snapshot, EVERYTHING, "Nobody") is None
    assert found
    assert (found.processing_status, found.read_at, found.content.effective_start) == ("APPLIED", WHEN, START)
    ec2 = Leaf("dimension", "SERVICE_CODE", ("AmazonEC2",))
    assert found.content.rules == (
        Rule("Shop", All((Leaf("dimension", "LINKED_ACCOUNT", (MINE, FOREIGN)), ec2))),
        Rule("Secret", Negated(Leaf("dimension", "LINKED_ACCOUNT", (FOREIGN,)))),
        Rule("Named", Leaf("dimension", "LINKED_ACCOUNT_NAME", ("secret", "mine"), "STARTS_WITH")),
        Rule("secret-project", Leaf("tag", "owner", (FOREIGN, "me"))),
        Rule(None, None, Inherited("TAG", "owner")),
    )
    assert found.content.split_charges == (SplitCharge("Shop", ("Named", "secret-project"), "EVEN"),)


def test_changes_come_newest_first_in_terms_of_rules(shelf: Path) -> None:
    with published(organization(), shelf) as snapshot:
        gone, first = definition_changes(snapshot, EVERYTHING, "Team")
        assert len(definition_changes(snapshot, EVERYTHING)) == 3
        assert definition_changes(snapshot, EVERYTHING, "Team", limit=1) == (gone,)
    assert (gone.noticed_at, gone.new, gone.rules) == (WHEN, None, ())
    assert [(c.kind, c.old_place, c.new_place) for c in first.rules] == [(Kind.added, None, 3)]
    assert first.new
    assert (first.old.default_value, first.new.default_value) == (None, "Rest")


def test_a_narrower_scope_is_told_how_many_accounts_are_outside_and_none_of_their_names(shelf: Path) -> None:
    with published(organization(), shelf) as snapshot:
        mine = Scope(frozenset({MINE}))
        found = definition(snapshot, mine, "Team")
        changes = definition_changes(snapshot, mine, "Team")
    assert found
    for text in (repr(found), repr(changes)):
        assert FOREIGN not in text
        assert "secret-project" not in text
    shop, secret, named, outside, _ = found.content.rules
    assert isinstance(shop.tree, All)
    assert shop.tree.parts[0] == Leaf("dimension", "LINKED_ACCOUNT", (MINE,), hidden=1)
    assert secret.tree == Negated(Leaf("dimension", "LINKED_ACCOUNT", (), hidden=1))
    assert named.tree == Leaf("dimension", "LINKED_ACCOUNT_NAME", ("mine",), "STARTS_WITH", hidden=1)
    assert (outside.value, outside.tree) == (OUTSIDE, Leaf("tag", "owner", ("me",), hidden=1))
    assert found.content.split_charges[0].targets == ("Named", OUTSIDE)


def test_whatever_aws_may_add_to_the_grammar_is_kept_by_its_name() -> None:
    assert tree_of({"ProductAttributes": {"Key": "model"}}) == Unknown("ProductAttributes")
    leaf = {"Key": "Team", "MatchOptions": ["ABSENT", "CASE_INSENSITIVE"]}
    assert tree_of({"CostCategories": leaf}) == Leaf("cost_category", "Team", (), "ABSENT", ignores_case=True)
    both = {"Tags": {"Key": "a", "Values": ["b"]}, "Or": [accounts(MINE), accounts(FOREIGN)]}
    assert tree_of(both) == All(
        (Leaf("tag", "a", ("b",)), AnyOf((tree_of(accounts(MINE)), tree_of(accounts(FOREIGN)))))
    )
    assert rule_of({"Value": "x"}) == Rule("x", None)


def test_fixed_shares_are_read_with_their_targets() -> None:
    parameters = [{"Type": "ALLOCATION_PERCENTAGES", "Values": ["60", "40"]}]
    rule = {"Source": "", "Targets": ["A", "B"], "Method": "FIXED", "Parameters": parameters}
    assert split_charge_of(rule) == SplitCharge("", ("A", "B"), "FIXED", ("60", "40"))


def rule(text: str) -> Rule:
    """`A1` is value A under condition 1."""
    return Rule(text[0], Leaf("dimension", "REGION", (text[1:],)))


def changed(old: str, new: str) -> list[tuple[str, int | None, int | None]]:
    found = rule_changes([rule(t) for t in old.split()], [rule(t) for t in new.split()])
    return [(c.kind.value, c.old_place, c.new_place) for c in found]


def test_rules_are_added_removed_moved_and_changed() -> None:
    assert changed("A1 B1", "A1 B1") == []
    assert changed("A1 B1", "C1 A1 B1") == [("added", None, 1)]
    assert changed("A1 B1 C1", "A1 C1") == [("removed", 2, None)]
    assert changed("A1 B1 C1", "B1 C1 A1") == [("moved", 1, 3)]
    assert changed("A1 B1", "A1 B2") == [("changed", 2, 2)]
    assert changed("A1 B1 C1", "C2 A1 B1") == [("changed", 3, 1), ("moved", 3, 1)]
    assert changed("A1 A1", "A1") == [("removed", 2, None)]


RULE_LISTS = st.lists(st.builds(lambda v, n: rule(f"{v}{n}"), st.sampled_from("ABC"), st.integers(1, 2)), max_size=6)


@given(RULE_LISTS, RULE_LISTS)
def test_the_changes_lead_from_the_old_rules_to_the_new(old: list[Rule], new: list[Rule]) -> None:
    found = rule_changes(old, new)
    assert bool(found) is (old != new)
    gone = {c.old_place for c in found if c.kind in (Kind.removed, Kind.moved, Kind.changed)}
    placed = {c.new_place: c.new for c in found if c.kind in (Kind.added, Kind.moved, Kind.changed)}
    staying = iter([r for place, r in enumerate(old, 1) if place not in gone])
    rebuilt = [placed[place] if place in placed else next(staying) for place in range(1, len(new) + 1)]
    assert rebuilt == new
    assert list(staying) == []
