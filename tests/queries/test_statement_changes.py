"""A statement's change since the month before, in parts that sum to it, to the last digit."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from costlib.access import EVERYTHING, Scope
from costlib.allocation.changes import SharedLine
from costlib.money import total
from costlib.queries.rule_history import rules_of, rules_problem, versions
from costlib.queries.showback import Book, Question, bill, is_available, matrix, months, official, rule_totals
from costlib.queries.statement_changes import Contents, Reason, StatementChange, parts_of, reason_of, statement_change
from costlib.queries.statement_history import cost_centers, history, year_to_date
from costlib.store.snapshot import open_current
from costlib.vocabulary import COST_METRICS, CostMetric
from tests.queries.ruled import CHARGES, FEBRUARY, JANUARY, MARCH, NOON, RULES, close, put_rules, restate, ruled
from tests.queries.snapshots import amounts

UNBLENDED = CostMetric.unblended_cost
whole = st.integers(-(10**22), 10**22)
positive = st.integers(1, 10**22)
lines = st.builds(
    lambda units, pool, share, fixed: SharedLine(units, pool) if fixed else SharedLine(units, pool, share, share + 7),
    whole,
    whole,
    positive,
    st.booleans(),
)
names = st.sampled_from(["a", "b", "c"])
contents = st.builds(
    Contents,
    st.dictionaries(st.sampled_from(["Usage", "Tax", "Credit", "DiscountedUsage", "Refund", "New"]), whole),
    st.dictionaries(names, lines),
    st.dictionaries(names, whole),
    st.dictionaries(st.sampled_from(["2026-01", "2026-02"]), whole),
)


@given(contents, contents, st.frozensets(names))
def test_the_parts_sum_to_the_change_of_any_two_statements(
    before: Contents, after: Contents, changed: frozenset[str]
) -> None:
    parts = list(parts_of(before, after, changed))
    assert sum(moved for _, _, moved in parts) == after.total - before.total
    assert all(moved for _, _, moved in parts)


def test_the_parts_sum_to_the_change_of_every_statement_of_the_sample(sample_data_dir: Path) -> None:
    with closing(open_current(sample_data_dir / "sample")) as snapshot:
        found = 0
        for state in months(snapshot):
            for metric in COST_METRICS:
                asked = official(snapshot, state.month, metric)
                table = matrix(snapshot, EVERYTHING, asked)
                for center, amount in zip(
                    *(table.column(n).to_pylist() for n in ("cost_center", "total")), strict=True
                ):
                    change = statement_change(snapshot, EVERYTHING, asked, center)
                    if change is not None:
                        assert change.end == amount
                        assert change.residual == 0
                        found += bool(change.parts)
        assert found > 100


def change_of(folder: Path, month: date, center: str, rules: str = RULES) -> StatementChange:
    with ruled(folder, rules=rules) as (snapshot, _):
        found = statement_change(snapshot, EVERYTHING, Question(month), center)
        assert found is not None
        return found


def test_own_use_credits_pools_and_shares_are_told_apart(tmp_path: Path) -> None:
    found = change_of(tmp_path, FEBRUARY, "A")
    assert (found.start, found.end) == (Decimal(125), Decimal(192))
    assert {(part.reason, part.key): part.amount for part in found.parts} == {
        (Reason.use, "Usage"): 60,
        (Reason.credits, "Credit"): -10,
        (Reason.pool, "support"): Decimal("2.5"),
        (Reason.share, "support"): Decimal("4.5"),
        (Reason.pool, "network"): 10,
    }


def test_what_rules_take_out_is_said_of_the_source(tmp_path: Path) -> None:
    found = change_of(tmp_path, FEBRUARY, "Network")
    assert found.by_reason == {Reason.use: 20, Reason.moved_out: -20}
    assert found.end == 0


def test_a_rule_that_says_something_else_has_the_whole_change_of_its_lines(tmp_path: Path) -> None:
    later = (
        RULES.replace('method = "even"', 'method = "even"\nuntil = "2026-02"')
        + """
[[rule]]
id = "network"
description = "By agreement."
from = "2026-02"
source = { cost_center = "Network" }
method = "fixed"
percent = { A = 75, B = 25 }
"""
    )
    found = change_of(tmp_path, FEBRUARY, "A", later)
    assert found.by_reason[Reason.rule] == total(
        part.amount for part in found.parts if part.reason is Reason.rule and part.key == "network"
    )
    assert Reason.rule not in change_of(tmp_path, FEBRUARY, "A").by_reason
    assert found.residual == 0


def test_an_adjustment_is_a_part_of_the_change_and_the_month_before_counts_as_it_was_closed(tmp_path: Path) -> None:
    with ruled(tmp_path) as (_, source):
        close(source, FEBRUARY)
        restate(source, "2026-02-10", "A", "5")
        with closing(open_current(source)) as snapshot:
            found = statement_change(snapshot, EVERYTHING, Question(MARCH), "A")
            assert found is not None
            assert found.start == 192
            adjusted = {part.key: part.amount for part in found.parts if part.reason is Reason.adjustments}
            assert list(adjusted) == ["2026-02"]
            assert adjusted["2026-02"] > 5
            assert found.residual == 0


def test_there_is_nothing_to_compare_with_before_the_first_month_or_without_the_metric_or_the_right(
    tmp_path: Path,
) -> None:
    with ruled(tmp_path) as (snapshot, _):
        assert statement_change(snapshot, EVERYTHING, Question(JANUARY), "A") is None
        assert statement_change(snapshot, Scope(cost_centers=frozenset({"B"})), Question(FEBRUARY), "A") is None
    lacking = replace(CHARGES[0], amounts=amounts("1", net_unblended_cost=None))
    with ruled(tmp_path, [lacking, *CHARGES[1:]]) as (snapshot, _):
        net = CostMetric.net_unblended_cost
        assert not is_available(snapshot, Question(JANUARY, net))
        assert statement_change(snapshot, EVERYTHING, Question(FEBRUARY, net), "B") is None
        january = {of.cost_center: of for of in history(snapshot, EVERYTHING, net) if of.month == JANUARY}
        assert january["B"].direct == 300
        assert january["B"].total is None


@pytest.mark.parametrize(
    ("record_type", "reason"),
    [
        ("Usage", Reason.use),
        ("SavingsPlanCoveredUsage", Reason.commitments),
        ("RIFee", Reason.commitments),
        ("Enterprise Discount Program Discount", Reason.commitments),
        ("Credit", Reason.credits),
        ("Refund", Reason.credits),
        ("Tax", Reason.fees),
        ("Fee", Reason.fees),
        ("Something new", Reason.other),
    ],
)
def test_a_record_type_belongs_to_one_part(record_type: str, reason: Reason) -> None:
    assert reason_of(record_type) is reason


def test_the_history_sums_to_the_bill_and_the_year_begins_in_january(tmp_path: Path) -> None:
    with ruled(tmp_path) as (snapshot, source):
        found = history(snapshot, EVERYTHING, UNBLENDED)
        for month in (JANUARY, FEBRUARY, MARCH):
            assert total(of.total for of in found if of.month == month) == bill(snapshot, EVERYTHING, Question(month))
        assert year_to_date(history(snapshot, EVERYTHING, UNBLENDED, "A"), FEBRUARY) == Decimal(125) + Decimal(192)
        close(source, JANUARY)
        restate(source, "2026-01-10", "A", "7")
        with closing(open_current(source)) as later:
            held = {(of.month, of.cost_center): of for of in history(later, EVERYTHING, UNBLENDED)}
            assert held[JANUARY, "A"].total == 125
            assert held[JANUARY, "A"].is_closed
            assert held[FEBRUARY, "A"].adjustment > 7
            everything = total(of.total for of in held.values())
            assert everything == total(bill(later, EVERYTHING, Question(month)) for month in (JANUARY, FEBRUARY, MARCH))
            mine = history(later, Scope(cost_centers=frozenset({"A"})), UNBLENDED)
            assert {of.cost_center for of in mine} == {"A"}
            assert history(later, Scope(frozenset({"1"})), UNBLENDED) == ()
            assert cost_centers(later, Scope(cost_centers=frozenset({"A"})), UNBLENDED) == ("A",)
            assert cost_centers(later, EVERYTHING, UNBLENDED) == ("B", "A", "Network", "Unallocated")


def test_a_closed_month_stands_on_the_rules_that_it_was_closed_with(tmp_path: Path) -> None:
    with ruled(tmp_path) as (_, source):
        close(source, JANUARY, at=NOON.replace(hour=13))
        put_rules(source, RULES.replace('"even"', '"proportional"'), NOON.replace(hour=14), "as agreed")
        with closing(open_current(source)) as snapshot:
            closed, now = rules_of(snapshot, JANUARY), rules_of(snapshot, FEBRUARY)
            assert closed is not None
            assert now is not None
            assert closed.by_id["network"].method == "even"
            assert now.by_id["network"].method == "proportional"
            assert (now.version.note, now.version.applied_by) == ("as agreed", "finance")
            assert [version.note for version in versions(snapshot)] == ["as agreed", ""]
            assert now.name_of("support") == "AWS Support"
            assert rules_problem(snapshot) == ""
            assert official(snapshot, JANUARY, UNBLENDED).book is Book.as_closed
            assert official(snapshot, FEBRUARY, UNBLENDED).book is Book.now


def test_every_rule_says_its_pool_or_why_it_moved_nothing(tmp_path: Path) -> None:
    with ruled(tmp_path) as (snapshot, _):
        february = {of.rule_id: of for of in rule_totals(snapshot, EVERYTHING, Question(FEBRUARY))}
        assert (february["support"].pool, february["support"].targets) == (Decimal(30), 2)
        march = {of.rule_id: of for of in rule_totals(snapshot, EVERYTHING, Question(MARCH))}
        assert march["network"].pool is None
        assert march["network"].kept_because == "there was nothing to move"
