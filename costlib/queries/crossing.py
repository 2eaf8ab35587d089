"""One dimension against another: the largest rows and columns with their names, the rest of each as Other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from costlib.access import Scope
from costlib.errors import UsageError
from costlib.queries.filters import Filters
from costlib.queries.series import OTHER
from costlib.queries.sql import Sql, amount, is_time, selection
from costlib.store.snapshot import Snapshot
from costlib.vocabulary import UNALLOCATED, label_dimension

if TYPE_CHECKING:
    import pyarrow as pa

TOP = 10


def crossing(
    snapshot: Snapshot,
    scope: Scope,
    filters: Filters,
    rows: str,
    columns: str | None = None,
    top_rows: int = TOP,
    top_columns: int = TOP,
) -> pa.Table:
    """`row_key, column_key, amount, row_is_other, column_is_other, row_place, column_place`, a row a combination.

    The largest rows first, and within each the columns in their order, credits counted by their size; what is beyond
    the `top_rows` or `top_columns` largest is one key, 'Other' with its flag, last. All cells together are exactly
    the total. Times stand in their order and are never folded, and neither is a label's 'Unallocated', which has its
    place beside the largest. `column_key` is '' when `columns` is None. A combination without charges has no row; an
    amount is NULL where one of its charges lacks the metric. The places are numbers to sort by, with gaps. Besides
    dimensions, `charge_week` is understood. Raises UnknownName and UsageError.
    """
    if rows == columns:
        raise UsageError(f"{rows} is asked for twice.", "Choose two different dimensions, or only one.")
    axes = [_Axis("row", rows, top_rows), _Axis("column", columns, top_columns)]
    chosen = selection(snapshot, scope, filters, [rows, *([columns] if columns else [])], [filters.metric])
    second = "dimension_2" if columns else "''"
    named = [axis.named() for axis in axes]
    text = f"""
        WITH cells AS (
            SELECT dimension_1 AS row_original, {second} AS column_original, {amount(filters.metric)} AS amount
            FROM ({chosen.sql.text}) AS selected
            GROUP BY dimension_1, {second}
        ),
        {",".join(piece.text for piece in named)}
        SELECT rows.key AS row_key, columns.key AS column_key, {amount("cells.amount")} AS amount,
               rows.is_other AS row_is_other, columns.is_other AS column_is_other,
               rows.place AS row_place, columns.place AS column_place
        FROM cells
        JOIN row_named AS rows ON rows.original = cells.row_original
        JOIN column_named AS columns ON columns.original = cells.column_original
        GROUP BY rows.place, rows.key, rows.is_other, columns.place, columns.key, columns.is_other
        ORDER BY rows.place, columns.place"""
    return snapshot.table(text, (*chosen.sql.parameters, *(p for piece in named for p in piece.parameters)))


@dataclass(frozen=True)
class _Axis:
    """One side of the crossing: which of its keys keep their names, and in which order they stand."""

    side: str
    dimension: str | None
    top: int

    def named(self) -> Sql:
        """A common table expression: `original, key, place, is_other`, one row a key that occurs."""
        if self.dimension is None or is_time(self.dimension):
            return self._in_order()
        unfolded = "CASE WHEN original = ? THEN 1 ELSE 0 END" if label_dimension(self.dimension) else "0"
        text = f"""
        {self.side}_sizes AS (
            SELECT {self.side}_original AS original, SUM(ABS(amount)) AS size
            FROM cells
            GROUP BY {self.side}_original
        ),
        {self.side}_flagged AS (
            SELECT original, size, {unfolded} AS is_unfolded
            FROM {self.side}_sizes
        ),
        {self.side}_ranked AS (
            SELECT original, is_unfolded,
                   ROW_NUMBER() OVER (ORDER BY size DESC NULLS LAST, original) AS place,
                   ROW_NUMBER() OVER (PARTITION BY is_unfolded ORDER BY size DESC NULLS LAST, original) AS standing
            FROM {self.side}_flagged
        ),
        {self.side}_named AS (
            SELECT original,
                   CASE WHEN is_unfolded = 0 AND standing > ? THEN ? ELSE original END AS key,
                   CASE WHEN is_unfolded = 0 AND standing > ? THEN (SELECT COUNT(*) + 1 FROM {self.side}_sizes)
                        ELSE place END AS place,
                   is_unfolded = 0 AND standing > ? AS is_other
            FROM {self.side}_ranked
        )"""
        kept = (UNALLOCATED,) if label_dimension(self.dimension) else ()
        return Sql(text, (*kept, self.top, OTHER, self.top, self.top))

    def _in_order(self) -> Sql:
        return Sql(
            f"""
        {self.side}_named AS (
            SELECT {self.side}_original AS original, {self.side}_original AS key,
                   ROW_NUMBER() OVER (ORDER BY {self.side}_original) AS place, FALSE AS is_other
            FROM cells
            GROUP BY {self.side}_original
        )"""
        )
