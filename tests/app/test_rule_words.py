"""Rules in words: every part of the grammar is said, and no two rules are said alike."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime

from hypothesis import assume, given
from hypothesis import strategies as st

from costlib.queries.definitions import DefinitionChange
from costlib.queries.rule_changes import rule_changes
from costlib.queries.rules import (
    MANNERS,
    All,
    AnyOf,
    Content,
    Inherited,
    Leaf,
    Negated,
    Rule,
    SplitCharge,
    Tree,
    Unknown,
)
from costlib.ui.rule_words import Reader, change_lines, default_value, split_charge
from tests.app.pages import read

NAMES = {"1": "Shop, main", "2": "data-lake"}
READER = Reader(lambda account: NAMES.get(account, account))
ALL_NAMED = Reader(most=None)


def dimension(key: str, *values: str, manner: str = "EQUALS") -> Leaf:
    return Leaf("dimension", key, values, manner)


def said(tree: Tree, reader: Reader = READER) -> str:
    return read(reader.condition(tree))


EC2 = dimension("SERVICE_CODE", "AmazonEC2")


def test_a_rule_reads_as_a_person_would_say_it() -> None:
    rule = Rule("Platform", All((dimension("LINKED_ACCOUNT", "2", "3"), EC2)))
    assert read(READER.rule(rule)) == "**Platform** ← accounts data-lake, 3 **and** service AmazonEC2"
    nested = All((EC2, AnyOf((dimension("REGION", "eu-west-1"), Negated(Leaf("tag", "team", ("a", "b")))))))
    assert said(nested) == "service AmazonEC2 **and** (region eu-west-1 **or** **not** tag team a, b)"
    assert said(Negated(nested.parts[1])) == "**not** (region eu-west-1 **or** **not** tag team a, b)"


def test_each_way_to_compare_is_said() -> None:
    assert said(dimension("LINKED_ACCOUNT_NAME", "prod-", manner="STARTS_WITH")) == "account name starting with prod-"
    assert said(dimension("USAGE_TYPE", "x", "y", manner="ENDS_WITH")) == "usage types ending with x, y"
    assert said(dimension("INSTANCE_TYPE", "m5", manner="CONTAINS")) == "instance type containing m5"
    assert said(Leaf("tag", "owner", (), "ABSENT")) == "no tag owner"
    assert said(Leaf("cost_category", "Team", ("A",), ignores_case=True)) == "cost category Team A (any case)"
    assert "not known here (ProductAttributes)" in said(Unknown("ProductAttributes"))


def test_a_value_that_could_be_taken_for_the_sentence_stands_in_quotes() -> None:
    assert said(dimension("LINKED_ACCOUNT", "1", "2")) == "accounts “Shop, main”, data-lake"
    assert said(dimension("REGION", "a and b", "")) == "regions “a and b”, “”"


def test_long_lists_are_cut_and_hidden_accounts_counted() -> None:
    many = dimension("LINKED_ACCOUNT", *(str(n) for n in range(100, 115)))
    assert said(many).endswith("110, 111, 3 more")
    assert said(many, ALL_NAMED).endswith("113, 114")
    assert said(replace(dimension("LINKED_ACCOUNT", "2"), hidden=4)) == "accounts data-lake, 4 outside your view"
    assert said(replace(dimension("LINKED_ACCOUNT"), hidden=1)) == "account 1 outside your view"


def test_inherited_values_are_said_by_where_they_come_from() -> None:
    tag, name = Inherited("TAG", "owner"), Inherited("LINKED_ACCOUNT_NAME", "")
    assert read(READER.rule(Rule(None, None, tag))) == "**the value of tag owner** ← every charge with tag owner"
    assert read(READER.rule(Rule(None, EC2, name))) == "**the name of the account** ← service AmazonEC2"
    assert read(READER.rule(Rule("All", None))) == "**All** ← every charge"


def test_split_charges_and_the_default_value_are_said() -> None:
    even = SplitCharge("Platform", ("A", "B"), "EVEN")
    assert read(split_charge(even)) == "Cost of **Platform** is split over A, B in equal parts"
    fixed = SplitCharge("", ("A", "B"), "FIXED", ("60", "40.5"))
    assert read(split_charge(fixed)) == "Cost of everything **without a value** is split over A 60 %, B 40.5 %"
    assert "default value **Rest**" in read(default_value(replace(CONTENT, default_value="Rest")))
    assert "**Unallocated**" in default_value(CONTENT)


CONTENT = Content(date(2026, 1, 1), None, None, (Rule("A", EC2), Rule("B", EC2)), ())


def lines(new: Content | None) -> list[str]:
    rules = rule_changes(CONTENT.rules, new.rules) if new else ()
    change = DefinitionChange("Team", datetime(2026, 3, 1), date(2026, 1, 1), CONTENT, new, rules)
    return [read(line) for line in change_lines(change, READER)]


def test_a_change_is_told_in_rules() -> None:
    a, b = CONTENT.rules
    assert lines(replace(CONTENT, rules=(a,))) == ["Rule 2 removed: **B** ← service AmazonEC2"]
    assert lines(replace(CONTENT, rules=(b, a))) == ["Rule 1 moved to 2: **A** ← service AmazonEC2"]
    wider = Rule("B", dimension("REGION", "eu"))
    assert lines(replace(CONTENT, rules=(a, wider))) == [
        "Rule 2 changed: **B** ← region eu; before: **B** ← service AmazonEC2"
    ]
    assert lines(replace(CONTENT, rules=(a, b, wider))) == ["Rule 3 added: **B** ← region eu"]
    assert lines(None) == ["The definition is gone: AWS no longer has it."]


def test_a_change_of_anything_else_is_told_too() -> None:
    split = SplitCharge("A", ("B",), "EVEN")
    changed = replace(CONTENT, default_value="Rest", effective_start=date(2026, 2, 1), split_charges=(split,))
    assert lines(changed) == [
        "Default value: none, now **Rest**.",
        "Effective from 1 Jan 2026, now from 1 Feb 2026.",
        "Split charge rule added: Cost of **A** is split over B in equal parts",
    ]
    assert lines(replace(CONTENT, effective_end=date(2026, 6, 1))) == ["Effective until: open, now 1 Jun 2026."]
    assert lines(CONTENT) == ["Something that is not shown to you changed."]


TEXTS = st.text(alphabet="ab,()“”: ", min_size=1, max_size=3).map(str.strip).filter(lambda t: "  " not in t)
LEAVES = st.builds(
    Leaf,
    st.sampled_from(["dimension", "tag", "cost_category"]),
    st.sampled_from(["LINKED_ACCOUNT", "REGION", "SERVICE_CODE"]),
    st.lists(TEXTS, min_size=1, max_size=3).map(tuple),
    st.sampled_from(["EQUALS", *(m for m in MANNERS if m != "ABSENT")]),
    st.booleans(),
    st.integers(0, 2),
)
ABSENT = st.builds(
    Leaf, st.sampled_from(["tag", "cost_category"]), st.sampled_from(["x", "y"]), st.just(()), st.just("ABSENT")
)
TREES = st.recursive(
    LEAVES | ABSENT,
    lambda trees: (
        st.builds(Negated, trees)
        | st.builds(All, st.lists(trees, min_size=2, max_size=3).map(tuple))
        | st.builds(AnyOf, st.lists(trees, min_size=2, max_size=3).map(tuple))
    ),
    max_leaves=6,
)


@given(TREES, TREES)
def test_two_conditions_are_never_said_alike(one: Tree, other: Tree) -> None:
    assume(one != other)
    assert ALL_NAMED.condition(one) != ALL_NAMED.condition(other)


@given(TREES)
def test_everything_in_a_condition_is_said(tree: Tree) -> None:
    text = ALL_NAMED.condition(tree)
    shown = read(text)
    assert shown.count("**not**") == count(tree, Negated)
    assert shown.count("**and**") == sum(len(node.parts) - 1 for node in nodes(tree) if isinstance(node, All))
    for node in nodes(tree):
        if isinstance(node, Leaf):
            assert all(value in shown for value in node.values)


def nodes(tree: Tree) -> list[Tree]:
    below = tree.parts if isinstance(tree, All | AnyOf) else (tree.part,) if isinstance(tree, Negated) else ()
    return [tree, *(node for part in below for node in nodes(part))]


def count(tree: Tree, kind: type) -> int:
    return sum(isinstance(node, kind) for node in nodes(tree))
