"""Exact amounts: `Decimal` in Python, DECIMAL(38,10) in DuckDB, never float."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import ROUND_HALF_EVEN, Context, Decimal, localcontext

SCALE = 10
"""Digits after the point that Cost Explorer writes and the store keeps."""

PRECISION = 38

CENT = Decimal("0.01")

EXACT = Context(prec=PRECISION + SCALE)
"""For sums and differences: Python's own context rounds to 28 digits."""


def plain(amount: Decimal) -> str:
    """Full precision without exponent or padding zeros: `-0.0000000092`, `12.5`, `0`."""
    text = f"{amount:f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


def rounded(amount: Decimal, digits: int = 2) -> Decimal:
    """Half-even at `digits` places, for display only: stored amounts are never rounded."""
    with localcontext() as context:
        context.prec = PRECISION + SCALE
        return amount.quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_EVEN)


def total(amounts: Iterable[Decimal | None]) -> Decimal | None:
    """The exact sum; None as soon as one amount is not available."""
    summed = Decimal(0)
    for amount in amounts:
        if amount is None:
            return None
        summed = EXACT.add(summed, amount)
    return summed


def difference(amount: Decimal | None, other: Decimal | None) -> Decimal | None:
    """`amount - other`, exactly; None when either is not available."""
    return total((amount, other.copy_negate())) if other is not None else None


def ratio(part: Decimal, whole: Decimal) -> Decimal | None:
    """`part / whole`, or None when there is nothing to divide by."""
    return part / whole if whole else None
