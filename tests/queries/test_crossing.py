"""A crossing of two dimensions equals what plain Python makes of the same charges, and all its cells add up."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from costlib.access import EVERYTHING, Scope
from costlib.errors import UnknownName, UsageError
from costlib.periods import Period
from costlib.queries.crossing import crossing
from costlib.queries.filters import Filters
from costlib.queries.ranking import total
from costlib.vocabulary import CostMetric
from tests.queries.snapshots import Charge, Organization, Rows, amounts, published, sum_or_none, value_of
from tests.queries.test_breakdown import CHARGES, FILTERS, LABELS, SCOPES, kept

QUARTER = Period(date(2026, 1, 1), date(2026, 4, 1))
SIDES = ("charge_date", "billing_month", "usage_account_id", "service", "record_type", "charge_category", *LABELS)
TIMES = ("charge_date", "billing_month")
DAY = date(2026, 3, 2)

Found = list[tuple[object, ...]]


def charge(service: str, account: str, amount: str | None, team: str = "", day: date = DAY) -> Charge:
    return Charge(day, account, service, "Usage", amounts(amount), (team,))


def cells(table: pa.Table) -> Found:
    return [tuple(row.values())[:5] for row in table.to_pylist()]


def folded(sizes: dict[object, Decimal], dimension: str | None, top: int) -> dict[object, tuple[int, object, bool]]:
    """Key → place, the key it is shown under, whether it is the rest; by definition rather than by SQL."""
    if dimension is None or dimension in TIMES:
        return {key: (place, key, False) for place, key in enumerate(sorted(sizes, key=str))}
    largest_first = sorted(sizes, key=lambda key: (-sizes[key], str(key).encode()))
    foldable = [key for key in largest_first if dimension not in LABELS or key != "Unallocated"]
    rest = set(foldable[top:])
    return {
        key: (len(sizes), "Other", True) if key in rest else (place, key, False)
        for place, key in enumerate(largest_first)
    }


def by_hand(
    organization: Organization, charges: Iterable[Charge], rows: str, columns: str | None, top: tuple[int, int]
) -> Found:
    groups: dict[tuple[object, object], list[Decimal | None]] = {}
    for found in charges:
        key = value_of(organization, found, rows), value_of(organization, found, columns) if columns else ""
        groups.setdefault(key, []).append(found.amounts[0])
    sums = {key: sum_or_none(its) for key, its in groups.items()}
    places = []
    for side, (dimension, most) in enumerate(zip((rows, columns), top, strict=True)):
        known: dict[object, list[Decimal]] = {}
        for key, amount in sums.items():
            known.setdefault(key[side], []).extend([] if amount is None else [abs(amount)])
        places.append(
            folded({k: sum(its, Decimal(0)) if its else Decimal(-1) for k, its in known.items()}, dimension, most)
        )
    shown: dict[tuple[tuple[int, object, bool], tuple[int, object, bool]], list[Decimal | None]] = {}
    for (row, column), amount in sums.items():
        shown.setdefault((places[0][row], places[1][column]), []).append(amount)
    return [
        (row[1], column[1], sum_or_none(its), row[2], column[2])
        for (row, column), its in sorted(shown.items(), key=lambda item: (item[0][0][0], item[0][1][0]))
    ]


@settings(max_examples=40, deadline=None)
@given(
    charges=CHARGES,
    asked=st.lists(
        st.tuples(
            st.lists(st.sampled_from(SIDES), min_size=2, max_size=2, unique=True),
            st.booleans(),
            FILTERS,
            SCOPES,
            st.tuples(st.integers(0, 3), st.integers(0, 3)),
        ),
        min_size=4,
    ),
)
def test_any_crossing_equals_the_charges_added_up_by_hand(
    shelf: Path, charges: list[Charge], asked: list[tuple[list[str], bool, Filters, Scope, tuple[int, int]]]
) -> None:
    organization = Organization(charges, LABELS, {"111": "One", "222": ""})
    with published(organization, shelf) as snapshot:
        for (rows, second), has_columns, filters, scope, top in asked:
            columns = second if has_columns else None
            table = crossing(snapshot, scope, filters, rows, columns, *top)
            found = cells(table)
            assert found == by_hand(organization, kept(organization, filters, scope), rows, columns, top)
            assert sum_or_none(table.column("amount").to_pylist()) == total(snapshot, scope, filters).amount
            places = list(zip(*(table.column(n).to_pylist() for n in ("row_place", "column_place")), strict=True))
            assert places == sorted(set(places))


def test_the_largest_keep_their_names_and_a_real_other_is_not_the_rest(shelf: Path) -> None:
    organization = Organization(
        [
            charge("Other", "111", "9"),
            charge("EC2", "111", "5"),
            charge("Credits $5", "222", "-7"),
            charge("S3", "222", "1"),
            charge("SQS", "333", "2"),
        ]
    )
    with published(organization, shelf) as snapshot:
        found = cells(crossing(snapshot, EVERYTHING, Filters(QUARTER), "service", "usage_account_id", 2, 1))
    assert found == [
        ("Other", "111", 9, False, False),
        ("Credits $5", "Other", -7, False, True),
        ("Other", "111", 5, True, False),
        ("Other", "Other", 3, True, True),
    ]


def test_what_has_no_label_value_is_never_folded(shelf: Path) -> None:
    organization = Organization(
        [charge("EC2", "1", str(9 - i), team) for i, team in enumerate(["a", "b", "c"])] + [charge("EC2", "1", "0.01")]
    )
    with published(organization, shelf) as snapshot:
        found = cells(crossing(snapshot, EVERYTHING, Filters(QUARTER), "cost_category:Team", None, 1))
    assert [(cell[0], *cell[2:4]) for cell in found] == [
        ("a", 9, False),
        ("Unallocated", Decimal("0.01"), False),
        ("Other", 15, True),
    ]


def test_weeks_stand_in_order_and_are_never_folded(shelf: Path) -> None:
    days = [date(2026, 3, 2), date(2026, 3, 9), date(2026, 3, 15), date(2026, 3, 16)]
    organization = Organization([charge("EC2", "1", str(i + 1), day=day) for i, day in enumerate(days)])
    with published(organization, shelf) as snapshot:
        found = cells(crossing(snapshot, EVERYTHING, Filters(QUARTER), "charge_week", "service", 1, 1))
    assert [cell[0:3:2] for cell in found] == [(days[0], 1), (days[1], 5), (days[3], 4)]


def test_a_cell_that_lacks_one_amount_is_not_available_and_neither_is_the_rest_it_falls_into(shelf: Path) -> None:
    organization = Organization(
        [charge("EC2", "1", "5"), charge("S3", "1", None), charge("SQS", "1", "1"), charge("EC2", "2", None)]
    )
    with published(organization, shelf) as snapshot:
        found = cells(crossing(snapshot, EVERYTHING, Filters(QUARTER), "service", "usage_account_id", 1))
        assert found == [
            ("EC2", "1", 5, False, False),
            ("EC2", "2", None, False, False),
            ("Other", "1", None, True, False),
        ]


def test_nothing_within_reach_is_an_empty_table(shelf: Path) -> None:
    with published(Organization([charge("EC2", "1", "5")]), shelf) as snapshot:
        for scope, services in ((Scope(frozenset()), ()), (Scope(frozenset({"2"})), ()), (EVERYTHING, ("none",))):
            table = crossing(snapshot, scope, Filters(QUARTER, services=services), "service", "usage_account_id")
            assert table.num_rows == 0


def test_a_lens_is_crossed_with_its_partner_and_time_only(shelf: Path) -> None:
    lens = "service_x_region_daily"
    rows: dict[str, Rows] = {
        "lenses": [(lens, "service", "region", "daily")],
        "lens_charges": [
            (lens, DAY, "EC2", "us-east-1", *amounts("4"), None, None),
            (lens, DAY, "S3", "NoRegion", *amounts("1"), None, None),
        ],
    }
    with published(Organization([charge("EC2", "1", "5")], rows=rows), shelf) as snapshot:
        assert cells(crossing(snapshot, EVERYTHING, Filters(QUARTER), "region", "service")) == [
            ("us-east-1", "EC2", 4, False, False),
            ("NoRegion", "S3", 1, False, False),
        ]
        with pytest.raises(UsageError, match="No stored table holds region and account id together"):
            crossing(snapshot, EVERYTHING, Filters(QUARTER), "region", "usage_account_id")


def test_the_same_dimension_twice_and_an_unknown_one_are_refused(shelf: Path) -> None:
    with published(Organization([charge("EC2", "1", "5")]), shelf) as snapshot:
        with pytest.raises(UsageError, match="service is asked for twice"):
            crossing(snapshot, EVERYTHING, Filters(QUARTER), "service", "service")
        with pytest.raises(UnknownName, match="tag:none"):
            crossing(snapshot, EVERYTHING, Filters(QUARTER), "service", "tag:none")


def test_the_metric_of_the_filters_is_the_one_that_is_crossed(shelf: Path) -> None:
    organization = Organization([Charge(DAY, "1", "EC2", "Usage", amounts("5", amortized_cost="3"))])
    with published(organization, shelf) as snapshot:
        filters = Filters(QUARTER, metric=CostMetric.amortized_cost)
        assert cells(crossing(snapshot, EVERYTHING, filters, "service")) == [("EC2", "", 3, False, False)]
