"""What a month leaves goes to the next, within the year, and not a cent is lost."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from costlib.budgets.budget import Budget, Every, Term
from costlib.budgets.rollover import NOTHING, carried
from costlib.periods import add_months
from costlib.vocabulary import CostMetric

FIRST = date(2025, 1, 1)
MONTHS = [add_months(FIRST, n) for n in range(24)]
AMOUNTS = st.decimals(Decimal(0), Decimal(10) ** 12, places=2)
SPENT = st.decimals(-(Decimal(10) ** 6), Decimal(10) ** 12, places=10)


def budget(*terms: Term) -> Budget:
    return Budget("b", "B", "total", "", Every.month, CostMetric.unblended_cost, True, terms)


def test_unspent_is_added_and_overspent_taken():
    of = budget(Term(Decimal(100), None, None, 1))
    spent = {MONTHS[0]: Decimal(60), MONTHS[1]: Decimal(150), MONTHS[2]: Decimal(0)}
    assert carried(of.months_before(MONTHS[1], 1), spent).amount == 40
    assert carried(of.months_before(MONTHS[2], 1), spent).amount == -10


def test_nothing_passes_the_start_of_the_year():
    of = budget(Term(Decimal(100), None, None, 1))
    spent = dict.fromkeys(MONTHS, Decimal(30))
    assert carried(of.months_before(MONTHS[12], 1), spent) == NOTHING
    assert carried(of.months_before(MONTHS[12], 7), spent).since == MONTHS[6]
    assert carried(of.months_before(MONTHS[12], 7), spent).amount == 6 * 70


def test_months_without_an_amount_or_without_history_neither_give_nor_take():
    of = budget(Term(Decimal(100), MONTHS[2], MONTHS[4], 1))
    spent = {month: Decimal(30) for month in MONTHS[3:]}
    assert carried(of.months_before(MONTHS[6], 1), spent) == carried(of.months_before(MONTHS[4], 1), spent)
    assert carried(of.months_before(MONTHS[6], 1), spent).amount == 70


def test_a_month_whose_cost_is_not_available_makes_the_rest_so():
    of = budget(Term(Decimal(100), None, None, 1))
    assert carried(of.months_before(MONTHS[2], 1), {MONTHS[0]: None, MONTHS[1]: Decimal(1)}).amount is None


@given(
    st.lists(st.tuples(AMOUNTS, SPENT), min_size=24, max_size=24),
    st.integers(0, 23),
    st.integers(1, 12),
)
def test_it_is_what_a_ledger_kept_by_hand_says(months: list[tuple[Decimal, Decimal]], now: int, year_starts_in: int):
    terms = [Term(amount, m, add_months(m, 1), 1) for m, (amount, _) in zip(MONTHS, months, strict=True)]
    by_hand = Decimal(0)
    for place, month in enumerate(MONTHS[: now + 1]):
        if month.month == year_starts_in:
            by_hand = Decimal(0)
        if place < now:
            by_hand += months[place][0] - months[place][1]
    spent = {month: amount for month, (_, amount) in zip(MONTHS, months, strict=True)}
    assert carried(budget(*terms).months_before(MONTHS[now], year_starts_in), spent).amount == by_hand
