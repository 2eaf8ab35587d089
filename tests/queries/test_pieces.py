"""A long answer is made in pieces, and nobody can tell."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from itertools import groupby
from pathlib import Path
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from costlib.access import EVERYTHING, Scope
from costlib.periods import Period
from costlib.queries import breakdown, pieces
from costlib.queries.filters import Filters
from costlib.queries.sql import Sql
from costlib.vocabulary import COST_METRICS
from tests.queries.snapshots import Charge, Organization, amounts, published, truth

MARCH = Period(date(2026, 3, 1), date(2026, 4, 1))
ORDERS = [
    ("charge_date", "service"),
    ("service", "usage_account_id", "charge_date"),
    ("record_type", "cost_category:Team", "service"),
    ("charge_category",),
    ("billing_month", "usage_account_id"),
    (),
]
charges = st.builds(
    Charge,
    st.dates(MARCH.start, MARCH.last_day),
    st.sampled_from(["1", "2", "3"]),
    st.sampled_from(["EC2", "S3", "=a", "É", "z"]),
    st.sampled_from(["Usage", "Tax", "Credit"]),
    st.decimals(-1000, 1000, places=10).map(lambda amount: amounts(str(amount))),
    st.sampled_from([("",), ("Data",), None]),
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(charges, max_size=30), st.sampled_from(ORDERS), st.integers(1, 12))
def test_the_pieces_one_after_the_other_are_the_whole(
    shelf: Path, found: list[Charge], dimensions: tuple[str, ...], most: int
) -> None:
    with (
        patch.object(pieces, "MOST_CHARGES", most),
        published(Organization(found), shelf) as snapshot,
    ):
        asked = (snapshot, EVERYTHING, Filters(MARCH), dimensions, COST_METRICS)
        rows = [tuple(row.values()) for batch in breakdown.breakdown_batches(*asked) for row in batch.to_pylist()]
        assert rows == list(breakdown.breakdown_rows(*asked))
    assert rows == truth(Organization(found), found, dimensions)


def test_pieces_keep_to_the_scope(shelf: Path) -> None:
    found = [Charge(date(2026, 3, 1), account, "EC2", "Usage", amounts("1")) for account in ("1", "2")]
    with published(Organization(found), shelf) as snapshot:
        asked = (snapshot, Scope(frozenset({"2"})), Filters(MARCH), ("usage_account_id",), COST_METRICS[:1])
        assert [b.to_pylist() for b in breakdown.breakdown_batches(*asked)] == [
            [{"usage_account_id": "2", "unblended_cost": Decimal(1)}]
        ]


VALUES = [("a", 1), ("b", 2), ("b", 3), ("c", 1), (None, 1)]


def counted(fixed: object, number: int) -> list[tuple[object, int]]:
    """What DuckDB would count of rows (first, second) in VALUES, one row each; a test's own oracle."""
    (equal,) = {p for condition in fixed for p in condition.parameters} or {...}  # type: ignore[attr-defined]
    kept = [v for v in VALUES if equal is ... or v[0] == equal]
    return [(key, len(list(rows))) for key, rows in groupby(kept, key=lambda v: v[number - 1])]


def test_neighbours_share_a_piece_and_a_value_with_too_much_is_cut_by_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pieces, "MOST_CHARGES", 1)
    assert list(pieces.pieces(counted, 2)) == [
        (Sql("dimension_1 = ?", ("a",)),),
        (Sql("dimension_1 = ?", ("b",)), Sql("dimension_2 = ?", (2,))),
        (Sql("dimension_1 = ?", ("b",)), Sql("dimension_2 = ?", (3,))),
        (Sql("dimension_1 = ?", ("c",)),),
        (Sql("dimension_1 IS NULL"),),
    ]
    monkeypatch.setattr(pieces, "MOST_CHARGES", 3)
    assert list(pieces.pieces(counted, 2)) == [
        (Sql("dimension_1 >= ? AND dimension_1 <= ?", ("a", "b")),),
        (Sql("dimension_1 = ?", ("c",)),),
        (Sql("dimension_1 IS NULL"),),
    ]
