"""The prepaid balance against charges written by hand, and against the sample ledger's truth."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from costlib.access import EVERYTHING, Scope
from costlib.errors import UsageError
from costlib.periods import DAY, Granularity, Period, months_in
from costlib.queries import prepaid
from costlib.sample.organization import sample_organization
from costlib.store.snapshot import open_current
from tests.queries.snapshots import Charge, Organization, amounts, published

DAY_1 = date(2026, 2, 27)
DAYS = Period(DAY_1, DAY_1 + 4 * DAY)


def charge(day: date, record_type: str, unblended: str, amortized: str | None) -> Charge:
    return Charge(day, "111", "EC2", record_type, amounts(unblended, amortized_cost=amortized))


def plan(bought: date, days: Period) -> list[Charge]:
    """A Savings Plan of 10 a day for 4 days: 6 of it used each day, 4 not."""
    fee = [charge(bought, "SavingsPlanUpfrontFee", "40", "0")] if bought in days else []
    used = [charge(day, "SavingsPlanCoveredUsage", "8", "6") for day in days]
    offset = [charge(day, "SavingsPlanNegation", "-8", "0") for day in days]
    return [*fee, *used, *offset, *(charge(day, "SavingsPlanRecurringFee", "0", "4") for day in days)]


def test_the_balance_rises_with_the_fee_and_is_used_up_at_the_end_of_the_term(shelf: Path) -> None:
    usage = [charge(day, "Usage", "100", "100") for day in DAYS]
    with published(Organization([*plan(DAY_1, DAYS), *usage]), shelf) as snapshot:
        daily = prepaid.prepaid_balance(snapshot, EVERYTHING, Granularity.daily)
        monthly = prepaid.prepaid_balance(snapshot, EVERYTHING)
        over = prepaid.change_over(snapshot, EVERYTHING, Period(DAY_1, DAY_1 + DAY))
    assert daily.column_names == ["period_start", "paid", "amortized", "change", "balance"]
    assert [tuple(row.values()) for row in daily.to_pylist()] == [
        (DAY_1, 40, 10, 30, 30),
        (DAY_1 + DAY, 0, 10, -10, 20),
        (DAY_1 + 2 * DAY, 0, 10, -10, 10),
        (DAY_1 + 3 * DAY, 0, 10, -10, 0),
    ]
    assert [tuple(row.values()) for row in monthly.to_pylist()] == [
        (date(2026, 2, 1), 40, 20, 20, 20),
        (date(2026, 3, 1), 0, 20, -20, 0),
    ]
    assert over == prepaid.Change(Decimal(40), Decimal(10), Decimal(30))


RECORD_TYPES = ["Usage", "Fee", "RIFee", "DiscountedUsage", "SavingsPlanUpfrontFee", "Refund", "Something new"]
AMOUNTS = st.decimals(-(10**6), 10**6, places=10).map(str)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.builds(charge, st.sampled_from(list(DAYS)), st.sampled_from(RECORD_TYPES), AMOUNTS, AMOUNTS)))
def test_the_balance_is_all_that_unblended_exceeds_amortized_cost_by(shelf: Path, charges: list[Charge]) -> None:
    with published(Organization(charges, days=list(DAYS)), shelf) as snapshot:
        table = prepaid.prepaid_balance(snapshot, EVERYTHING, Granularity.daily).to_pylist()
    balance = Decimal(0)
    for row in table:
        its = [c.amounts for c in charges if c.charge_date == row["period_start"]]
        balance += sum((a[0] - a[1] for a in its if a[0] is not None and a[1] is not None), Decimal(0))
        assert row["paid"] - row["amortized"] == row["change"]
        assert row["balance"] == balance


def test_a_day_without_charges_has_its_place_and_changes_nothing(shelf: Path) -> None:
    organization = Organization([charge(DAY_1, "Usage", "1", "1")], days=list(DAYS))
    with published(organization, shelf) as snapshot:
        table = prepaid.prepaid_balance(snapshot, EVERYTHING, Granularity.daily)
    assert table.column("period_start").to_pylist() == list(DAYS)
    assert table.column("balance").to_pylist() == [0] * 4


def test_other_fees_are_not_prepaid_and_a_refunded_upfront_fee_is_taken_back(shelf: Path) -> None:
    charges = [
        charge(DAY_1, "Fee", "500", "500"),
        charge(DAY_1, "Fee", "40", "0"),
        charge(DAY_1, "Refund", "-3", "-3"),
        charge(DAY_1 + DAY, "Refund", "-40", "0"),
    ]
    with published(Organization(charges), shelf) as snapshot:
        table = prepaid.prepaid_balance(snapshot, EVERYTHING, Granularity.daily)
    assert table.column("paid").to_pylist() == [40, -40]
    assert table.column("amortized").to_pylist() == [0, 0]
    assert table.column("balance").to_pylist() == [40, 0]


def test_what_was_prepaid_before_the_first_stored_day_is_not_known_but_has_a_least(shelf: Path) -> None:
    with published(Organization(plan(DAY_1 - DAY, DAYS)), shelf) as snapshot:
        running = prepaid.opening(snapshot, EVERYTHING)
    before = [charge(DAY_1 - DAY, "Usage", "1", "1"), *plan(DAY_1, DAYS)]
    with published(Organization(before), shelf) as snapshot:
        none_yet = prepaid.opening(snapshot, EVERYTHING)
    assert running == prepaid.Opening(is_zero=False, at_least=Decimal(40))
    assert none_yet == prepaid.Opening(is_zero=True, at_least=Decimal(0))


def test_without_amortized_cost_the_balance_is_not_available_from_there_on(shelf: Path) -> None:
    charges = [*plan(DAY_1, DAYS), charge(DAY_1 + 2 * DAY, "Usage", "1", None)]
    with published(Organization(charges), shelf) as snapshot:
        table = prepaid.prepaid_balance(snapshot, EVERYTHING, Granularity.daily)
        over = prepaid.change_over(snapshot, EVERYTHING, DAYS)
        least = prepaid.opening(snapshot, EVERYTHING).at_least
    assert table.column("change").to_pylist() == [30, -10, None, -10]
    assert table.column("balance").to_pylist() == [30, 20, None, None]
    assert over == prepaid.Change(None, None, None)
    assert least is None


@pytest.mark.parametrize("ask", [prepaid.prepaid_balance, prepaid.opening])
def test_a_part_of_the_accounts_has_no_balance(shelf: Path, ask: object) -> None:
    refused = pytest.raises(UsageError, match="all accounts together")
    with published(Organization(plan(DAY_1, DAYS)), shelf) as snapshot, refused:
        ask(snapshot, Scope(frozenset({"111"})))  # type: ignore[operator]


def test_a_part_of_the_accounts_has_no_change_of_the_balance(shelf: Path) -> None:
    refused = pytest.raises(UsageError, match="all accounts together")
    with published(Organization(plan(DAY_1, DAYS)), shelf) as snapshot, refused:
        prepaid.change_over(snapshot, Scope(frozenset()), DAYS)


def test_every_month_of_the_sample_is_its_ledgers_truth_and_the_days_add_up_to_it(sample_data_dir: Path) -> None:
    snapshot = open_current(sample_data_dir / "sample")
    organization = sample_organization(snapshot.period.last_day)
    assert organization.period == snapshot.period
    monthly = prepaid.prepaid_balance(snapshot, EVERYTHING).to_pylist()
    months = months_in(snapshot.period)
    assert [row["period_start"] for row in monthly] == [month.start for month in months]
    balance = Decimal(0)
    for row, month in zip(monthly, months, strict=True):
        balance += organization.prepaid_change(month)
        bought = sum(t.upfront_fee for t in organization.terms if t.purchased_on in month)
        assert (row["change"], row["balance"]) == (organization.prepaid_change(month), balance)
        assert row["paid"] == bought
        assert prepaid.change_over(snapshot, EVERYTHING, month).change == row["change"]
    daily = prepaid.prepaid_balance(snapshot, EVERYTHING, Granularity.daily)
    ends = [(month.clip(snapshot.period) or month).last_day for month in months]
    at_ends = [row["balance"] for row in daily.to_pylist() if row["period_start"] in ends]
    assert at_ends == [row["balance"] for row in monthly]
    assert sum(daily.column("paid").to_pylist()) == sum(row["paid"] for row in monthly)
