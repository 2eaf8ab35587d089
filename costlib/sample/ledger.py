"""The charges of an organization, in an in-memory DuckDB: every answer is SQL over two tables.

`cells` says where a charge lies, `charges` when and how much.
"""

from __future__ import annotations

from collections.abc import Sequence
from threading import Lock

import duckdb
import pyarrow as pa

from costlib.sample.plan import Cell

AMOUNT = pa.decimal128(38, 10)
METRICS = ("unblended_cost", "amortized_cost", "net_unblended_cost", "net_amortized_cost", "blended_cost")
DIMENSIONS = ("usage_account_id", "service", "record_type", "region", "usage_type", "usage_unit")


class Ledger:
    """All charges of one organization. Reading is safe from any thread; `charges` and `cells` are its two tables."""

    def __init__(self, labels: tuple[str, ...]) -> None:
        self.labels = labels
        self.database = duckdb.connect(":memory:")
        self.lock = Lock()

    def table(self, sql: str, parameters: Sequence[object] = ()) -> pa.Table:
        """The result of `sql`, on a cursor of its own."""
        with self.database.cursor() as cursor:
            return cursor.sql(sql, params=list(parameters)).to_arrow_table()

    def execute(self, sql: str, parameters: Sequence[object] = ()) -> None:
        with self.lock, self.database.cursor() as cursor:
            cursor.execute(sql, list(parameters))

    def load(self, name: str, rows: pa.Table) -> None:
        """Create table `name` with `rows`."""
        with self.lock, self.database.cursor() as cursor:
            cursor.register("incoming", rows)
            cursor.execute(f"CREATE TABLE {name} AS SELECT * FROM incoming")
            cursor.unregister("incoming")

    def charges(self) -> pa.Table:
        """Every charge: charge_date, the six dimensions, five metrics, usage_quantity, and a column for each label.

        The columns of labels are named `cost_category:NAME` and `tag:KEY`; '' is no value.
        """
        labels = "".join(f", label_{i} AS {quoted(name)}" for i, name in enumerate(self.labels))
        return self.table(
            f"SELECT charge_date, {', '.join(DIMENSIONS)}, {', '.join(METRICS)}, usage_quantity{labels} "
            "FROM charges JOIN cells USING (cell_id) ORDER BY charge_date, cell_id, unblended_cost"
        )

    def copy(self) -> Ledger:
        """Another ledger with the same charges, to be changed."""
        twin = Ledger(self.labels)
        for name in ("cells", "charges"):
            twin.load(name, self.table(f"SELECT * FROM {name}"))
        return twin

    def cell_id(self, cell: Cell) -> int:
        """The id of `cell`, which is added if it is new."""
        known = self.table(
            "SELECT cell_id FROM cells WHERE " + " AND ".join(f"{c} = ?" for c in cell_columns(self.labels)),
            cell_values(cell),
        )["cell_id"].to_pylist()
        if known:
            return int(known[0])
        new = int(self.table("SELECT COALESCE(MAX(cell_id), -1) + 1 AS n FROM cells")["n"][0].as_py())
        marks = ", ".join("?" for _ in cell_columns(self.labels))
        self.execute(f"INSERT INTO cells VALUES (?, {marks})", [new, *cell_values(cell)])
        return new


def quoted(name: str) -> str:
    """`name` as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def cell_columns(labels: Sequence[str]) -> tuple[str, ...]:
    return (*DIMENSIONS, *(f"label_{i}" for i in range(len(labels))))


def cell_values(cell: Cell) -> list[str]:
    return [*(getattr(cell, name) for name in DIMENSIONS), *cell.labels]
