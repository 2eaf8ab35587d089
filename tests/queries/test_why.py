"""From a line of a statement to its pool, its driver and the charges behind it."""

from __future__ import annotations

from contextlib import closing
from decimal import Decimal
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from costlib.access import EVERYTHING, Scope
from costlib.allocation.parsing import parse_rules
from costlib.allocation.reading import method_in_words, months_in_words, source_in_words, targets_in_words
from costlib.money import spread, total
from costlib.queries.close_differences import close_differences
from costlib.queries.rule_history import rules_of
from costlib.queries.showback import Book, Question, months, official
from costlib.queries.why import charge_rows, driver_rows, pool_rows, shared_amounts
from costlib.store.snapshot import open_current
from costlib.vocabulary import COST_METRICS, CostMetric
from tests.queries.ruled import CHARGES, FEBRUARY, JANUARY, RULES, charge, close, restate, ruled

ONLY_A = Scope(frozenset({"1"}), frozenset({"A"}))


@given(st.integers(-(10**30), 10**30), st.lists(st.integers(-(10**25), 10**25)))
def test_spreading_over_rows_of_either_sign_loses_no_unit(amount: int, rows: list[int]) -> None:
    parts = spread(amount, rows)
    assert sum(parts) == (amount if sum(rows) else 0)
    whole = sum(rows)
    assert all(abs(part * whole - amount * row) < abs(whole) for part, row in zip(parts, rows, strict=True) if whole)


def test_every_shared_line_of_the_sample_leads_to_rows_that_add_up_to_pool_and_line(sample_data_dir: Path) -> None:
    with closing(open_current(sample_data_dir / "sample")) as snapshot:
        lines = 0
        for state in months(snapshot)[:4]:
            rules = rules_of(snapshot, state.month)
            assert rules is not None
            for metric in COST_METRICS:
                asked = official(snapshot, state.month, metric)
                for rule in rules.in_force:
                    for line in shared_amounts(snapshot, EVERYTHING, asked, rule.rule_id):
                        rows = pool_rows(snapshot, EVERYTHING, asked, rule, line.amount)
                        if not rows or line.is_source:
                            continue
                        lines += 1
                        assert total(row.amount for row in rows) == line.pool
                        assert total(row.part for row in rows) == line.amount
                        driver = driver_rows(snapshot, EVERYTHING, asked, rules, rule, line.cost_center)
                        if driver is not None:
                            assert total(driver.column("amount").to_pylist()) == line.driver
        assert lines > 100


def test_the_rows_of_a_cost_centers_pool_hold_what_it_had_been_given_before(tmp_path: Path) -> None:
    chained = RULES.replace('except = ["Network"]', "")
    with ruled(tmp_path, rules=chained) as (snapshot, _):
        rules = rules_of(snapshot, FEBRUARY)
        assert rules is not None
        rows = pool_rows(snapshot, EVERYTHING, Question(FEBRUARY), rules.by_id["network"], Decimal(0))
        found = [(row.from_rule, row.service, row.amount) for row in rows]
        given = next(
            line.amount
            for line in shared_amounts(snapshot, EVERYTHING, Question(FEBRUARY), "support")
            if line.cost_center == "Network"
        )
        assert found == [(None, "Gateway", Decimal(60)), ("support", None, given)]


def test_somebody_who_sees_one_statement_sees_the_pools_total_and_no_row_of_others(tmp_path: Path) -> None:
    with ruled(tmp_path) as (snapshot, _):
        asked = Question(FEBRUARY)
        rules = rules_of(snapshot, FEBRUARY)
        assert rules is not None
        for rule in rules.in_force:
            mine = shared_amounts(snapshot, ONLY_A, asked, rule.rule_id)
            assert {line.cost_center for line in mine} == {"A"}
            rows = pool_rows(snapshot, ONLY_A, asked, rule, mine[0].amount)
            assert [(row.cost_center, row.usage_account_id, row.service, row.from_rule) for row in rows] == [
                (None,) * 4
            ]
            assert rows[0].amount == mine[0].pool
            assert rows[0].part == mine[0].amount
        others = driver_rows(snapshot, ONLY_A, asked, rules, rules.by_id["support"], "B")
        assert others is not None
        assert others.num_rows == 0
        assert charge_rows(snapshot, ONLY_A, asked, "B").num_rows == 0
        assert charge_rows(snapshot, ONLY_A, asked, "A").num_rows == 2
        assert shared_amounts(snapshot, Scope(frozenset({"1"})), asked, "support") == ()


def test_own_rows_in_a_pool_are_seen_and_the_rest_is_one_row(tmp_path: Path) -> None:
    own = charge("2026-02-03", "A", "9", "Support", "Fee")
    with ruled(tmp_path, [*CHARGES, own]) as (snapshot, _):
        rules = rules_of(snapshot, FEBRUARY)
        assert rules is not None
        rows = pool_rows(snapshot, ONLY_A, Question(FEBRUARY), rules.by_id["support"])
        assert [(row.cost_center, row.amount) for row in rows] == [(None, Decimal(30)), ("A", Decimal(9))]


def test_a_driver_that_looks_at_labels_is_made_of_the_charges_that_carry_them(tmp_path: Path) -> None:
    labeled = RULES.replace('driver = { record_type = ["Usage"] }', 'driver = { "cost_category:Team" = ["A", "B"] }')
    with ruled(tmp_path, rules=labeled) as (snapshot, _):
        rules = rules_of(snapshot, FEBRUARY)
        assert rules is not None
        (line,) = [x for x in shared_amounts(snapshot, ONLY_A, Question(FEBRUARY), "support") if x.cost_center == "A"]
        rows = driver_rows(snapshot, ONLY_A, Question(FEBRUARY), rules, rules.by_id["support"], "A")
        assert rows is not None
        assert total(rows.column("amount").to_pylist()) == line.driver == 150


def test_the_charges_of_an_own_line_say_which_rule_takes_them_out(tmp_path: Path) -> None:
    with ruled(tmp_path) as (snapshot, _):
        rows = charge_rows(snapshot, EVERYTHING, Question(FEBRUARY), "Unallocated", service="Support").to_pylist()
        assert [(row["rule_id"], row["record_type"], row["amount"]) for row in rows] == [("support", "Fee", 30)]
        assert charge_rows(snapshot, EVERYTHING, Question(FEBRUARY), "A", usage_account_id="2").num_rows == 0


def test_a_closed_month_is_compared_line_by_line_with_what_it_is_now(tmp_path: Path) -> None:
    with ruled(tmp_path) as (_, source):
        close(source, JANUARY)
        with closing(open_current(source)) as snapshot:
            assert close_differences(snapshot, EVERYTHING, JANUARY, CostMetric.unblended_cost).num_rows == 0
        restate(source, "2026-01-10", "A", "100")
        with closing(open_current(source)) as snapshot:
            found = close_differences(snapshot, EVERYTHING, JANUARY, CostMetric.unblended_cost).to_pylist()
            own = next(row for row in found if row["service"])
            assert (own["cost_center"], own["as_closed"], own["now"], own["difference"]) == ("A", 100, 200, 100)
            assert total(row["difference"] for row in found) == 100
            mine = close_differences(snapshot, Scope(cost_centers=frozenset({"B"})), JANUARY, CostMetric.unblended_cost)
            assert set(mine.column("cost_center").to_pylist()) == {"B"}
            assert close_differences(snapshot, EVERYTHING, FEBRUARY, CostMetric.unblended_cost).num_rows == 0
            rules = rules_of(snapshot, JANUARY)
            assert rules is not None
            asked = Question(JANUARY, book=Book.as_closed)
            (line,) = shared_amounts(snapshot, ONLY_A, asked, "support")
            driver = driver_rows(snapshot, ONLY_A, asked, rules, rules.by_id["support"], "A")
            assert driver is not None
            assert total(driver.column("amount").to_pylist()) == line.driver == 100


def test_rules_read_as_sentences() -> None:
    rules = parse_rules(
        RULES
        + """
[[rule]]
id = "desk"
description = "d"
from = "2026-01"
until = "2026-07"
source = { cost_center = "A" }
method = "fixed_charge"
amount = { B = 650.5, C = 1 }

[[rule]]
id = "agreed"
description = "d"
from = "2026-02"
source = { usage_account_id = ["1"], record_type = ["Tax", "Fee"] }
method = "fixed"
percent = { B = 62.5, C = 37.5 }
"""
    )
    support, network, desk, agreed = rules.rules
    assert source_in_words(support) == "The charges whose service is Support."
    assert method_in_words(support) == (
        "In proportion to each cost center's own cost, of charges whose record type is Usage."
    )
    assert source_in_words(network) == "Everything that Network holds when the rule's turn comes."
    assert method_in_words(network) == "In equal parts."
    assert targets_in_words(network).startswith("Every cost center of the month but Unallocated, the source")
    assert source_in_words(desk) == "An amount a month from A, whatever it holds."
    assert method_in_words(desk, {"B"}) == "Agreed amounts a month: B 650.50."
    assert months_in_words(desk) == "Jan 2026 to Jun 2026"
    assert source_in_words(agreed, {"1": "Prod"}) == (
        "The charges whose account is Prod and whose record type is Tax or Fee."
    )
    assert method_in_words(agreed) == "In agreed percentages: B 62.5% and C 37.5%."
    assert months_in_words(agreed) == "since Feb 2026"
    assert months_in_words(network) == "always"
