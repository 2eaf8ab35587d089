"""Any metrics by any dimensions: what the pages' tables, `query` and `export` show."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING

from costlib.access import Scope
from costlib.errors import UsageError
from costlib.queries.filters import Filters
from costlib.queries.pieces import pieces
from costlib.queries.sql import Sql, amount, selection
from costlib.store.snapshot import Snapshot
from costlib.vocabulary import CostMetric, dimension

if TYPE_CHECKING:
    import pyarrow as pa

Row = tuple[object, ...]


@dataclass(frozen=True)
class Extent:
    """How many rows a breakdown has, and the sum of each metric over them; None is "not available"."""

    rows: int
    sums: tuple[Decimal | None, ...]


def breakdown(
    snapshot: Snapshot, scope: Scope, filters: Filters, dimensions: Sequence[str], metrics: Sequence[CostMetric]
) -> pa.Table:
    """Columns: the dimensions as asked, then the metrics as DECIMAL; one row a combination, sorted by the dimensions.

    No dimension at all gives one row, the total. Raises UnknownName and UsageError.
    """
    sql = _compiled(snapshot, scope, filters, dimensions, metrics)
    return snapshot.table(sql.text, sql.parameters).rename_columns([*dimensions, *metrics])


def breakdown_batches(
    snapshot: Snapshot, scope: Scope, filters: Filters, dimensions: Sequence[str], metrics: Sequence[CostMetric]
) -> Iterator[pa.RecordBatch]:
    """The same as a stream, made piece by piece: neither Python nor DuckDB ever holds the whole answer."""
    chosen = _chosen(snapshot, scope, filters, dimensions, metrics)
    names = [*dimensions, *metrics]
    for piece in pieces(partial(_count, snapshot, chosen), len(dimensions)):
        sql = _grouped(chosen, dimensions, metrics, piece)
        yield from (batch.rename_columns(names) for batch in snapshot.batches(sql.text, sql.parameters))


def breakdown_rows(
    snapshot: Snapshot, scope: Scope, filters: Filters, dimensions: Sequence[str], metrics: Sequence[CostMetric]
) -> Iterator[Row]:
    """The same as a stream of tuples of str, date and Decimal, without loading Arrow."""
    sql = _compiled(snapshot, scope, filters, dimensions, metrics)
    return snapshot.rows(sql.text, sql.parameters)


def extent(
    snapshot: Snapshot, scope: Scope, filters: Filters, dimensions: Sequence[str], metrics: Sequence[CostMetric]
) -> Extent:
    """The size of the same answer, without fetching it."""
    sql = _compiled(snapshot, scope, filters, dimensions, metrics)
    sums = "".join(f", {amount(metric)}" for metric in metrics)
    ((rows, *found),) = snapshot.rows(f"SELECT COUNT(*){sums} FROM ({sql.text}) AS answer", sql.parameters)
    return Extent(int(str(rows)), tuple(value if isinstance(value, Decimal) else None for value in found))


def first_rows(
    snapshot: Snapshot,
    scope: Scope,
    filters: Filters,
    dimensions: Sequence[str],
    metrics: Sequence[CostMetric],
    limit: int = 8,
) -> pa.Table:
    """The first `limit` rows of the same answer."""
    sql = _compiled(snapshot, scope, filters, dimensions, metrics)
    table = snapshot.table(f"{sql.text}\n        LIMIT ?", (*sql.parameters, limit))
    return table.rename_columns([*dimensions, *metrics])


def _compiled(
    snapshot: Snapshot, scope: Scope, filters: Filters, dimensions: Sequence[str], metrics: Sequence[CostMetric]
) -> Sql:
    return _grouped(_chosen(snapshot, scope, filters, dimensions, metrics), dimensions, metrics)


def _chosen(
    snapshot: Snapshot, scope: Scope, filters: Filters, dimensions: Sequence[str], metrics: Sequence[CostMetric]
) -> Sql:
    """The rows to be grouped."""
    for name in dimensions:
        dimension(name)
    refuse_twice([*dimensions, *metrics])
    return selection(snapshot, scope, filters, dimensions, metrics).sql


def _grouped(chosen: Sql, dimensions: Sequence[str], metrics: Sequence[CostMetric], piece: Sequence[Sql] = ()) -> Sql:
    """The answer, or the piece of it that these conditions keep."""
    keys = ", ".join(f"dimension_{i}" for i, _ in enumerate(dimensions, 1))
    by = f"GROUP BY {keys}\n        ORDER BY {keys}" if keys else ""
    columns = [*([keys] if keys else []), *(f"{amount(metric)} AS {metric}" for metric in metrics)]
    text = f"""
        SELECT {", ".join(columns)}
        FROM ({chosen.text}) AS selected{_where(piece)}
        {by}"""
    return Sql(text, (*chosen.parameters, *(p for condition in piece for p in condition.parameters)))


def _count(snapshot: Snapshot, chosen: Sql, piece: Sequence[Sql], number: int) -> list[tuple[object, int]]:
    """The rows of a piece, by the values of one dimension, in order."""
    column = f"dimension_{number}"
    text = f"""
        SELECT {column}, COUNT(*)
        FROM ({chosen.text}) AS selected{_where(piece)}
        GROUP BY {column}
        ORDER BY {column}"""
    parameters = (*chosen.parameters, *(p for condition in piece for p in condition.parameters))
    return [(value, int(str(rows))) for value, rows in snapshot.rows(text, parameters)]


def _where(piece: Sequence[Sql]) -> str:
    return f"\n        WHERE {' AND '.join(condition.text for condition in piece)}" if piece else ""


def refuse_twice(names: Sequence[str]) -> None:
    for name in names:
        if names.count(name) > 1:
            raise UsageError(f"{name} is asked for twice.", "Name each dimension and each metric once.")
