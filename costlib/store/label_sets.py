"""Combinations of label values, numbered: a charge carries one number instead of a value for each label."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import duckdb
import pyarrow as pa

from costlib.store.warehouse import Warehouse

Values = tuple[str, ...]
"""One value for each tracked label, in the labels' order; '' is "has none"."""


def label_set_ids(warehouse: Warehouse, wanted: Iterable[Values]) -> dict[Values, int]:
    """The ids of these combinations of the tracked labels' values; new ones are added."""
    labels = [label for (label,) in warehouse.fetch("SELECT label FROM labels ORDER BY label")]
    rows = warehouse.fetch(
        """
        SELECT label_set_id, LIST(label ORDER BY label), LIST(value ORDER BY label)
        FROM label_sets
        GROUP BY label_set_id
        """
    )
    ids = {tuple(values): number for number, its_labels, values in rows if its_labels == labels}
    following = max((number for number, _, _ in rows), default=0) + 1
    missing = sorted(set(wanted) - set(ids))
    if not missing:
        return ids
    with warehouse.transaction() as connection:
        for values in missing:
            ids[values] = following if labels else 0
            for label, value in zip(labels, values, strict=True):
                connection.execute("INSERT INTO label_sets VALUES (?, ?, ?)", [following, label, value])
            following += 1
    return ids


def temporary(
    connection: duckdb.DuckDBPyConnection, name: str, columns: Sequence[str], rows: Sequence[tuple[object, ...]]
) -> None:
    """A small temp table from tuples."""
    table = pa.table({column: [row[i] for row in rows] for i, column in enumerate(columns)})
    connection.register("incoming", table)
    connection.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS FROM incoming")
    connection.unregister("incoming")
