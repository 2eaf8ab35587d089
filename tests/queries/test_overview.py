"""The headline."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

from costlib.access import EVERYTHING, Scope
from costlib.periods import Period
from costlib.queries.filters import Filters
from costlib.queries.overview import headline
from tests.queries.snapshots import Charge, Organization, amounts, published

ANY = Filters(Period(date(2020, 1, 1), date(2020, 1, 2)))
FEB_MARCH = list(Period(date(2026, 2, 1), date(2026, 3, 20)))


def charge(day: date, amount: str | None, service: str = "EC2", account: str = "111") -> Charge:
    return Charge(day, account, service, "Usage", amounts(amount))


def growing() -> Organization:
    """Each day costs its number in the month; as of 20 March, 6:00, the 18th is the last complete day."""
    return Organization([charge(day, str(day.day)) for day in FEB_MARCH], as_of=datetime(2026, 3, 20, 6))


def test_the_headline_counts_complete_days_only(shelf: Path) -> None:
    with published(growing(), shelf) as snapshot:
        found = headline(snapshot, EVERYTHING, ANY)
    assert found.last_complete_day == date(2026, 3, 18)
    assert found.last_complete_amount == 18
    assert found.same_weekday_before_amount == 11
    assert found.month_to_date == sum(range(1, 19))
    assert found.month_to_date_days == 18
    assert found.last_month_same_days == sum(range(1, 19))
    assert found.last_month_total == sum(range(1, 29))
    assert found.month_end_run_rate == Decimal("294.5")


def test_the_headline_obeys_filters_and_scope_but_not_the_period(shelf: Path) -> None:
    organization = growing()
    organization.charges += [charge(day, "100", "S3", "222") for day in FEB_MARCH]
    with published(organization, shelf) as snapshot:
        assert headline(snapshot, Scope(frozenset({"111"})), ANY).last_complete_amount == 18
        only_s3 = Filters(ANY.period, services=("S3",))
        assert headline(snapshot, EVERYTHING, only_s3).last_complete_amount == 100
        assert headline(snapshot, Scope(frozenset({"111"})), only_s3).month_to_date == 0


def test_a_long_month_is_compared_with_all_of_a_shorter_one(shelf: Path) -> None:
    days = list(Period(date(2026, 2, 1), date(2026, 3, 31)))
    organization = Organization([charge(day, "1") for day in days], as_of=datetime(2026, 4, 1, 6))
    with published(organization, shelf) as snapshot:
        found = headline(snapshot, EVERYTHING, ANY)
    assert found.month_to_date == found.month_to_date_days == 30
    assert found.last_month_same_days == found.last_month_total == 28


def test_on_the_first_days_of_a_month_the_month_before_is_still_the_one_shown(shelf: Path) -> None:
    organization = Organization([charge(day, "1") for day in FEB_MARCH], as_of=datetime(2026, 3, 2, 6))
    with published(organization, shelf) as snapshot:
        found = headline(snapshot, EVERYTHING, ANY)
    assert found.last_complete_day == date(2026, 2, 28)
    assert found.month_to_date == found.month_end_run_rate == 28
    assert found.last_month_total is None, "January is not stored, which is not the same as free"


def test_a_missing_amount_makes_only_what_it_is_part_of_unavailable(shelf: Path) -> None:
    organization = growing()
    organization.charges.append(charge(date(2026, 3, 4), None))
    with published(organization, shelf) as snapshot:
        found = headline(snapshot, EVERYTHING, ANY)
    assert (found.month_to_date, found.month_end_run_rate) == (None, None)
    assert found.last_complete_amount == 18
    assert found.last_month_total == sum(range(1, 29))


def test_the_headline_of_a_source_without_days_has_no_amounts(shelf: Path) -> None:
    with published(Organization(), shelf) as snapshot:
        found = headline(snapshot, EVERYTHING, ANY)
    assert (found.last_complete_amount, found.month_to_date, found.last_month_total) == (None, None, None)
