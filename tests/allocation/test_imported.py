"""AWS's split charge rules become rules of ours that mean the same."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from costlib.allocation.imported import rules_text
from costlib.allocation.parsing import parse_rules
from costlib.allocation.rules import Method, Rule
from costlib.errors import InvalidRules, UsageError
from costlib.vocabulary import UNALLOCATED


def split(source: str, targets: list[str], method: str, *percentages: str) -> dict[str, Any]:
    """As DescribeCostCategoryDefinition answers."""
    parameters = [{"Type": "ALLOCATION_PERCENTAGES", "Values": list(percentages)}] if percentages else []
    return {"Source": source, "Targets": targets, "Method": method, "Parameters": parameters}


def imported(*rules: dict[str, Any]) -> tuple[Rule, ...]:
    parsed = parse_rules(rules_text("Team", rules))
    assert [way.label for way in parsed.centers] == ["cost_category:Team"]
    return parsed.rules


def test_each_method_of_aws_becomes_the_one_of_the_same_meaning() -> None:
    even, proportional, fixed = imported(
        split("Network", ["A", "B"], "EVEN"),
        split("Platform", ["A", "B"], "PROPORTIONAL"),
        split("Security", ["A", "B"], "FIXED", "62.5", "37.5"),
    )
    assert (even.method, even.targets, even.source.cost_center) == (Method.even, ("A", "B"), "Network")
    assert (proportional.method, proportional.targets) == (Method.proportional, ("A", "B"))
    assert proportional.driver.conditions == ()
    assert proportional.driver.metric is None
    assert fixed.method is Method.fixed
    assert fixed.parts == {"A": Decimal("62.5"), "B": Decimal("37.5")}
    assert "in agreed percentages" in fixed.description


def test_a_source_without_a_name_is_unallocated() -> None:
    (rule,) = imported(split("", ["A", "B"], "EVEN"))
    assert (rule.source.cost_center, rule.rule_id) == (UNALLOCATED, "unallocated")


def test_rules_keep_their_order_and_names_that_look_alike_get_ids_of_their_own() -> None:
    rules = imported(split("R&D", ["A"], "EVEN"), split("R-D", ["A"], "EVEN"), split("研究", ["A"], "EVEN"))
    assert [rule.rule_id for rule in rules] == ["r-d", "r-d-2", "split"]
    assert [rule.name for rule in rules] == ["R&D", "R-D", "研究"]


def test_percentages_that_do_not_sum_to_100_are_refused_like_those_that_somebody_wrote() -> None:
    text = rules_text("Team", [split("Security", ["A", "B"], "FIXED", "60", "30")])
    with pytest.raises(InvalidRules):
        parse_rules(text)


@pytest.mark.parametrize(
    ("rule", "problem"),
    [
        (split("S", ["A"], "WEIGHTED"), "method 'WEIGHTED'"),
        (split("S", ["A", "B"], "FIXED", "100"), "1 percentages for 2 targets"),
        (split("S", ["A"], "FIXED"), "0 percentages for 1 targets"),
        (split("S", ["A"], "FIXED", "all"), "'all' is no number"),
    ],
)
def test_what_aws_does_not_document_names_its_source(rule: dict[str, Any], problem: str) -> None:
    with pytest.raises(UsageError, match="'S' cannot be imported") as refused:
        rules_text("Team", [rule])
    assert problem in refused.value.message


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=50).filter(str.strip))
def test_any_name_comes_back_as_it_was(name: str) -> None:
    (rule,) = imported(split("Shared cost", [name], "EVEN"))
    assert rule.targets == (name,)
