"""Rankings and totals, with and without a period beside them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from costlib.access import EVERYTHING
from costlib.periods import DAY, Comparison, Period, compared_period
from costlib.queries.filters import Filters
from costlib.queries.ranking import Totals, ranking, total
from tests.queries.snapshots import Charge, Organization, amounts, published, sum_or_none

START = date(2026, 2, 1)
STORED = Period(START, date(2026, 3, 20))
MARCH = Period(date(2026, 3, 1), date(2026, 3, 8))
FEBRUARY = Period(date(2026, 2, 22), date(2026, 3, 1))


def charge(day: date, amount: str | None, service: str = "EC2", account: str = "111") -> Charge:
    return Charge(day, account, service, "Usage", amounts(amount))


def test_the_largest_comes_first_with_share_change_and_a_dense_trend(shelf: Path) -> None:
    organization = Organization(
        [
            charge(MARCH.start, "6", "EC2"),
            charge(MARCH.start + DAY, "2", "S3"),
            charge(MARCH.start + DAY, "-4", "Discounts"),
            charge(FEBRUARY.start, "3", "EC2"),
            charge(FEBRUARY.start, "1", "Gone"),
        ],
        days=list(STORED),
    )
    with published(organization, shelf) as snapshot:
        table = ranking(snapshot, EVERYTHING, Filters(MARCH), "service", FEBRUARY)
    assert table.column_names == ["key", "name", "amount", "share", "previous", "change", "change_ratio", "trend"]
    assert [tuple(r.values())[:7] for r in table.to_pylist()] == [
        ("EC2", "EC2", 6, 0.75, 3, 3, 1.0),
        ("S3", "S3", 2, 0.25, 0, 2, None),
        ("Gone", "Gone", 0, 0.0, 1, -1, -1.0),
        ("Discounts", "Discounts", -4, -0.5, 0, -4, None),
    ]
    assert table.column("trend").to_pylist() == [
        [6.0, 0, 0, 0, 0, 0, 0],
        [0, 2.0, 0, 0, 0, 0, 0],
        [0, 0, 0, 0, 0, 0, 0],
        [0, -4.0, 0, 0, 0, 0, 0],
    ]


def test_accounts_are_keyed_by_id_and_shown_by_name(shelf: Path) -> None:
    organization = Organization(
        [
            charge(MARCH.start, "1", account="111"),
            charge(MARCH.start, "2", account="222"),
            charge(MARCH.start, "3", account="333"),
        ],
        accounts={"111": "Same name", "222": "Same name", "333": ""},
        days=list(STORED),
    )
    with published(organization, shelf) as snapshot:
        for by in ("usage_account_id", "usage_account_name"):
            found = ranking(snapshot, EVERYTHING, Filters(MARCH), by).to_pylist()
            assert [(r["key"], r["name"]) for r in found] == [
                ("333", "333"),
                ("222", "Same name"),
                ("111", "Same name"),
            ]


def test_without_a_comparison_nothing_is_said_of_change(shelf: Path) -> None:
    with published(Organization([charge(MARCH.start, "1")]), shelf) as snapshot:
        (row,) = ranking(snapshot, EVERYTHING, Filters(MARCH), "service").to_pylist()
    assert (row["previous"], row["change"], row["change_ratio"]) == (None, None, None)


def test_a_comparison_that_history_holds_only_in_part_is_not_available(shelf: Path) -> None:
    organization = Organization([charge(MARCH.start, "1"), charge(FEBRUARY.last_day, "1")])
    with published(organization, shelf) as snapshot:
        assert snapshot.period.start > FEBRUARY.start
        (row,) = ranking(snapshot, EVERYTHING, Filters(MARCH), "service", FEBRUARY).to_pylist()
        assert row["previous"] is None
        assert total(snapshot, EVERYTHING, Filters(MARCH), FEBRUARY) == Totals(Decimal(1), None)


def test_an_amount_that_is_not_available_comes_last_and_leaves_no_shares(shelf: Path) -> None:
    organization = Organization(
        [charge(MARCH.start, "1", "EC2"), charge(MARCH.start, None, "S3"), charge(MARCH.start + DAY, "1", "S3")],
        days=list(STORED),
    )
    with published(organization, shelf) as snapshot:
        found = ranking(snapshot, EVERYTHING, Filters(MARCH), "service", FEBRUARY).to_pylist()
        assert [(r["key"], r["amount"], r["share"], r["change"]) for r in found] == [
            ("EC2", 1, None, 1),
            ("S3", None, None, None),
        ]
        assert found[1]["trend"][:3] == [None, 1.0, 0.0]
        assert total(snapshot, EVERYTHING, Filters(MARCH), FEBRUARY) == Totals(None, Decimal(0))


def test_totals_know_their_change() -> None:
    assert Totals(Decimal(3), Decimal(-2)).change == 5
    assert Totals(Decimal(3), Decimal(-2)).change_ratio == Decimal("2.5")
    assert Totals(Decimal(3), Decimal(0)).change_ratio is None
    assert Totals(None, Decimal(1)).change is None
    assert Totals(Decimal(1), None).change is None


@settings(max_examples=25, deadline=None)
@given(
    charges=st.lists(
        st.builds(
            charge,
            st.dates(STORED.start, STORED.last_day),
            st.one_of(st.none(), st.integers(-(10**20), 10**20).map(lambda n: str(Decimal(n).scaleb(-10)))),
            st.sampled_from(["EC2", "S3", "SQS"]),
        ),
        max_size=12,
    ),
    start=st.dates(date(2026, 2, 10), date(2026, 3, 10)),
    days=st.integers(1, 20),
    comparison=st.sampled_from(list(Comparison)),
)
def test_amounts_and_previous_amounts_equal_the_charges_added_up_by_hand(
    shelf: Path, charges: list[Charge], start: date, days: int, comparison: Comparison
) -> None:
    organization = Organization(charges, days=list(STORED))
    period = Period(start, start + days * DAY)
    compared = compared_period(period, comparison)
    known = compared is not None and compared.start >= STORED.start

    def spent(where: Period | None, service: str | None) -> Decimal | None:
        if where is None:
            return None
        return sum_or_none(c.amounts[0] for c in charges if c.charge_date in where and service in (None, c.service))

    listed = {
        c.service for c in charges if c.charge_date in period or (known and compared and c.charge_date in compared)
    }
    with published(organization, shelf) as snapshot:
        found = ranking(snapshot, EVERYTHING, Filters(period), "service", compared).to_pylist()
        whole = total(snapshot, EVERYTHING, Filters(period), compared)
    assert {r["key"]: (r["amount"], r["previous"]) for r in found} == {
        service: (spent(period, service), spent(compared if known else None, service)) for service in listed
    }
    assert (whole.amount, whole.previous) == (spent(period, None), spent(compared if known else None, None))
