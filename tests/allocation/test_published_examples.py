"""The published ways to share cost, worked through as they were published.

The amounts are the FinOps Foundation's, in Managing Shared Cloud Costs, step 2, "Learn how to split up these costs": an
enterprise support charge of $12,000 and three business units (https://www.finops.org/wg/identifying-shared-costs/).
AWS publishes definitions of the same three methods without amounts: they are quoted beside each test, from
CostCategorySplitChargeRule
(https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_CostCategorySplitChargeRule.html).
"""

from __future__ import annotations

from decimal import Decimal

import pytest

from costlib.allocation.imported import rules_text
from tests.allocation.books import after, moved

DIRECT = {"Support": "12000", "Sales operations": "50000", "Engineering-QA": "30000", "Engineering": "20000"}
SOURCE = '[[rule]]\nid = "support"\ndescription = "Enterprise support."\nsource = { cost_center = "Support" }\n'
PERCENT = {"Sales operations": "45", "Engineering-QA": "30", "Engineering": "25"}
PROPORTIONAL = 'method = "proportional"'
EVEN = 'method = "even"'
FIXED = f'method = "fixed"\npercent = {{ {", ".join(f"{name!r} = {share}" for name, share in PERCENT.items())} }}'


def split(method: str) -> dict[str, Decimal]:
    return after(moved(SOURCE + method, DIRECT), DIRECT)


def totals(sales: int, quality: int, engineering: int) -> dict[str, Decimal]:
    """In dollars; the central budget is left with nothing."""
    of = {"Sales operations": sales, "Engineering-QA": quality, "Engineering": engineering, "Support": 0}
    return {name: Decimal(amount) for name, amount in sorted(of.items())}


def test_proportional() -> None:
    """AWS: by "the proportional weighted cost of each target"."""
    assert split(PROPORTIONAL) == totals(sales=56_000, quality=33_600, engineering=22_400)


def test_even() -> None:
    """AWS: "evenly across all targets"."""
    assert split(EVEN) == totals(sales=54_000, quality=34_000, engineering=24_000)


def test_fixed() -> None:
    """AWS: "your defined allocation percentage"."""
    assert split(FIXED) == totals(sales=55_400, quality=33_600, engineering=23_000)


@pytest.mark.parametrize("method", [PROPORTIONAL, EVEN, FIXED])
def test_by_each_method_the_total_stays_what_it_was(method: str) -> None:
    assert sum(split(method).values()) == 112_000


@pytest.mark.parametrize(("aws", "ours"), [("PROPORTIONAL", PROPORTIONAL), ("EVEN", EVEN), ("FIXED", FIXED)])
def test_the_same_as_a_split_charge_rule_of_aws(aws: str, ours: str) -> None:
    rule: dict[str, object] = {"Source": "Support", "Targets": list(PERCENT), "Method": aws}
    if aws == "FIXED":
        rule["Parameters"] = [{"Type": "ALLOCATION_PERCENTAGES", "Values": list(PERCENT.values())}]
    imported = rules_text("Team", [rule])
    assert after(moved(imported, DIRECT), DIRECT) == split(ours)
