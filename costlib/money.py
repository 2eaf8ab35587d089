"""Exact amounts: `Decimal` in Python, DECIMAL(38,10) in DuckDB, never float."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import ROUND_HALF_EVEN, Context, Decimal, localcontext

from costlib.errors import AmountDoesNotFit

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


def units(amount: Decimal) -> int:
    """`amount` in units of the last digit that is kept: what can be cut into whole parts.

    Raises AmountDoesNotFit for an amount with more digits after the point.
    """
    scaled = amount.scaleb(SCALE, EXACT)
    whole = int(scaled)
    if whole != scaled:
        raise AmountDoesNotFit(
            f"{amount} has more than {SCALE} digits after the point.", f"Write it with {SCALE} at most."
        )
    return whole


def of_units(count: int) -> Decimal:
    """The amount of so many units."""
    return Decimal(count).scaleb(-SCALE, EXACT)


def apportion(amount: int, weights: Mapping[str, int]) -> dict[str, int]:
    """`amount` units cut in proportion to `weights`: whole units that add up to it exactly, whatever its sign.

    The method of the largest remainder (Hamilton): each part is rounded toward zero, and the units that are left go,
    one each, to the largest remainders; of equal ones to the first in the order of the keys, so that the order in which
    they are given plays no part. Weights are not negative and not all zero; a weight of zero gets nothing.
    """
    whole = sum(weights.values())
    size, sign = abs(amount), -1 if amount < 0 else 1
    cut = {key: divmod(size * weight, whole) for key, weight in weights.items()}
    left = size - sum(part for part, _ in cut.values())
    first = sorted((-remainder, key) for key, (_, remainder) in cut.items())[:left]
    parts = {key: part for key, (part, _) in cut.items()}
    for _, key in first:
        parts[key] += 1
    return {key: sign * part for key, part in parts.items()}


def spread(amount: int, rows: Sequence[int]) -> list[int]:
    """`amount` units over `rows` of either sign, in proportion to them: whole units that add up to it exactly.

    Each part is rounded down; what is left goes, one each, to the largest remainders. Rows that sum to zero get
    nothing: there is no share of nothing.
    """
    whole = sum(rows)
    if not whole:
        return [0] * len(rows)
    cut = [divmod(amount * row, whole) for row in rows]
    left = amount - sum(part for part, _ in cut)
    largest_first = sorted(range(len(rows)), key=lambda place: (-abs(cut[place][1]), place))
    more = set(largest_first[:left])
    return [part + (place in more) for place, (part, _) in enumerate(cut)]
