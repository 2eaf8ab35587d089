"""The senses of cost of one selection, and the steps between them, which close exactly."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from itertools import pairwise, permutations
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from costlib.access import EVERYTHING, Scope
from costlib.periods import DAY, Period, months_in
from costlib.queries import breakdown, cost_views
from costlib.queries.cost_steps import Step, bridge_of, totals
from costlib.queries.filters import Filters
from costlib.queries.freshness import tie_out_summary
from costlib.store.snapshot import open_current
from costlib.vocabulary import CHARGE_CATEGORIES, COST_METRICS, DISCOUNT_RECORD_TYPES, CostMetric
from tests.queries.snapshots import Amounts, Charge, Organization, amounts, published, truth

DAY_1 = date(2026, 3, 1)
MARCH = Period(DAY_1, date(2026, 4, 1))
UNBLENDED, AMORTIZED, NET_UNBLENDED, NET_AMORTIZED, BLENDED = COST_METRICS
PAIRS = list(permutations(COST_METRICS, 2))
UNKNOWN = "Other out-of-cycle charges"
AMOUNTS = st.decimals(-(10**6), 10**6, places=10).map(str)
ROWS = st.lists(
    st.builds(
        lambda day, account, service, record_type, unblended, amortized, net, blended: Charge(
            DAY_1 + day * DAY,
            account,
            service,
            record_type,
            amounts(
                unblended,
                amortized_cost=amortized,
                net_unblended_cost=net,
                net_amortized_cost=None if net is None else amortized,
                blended_cost=blended,
            ),
        ),
        st.integers(0, 2),
        st.sampled_from(["111", "222"]),
        st.sampled_from(["EC2", "AWS Support (Business)"]),
        st.sampled_from([*CHARGE_CATEGORIES, *sorted(DISCOUNT_RECORD_TYPES), UNKNOWN]),
        AMOUNTS,
        AMOUNTS,
        st.one_of(st.none(), AMOUNTS),
        AMOUNTS,
    ),
    max_size=12,
)


def senses(
    unblended: str, amortized: str | None = None, net: str | None = None, net_amortized: str | None = None
) -> Amounts:
    """The metrics of a charge without a discount, unless a net amount is given; amortized as unblended unless given."""
    spread = amortized or unblended
    return amounts(
        unblended,
        amortized_cost=spread,
        net_unblended_cost=net or unblended,
        net_amortized_cost=net_amortized or net or spread,
    )


COMMITTED = [
    Charge(DAY_1, "111", "Savings Plans", "SavingsPlanUpfrontFee", senses("365", "0")),
    Charge(DAY_1, "111", "RDS", "Fee", senses("73", "0")),
    Charge(DAY_1, "111", "AWS Support (Business)", "Fee", senses("50")),
    Charge(DAY_1, "111", "Savings Plans", "SavingsPlanRecurringFee", senses("30", "4")),
    Charge(DAY_1, "222", "EC2", "SavingsPlanCoveredUsage", senses("40", "27")),
    Charge(DAY_1, "222", "EC2", "SavingsPlanNegation", senses("-40", "0")),
    Charge(DAY_1, "222", "RDS", "DiscountedUsage", senses("0", "0.2")),
    Charge(DAY_1, "222", "EC2", "Usage", senses("100", net="94")),
    Charge(DAY_1, "222", "EC2", "EdpDiscount", senses("-6", net="0")),
    Charge(DAY_1, "222", "Tax", "Tax", senses("9")),
    Charge(DAY_1, "222", "EC2", "Credit", senses("-2")),
]


def test_each_step_is_what_its_record_types_differ_by(shelf: Path) -> None:
    with published(Organization(COMMITTED), shelf) as snapshot:
        first, second = cost_views.bridge(snapshot, EVERYTHING, Filters(MARCH), UNBLENDED, NET_AMORTIZED)
    assert (first.start_metric, first.end_metric, second.end_metric) == (UNBLENDED, AMORTIZED, NET_AMORTIZED)
    assert [(s.name, s.amount) for s in first.steps if s.amount] == [
        ("Upfront fees taken out", -438),
        ("Recurring fees taken out", -30),
        ("Covered use at commitment price", Decimal("27.2")),
        ("Unused commitment put in", 4),
    ]
    assert [(s.name, s.amount, s.record_types) for s in second.steps if s.amount] == [
        ("Discount lines taken out", Decimal(6), ("EdpDiscount",)),
        ("Discounts inside each charge", Decimal(-6), ("Usage",)),
    ]
    assert {s.step for s in first.steps if not s.amount} == {
        Step.usage,
        Step.discount_lines,
        Step.credits,
        Step.tax,
        Step.support,
    }


def test_the_way_back_names_the_steps_the_other_way_round(shelf: Path) -> None:
    with published(Organization(COMMITTED), shelf) as snapshot:
        (leg,) = cost_views.bridge(snapshot, EVERYTHING, Filters(MARCH), AMORTIZED, UNBLENDED)
    assert [(s.name, s.amount) for s in leg.steps if s.amount] == [
        ("Upfront fees put back", 438),
        ("Recurring fees put back", 30),
        ("Covered use taken out", Decimal("-27.2")),
        ("Unused commitment taken out", -4),
    ]


@pytest.mark.parametrize("pair", PAIRS)
def test_an_unknown_record_type_is_another_adjustment_and_never_usage(
    shelf: Path, pair: tuple[CostMetric, CostMetric]
) -> None:
    odd = Charge(DAY_1, "111", "EC2", UNKNOWN, tuple(Decimal(n * n) for n in range(1, 6)))
    with published(Organization([odd]), shelf) as snapshot:
        legs = cost_views.bridge(snapshot, EVERYTHING, Filters(MARCH), *pair)
    assert {step.step for leg in legs for step in leg.steps} == {Step.other}


@settings(max_examples=40, deadline=None)
@given(ROWS)
def test_start_and_steps_add_up_to_the_end_for_any_charges_and_any_pair(shelf: Path, charges: list[Charge]) -> None:
    organization = Organization(charges, days=[DAY_1])
    with published(organization, shelf) as snapshot:
        found = cost_views.parts(snapshot, EVERYTHING, Filters(MARCH))
        table = cost_views.by_record_type(found)
    ((*expected,),) = truth(organization, charges, [])
    sums = totals(found)
    assert list(sums.values()) == expected
    by_record_type = truth(organization, charges, ["charge_category", "record_type"])
    assert sorted(tuple(row.values()) for row in table.to_pylist()) == sorted(by_record_type)
    for start, end in PAIRS:
        legs = bridge_of(found, start, end)
        if sums[start] is None or sums[end] is None:
            assert legs == ()
            continue
        assert (legs[0].start, legs[-1].end) == (sums[start], sums[end])
        assert all(leg.residual == 0 for leg in legs)
        steps = [int(step.amount.scaleb(10)) for leg in legs for step in leg.steps]
        assert int(legs[0].start.scaleb(10)) + sum(steps) == int(legs[-1].end.scaleb(10))


def test_the_waterfall_of_every_month_of_the_sample_closes_for_every_pair(sample_data_dir: Path) -> None:
    snapshot = open_current(sample_data_dir / "sample")
    months = months_in(snapshot.period)
    assert len(months) >= 13
    for month in months:
        filters = Filters(month)
        sums = breakdown.breakdown(snapshot, EVERYTHING, filters, [], COST_METRICS).to_pylist()[0]
        found = cost_views.parts(snapshot, EVERYTHING, filters)
        for start, end in PAIRS:
            legs = bridge_of(found, start, end)
            assert (legs[0].start, legs[-1].end) == (sums[start], sums[end])
            assert sum((s.amount for leg in legs for s in leg.steps), sums[start]) == sums[end]
            assert [leg.residual for leg in legs] == [0] * len(legs)
            assert all(a.end_metric == b.start_metric for a, b in pairwise(legs))
            names = {s.step for leg in legs for s in leg.steps if s.amount}
            assert not names & {Step.other, Step.usage}, (month, start, end)


def test_the_totals_of_every_month_of_the_sample_are_awss_own(sample_data_dir: Path) -> None:
    snapshot = open_current(sample_data_dir / "sample")
    for month in months_in(snapshot.period):
        own = cost_views.aws_totals(snapshot, EVERYTHING, Filters(month))
        assert own == totals(cost_views.parts(snapshot, EVERYTHING, Filters(month)))
        assert own is not None
        assert own[AMORTIZED] == tie_out_summary(snapshot, EVERYTHING, month, AMORTIZED).control


def test_a_metric_that_some_charge_lacks_has_no_steps_and_is_no_stop_on_the_way(shelf: Path) -> None:
    charges = [*COMMITTED, Charge(DAY_1, "222", "EC2", "Usage", amounts("1", amortized_cost=None))]
    with published(Organization(charges), shelf) as snapshot:
        found = cost_views.parts(snapshot, EVERYTHING, Filters(MARCH))
    assert totals(found)[AMORTIZED] is None
    assert bridge_of(found, UNBLENDED, AMORTIZED) == ()
    (leg,) = bridge_of(found, UNBLENDED, NET_AMORTIZED)
    assert leg.residual == 0
    assert {s.name for s in leg.steps if s.amount} >= {"Upfront fees taken out", "Discounts inside each charge"}


@pytest.mark.parametrize(
    "narrow",
    [
        lambda f: replace(f, accounts=("222",)),
        lambda f: replace(f, services=("EC2",)),
        lambda f: replace(f, labels=(("cost_category:Team", ("",)),)),
        lambda f: replace(f, include_tax=False),
        lambda f: replace(f, include_support=False),
    ],
)
def test_a_part_of_the_charges_closes_too_and_has_no_total_of_aws(
    shelf: Path, narrow: Callable[[Filters], Filters]
) -> None:
    filters = narrow(Filters(MARCH))
    with published(Organization(COMMITTED), shelf) as snapshot:
        legs = cost_views.bridge(snapshot, EVERYTHING, filters, UNBLENDED, NET_AMORTIZED)
        sums = breakdown.breakdown(snapshot, EVERYTHING, filters, [], COST_METRICS).to_pylist()[0]
        assert cost_views.aws_totals(snapshot, EVERYTHING, filters) is None
    assert (legs[0].start, legs[-1].end) == (sums[UNBLENDED], sums[NET_AMORTIZED])
    assert sum((s.amount for leg in legs for s in leg.steps), legs[0].start) == legs[-1].end


def test_somebody_who_sees_one_account_gets_its_part_alone(shelf: Path) -> None:
    scope = Scope(frozenset({"222"}))
    with published(Organization(COMMITTED), shelf) as snapshot:
        found = cost_views.parts(snapshot, scope, Filters(MARCH))
        table = cost_views.by_record_type(found)
        assert cost_views.aws_totals(snapshot, scope, Filters(MARCH)) is None
        assert cost_views.parts(snapshot, Scope(frozenset()), Filters(MARCH)) == ()
    assert totals(found)[UNBLENDED] == 101
    assert totals(found)[AMORTIZED] == Decimal("128.2")
    assert "SavingsPlanUpfrontFee" not in table.column("record_type").to_pylist()


def test_nothing_selected_is_zero_in_every_sense_without_steps(shelf: Path) -> None:
    with published(Organization(COMMITTED), shelf) as snapshot:
        found = cost_views.parts(snapshot, EVERYTHING, Filters(MARCH, services=("Nothing",)))
    assert found == ()
    (leg,) = bridge_of(found, UNBLENDED, AMORTIZED)
    assert leg.steps == ()
    assert [leg.start, leg.end, leg.residual] == [Decimal(0)] * 3
    assert bridge_of(found, UNBLENDED, UNBLENDED) == ()


def test_the_table_lists_usage_first_and_adjustments_last(shelf: Path) -> None:
    with published(Organization(COMMITTED), shelf) as snapshot:
        table = cost_views.by_record_type(cost_views.parts(snapshot, EVERYTHING, Filters(MARCH)))
    assert table.column_names == ["charge_category", "record_type", *COST_METRICS]
    categories = table.column("charge_category").to_pylist()
    assert list(dict.fromkeys(categories)) == ["Usage", "Purchase", "Tax", "Credit", "Adjustment"]
