"""Shared cost moves by the rules, adds up to the last digit, and never disappears."""

from __future__ import annotations

import random
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from costlib.allocation.engine import Books, Kept, allocate
from costlib.allocation.parsing import parse_rules
from costlib.money import apportion
from costlib.vocabulary import UNALLOCATED
from tests.allocation.books import CENTERS, after, moved

D = Decimal
names = st.sampled_from(["A", "B", "C", "D", "Shared", UNALLOCATED])
amounts = st.integers(-(10**22), 10**22) | st.integers(-3, 3)
books = st.dictionaries(names, amounts, max_size=6)


@given(st.integers(-(10**30), 10**30), st.dictionaries(st.text(max_size=4), st.integers(0, 10**25), min_size=1))
def test_parts_add_up_to_the_whole_and_none_is_off_by_more_than_one_unit(amount, weights):
    if not any(weights.values()):
        weights = dict.fromkeys(weights, 1)
    parts = apportion(amount, weights)
    whole = sum(weights.values())
    assert sum(parts.values()) == amount
    for key, part in parts.items():
        assert abs(part * whole - amount * weights[key]) < whole
        assert weights[key] or not part


@given(st.integers(-(10**12), 10**12), st.dictionaries(st.text(max_size=4), st.integers(1, 100), min_size=1))
def test_the_order_of_the_keys_plays_no_part(amount, weights):
    shuffled = list(weights.items())
    random.Random(1).shuffle(shuffled)
    assert apportion(amount, weights) == apportion(amount, dict(shuffled))


RULES = """
[[rule]]
id = "support"
description = "Support goes by what each team spends."
source = { service = ["AWS Support"] }
method = "proportional"
no_basis = "{no_basis}"

[[rule]]
id = "network"
description = "The network is everybody's."
source = { cost_center = "Shared" }
method = "even"
targets = ["C", "A", "D"]

[[rule]]
id = "rest"
description = "What nobody owns is split by agreement."
source = { cost_center = "Unallocated" }
method = "fixed"
percent = { A = 33.3333333333, B = 66.6666666667 }

[[rule]]
id = "desk"
description = "The desk costs so much."
source = { cost_center = "D" }
method = "fixed_charge"
amount = { A = 12.5, B = 0.0000000001 }
"""


@given(books, st.dictionaries(names, amounts), st.dictionaries(names, amounts), st.sampled_from(["keep", "even"]))
def test_the_entries_of_each_rule_sum_to_zero_and_a_replay_is_identical(direct, claimed, drivers, no_basis):
    rules = parse_rules(CENTERS + RULES.replace("{no_basis}", no_basis)).rules
    found = Books(direct, {"support": claimed}, {"support": drivers})
    allocation = allocate(rules, found)
    for rule in rules:
        assert sum(entry.units for entry in allocation.entries if entry.rule_id == rule.rule_id) == 0
    reordered = Books(dict(reversed(direct.items())), {"support": dict(reversed(claimed.items()))}, found.drivers)
    assert allocate(rules, reordered) == allocation


def test_proportional_goes_by_the_driver():
    rule = '[[rule]]\nid = "s"\ndescription = "d"\nsource = { cost_center = "Shared" }\nmethod = "proportional"\n'
    direct = {"A": "300", "B": "100", "Shared": "80"}
    assert after(moved(rule, direct), direct) == {"A": D(360), "B": D(120), "Shared": D(0)}


def test_a_third_of_a_cent_is_not_lost():
    rule = '[[rule]]\nid = "s"\ndescription = "d"\nsource = { cost_center = "Shared" }\nmethod = "even"\n'
    direct = {"A": "0", "B": "0", "C": "0", "Shared": "0.0000000100"}
    ends = after(moved(rule, direct), direct)
    assert (ends["A"], ends["B"], ends["C"]) == (D("0.0000000034"), D("0.0000000033"), D("0.0000000033"))


def test_a_center_whose_credits_exceed_its_cost_carries_nothing():
    rule = '[[rule]]\nid = "s"\ndescription = "d"\nsource = { cost_center = "Shared" }\nmethod = "proportional"\n'
    direct = {"A": "10", "B": "-50", "Shared": "7"}
    assert after(moved(rule, direct), direct) == {"A": D(17), "B": D(-50), "Shared": D(0)}


@pytest.mark.parametrize(("no_basis", "a"), [("keep", "-1"), ("even", "3.5")])
def test_without_a_positive_driver_a_pool_stays_or_is_cut_evenly(no_basis, a):
    rule = (
        '[[rule]]\nid = "s"\ndescription = "d"\nsource = { cost_center = "Shared" }\nmethod = "proportional"\n'
        f'no_basis = "{no_basis}"\n'
    )
    direct = {"A": "-1", "B": "0", "Shared": "9"}
    allocation = moved(rule, direct)
    assert after(allocation, direct)["A"] == D(a)
    assert (allocation.kept.get("s") is Kept.no_basis) == (no_basis == "keep")


def test_credits_are_shared_like_cost():
    rule = '[[rule]]\nid = "s"\ndescription = "d"\nsource = { record_type = ["Credit"] }\nmethod = "proportional"\n'
    direct = {"A": "30", "B": "10", "C": "-4"}
    ends = after(moved(rule, direct, claimed={"s": {"C": "-4"}}), direct)
    assert ends == {"A": D(27), "B": D(9), "C": D(0)}


def test_what_is_selected_leaves_the_center_that_had_it():
    rule = '[[rule]]\nid = "s"\ndescription = "d"\nsource = { service = ["AWS Support"] }\nmethod = "even"\n'
    direct = {"A": "60", "B": "40"}
    ends = after(moved(rule, direct, claimed={"s": {"A": "20"}}), direct)
    assert ends == {"A": D(50), "B": D(50)}


def test_a_chain_passes_on_what_it_was_given():
    rules = (
        '[[rule]]\nid = "1"\ndescription = "d"\nsource = { cost_center = "Net" }\nmethod = "even"\n'
        'targets = ["Platform", "A"]\n'
        '[[rule]]\nid = "2"\ndescription = "d"\nsource = { cost_center = "Platform" }\nmethod = "even"\n'
    )
    direct = {"Net": "10", "Platform": "5", "A": "0", "B": "0"}
    assert after(moved(rules, direct), direct) == {"Net": D(0), "Platform": D(0), "A": D(10), "B": D(5)}


def test_unallocated_is_charged_only_when_it_is_named():
    rule = '[[rule]]\nid = "s"\ndescription = "d"\nsource = { cost_center = "Shared" }\nmethod = "even"\n'
    direct = {"A": "0", UNALLOCATED: "5", "Shared": "10"}
    assert after(moved(rule, direct), direct)[UNALLOCATED] == D(5)
    named = rule + 'targets = ["A", "Unallocated"]\n'
    assert after(moved(named, direct), direct)[UNALLOCATED] == D(10)


def test_a_source_without_cost_moves_nothing_and_says_so():
    rule = '[[rule]]\nid = "s"\ndescription = "d"\nsource = { cost_center = "Gone" }\nmethod = "even"\n'
    allocation = moved(rule, {"A": "1"})
    assert allocation.entries == ()
    assert allocation.kept == {"s": Kept.empty}


def test_a_target_without_cost_of_its_own_still_gets_its_even_part():
    rule = '[[rule]]\nid = "s"\ndescription = "d"\nsource = { cost_center = "S" }\nmethod = "even"\n'
    rule += 'targets = ["New", "A"]\n'
    direct = {"A": "1", "S": "4"}
    assert after(moved(rule, direct), direct) == {"A": D(3), "New": D(2), "S": D(0)}


def test_an_excluded_center_gets_nothing():
    rule = (
        '[[rule]]\nid = "s"\ndescription = "d"\nsource = { cost_center = "S" }\nmethod = "even"\nexcept = ["Sandbox"]\n'
    )
    direct = {"A": "0", "Sandbox": "0", "S": "4"}
    assert after(moved(rule, direct), direct) == {"A": D(4), "S": D(0), "Sandbox": D(0)}


def test_a_fixed_charge_has_its_counter_entry_whatever_the_source_holds():
    rule = (
        '[[rule]]\nid = "f"\ndescription = "d"\nsource = { cost_center = "Desk" }\nmethod = "fixed_charge"\n'
        "amount = { A = 100.25, B = 50 }\n"
    )
    direct = {"A": "1", "Desk": "20"}
    assert after(moved(rule, direct), direct) == {"A": D("101.25"), "B": D(50), "Desk": D("-130.25")}
