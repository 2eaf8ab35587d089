"""The figures of a month's report, against the same sums in plain Python."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from costlib.access import EVERYTHING, Scope
from costlib.errors import UsageError
from costlib.exports.month import Line
from costlib.money import total
from costlib.periods import DAY, Period
from costlib.queries.filters import Filters
from costlib.queries.report import month_report, reportable_months
from costlib.vocabulary import CostMetric
from tests.queries.snapshots import Charge, Organization, amounts, published

ANY = Filters(Period(date(2026, 3, 1), date(2026, 3, 2)))
DAYS = list(Period(date(2025, 3, 1), date(2026, 3, 20)))


def organization() -> Organization:
    """EC2 of account 111 costs the day's number and S3 of 222 a constant; some tax, a credit and a refund in March."""
    charges = [Charge(day, "111", "EC2", "Usage", amounts(str(day.day)), ("red",)) for day in DAYS]
    charges += [Charge(day, "222", "S3", "Usage", amounts("2.5000000001")) for day in DAYS]
    charges += [
        Charge(date(2026, 3, 2), "111", "Tax", "Tax", amounts("30")),
        Charge(date(2026, 3, 3), "111", "EC2", "Credit", amounts("-7")),
        Charge(date(2026, 3, 4), "222", "S3", "Refund", amounts("-0.5")),
        Charge(date(2026, 3, 5), "222", "Support", "Support fee", amounts("11", net_amortized_cost=None)),
    ]
    return Organization(charges, accounts={"111": "One"}, as_of=datetime(2026, 3, 20, 6))


def cost(first: date, last: date, *services: str) -> Decimal:
    kept = (
        c.amounts[0]
        for c in organization().charges
        if first <= c.charge_date <= last and (not services or c.service in services)
    )
    return total(kept) or Decimal(0)


def test_a_month_that_goes_on_is_counted_and_compared_by_its_complete_days(shelf: Path) -> None:
    with published(organization(), shelf) as snapshot:
        found = month_report(snapshot, EVERYTHING, ANY, date(2026, 3, 9))
    assert found.month == Period(date(2026, 3, 1), date(2026, 4, 1))
    assert found.counted == Period(date(2026, 3, 1), date(2026, 3, 19))
    assert found.total == cost(date(2026, 3, 1), date(2026, 3, 18))
    assert found.total_before == cost(date(2026, 2, 1), date(2026, 2, 18))
    assert found.total_year_before == cost(date(2025, 3, 1), date(2025, 3, 18))
    assert not found.is_whole
    assert [bar.start for bar in found.days] == list(Period(date(2026, 3, 1), date(2026, 3, 20)))
    assert [bar.is_whole for bar in found.days] == [True] * 18 + [False]
    assert found.estimated_days == 19


def test_a_month_that_is_over_is_compared_with_whole_months(shelf: Path) -> None:
    with published(organization(), shelf) as snapshot:
        found = month_report(snapshot, EVERYTHING, ANY, date(2026, 2, 1))
    assert found.is_whole
    assert found.total == cost(date(2026, 2, 1), date(2026, 2, 28))
    assert found.total_before == cost(date(2026, 1, 1), date(2026, 1, 31))
    assert found.total_year_before is None, "February 2025 is not stored, which is not the same as free"
    assert found.estimated_days == 0


def test_services_accounts_and_kinds_each_add_up_to_the_total(shelf: Path) -> None:
    with published(organization(), shelf) as snapshot:
        found = month_report(snapshot, EVERYTHING, ANY, date(2026, 3, 1))
    for lines in (found.services, found.accounts, found.kinds):
        assert total(line.amount for line in lines) == found.total
        assert total(line.previous for line in lines) == found.total_before
    assert [line.name for line in found.accounts] == ["One", "222"]
    ec2 = next(line for line in found.services if line.name == "EC2")
    march, february = (cost(date(2026, m, 1), date(2026, m, 18), "EC2") for m in (3, 2))
    assert ec2 == Line("EC2", march, february)
    kinds = {line.name: line.amount for line in found.kinds}
    assert kinds["Tax"] == 30
    assert kinds["Credits"] == -7
    assert kinds["Refunds"] == Decimal("-0.5")


def test_what_carries_no_label_is_unallocated(shelf: Path) -> None:
    with published(organization(), shelf) as snapshot:
        (team,) = month_report(snapshot, EVERYTHING, ANY, date(2026, 3, 1)).labels
    usage = sum(range(1, 19))
    everything = cost(date(2026, 3, 1), date(2026, 3, 18))
    assert team.label == "cost category Team"
    assert team.amount == everything - usage
    assert team.share == (everything - usage) / everything


def test_thirteen_months_end_with_the_month_so_far(shelf: Path) -> None:
    with published(organization(), shelf) as snapshot:
        found = month_report(snapshot, EVERYTHING, ANY, date(2026, 3, 1))
        before = month_report(snapshot, EVERYTHING, ANY, date(2026, 2, 1))
    assert len(found.months) == 13
    assert (found.months[-1].amount, found.months[-1].is_whole) == (found.total, False)
    assert found.months[0].amount == cost(date(2025, 3, 1), date(2025, 3, 31))
    assert [bar.start for bar in before.months] == [bar.start for bar in found.months[:-1]]


def test_the_report_obeys_scope_and_filters_and_says_so(shelf: Path) -> None:
    narrow = replace(ANY, services=("S3",), include_refunds=False, labels=(("cost_category:Team", ("",)),))
    with published(organization(), shelf) as snapshot:
        found = month_report(snapshot, Scope(frozenset({"222"})), narrow, date(2026, 3, 1))
        nothing = month_report(snapshot, Scope(frozenset({"111"})), narrow, date(2026, 3, 1))
        one = month_report(snapshot, EVERYTHING, replace(ANY, accounts=("111",)), date(2026, 3, 1))
    assert found.total == 18 * Decimal("2.5000000001")
    assert [line.name for line in found.accounts] == ["222"]
    assert found.narrowed_to == [
        "only 1 account of this view",
        "only service S3",
        "only cost category Team Unallocated",
        "without refunds",
    ]
    assert nothing.total == 0
    assert not nothing.services
    assert one.narrowed_to == ["only account One"]


def test_the_tie_out_is_of_exactly_the_month_and_of_everything_in_it(shelf: Path) -> None:
    spoiled = organization()
    control = [list(row) for row in spoiled.control()]
    for row in control:
        if row[0] == date(2026, 3, 7):
            row[2] -= Decimal("0.02")  # type: ignore[operator]
    spoiled.daily_totals = control
    with published(spoiled, shelf) as snapshot:
        march, february = (
            month_report(snapshot, EVERYTHING, replace(ANY, accounts=("222",)), date(2026, month, 1)).tie_out
            for month in (3, 2)
        )
        of_a_part = month_report(snapshot, Scope(frozenset({"222"})), ANY, date(2026, 3, 1)).tie_out
    assert (of_a_part.is_told, of_a_part.differing_days) == (False, 1)
    assert (of_a_part.control, of_a_part.absolute_difference) == (None, None)
    assert (march.days, march.differing_days, march.absolute_difference) == (19, 1, Decimal("0.02"))
    assert (february.days, february.differing_days) == (28, 0)
    assert february.absolute_difference == 0


def test_a_metric_that_is_missing_makes_what_it_is_part_of_unavailable(shelf: Path) -> None:
    net = replace(ANY, metric=CostMetric.net_amortized_cost)
    with published(organization(), shelf) as snapshot:
        found = month_report(snapshot, EVERYTHING, net, date(2026, 3, 1))
    assert (found.total, found.tie_out.control) == (None, None)
    assert next(line for line in found.services if line.name == "Support").amount is None
    assert next(line for line in found.services if line.name == "S3").amount is not None


@pytest.mark.parametrize("month", [date(2024, 1, 1), date(2026, 4, 1)])
def test_a_month_that_is_not_stored_is_refused(shelf: Path, month: date) -> None:
    with published(organization(), shelf) as snapshot, pytest.raises(UsageError, match="Nothing is stored"):
        month_report(snapshot, EVERYTHING, ANY, month)


def test_a_month_without_a_complete_day_is_refused_and_the_one_before_named(shelf: Path) -> None:
    early = replace_as_of(organization(), datetime(2026, 3, 2, 6))
    with published(early, shelf) as snapshot:
        with pytest.raises(UsageError, match="no complete day") as refused:
            month_report(snapshot, EVERYTHING, ANY, date(2026, 3, 1))
        assert reportable_months(snapshot)[0] == date(2026, 2, 1)
    assert "2026-02" in refused.value.remedy


def test_the_months_that_can_be_reported_are_those_with_a_complete_day(shelf: Path) -> None:
    with published(organization(), shelf) as snapshot:
        months = reportable_months(snapshot)
    assert (months[0], months[-1], len(months)) == (date(2026, 3, 1), date(2025, 3, 1), 13)


def replace_as_of(rows: Organization, as_of: datetime) -> Organization:
    kept = [c for c in rows.charges if c.charge_date < as_of.date() + DAY]
    return replace(rows, charges=kept, as_of=as_of)
