"""Cost over time, key by key, as charts need it: the rows of the question, turned on their side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, TypeAlias

from costlib.money import total

if TYPE_CHECKING:
    import pyarrow as pa

_Row: TypeAlias = tuple[date, Decimal | None, bool, bool, bool]


@dataclass(frozen=True)
class Points:
    """One key's cost, in order of time; the tuples run side by side."""

    key: str
    starts: tuple[date, ...]
    amounts: tuple[Decimal | None, ...]
    estimated: tuple[bool, ...]
    complete: tuple[bool, ...]
    is_other: bool

    @property
    def heights(self) -> list[float | None]:
        """Positions on the screen; None where the metric is not available."""
        return [None if amount is None else float(amount) for amount in self.amounts]


def points_of(table: pa.Table) -> list[Points]:
    """`table` as from cost_over_time, which is dense: every key has every start, the largest key first, Other last."""
    found: dict[str, list[_Row]] = {}
    columns = ("period_start", "amount", "is_estimated", "is_complete", "is_other")
    rows = zip(*(table.column(name).to_pylist() for name in columns), strict=True)
    for key, row in zip(table.column("key").to_pylist(), rows, strict=True):
        found.setdefault(key, []).append(row)
    return [_points(key, its) for key, its in found.items()]


def together(series: Sequence[Points]) -> Points:
    """All keys added up, exactly."""
    amounts = tuple(total(at) for at in zip(*(points.amounts for points in series), strict=True))
    first = series[0]
    return Points("", first.starts, amounts, first.estimated, first.complete, is_other=False)


def _points(key: str, rows: Sequence[_Row]) -> Points:
    starts, amounts, estimated, complete, others = zip(*rows, strict=True)
    return Points(key, starts, amounts, estimated, complete, others[0])
