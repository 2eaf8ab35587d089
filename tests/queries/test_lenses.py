"""Region and usage type come from lenses, with their partner dimension and time only."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from costlib.access import EVERYTHING, Scope
from costlib.errors import UsageError
from costlib.periods import Granularity, Period
from costlib.queries.breakdown import breakdown
from costlib.queries.filters import Filters
from costlib.queries.ranking import ranking, total
from costlib.queries.series import cost_over_time
from costlib.store.snapshot import Snapshot
from costlib.vocabulary import CostMetric
from tests.queries.snapshots import Charge, Organization, amounts, published

FEBRUARY = Period(date(2026, 2, 1), date(2026, 3, 1))
ALL = Period(date(2026, 1, 1), date(2026, 3, 21))
METRIC = [CostMetric.unblended_cost]
DAILY, MONTHLY, BY_ACCOUNT = "service_x_region_daily", "service_x_usage_type_monthly", "usage_account_id_x_region_daily"


@pytest.fixture(scope="module")
def snapshot(shelf: Path) -> Iterator[Snapshot]:
    lens_rows = [
        (DAILY, date(2026, 2, 3), "EC2", "us-east-1", *amounts("1.25"), None, None),
        (DAILY, date(2026, 2, 4), "EC2", "eu-west-1", *amounts("2"), None, None),
        (DAILY, date(2026, 3, 4), "S3", "NoRegion", *amounts("4"), None, None),
        (MONTHLY, date(2026, 1, 1), "EC2", "BoxUsage", *amounts("7"), Decimal(3), "Hrs"),
        (MONTHLY, date(2026, 2, 1), "EC2", "BoxUsage", *amounts("3.25"), Decimal(3), "Hrs"),
        (MONTHLY, date(2026, 3, 1), "S3", "Requests", *amounts("4"), None, None),
        (BY_ACCOUNT, date(2026, 2, 3), "111", "us-east-1", *amounts("1.25"), None, None),
        (BY_ACCOUNT, date(2026, 2, 4), "222", "eu-west-1", *amounts("2"), None, None),
    ]
    lenses = [
        (DAILY, "service", "region", "daily"),
        (MONTHLY, "service", "usage_type", "monthly"),
        (BY_ACCOUNT, "usage_account_id", "region", "daily"),
    ]
    organization = Organization(
        [Charge(date(2026, 2, 3), "111", "EC2", "Usage", amounts("1.25"))],
        days=list(ALL),
        accounts={"111": "One"},
        rows={"lenses": lenses, "lens_charges": lens_rows},
    )
    with published(organization, shelf) as opened:
        yield opened


def rows(snapshot: Snapshot, filters: Filters, *dimensions: str, scope: Scope = EVERYTHING) -> list[tuple[object, ...]]:
    return [tuple(row.values()) for row in breakdown(snapshot, scope, filters, dimensions, METRIC).to_pylist()]


def test_a_daily_lens_answers_by_day_and_by_month(snapshot: Snapshot) -> None:
    assert rows(snapshot, Filters(FEBRUARY), "charge_date", "region") == [
        (date(2026, 2, 3), "us-east-1", Decimal("1.25")),
        (date(2026, 2, 4), "eu-west-1", Decimal(2)),
    ]
    assert rows(snapshot, Filters(ALL), "billing_month", "service", "region") == [
        (date(2026, 2, 1), "EC2", "eu-west-1", Decimal(2)),
        (date(2026, 2, 1), "EC2", "us-east-1", Decimal("1.25")),
        (date(2026, 3, 1), "S3", "NoRegion", Decimal(4)),
    ]


def test_a_filter_finds_its_lens_too(snapshot: Snapshot) -> None:
    in_europe = Filters(ALL, where=(("region", ("eu-west-1",)),))
    assert rows(snapshot, in_europe, "service") == [("EC2", Decimal(2))]
    assert rows(snapshot, Filters(ALL, services=("S3",)), "region") == [("NoRegion", Decimal(4))]


def test_a_monthly_lens_answers_for_whole_months(snapshot: Snapshot) -> None:
    assert rows(snapshot, Filters(FEBRUARY), "usage_type") == [("BoxUsage", Decimal("3.25"))]
    assert rows(snapshot, Filters(ALL), "billing_month", "usage_type") == [
        (date(2026, 1, 1), "BoxUsage", Decimal(7)),
        (date(2026, 2, 1), "BoxUsage", Decimal("3.25")),
        (date(2026, 3, 1), "Requests", Decimal(4)),
    ]


@pytest.mark.parametrize(
    ("period", "dimensions"),
    [
        (FEBRUARY, ("charge_date", "usage_type")),
        (Period(date(2026, 2, 2), date(2026, 3, 1)), ("usage_type",)),
        (Period(date(2026, 2, 1), date(2026, 2, 28)), ("usage_type",)),
    ],
)
def test_a_monthly_lens_refuses_parts_of_months(
    snapshot: Snapshot, period: Period, dimensions: tuple[str, ...]
) -> None:
    with pytest.raises(UsageError, match=r"service × usage_type \(monthly\) holds usage type by whole months only"):
        rows(snapshot, Filters(period), *dimensions)


@pytest.mark.parametrize(
    "filters",
    [
        Filters(ALL, record_types=("Usage",)),
        Filters(ALL, include_tax=False),
        Filters(ALL, labels=(("cost_category:Team", ("",)),)),
    ],
)
def test_what_a_lens_does_not_hold_is_refused_with_the_lens_that_holds_the_dimension(
    snapshot: Snapshot, filters: Filters
) -> None:
    with pytest.raises(
        UsageError, match=r"holds region and (record type|labels) together; the lens .*service × region"
    ):
        rows(snapshot, filters, "region")


def test_a_dimension_in_no_lens_says_which_setting_would_bring_it(shelf: Path) -> None:
    organization = Organization([Charge(date(2026, 2, 3), "1", "EC2", "Usage", amounts("1"))])
    refused = pytest.raises(UsageError, match=r'No stored lens holds region.*"service,region:daily"')
    with published(organization, shelf) as snapshot, refused:
        rows(snapshot, Filters(FEBRUARY), "region")


def test_a_narrow_scope_reads_only_lenses_that_know_accounts(snapshot: Snapshot) -> None:
    mine = Scope(frozenset({"111"}))
    assert rows(snapshot, Filters(ALL), "region", scope=mine) == [("us-east-1", Decimal("1.25"))]
    assert rows(snapshot, Filters(ALL), "usage_account_name", "region") == [
        ("222", "eu-west-1", Decimal(2)),
        ("One", "us-east-1", Decimal("1.25")),
    ]
    with pytest.raises(UsageError, match="account id"):
        rows(snapshot, Filters(FEBRUARY), "usage_type", scope=mine)
    with pytest.raises(UsageError, match="account id"):
        rows(snapshot, Filters(FEBRUARY), "service", "region", scope=mine)


def test_charts_and_rankings_use_lenses_as_well(snapshot: Snapshot) -> None:
    months = Filters(ALL, Granularity.monthly)
    series = cost_over_time(snapshot, EVERYTHING, months, "usage_type").to_pylist()
    assert [(r["period_start"], r["key"], r["amount"]) for r in series if r["amount"]] == [
        (date(2026, 1, 1), "BoxUsage", Decimal(7)),
        (date(2026, 2, 1), "BoxUsage", Decimal("3.25")),
        (date(2026, 3, 1), "Requests", Decimal(4)),
    ]
    january = Period(date(2026, 1, 1), date(2026, 2, 1))
    (row,) = ranking(snapshot, EVERYTHING, Filters(FEBRUARY), "usage_type", january).to_pylist()
    assert (row["amount"], row["previous"], row["trend"]) == (Decimal("3.25"), Decimal(7), [3.25])


def test_a_monthly_lens_is_not_compared_with_a_part_of_a_month(snapshot: Snapshot) -> None:
    cut = Period(date(2026, 1, 4), date(2026, 2, 1))
    boxes = Filters(FEBRUARY, where=(("usage_type", ("BoxUsage",)),))
    assert total(snapshot, EVERYTHING, boxes, cut).previous is None
    (row,) = ranking(snapshot, EVERYTHING, Filters(FEBRUARY), "usage_type", cut).to_pylist()
    assert row["previous"] is None
