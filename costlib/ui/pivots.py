"""A crossing as people read it: a row a key, a column a key, and totals that are the exact sums of what stands there.

The file is the pivot itself, totals included, as it is on the screen; `costlib query` gives the same cells one a line.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from enum import StrEnum

import pyarrow as pa

from costlib.money import ratio, total
from costlib.ui import wording
from costlib.ui.context import PageContext
from costlib.ui.rankings import file_name
from costlib.ui.tables import Column, Kind, TableView
from costlib.vocabulary import USAGE_ACCOUNT_NAME, dimension

TOTAL = "Total"
REST = "Other (the rest)"
"""Other, where something is really called 'Other'."""
NAME_WIDTH, LONE_NAME_WIDTH = 170, 220
"""Pinned at the left: on a phone it leaves room for two columns of amounts, a wider one for one."""
LONG_HEAD, HEAD_WIDTH = 18, 150
"""A head of more characters would make its column wider than the amounts need; the whole of it is in its help."""
MOST_ROWS_AT_ONCE = 25
ACCOUNT = "usage_account_id"

Key = tuple[str | date, bool]
"""A key of a crossing, and whether it is the rest."""
Amount = Decimal | None


class Measure(StrEnum):
    """What stands in the cells of a pivot."""

    amount = "amount"
    share_of_row = "share_of_row"
    share_of_column = "share_of_column"
    share_of_total = "share_of_total"


@dataclass(frozen=True)
class Grid:
    """The cells of a crossing in their order, with the exact sums; a combination without charges is zero.

    A sum is None, "not available", as soon as one of its cells is.
    """

    rows: tuple[Key, ...]
    columns: tuple[Key, ...]
    cells: Mapping[tuple[Key, Key], Amount]

    def amount(self, row: Key | None, column: Key | None) -> Amount:
        """A cell; None in the place of a row or a column means all of them."""
        rows = self.rows if row is None else (row,)
        columns = self.columns if column is None else (column,)
        return total(self.cells.get((r, c), Decimal(0)) for r in rows for c in columns)

    def part(self, measure: Measure, row: Key | None, column: Key | None) -> Amount:
        """The cell as `measure` wants it: the amount, or its share, None where there is nothing to share."""
        amount = self.amount(row, column)
        if measure is Measure.amount or amount is None:
            return amount
        whole = self.amount(
            row if measure is Measure.share_of_row else None, column if measure is Measure.share_of_column else None
        )
        return None if whole is None else ratio(amount, whole)


def grid(table: pa.Table) -> Grid:
    """`table` as from crossing."""
    names = ("row_key", "row_is_other", "column_key", "column_is_other", "amount")
    found = [
        ((row, row_other), (column, column_other), amount)
        for row, row_other, column, column_other, amount in zip(
            *(table.column(n).to_pylist() for n in names), strict=True
        )
    ]
    by_column = table.sort_by("column_place")
    columns = zip(
        by_column.column("column_key").to_pylist(), by_column.column("column_is_other").to_pylist(), strict=True
    )
    return Grid(
        tuple(dict.fromkeys(row for row, _, _ in found)),
        tuple(dict.fromkeys(columns)),
        {(row, column): amount for row, column, amount in found},
    )


def pivot(
    context: PageContext,
    table: pa.Table,
    rows: str,
    columns: str | None,
    words: str,
    measure: Measure = Measure.amount,
) -> TableView:
    """`table` as from crossing over `rows` and `columns`: the total beside each name, the sums of columns at the end.

    Ids of accounts stand beside their names: in the last column, or in the head of a column (in the file).
    """
    found = grid(table)
    shown: dict[str, tuple[Column, pa.Array]] = {}
    for column, values in _columns(context, found, rows, columns, measure):
        name = _free(column.name, shown)
        shown[name] = (replace(column, name=name), values)
    against = f" by {label_of(columns).lower()}" if columns else ""
    return TableView(
        pa.table({name: values for name, (_, values) in shown.items()}),
        tuple(column for column, _ in shown.values()),
        context.currency,
        file_name(words),
        f"Cost by {label_of(rows).lower()}{against}",
        whole=len(found.rows) <= MOST_ROWS_AT_ONCE,
    )


def label_of(name: str) -> str:
    """What people call a dimension, weeks and labels included."""
    if name == "charge_week":
        return "Week"
    return USAGE_ACCOUNT_NAME.label if name == ACCOUNT else dimension(name).label


def readings(context: PageContext, name: str, keys: Sequence[Key]) -> list[str]:
    """Keys as people read them: accounts by name, times in words, the rest apart from what is called 'Other'."""
    real = {key for key, is_other in keys if not is_other}
    years = {key.year for key, _ in keys if isinstance(key, date)}
    this_year = next(iter(years)) if len(years) == 1 else None
    names = context.account_names if name == ACCOUNT else {}
    return [
        (wording.month(key) if name == "billing_month" else wording.day(key, this_year))
        if isinstance(key, date)
        else (REST if key in real else key)
        if is_other
        else names.get(key, key)
        for key, is_other in keys
    ]


def _columns(
    context: PageContext, found: Grid, rows: str, columns: str | None, measure: Measure
) -> Iterator[tuple[Column, pa.Array]]:
    kind = Kind.money if measure is Measure.amount else Kind.part
    first = USAGE_ACCOUNT_NAME.name if rows == ACCOUNT else rows
    labels = [_iso(key, rows) or label for key, label in _labelled(context, rows, found.rows)]
    names = pa.array([*labels, TOTAL], pa.string())
    yield (
        Column(
            first, label_of(rows), Kind.name, width=NAME_WIDTH if columns else LONE_NAME_WIDTH, is_pinned=bool(columns)
        ),
        names,
    )
    yield Column(f"total_{context.filters.metric}", TOTAL if columns else "Amount", kind), _values(found, measure, None)
    for key, label in _labelled(context, columns, found.columns) if columns else ():
        is_long = len(label) > LONG_HEAD
        yield (
            Column(
                _iso(key, str(columns)) or _head(key, label),
                label,
                kind,
                help=label if is_long else None,
                width=HEAD_WIDTH if is_long else None,
            ),
            _values(found, measure, key),
        )
    if rows == ACCOUNT:
        ids = ["" if is_other else str(key) for key, is_other in found.rows]
        yield Column(ACCOUNT, dimension(ACCOUNT).label, Kind.text), pa.array([*ids, ""], pa.string())


def _labelled(context: PageContext, name: str, keys: Sequence[Key]) -> Iterator[tuple[Key, str]]:
    return zip(keys, readings(context, name, keys), strict=True)


def _head(key: Key, label: str) -> str:
    """What heads a column in the file: an account with its id."""
    value, is_other = key
    return label if is_other or label == value else f"{label} ({value})"


def _iso(key: Key, name: str) -> str | None:
    """A time as files and sortable rows have it; None for what is no time."""
    value, _ = key
    if not isinstance(value, date):
        return None
    return f"{value:%Y-%m}" if name == "billing_month" else value.isoformat()


def _values(found: Grid, measure: Measure, column: Key | None) -> pa.Array:
    parts = [found.part(measure, row, column) for row in (*found.rows, None)]
    if measure is Measure.amount:
        return pa.array(parts, pa.decimal128(38, 10))
    return pa.array([None if part is None else float(part) for part in parts], pa.float64())


def _free(name: str, taken: Mapping[str, object]) -> str:
    """`name`, numbered where something else is called so already: the rest beside a real 'Other'."""
    number, free = 1, name
    while free in taken:
        number += 1
        free = f"{name} ({number})"
    return free
