"""Any metrics by any dimensions: what the pages' tables, `query` and `export` show."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from costlib.access import Scope
from costlib.errors import UsageError
from costlib.queries.filters import Filters
from costlib.queries.sql import Sql, amount, selection
from costlib.store.snapshot import Snapshot
from costlib.vocabulary import CostMetric, dimension

if TYPE_CHECKING:
    import pyarrow as pa

Row = tuple[object, ...]


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
    """The same as a stream: Python never holds the whole answer."""
    sql = _compiled(snapshot, scope, filters, dimensions, metrics)
    names = [*dimensions, *metrics]
    return (batch.rename_columns(names) for batch in snapshot.batches(sql.text, sql.parameters))


def breakdown_rows(
    snapshot: Snapshot, scope: Scope, filters: Filters, dimensions: Sequence[str], metrics: Sequence[CostMetric]
) -> Iterator[Row]:
    """The same as a stream of tuples of str, date and Decimal, without loading Arrow."""
    sql = _compiled(snapshot, scope, filters, dimensions, metrics)
    return snapshot.rows(sql.text, sql.parameters)


def _compiled(
    snapshot: Snapshot, scope: Scope, filters: Filters, dimensions: Sequence[str], metrics: Sequence[CostMetric]
) -> Sql:
    for name in dimensions:
        dimension(name)
    refuse_twice([*dimensions, *metrics])
    chosen = selection(snapshot, scope, filters, dimensions, metrics)
    keys = ", ".join(f"dimension_{i}" for i, _ in enumerate(dimensions, 1))
    by = f"GROUP BY {keys}\n        ORDER BY {keys}" if keys else ""
    columns = [*([keys] if keys else []), *(f"{amount(metric)} AS {metric}" for metric in metrics)]
    text = f"""
        SELECT {", ".join(columns)}
        FROM ({chosen.sql.text}) AS selected
        {by}"""
    return Sql(text, chosen.sql.parameters)


def refuse_twice(names: Sequence[str]) -> None:
    for name in names:
        if names.count(name) > 1:
            raise UsageError(f"{name} is asked for twice.", "Name each dimension and each metric once.")
