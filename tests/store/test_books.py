"""The books that SQL makes of charges and rules are those that anybody would make by hand."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from costlib.allocation.engine import Books, allocate
from costlib.allocation.parsing import parse_rules
from costlib.allocation.rules import AllocationRules, Conditions
from costlib.money import units
from costlib.periods import Period
from costlib.store.books import allocations, charges_sql
from costlib.vocabulary import COST_METRICS, UNALLOCATED
from tests.queries.snapshots import Charge, Organization, amounts, published, sum_or_none

RULES = """
[[cost_center]]
cost_category = "Team"

[[cost_center]]
name = "Platform"
usage_account_id = "2"
service = ["S1", "S2"]

[[cost_center]]
tag = "team"

[[rule]]
id = "credits"
description = "Credits are everybody's from February on."
from = "2026-02"
source = { record_type = "Credit" }
method = "proportional"

[[rule]]
id = "support"
description = "Support goes by amortized production use."
source = { service = ["S3"], "cost_category:Team" = ["A", "Unallocated"] }
method = "proportional"
driver = { metric = "amortized_cost", "tag:team" = ["b"] }
no_basis = "even"

[[rule]]
id = "rest"
description = "The rest is split."
until = "2026-03"
source = { cost_center = "Unallocated" }
method = "even"
targets = ["A", "Platform"]
"""
LABELS = ("cost_category:Team", "tag:team")
PERIOD = Period(date(2026, 1, 1), date(2026, 4, 1))
money = st.decimals(-(10**12), 10**12, places=10) | st.sampled_from([Decimal(0), Decimal("-0.0000000001")])
charges = st.builds(
    lambda day, account, service, record_type, labels, found: Charge(
        day, account, service, record_type, amounts(str(found[0]), amortized_cost=str(found[1])), labels
    ),
    st.dates(date(2026, 1, 1), date(2026, 3, 31)),
    st.sampled_from(["1", "2"]),
    st.sampled_from(["S1", "S2", "S3"]),
    st.sampled_from(["Usage", "Credit"]),
    st.tuples(st.sampled_from(["", "A", "B"]), st.sampled_from(["", "b", "Q"])) | st.none(),
    st.tuples(money, money),
)


def fits(charge: Charge, conditions: Conditions) -> bool:
    return all(value_of(charge, name) in ["" if v == UNALLOCATED else v for v in values] for name, values in conditions)


def value_of(charge: Charge, name: str) -> object:
    if name in LABELS:
        return charge.labels[LABELS.index(name)] if charge.labels else ""
    return getattr(charge, name)


def center_of(charge: Charge, rules: AllocationRules) -> str:
    for way in rules.centers:
        if way.label:
            if found := value_of(charge, way.label):
                return str(found)
        elif fits(charge, way.conditions):
            return str(way.cost_center)
    return UNALLOCATED


def claim_of(charge: Charge, rules: AllocationRules) -> str:
    month = charge.charge_date.replace(day=1)
    claiming = (r for r in rules.in_force(month) if r.source.is_charges and fits(charge, r.source.conditions))
    return next((rule.rule_id for rule in claiming), "")


def books_by_hand(found: list[Charge], rules: AllocationRules, month: date, metric: int) -> Books:
    of_month = [c for c in found if c.charge_date.replace(day=1) == month]
    direct: dict[str, int] = {}
    claimed: dict[str, dict[str, int]] = {}
    drivers: dict[str, dict[str, int]] = {}
    for charge in of_month:
        center, claim = center_of(charge, rules), claim_of(charge, rules)
        amount = units(charge.amounts[metric] or Decimal(0))
        direct[center] = direct.get(center, 0) + amount
        if claim:
            of_rule = claimed.setdefault(claim, {})
            of_rule[center] = of_rule.get(center, 0) + amount
            continue
        for rule in rules.in_force(month):
            if fits(charge, rule.driver.conditions):
                which = COST_METRICS.index(rule.driver.metric) if rule.driver.metric else metric
                of_rule = drivers.setdefault(rule.rule_id, {})
                of_rule[center] = of_rule.get(center, 0) + units(charge.amounts[which] or Decimal(0))
    return Books(direct, claimed, drivers)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(found=st.lists(charges, max_size=25))
def test_sql_and_hand_agree_on_every_entry_of_every_metric(found: list[Charge], shelf: Path) -> None:
    rules = parse_rules(RULES)
    with published(Organization(found, LABELS), shelf) as snapshot:
        ours = {(m.month, m.metric): m.allocation for m in allocations(snapshot.rows, rules, PERIOD)}
    months = {c.charge_date.replace(day=1) for c in found}
    assert set(ours) == {(month, metric) for month in months for metric in COST_METRICS}
    for (month, metric), allocation in ours.items():
        by_hand = books_by_hand(found, rules, month, COST_METRICS.index(metric))
        assert allocation == allocate(rules.in_force(month), by_hand)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(found=st.lists(charges, max_size=25))
def test_the_cost_centers_charges_are_the_charges(found: list[Charge], shelf: Path) -> None:
    rules = parse_rules(RULES)
    groups: dict[tuple[object, ...], list[Charge]] = {}
    for charge in found:
        key = (charge.charge_date.replace(day=1), center_of(charge, rules), charge.usage_account_id)
        groups.setdefault((*key, charge.service, charge.record_type, claim_of(charge, rules)), []).append(charge)
    with published(Organization(found, LABELS), shelf) as snapshot:
        rows = {tuple(row[:6]): row[6:] for row in snapshot.rows(*charges_sql(rules, PERIOD))}
    assert rows == {
        key: tuple(sum_or_none(c.amounts[i] for c in group) for i, _ in enumerate(COST_METRICS))
        for key, group in groups.items()
    }


def test_a_metric_that_is_not_available_is_left_out(shelf: Path) -> None:
    day = date(2026, 3, 2)
    lacking = Charge(day, "1", "S1", "Usage", amounts("5", net_unblended_cost=None, net_amortized_cost=None), ("A", ""))
    with published(Organization([lacking], LABELS), shelf) as snapshot:
        found = {m.metric.value for m in allocations(snapshot.rows, parse_rules(RULES), PERIOD)}
    assert found == {"unblended_cost", "amortized_cost", "blended_cost"}
