"""Bars as numbers: where each one stands, for a template to draw as SVG.

Across, places are percentages, so that a drawing fills a desk or a phone without its letters growing or shrinking;
down, they are pixels. Floats are for drawing only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal

from costlib.exports.month import Bar
from costlib.wording import Currency

STEPS = (Decimal(1), Decimal(2), Decimal("2.5"), Decimal(5), Decimal(10))
HEIGHT, TOP = 168, 6
LINES = 4
"""About as many grid lines as stand above the base line."""


@dataclass(frozen=True)
class Words:
    """What stands below a bar, in two lines ('' for none), and what a pointer over it shows."""

    label: str
    second: str
    about: str


@dataclass(frozen=True)
class Rectangle:
    """A bar: `x`, `width` and `middle` in percent, `y` and `height` in pixels."""

    x: float
    width: float
    middle: float
    y: float
    height: float
    words: Words
    is_provisional: bool


@dataclass(frozen=True)
class GridLine:
    y: float
    label: str


@dataclass(frozen=True)
class Bars:
    """A bar chart of `height` pixels, with a base line at `base`; `alt` says in words what it shows."""

    height: int
    base: float
    rectangles: Sequence[Rectangle]
    lines: Sequence[GridLine]
    alt: str


@dataclass(frozen=True)
class _Scale:
    """Amounts to pixels: `high` is at the top, both ends are multiples of `step`."""

    low: Decimal
    high: Decimal
    step: Decimal

    @property
    def pixels(self) -> float:
        return (HEIGHT - TOP) / float(self.high - self.low)

    def y(self, amount: Decimal) -> float:
        return round(TOP + float(self.high - amount) * self.pixels, 2)

    def length(self, amount: Decimal) -> float:
        """What is not nothing can be seen."""
        return max(round(abs(float(amount)) * self.pixels, 2), 0.75) if amount else 0


def bars(points: Sequence[Bar], words: Sequence[Words], money: Currency, alt: str) -> Bars:
    """One bar a point; an amount that is not available has no height, its words say so."""
    amounts = [point.amount or Decimal(0) for point in points]
    scale = _scale([*amounts, Decimal(0)])
    slot = 100 / max(len(points), 1)
    rectangles = [
        Rectangle(
            x=round((i + 0.14) * slot, 3),
            width=round(slot * 0.72, 3),
            middle=round((i + 0.5) * slot, 3),
            y=scale.y(max(amount, Decimal(0))),
            height=scale.length(amount),
            words=words[i],
            is_provisional=point.is_estimated or not point.is_whole,
        )
        for i, (point, amount) in enumerate(zip(points, amounts, strict=True))
    ]
    levels = [scale.low + scale.step * i for i in range(int((scale.high - scale.low) / scale.step) + 1)]
    lines = [GridLine(scale.y(level), money.compact(level) if level else "0") for level in levels]
    return Bars(HEIGHT, scale.y(Decimal(0)), rectangles, lines, alt)


def _scale(amounts: Sequence[Decimal]) -> _Scale:
    """From zero or below to the highest, in about LINES round steps."""
    step = _step(max(abs(amount) for amount in amounts))
    return _Scale(-_ceiling(-min(amounts), step), max(_ceiling(max(amounts), step), step), step)


def _step(largest: Decimal) -> Decimal:
    """The distance of grid lines: a round number that brings about LINES of them below `largest`."""
    if not largest:
        return Decimal(1)
    rough = largest / LINES
    unit = Decimal(1).scaleb(rough.adjusted())
    return next(unit * step for step in STEPS if unit * step >= rough)


def _ceiling(amount: Decimal, step: Decimal) -> Decimal:
    """The next multiple of `step` at or above `amount`."""
    return (amount / step).to_integral_value(ROUND_CEILING) * step
