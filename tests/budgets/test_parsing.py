"""Budgets are text; what is wrong with it is said by file, line and budget."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from costlib.budgets.budget import Agreed, Budget, Every
from costlib.budgets.parsing import parse_budgets
from costlib.errors import InvalidBudgets
from costlib.periods import Period
from costlib.sample.budgets import SAMPLE_BUDGETS
from costlib.vocabulary import CostMetric

GOOD = """\
# agreed in December
[[budget]]
id = "all"
name = "The whole bill"
total = true
amount = 1000

[[budget]]
id = "payments"
cost_center = "Payments"
amount = 300.50
rollover = true
until = "2026-07"

[[budget]]
id = "payments"
cost_center = "Payments"
amount = 350
rollover = true
from = "2026-07"

[[budget]]
id = "data"
"cost_category:Team" = "Data"
every = "year"
metric = "amortized_cost"
amount = 4000
from = "2026-02"
"""


def test_a_whole_file_is_read():
    every, payments, data = parse_budgets(GOOD).budgets
    assert (every.of, every.value, every.name) == ("total", "", "The whole bill")
    assert every.terms[0].amount == 1000
    assert (payments.name, payments.rollover, [t.amount for t in payments.terms]) == (
        "Payments",
        True,
        [Decimal("300.50"), Decimal(350)],
    )
    assert (data.of, data.value, data.every, data.metric) == (
        "cost_category:Team",
        "Data",
        Every.year,
        CostMetric.amortized_cost,
    )
    assert (every.line, payments.line, data.line) == (2, 8, 22)


def agreed(budget: Budget, day: date, year_starts_in: int = 1) -> Agreed:
    found = budget.agreed(day, year_starts_in)
    assert found is not None
    return found


def test_a_month_has_the_amount_that_was_agreed_for_it():
    payments = parse_budgets(GOOD).budgets[1]
    assert [agreed(payments, date(2026, month, 20)).amount for month in (6, 7)] == [Decimal("300.50"), 350]


def test_a_year_begins_with_the_fiscal_year_or_where_the_budget_does():
    data = parse_budgets(GOOD).budgets[2]
    assert data.agreed(date(2026, 1, 31), 1) is None
    assert agreed(data, date(2026, 11, 3), 1).period == Period(date(2026, 2, 1), date(2027, 1, 1))
    assert agreed(data, date(2026, 3, 3), 4).period == Period(date(2026, 2, 1), date(2026, 4, 1))
    assert agreed(data, date(2026, 4, 3), 4).period == Period(date(2026, 4, 1), date(2027, 4, 1))


def test_files_that_say_the_same_have_one_version():
    reordered = GOOD.replace('id = "all"\nname = "The whole bill"', 'name = "The whole bill"\n\nid = "all" # all')
    assert parse_budgets(GOOD).version == parse_budgets(reordered).version
    assert parse_budgets(GOOD).version != parse_budgets(GOOD.replace("1000", "1001")).version


def test_an_empty_file_holds_no_budgets():
    assert parse_budgets("# none yet\n").budgets == ()


def test_the_samples_budgets_can_be_used():
    assert len(parse_budgets(SAMPLE_BUDGETS).budgets) == 10


@pytest.mark.parametrize(
    ("was", "now", "line", "problem"),
    [
        ('id = "all"', 'id = "all', 3, "no TOML"),
        ("[[budget]]\nid", "[[budgets]]\nid", 2, "unknown table"),
        ("amount = 1000", "", 2, "amount is missing"),
        ("amount = 1000", 'amount = "1000"', 6, "no number"),
        ("amount = 1000", "amount = true", 6, "no number"),
        ("amount = 1000", "amount = -1", 6, "no budget"),
        ("amount = 1000", "amount = nan", 6, "no budget"),
        ("amount = 1000", "amount = 0.00000000001", 6, "too many digits"),
        ("total = true", "", 3, "does not say what it is of"),
        ("total = true", "total = false", 5, "total is not true"),
        ("total = true", 'total = true\nservice = "S3"', 6, "it is of total and of service"),
        ("total = true", 'team = "Data"', 5, "unknown key"),
        ("total = true", 'service = ""', 5, "service is empty"),
        ("total = true", "service = 3", 5, "no text"),
        ('id = "all"', 'id = ""', 3, "its id is empty"),
        ('id = "all"\n', "", 2, "id is missing"),
        ('every = "year"', 'every = "quarter"', 25, "unknown every 'quarter'"),
        ('every = "year"', 'every = "year"\nrollover = true', 26, "nothing to carry over"),
        ('metric = "amortized_cost"', 'metric = "list"', 26, "unknown metric"),
        ('from = "2026-02"', 'from = "2026-13"', 28, "no month"),
        ('from = "2026-02"', 'from = "2026-02"\nuntil = "2026-02"', 29, "until is not after from"),
        ('from = "2026-07"', 'from = "2026-06"', 20, "overlap with those of line 8"),
        ("amount = 350\nrollover = true", "amount = 350", 15, "another rollover than in line 8"),
        ("amount = 350\nrollover = true", 'amount = 350\nrollover = "yes"', 19, "no true or false"),
    ],
)
def test_a_mistake_is_named_with_its_line_and_a_way_out(was: str, now: str, line: int, problem: str):
    assert was in GOOD
    with pytest.raises(InvalidBudgets, match=problem) as caught:
        parse_budgets(GOOD.replace(was, now, 1), "our.toml")
    assert (caught.value.file, caught.value.line) == ("our.toml", line)
    assert caught.value.remedy


def test_the_same_id_must_be_of_the_same():
    other = GOOD.replace('cost_center = "Payments"\namount = 350', 'cost_center = "Data"\namount = 350')
    with pytest.raises(InvalidBudgets, match="another cost_center") as caught:
        parse_budgets(other)
    assert (caught.value.line, caught.value.budget) == (17, "payments")
