"""The published ways to share cost, as AWS and the FinOps Foundation define them, worked through on one small case.

Neither publishes a case with amounts that could be found: the numbers here are ours, the definitions theirs, quoted
beside each test.

AWS, CostCategorySplitChargeRule:
https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_CostCategorySplitChargeRule.html
FinOps Foundation, Shared Cost Management, "Common Approaches", and Managing Shared Cloud Costs:
https://www.finops.org/framework/capabilities/shared-cost-management/
https://www.finops.org/wg/identifying-shared-costs/
"""

from __future__ import annotations

from decimal import Decimal

from tests.allocation.books import after, moved

DIRECT = {"Shared": "1000", "Engineering": "5000", "Marketing": "3000", "FinOps": "2000"}
"""One shared pool and three business units that cost 50, 30 and 20 % of what is left."""
SOURCE = '[[rule]]\nid = "shared"\ndescription = "Shared cost."\nsource = { cost_center = "Shared" }\n'


def split(method: str) -> dict[str, Decimal]:
    return after(moved(SOURCE + method, DIRECT), DIRECT)


def in_dollars(**amounts: str) -> dict[str, Decimal]:
    return {name: Decimal(amount) for name, amount in sorted(amounts.items())}


def test_proportional() -> None:
    """AWS: by "the proportional weighted cost of each target"; FinOps: "relative percentage of direct costs"."""
    expected = in_dollars(Shared="0", Engineering="5500", Marketing="3300", FinOps="2200")
    assert split('method = "proportional"') == expected


def test_even() -> None:
    """AWS: "evenly across all targets"; FinOps, even split: the "total amount evenly across targets"."""
    third = Decimal("333.3333333333")
    assert split('method = "even"') == {
        "Engineering": 5000 + third + Decimal("0.0000000001"),
        "FinOps": 2000 + third,
        "Marketing": 3000 + third,
        "Shared": Decimal(0),
    }


def test_fixed() -> None:
    """AWS: "your defined allocation percentage"; FinOps: a coefficient of one's own, all of which sum to 100 %."""
    expected = in_dollars(Shared="0", Engineering="5625", Marketing="3250", FinOps="2125")
    assert split('method = "fixed"\npercent = { Engineering = 62.5, Marketing = 25, FinOps = 12.5 }') == expected


def test_by_each_method_the_total_stays_what_it_was() -> None:
    """AWS splits a source over its targets; nothing is added and nothing lost."""
    for method in ('method = "proportional"', 'method = "even"'):
        assert sum(split(method).values()) == Decimal(11000)
