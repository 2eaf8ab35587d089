"""What moved between two periods, and what made it move: against the same answer in plain Python."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from costlib.access import EVERYTHING, Scope
from costlib.errors import UsageError
from costlib.periods import DAY, Comparison, Period, compared_period
from costlib.queries.changes import Mover, Piece, Split, changes, movers, together
from costlib.queries.filters import Filters
from costlib.queries.ranking import total
from costlib.queries.source import held_by_month
from costlib.store.snapshot import Snapshot
from costlib.vocabulary import CostMetric
from tests.queries.snapshots import Charge, Organization, amounts, published, sum_or_none, value_of

STORED = Period(date(2026, 2, 1), date(2026, 3, 20))
MARCH, FEBRUARY = Period(date(2026, 3, 1), date(2026, 3, 8)), Period(date(2026, 2, 1), date(2026, 2, 8))
TEAM = "cost_category:Team"
PARTS = {
    "service": ("usage_account_id",),
    "usage_account_id": ("service",),
    "usage_account_name": ("service",),
    "record_type": ("service",),
    "charge_category": ("service",),
    TEAM: ("usage_account_id", "service"),
}
LENS = "service_x_region_daily"


def charge(day: date, amount: str | None, service: str = "EC2", account: str = "111", team: str = "") -> Charge:
    return Charge(day, account, service, "Usage", amounts(amount), (team,))


def organization(*charges: Charge) -> Organization:
    return Organization(list(charges), days=list(STORED), accounts={"111": "Checkout", "222": "Search"})


MOVED = organization(
    charge(MARCH.start, "9", "Up", "111"),
    charge(FEBRUARY.start, "4", "Up", "111"),
    charge(MARCH.start, "3", "Up", "222"),
    charge(FEBRUARY.start, "5", "Up", "222"),
    charge(MARCH.start, "2", "New"),
    charge(FEBRUARY.start, "7", "Gone"),
    charge(MARCH.start, "50", "Same"),
    charge(FEBRUARY.start, "50", "Same"),
    charge(MARCH.start, "6", "Moved house", "222"),
    charge(FEBRUARY.start, "6", "Moved house", "111"),
)


def test_the_largest_change_comes_first_split_into_new_gone_grew_and_shrank(shelf: Path) -> None:
    with published(MOVED, shelf) as snapshot:
        table = changes(snapshot, EVERYTHING, Filters(MARCH), "service", FEBRUARY)
    assert table.column_names == [
        *("key", "name", "amount", "previous", "change", "change_ratio"),
        *("new", "gone", "grew", "shrank"),
    ]
    assert [tuple(row.values()) for row in table.to_pylist()] == [
        ("Gone", "Gone", 0, 7, -7, -1.0, 0, -7, 0, 0),
        ("Up", "Up", 12, 9, 3, pytest.approx(1 / 3), 0, 0, 5, -2),
        ("New", "New", 2, 0, 2, None, 2, 0, 0, 0),
        ("Same", "Same", 50, 50, 0, 0.0, 0, 0, 0, 0),
        ("Moved house", "Moved house", 6, 6, 0, 0.0, 6, -6, 0, 0),
    ]
    assert together(table) == Split(*map(Decimal, (70, 72, 8, -13, 5, -2)))


def test_movers_come_with_the_pieces_that_carry_them(shelf: Path) -> None:
    with published(MOVED, shelf) as snapshot:
        gone, up, new = movers(snapshot, EVERYTHING, Filters(MARCH), "service", compared=FEBRUARY)
        assert movers(snapshot, EVERYTHING, Filters(MARCH), "service", compared=FEBRUARY, limit=1) == (gone,)
        (checkout, search) = movers(snapshot, EVERYTHING, Filters(MARCH), "usage_account_name", compared=FEBRUARY)
    assert gone == Mover(
        "Gone",
        "Gone",
        Decimal(0),
        Decimal(7),
        Decimal(-7),
        ("usage_account_id",),
        (Piece(("111",), Decimal(0), Decimal(7), Decimal(-7)),),
        moved=1,
    )
    assert up == Mover(
        "Up",
        "Up",
        Decimal(12),
        Decimal(9),
        Decimal(3),
        ("usage_account_id",),
        (Piece(("111",), Decimal(9), Decimal(4), Decimal(5)),),
        (Piece(("222",), Decimal(3), Decimal(5), Decimal(-2)),),
        moved=1,
    )
    assert new.drivers[0].values == ("111",)
    assert (checkout.key, checkout.name, checkout.moved) == ("111", "Checkout", 2)
    assert [checkout.change, search.change] == [Decimal(-6), Decimal(4)]
    assert [piece.values for piece in checkout.drivers] == [("Gone",), ("Moved house",)]
    assert [piece.values for piece in checkout.against] == [("Up",), ("New",)]


def test_what_cost_nothing_before_is_new_and_a_credit_that_ended_is_gone_upwards(shelf: Path) -> None:
    rows = organization(
        charge(FEBRUARY.start, "0", "Free tier"),
        charge(MARCH.start, "3", "Free tier"),
        charge(FEBRUARY.start, "-5", "Credits"),
    )
    with published(rows, shelf) as snapshot:
        found = changes(snapshot, EVERYTHING, Filters(MARCH), "service", FEBRUARY).to_pylist()
    assert [(r["key"], r["change"], r["new"], r["gone"], r["grew"]) for r in found] == [
        ("Credits", 5, 0, 5, 0),
        ("Free tier", 3, 3, 0, 0),
    ]


def test_a_period_before_that_is_not_all_stored_leaves_amounts_and_no_change(shelf: Path) -> None:
    before_history = Period(STORED.start - 3 * DAY, STORED.start + 4 * DAY)
    with published(MOVED, shelf) as snapshot:
        for compared in (None, before_history):
            table = changes(snapshot, EVERYTHING, Filters(MARCH), "service", compared)
            assert together(table) == Split(Decimal(70), None, None, None, None, None)
            assert table.column("change_ratio").null_count == table.num_rows
            assert movers(snapshot, EVERYTHING, Filters(MARCH), compared=compared) == ()


def test_a_missing_metric_is_not_available_where_it_is_missing_and_in_total(shelf: Path) -> None:
    rows = organization(
        charge(MARCH.start, "9", "EC2", "111"),
        charge(MARCH.start, None, "EC2", "222"),
        charge(FEBRUARY.start, "1", "EC2", "111"),
        charge(MARCH.start, "2", "S3"),
    )
    with published(rows, shelf) as snapshot:
        table = changes(snapshot, EVERYTHING, Filters(MARCH), "service", FEBRUARY)
        assert [m.key for m in movers(snapshot, EVERYTHING, Filters(MARCH), compared=FEBRUARY)] == ["S3"]
    s3, ec2 = table.to_pylist()
    assert (s3["key"], s3["change"]) == ("S3", 2)
    assert (ec2["amount"], ec2["previous"], ec2["change"], ec2["new"], ec2["grew"]) == (None, 1, None, None, None)
    assert together(table) == Split(None, Decimal(1), None, None, None, None)


def test_a_narrow_scope_sees_its_own_changes_and_drivers_alone(shelf: Path) -> None:
    mine = Scope(frozenset({"222"}))
    with published(MOVED, shelf) as snapshot:
        table = changes(snapshot, mine, Filters(MARCH), "service", FEBRUARY)
        found = movers(snapshot, mine, Filters(MARCH), "service", compared=FEBRUARY)
    assert {r["key"]: r["change"] for r in table.to_pylist()} == {"Moved house": 6, "Up": -2}
    assert {piece.values for mover in found for piece in (*mover.drivers, *mover.against)} == {("222",)}


@pytest.fixture(scope="module")
def lenses(shelf: Path) -> Iterable[Snapshot]:
    monthly = "service_x_usage_type_monthly"
    by_account = "usage_account_id_x_region_daily"
    rows = [
        (LENS, FEBRUARY.start, "EC2", "us-east-1", *amounts("1"), None, None),
        (LENS, MARCH.start, "EC2", "us-east-1", *amounts("4"), None, None),
        (LENS, MARCH.start, "S3", "us-east-1", *amounts("2"), None, None),
        (by_account, MARCH.start, "111", "us-east-1", *amounts("5"), None, None),
        (monthly, date(2026, 2, 1), "EC2", "BoxUsage", *amounts("3"), None, None),
        (monthly, date(2026, 3, 1), "EC2", "BoxUsage", *amounts("5"), None, None),
    ]
    stored = [
        (LENS, "service", "region", "daily"),
        (monthly, "service", "usage_type", "monthly"),
        (by_account, "usage_account_id", "region", "daily"),
    ]
    organization = Organization([charge(STORED.start, "1")], days=list(Period(STORED.start, date(2026, 4, 1))))
    organization.rows = {"lenses": stored, "lens_charges": rows}
    with published(organization, shelf) as snapshot:
        yield snapshot


def test_a_lens_answers_with_its_partner_as_the_pieces(lenses: Snapshot) -> None:
    (mover,) = movers(lenses, EVERYTHING, Filters(MARCH), "region", compared=FEBRUARY)
    assert (mover.key, mover.parts) == ("us-east-1", ("service",))
    assert mover.change == 5
    assert [piece.values for piece in mover.drivers] == [("EC2",), ("S3",)]
    (row,) = changes(lenses, EVERYTHING, Filters(MARCH), "region", FEBRUARY).to_pylist()
    assert (row["new"], row["gone"], row["grew"], row["shrank"]) == (2, 0, 3, 0)


def test_a_narrow_scope_takes_the_lens_that_knows_accounts(lenses: Snapshot) -> None:
    mine = Scope(frozenset({"111"}))
    (mover,) = movers(lenses, mine, Filters(MARCH), "region", compared=FEBRUARY)
    assert mover.change == 5
    assert (mover.parts, mover.drivers[0].values) == (("usage_account_id",), ("111",))


def test_without_a_table_of_both_levels_a_mover_has_no_pieces(lenses: Snapshot) -> None:
    in_a_region = Filters(MARCH, where=(("region", ("us-east-1",)),))
    moved = movers(lenses, EVERYTHING, in_a_region, "service", compared=FEBRUARY)
    assert [(m.key, m.parts, m.drivers) for m in moved] == [("EC2", (), ()), ("S3", (), ())]
    table = changes(lenses, EVERYTHING, in_a_region, "service", FEBRUARY).to_pylist()
    assert [(r["key"], r["new"], r["grew"]) for r in table] == [("EC2", 0, 3), ("S3", 2, 0)]


def test_a_monthly_lens_compares_whole_months_only(lenses: Snapshot) -> None:
    march, february = Period(date(2026, 3, 1), date(2026, 4, 1)), Period(date(2026, 2, 1), date(2026, 3, 1))
    assert held_by_month(lenses, EVERYTHING, Filters(MARCH), "usage_type")
    assert not held_by_month(lenses, EVERYTHING, Filters(MARCH), "region")
    assert not held_by_month(lenses, EVERYTHING, Filters(MARCH), "service")
    (row,) = changes(lenses, EVERYTHING, Filters(march), "usage_type", february).to_pylist()
    assert (row["change"], row["grew"]) == (2, 2)
    with pytest.raises(UsageError, match="by whole months only"):
        changes(lenses, EVERYTHING, Filters(MARCH), "usage_type", FEBRUARY)
    with pytest.raises(UsageError, match="No stored table holds"):
        held_by_month(lenses, EVERYTHING, Filters(MARCH, record_types=("Usage",)), "usage_type")


Rows = Sequence[Charge]
AMOUNTS = st.one_of(
    st.none(), st.integers(-3, 3).map(str), st.integers(-(10**20), 10**20).map(lambda n: str(Decimal(n).scaleb(-10)))
)


@settings(max_examples=40, deadline=None)
@given(
    charges=st.lists(
        st.builds(
            Charge,
            st.dates(STORED.start, STORED.last_day),
            st.sampled_from(["111", "222", "333"]),
            st.sampled_from(["EC2", "S3"]),
            st.sampled_from(["Usage", "Credit", "Tax"]),
            AMOUNTS.map(amounts),
            st.sampled_from([("A",), ("B",), ("",), None]),
        ),
        max_size=16,
    ),
    by=st.sampled_from(list(PARTS)),
    start=st.dates(date(2026, 2, 25), date(2026, 3, 10)),
    days=st.integers(1, 40),
    comparison=st.sampled_from([Comparison.previous_period, Comparison.last_month]),
    scope=st.sampled_from([EVERYTHING, Scope(frozenset({"111", "222"}))]),
)
def test_the_split_and_the_drivers_are_those_of_the_charges_added_up_by_hand(
    shelf: Path, charges: Rows, by: str, start: date, days: int, comparison: Comparison, scope: Scope
) -> None:
    rows = Organization(list(charges), days=list(STORED))
    period = Period(start, start + days * DAY)
    compared = compared_period(period, comparison)
    assert compared is not None
    seen = [c for c in charges if scope.accounts is None or c.usage_account_id in scope.accounts]
    with published(rows, shelf) as snapshot:
        table = changes(snapshot, scope, Filters(period), by, compared)
        found = movers(snapshot, scope, Filters(period), by, compared=compared, limit=3)
        whole = total(snapshot, scope, Filters(period), compared)
    if compared.start < STORED.start:
        assert found == ()
        assert table.column("change").null_count == table.num_rows
        return
    pieces = _pieces(rows, seen, by, period, compared)
    assert {row["key"]: _figures(row) for row in table.to_pylist()} == _truth(pieces)
    split = together(table)
    if table.num_rows:
        assert (split.amount, split.previous) == (whole.amount, whole.previous)
    assert split.change == sum_or_none([split.new, split.gone, split.grew, split.shrank])
    sizes = [abs(c) for c in table.column("change").to_pylist() if c is not None]
    assert sizes == sorted(sizes, reverse=True)
    assert [(m.key, m.change) for m in found] == [
        (row["key"], row["change"]) for row in _by_size(table.to_pylist()) if row["change"]
    ][:3]
    for mover in found:
        _carries(mover, {key[1:]: both for key, both in pieces.items() if key[0] == mover.key})


Both = tuple[Decimal | None, Decimal | None]


def _by_size(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted((r for r in rows if r["change"] is not None), key=lambda r: (-abs(r["change"]), str(r["key"])))


def _pieces(rows: Organization, seen: Rows, by: str, now: Period, before: Period) -> dict[tuple[object, ...], Both]:
    """Each (key, its parts) with its amount in either period."""
    key = "usage_account_id" if by == "usage_account_name" else by
    found: dict[tuple[object, ...], list[Charge]] = {}
    for c in seen:
        if c.charge_date in now or c.charge_date in before:
            found.setdefault(tuple(value_of(rows, c, name) for name in (key, *PARTS[by])), []).append(c)

    def spent(its: Rows, period: Period) -> Decimal | None:
        return sum_or_none(c.amounts[0] for c in its if c.charge_date in period)

    return {names: (spent(its, now), spent(its, before)) for names, its in found.items()}


def _figures(row: dict[str, Any]) -> tuple[Decimal | None, ...]:
    return tuple(row[name] for name in ("amount", "previous", "change", "new", "gone", "grew", "shrank"))


def _truth(pieces: dict[tuple[object, ...], Both]) -> dict[object, tuple[Decimal | None, ...]]:
    truth: dict[object, tuple[Decimal | None, ...]] = {}
    for key in {names[0] for names in pieces}:
        its = [both for names, both in pieces.items() if names[0] == key]
        now, before = sum_or_none(a for a, _ in its), sum_or_none(b for _, b in its)
        if now is None or before is None:
            truth[key] = (now, before, *[None] * 5)
            continue
        parts = dict.fromkeys(("new", "gone", "grew", "shrank"), Decimal(0))
        for a, b in its:
            assert a is not None
            assert b is not None
            parts["new" if not b else "gone" if not a else "grew" if a > b else "shrank"] += a - b
        truth[key] = (now, before, now - before, *parts.values())
    return truth


def _carries(mover: Mover, pieces: dict[tuple[object, ...], Both]) -> None:
    """The drivers are the largest pieces that moved as the mover did, and the others those that did not."""
    moved = {names: a - b for names, (a, b) in pieces.items() if a is not None and b is not None and a != b}
    with_it = sorted((abs(c) for c in moved.values() if (c > 0) == (mover.change > 0)), reverse=True)
    against = sorted((abs(c) for c in moved.values() if (c > 0) != (mover.change > 0)), reverse=True)
    assert mover.moved == len(with_it)
    assert [abs(piece.change) for piece in mover.drivers] == with_it[:2]
    assert [abs(piece.change) for piece in mover.against] == against[:2]
    for piece in (*mover.drivers, *mover.against):
        assert pieces[piece.values] == (piece.amount, piece.previous)


def test_the_metric_asked_for_is_the_one_that_moved(shelf: Path) -> None:
    rows = organization(Charge(MARCH.start, "111", "EC2", "Usage", amounts("1", net_amortized_cost="8")))
    with published(rows, shelf) as snapshot:
        filters = Filters(MARCH, metric=CostMetric.net_amortized_cost)
        (row,) = changes(snapshot, EVERYTHING, filters, "service", FEBRUARY).to_pylist()
    assert row["new"] == 8
