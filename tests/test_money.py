"""Exact amounts."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from costlib import money

AMOUNTS = st.integers(-(10**37), 10**37).map(lambda units: Decimal(units).scaleb(-money.SCALE))


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        ("-0.0000000092", "-0.0000000092"),
        ("12.5000000000", "12.5"),
        ("100", "100"),
        ("1E+3", "1000"),
        ("1E-10", "0.0000000001"),
        ("0E-10", "0"),
        ("-0.00", "0"),
        ("1234567890123456789012345678.0123456789", "1234567890123456789012345678.0123456789"),
    ],
)
def test_a_plain_amount_has_all_its_digits_and_nothing_else(amount: str, text: str) -> None:
    assert money.plain(Decimal(amount)) == text


@given(AMOUNTS)
def test_a_plain_amount_reads_back_exactly(amount: Decimal) -> None:
    assert Decimal(money.plain(amount)) == amount


def test_rounding_is_half_even_and_only_for_display() -> None:
    assert [money.rounded(Decimal(a)) for a in ("0.125", "0.135", "-0.125")] == [
        Decimal("0.12"),
        Decimal("0.14"),
        Decimal("-0.12"),
    ]
    assert money.rounded(Decimal("1234567890123456789012345678.0123456789")) == Decimal(
        "1234567890123456789012345678.01"
    )
    assert money.rounded(Decimal("1.5"), 0) == 2


@given(st.lists(AMOUNTS, max_size=20))
def test_a_total_is_exact_where_ordinary_decimals_round(amounts: list[Decimal]) -> None:
    found = money.total(amounts)
    assert found is not None
    assert Fraction(found) == sum(map(Fraction, amounts))


def test_a_total_or_difference_without_one_of_its_parts_is_not_available() -> None:
    assert money.total([Decimal(1), None]) is None
    assert money.total([]) == 0
    assert money.difference(Decimal(1), None) is None
    assert money.difference(None, Decimal(1)) is None
    assert money.difference(Decimal(1), Decimal("-0.0000000001")) == Decimal("1.0000000001")


def test_a_ratio_to_nothing_is_no_number() -> None:
    assert money.ratio(Decimal(1), Decimal(0)) is None
    assert money.ratio(Decimal(1), Decimal(4)) == Decimal("0.25")
