"""Why a shared line moved: the parts sum to the change, and each is what a person would call it."""

from __future__ import annotations

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from costlib.allocation.changes import Cause, Part, SharedLine, changed_rules, shared_changes
from costlib.allocation.parsing import parse_rules
from costlib.money import apportion

weights = st.dictionaries(st.sampled_from("ABC"), st.integers(0, 10**20), min_size=1).filter(lambda w: any(w.values()))
pools = st.integers(-(10**22), 10**22)


def lines(pool: int, weights: dict[str, int]) -> dict[str, SharedLine]:
    parts = apportion(pool, weights)
    whole = sum(weights.values())
    return {center: SharedLine(part, pool, weights[center], whole) for center, part in parts.items()}


@given(pools, weights, pools, weights, st.booleans())
def test_the_parts_sum_to_the_change_of_every_center(pool, weights, later_pool, later_weights, is_changed):
    before, after = lines(pool, weights), lines(later_pool, later_weights)
    for center in {*before, *after}:
        was = {"r": before[center]} if center in before else {}
        now = {"r": after[center]} if center in after else {}
        parts = list(shared_changes(was, now, {"r"} if is_changed else ()))
        change = sum(line.units for line in now.values()) - sum(line.units for line in was.values())
        assert sum(part.units for part in parts) == change
        assert not is_changed or {part.cause for part in parts} <= {Cause.rule}


def test_a_pool_that_grew_at_the_same_share_is_the_pools_doing():
    was, now = SharedLine(25, 100, 1, 4), SharedLine(50, 200, 2, 8)
    assert list(shared_changes({"r": was}, {"r": now}, ())) == [Part(Cause.pool, "r", 25)]


def test_a_share_that_moved_of_the_same_pool_is_the_shares_doing():
    was, now = SharedLine(25, 100, 1, 4), SharedLine(75, 100, 3, 4)
    assert list(shared_changes({"r": was}, {"r": now}, ())) == [Part(Cause.share, "r", 50)]


def test_both_at_once_are_told_apart():
    was, now = SharedLine(25, 100, 1, 4), SharedLine(150, 200, 3, 4)
    parts = [Part(Cause.pool, "r", 25), Part(Cause.share, "r", 100)]
    assert list(shared_changes({"r": was}, {"r": now}, ())) == parts


def test_a_new_rule_and_a_changed_fixed_charge_are_the_rules_doing():
    assert list(shared_changes({}, {"r": SharedLine(5, 10, 1, 2)}, {"r"})) == [Part(Cause.rule, "r", 5)]
    was, now = SharedLine(150, 800), SharedLine(200, 850)
    assert list(shared_changes({"r": was}, {"r": now}, {"r"})) == [Part(Cause.rule, "r", 50)]


def test_only_a_rule_that_says_something_else_has_changed():
    text = """
        [[cost_center]]
        cost_category = "Team"
        [[rule]]
        id = "same"
        description = "First."
        until = "2026-02"
        source = { cost_center = "A" }
        method = "even"
        [[rule]]
        id = "same"
        description = "Second, in other words."
        from = "2026-02"
        source = { cost_center = "A" }
        method = "even"
        [[rule]]
        id = "new"
        description = "d"
        from = "2026-02"
        source = { cost_center = "B" }
        method = "even"
    """
    rules = parse_rules(text)
    assert changed_rules(rules.in_force(date(2026, 1, 1)), rules.in_force(date(2026, 2, 1))) == {"new"}
