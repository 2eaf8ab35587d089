"""Cost over time: buckets, the largest keys, what is final."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

from costlib.access import EVERYTHING
from costlib.periods import DAY, Granularity, Period
from costlib.queries.filters import Filters
from costlib.queries.series import cost_over_time
from costlib.vocabulary import CostMetric
from tests.queries.snapshots import Charge, Organization, amounts, published

FEB_TO_MARCH = Period(date(2026, 2, 1), date(2026, 3, 21))


def charge(day: date, amount: str | None, service: str = "EC2", account: str = "111") -> Charge:
    return Charge(day, account, service, "Usage", amounts(amount))


def test_days_without_charges_are_zero_and_days_not_stored_are_absent(shelf: Path) -> None:
    organization = Organization(
        [charge(date(2026, 3, 2), "1.5")], days=list(Period(date(2026, 3, 1), date(2026, 3, 4)))
    )
    with published(organization, shelf) as snapshot:
        table = cost_over_time(snapshot, EVERYTHING, Filters(Period(date(2026, 2, 20), date(2026, 4, 1))))
    assert table.column_names == ["period_start", "key", "amount", "is_estimated", "is_complete", "is_other"]
    assert [(r["period_start"].day, r["key"], r["amount"]) for r in table.to_pylist()] == [
        (1, "", 0),
        (2, "", Decimal("1.5")),
        (3, "", 0),
    ]


def test_weeks_begin_on_monday_and_months_on_the_first(shelf: Path) -> None:
    days = list(Period(date(2026, 2, 25), date(2026, 3, 10)))
    organization = Organization([charge(day, "1") for day in days])
    period = Period(days[0], days[-1] + DAY)
    with published(organization, shelf) as snapshot:
        weeks, months = (
            [
                (r["period_start"], r["amount"], r["is_complete"])
                for r in cost_over_time(snapshot, EVERYTHING, Filters(period, granularity)).to_pylist()
            ]
            for granularity in (Granularity.weekly, Granularity.monthly)
        )
    assert weeks == [
        (date(2026, 2, 23), 5, False),
        (date(2026, 3, 2), 7, True),
        (date(2026, 3, 9), 1, False),
    ]
    assert months == [(date(2026, 2, 1), 4, False), (date(2026, 3, 1), 9, False)]


def test_the_largest_keys_keep_their_names_and_the_rest_is_other(shelf: Path) -> None:
    day, next_day = date(2026, 3, 2), date(2026, 3, 3)
    organization = Organization(
        [
            charge(day, "5", "EC2"),
            charge(day, "-9", "Credits"),
            charge(day, "1", "S3"),
            charge(next_day, "2", "S3"),
            charge(next_day, "0.5", "SQS"),
            charge(next_day, "0.25", "Other"),
        ]
    )
    with published(organization, shelf) as snapshot:
        found = cost_over_time(snapshot, EVERYTHING, Filters(FEB_TO_MARCH), "service", top=2).to_pylist()
    assert [(r["period_start"].day, r["key"], r["amount"], r["is_other"]) for r in found] == [
        (2, "Credits", -9, False),
        (2, "EC2", 5, False),
        (2, "Other", 1, True),
        (3, "Credits", 0, False),
        (3, "EC2", 0, False),
        (3, "Other", Decimal("2.75"), True),
    ]


def test_a_service_that_is_called_other_is_not_the_rest(shelf: Path) -> None:
    organization = Organization([charge(date(2026, 3, 2), str(9 - i), s) for i, s in enumerate(["Other", "EC2", "S3"])])
    with published(organization, shelf) as snapshot:
        found = cost_over_time(snapshot, EVERYTHING, Filters(FEB_TO_MARCH), "service", top=1).to_pylist()
    assert [(r["key"], r["amount"], r["is_other"]) for r in found] == [("Other", 9, False), ("Other", 15, True)]


def test_the_pieces_add_up_to_the_total_whatever_is_shown(shelf: Path) -> None:
    days = list(Period(date(2026, 2, 10), date(2026, 3, 12)))
    organization = Organization(
        [charge(day, f"{i}.{i % 7}000000001", f"service {i % 13}", str(i % 3)) for i, day in enumerate(days * 3)],
        accounts={"0": "Zero"},
    )
    expected = sum(c.amounts[0] or 0 for c in organization.charges)
    with published(organization, shelf) as snapshot:
        for by in (None, "service", "usage_account_name", "cost_category:Team", "charge_category"):
            for granularity in Granularity:
                filters = Filters(FEB_TO_MARCH, granularity)
                table = cost_over_time(snapshot, EVERYTHING, filters, by, top=3)
                assert sum(table.column("amount").to_pylist()) == expected


def test_a_bucket_with_an_estimated_day_is_estimated_and_a_day_still_arriving_is_not_complete(shelf: Path) -> None:
    days = list(Period(date(2026, 3, 15), date(2026, 3, 20)))
    organization = Organization(
        [charge(day, "1") for day in days], as_of=datetime(2026, 3, 19, 6), estimated_from=date(2026, 3, 17)
    )
    with published(organization, shelf) as snapshot:
        daily, weekly = (
            [
                (r["period_start"].day, r["is_estimated"], r["is_complete"])
                for r in cost_over_time(snapshot, EVERYTHING, Filters(FEB_TO_MARCH, granularity)).to_pylist()
            ]
            for granularity in (Granularity.daily, Granularity.weekly)
        )
    assert daily == [(15, False, True), (16, False, True), (17, True, True), (18, True, False), (19, True, False)]
    assert weekly == [(9, False, True), (16, True, False)]


def test_a_bucket_with_a_missing_metric_is_not_available(shelf: Path) -> None:
    day = date(2026, 3, 2)
    organization = Organization([charge(day, "1"), charge(day + DAY, None)])
    with published(organization, shelf) as snapshot:
        weekly = Filters(FEB_TO_MARCH, Granularity.weekly)
        assert cost_over_time(snapshot, EVERYTHING, weekly).column("amount").to_pylist() == [None]
        daily = cost_over_time(snapshot, EVERYTHING, Filters(FEB_TO_MARCH, metric=CostMetric.blended_cost), "service")
        assert daily.column("amount").to_pylist() == [Decimal(1), None]


def test_a_charge_on_a_day_without_a_control_total_is_still_shown(shelf: Path) -> None:
    day = date(2026, 3, 2)
    control = [(day, False, *amounts("1"))]
    organization = Organization([charge(day, "1"), charge(day + DAY, "2")], daily_totals=control)
    with published(organization, shelf) as snapshot:
        table = cost_over_time(snapshot, EVERYTHING, Filters(FEB_TO_MARCH))
    assert table.column("amount").to_pylist() == [1, 2]
