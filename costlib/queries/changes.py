"""What moved between two periods, and what made it move.

Each key is looked at in pieces, one level down: a service by its accounts, an account by its services, a label's value
by account and service. A piece is *new* if it cost nothing before, *gone* if it costs nothing now; else it *grew* or
*shrank*. So the four add up to the change, for each key and for all of them.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple, cast

from costlib.access import Scope
from costlib.money import difference, ratio, total
from costlib.periods import Period
from costlib.queries.beside import beside, join_accounts, key_of, name_of
from costlib.queries.filters import Filters
from costlib.queries.source import holds
from costlib.queries.sql import Sql, amount
from costlib.store.snapshot import Snapshot
from costlib.vocabulary import label_dimension

if TYPE_CHECKING:
    import pyarrow as pa

_PARTS = {
    "service": ("usage_account_id",),
    "usage_account_id": ("service",),
    "record_type": ("service",),
    "charge_category": ("service",),
}
_LABEL_PARTS = ("usage_account_id", "service")
LARGEST_PIECES = 2
"""Of a mover, in each direction: as many as one sentence can name."""


@dataclass(frozen=True)
class Split:
    """Two amounts and the change between them, in four parts that add up to it; None is "not available"."""

    amount: Decimal | None
    previous: Decimal | None
    new: Decimal | None
    gone: Decimal | None
    grew: Decimal | None
    shrank: Decimal | None

    @property
    def change(self) -> Decimal | None:
        return difference(self.amount, self.previous)

    @property
    def change_ratio(self) -> Decimal | None:
        """The change over the size of what it was before; None when that is nothing."""
        return None if self.change is None or self.previous is None else ratio(self.change, abs(self.previous))


class _Amounts(NamedTuple):
    amount: Decimal
    previous: Decimal
    change: Decimal


@dataclass(frozen=True)
class Piece:
    """One level down: its value of each dimension of `Mover.parts`, then and now."""

    values: tuple[str, ...]
    amount: Decimal
    previous: Decimal
    change: Decimal


@dataclass(frozen=True)
class Mover:
    """A key that moved, with its largest pieces: those that moved its way (`drivers`), and those that did not.

    `moved` counts all the pieces that moved its way. `parts` is empty when nothing is known one level down.
    """

    key: str
    name: str
    amount: Decimal
    previous: Decimal
    change: Decimal
    parts: tuple[str, ...] = ()
    drivers: tuple[Piece, ...] = ()
    against: tuple[Piece, ...] = ()
    moved: int = 0


def changes(snapshot: Snapshot, scope: Scope, filters: Filters, by: str, compared: Period | None) -> pa.Table:
    """`key, name, amount, previous, change, change_ratio, new, gone, grew, shrank`, the largest change first.

    Every key of either period, those that did not move last. What follows from `previous` is NULL when nothing is
    compared or not all of `compared` is stored; what follows from an amount is NULL when the metric is missing.
    Raises UsageError when no stored table can answer.
    """
    compared_sql = _keys(snapshot, scope, filters, by, compared)
    text = f"""
        {compared_sql.text}
        SELECT keys.key, {name_of(by, "keys.key")} AS name, keys.amount, keys.previous, keys.change,
               CAST(keys.change AS DOUBLE) / NULLIF(ABS(CAST(keys.previous AS DOUBLE)), 0) AS change_ratio,
               keys.new, keys.gone, keys.grew, keys.shrank
        FROM keys
        {join_accounts(by, "keys.key")}
        ORDER BY ABS(keys.change) DESC NULLS LAST, keys.amount DESC NULLS LAST, keys.key"""
    return snapshot.table(text, compared_sql.parameters)


def together(table: pa.Table) -> Split:
    """All keys of `changes` added up, exactly."""
    names = ("amount", "previous", "new", "gone", "grew", "shrank")
    return Split(*(total(table.column(name).to_pylist()) for name in names))


def movers(
    snapshot: Snapshot, scope: Scope, filters: Filters, by: str = "service", *, compared: Period | None, limit: int = 8
) -> tuple[Mover, ...]:
    """The `limit` largest changes since `compared`, up or down, each with the pieces that carry it.

    Empty when nothing changed or not all of `compared` is stored.
    """
    parts = _parts_of(snapshot, scope, filters, by)
    compared_sql = _keys(snapshot, scope, filters, by, compared)
    columns = [f"part_{i}" for i, _ in enumerate(parts, 1)]
    text = f"""
        {compared_sql.text},
        top AS (
            SELECT key, amount, previous, change
            FROM keys
            WHERE change <> 0
            ORDER BY ABS(change) DESC, key
            LIMIT ?
        ),
        moved AS (
            SELECT pieces.*, ABS(change) AS size, CASE WHEN change > 0 THEN 1 ELSE -1 END AS direction
            FROM pieces
            WHERE change <> 0
        ),
        placed AS (
            SELECT moved.*,
                   ROW_NUMBER() OVER (PARTITION BY key, direction
                                      ORDER BY {", ".join(["size DESC", *columns])}) AS place,
                   COUNT(*) OVER (PARTITION BY key, direction) AS moved
            FROM moved
        )
        SELECT top.key, {name_of(by, "top.key")}, top.amount, top.previous, top.change,
               placed.amount, placed.previous, placed.change, placed.moved{"".join(f", placed.{c}" for c in columns)}
        FROM top
        INNER JOIN placed ON placed.key = top.key AND placed.place <= ?
        {join_accounts(by, "top.key")}
        ORDER BY ABS(top.change) DESC, top.key, placed.place"""
    rows = snapshot.rows(text, (*compared_sql.parameters, limit, LARGEST_PIECES))
    return tuple(_mover(parts, list(its)) for _, its in itertools.groupby(rows, key=lambda row: row[0]))


def _parts_of(snapshot: Snapshot, scope: Scope, filters: Filters, by: str) -> tuple[str, ...]:
    """The dimensions of the pieces of a key: one level down, or none where no table holds both levels."""
    key = key_of(by)
    partners = [(name,) for lens in snapshot.lenses if key in lens.dimensions for name in lens.dimensions]
    below: tuple[str, ...] | None = _LABEL_PARTS if label_dimension(key) else _PARTS.get(key)
    wanted = partners if below is None else [below]
    return next((its for its in wanted if key not in its and holds(snapshot, scope, filters, [key, *its])), ())


def _keys(snapshot: Snapshot, scope: Scope, filters: Filters, by: str, compared: Period | None) -> Sql:
    """A WITH clause up to `keys`, one row a key; `pieces` (`key, part_1 …, amount, previous, change`) is part of it."""
    parts = _parts_of(snapshot, scope, filters, by)
    rows = beside(snapshot, scope, filters, [key_of(by), *parts], compared)
    names = "".join(f", dimension_{i + 1} AS part_{i}" for i, _ in enumerate(parts, 1))
    text = f"""
        WITH sums AS (
            SELECT dimension_1 AS key{names}, {rows.amount} AS amount, {rows.previous} AS previous
            FROM ({rows.rows.text}) AS rows_beside
            GROUP BY {", ".join(f"dimension_{i + 1}" for i in range(len(parts) + 1))}
        ),
        pieces AS (
            SELECT sums.*, amount - previous AS change
            FROM sums
        ),
        keys AS (
            SELECT key, {amount("amount")} AS amount, {amount("previous")} AS previous, {amount("change")} AS change,
                   {_part("previous = 0")} AS new,
                   {_part("previous <> 0 AND amount = 0")} AS gone,
                   {_part("previous <> 0 AND amount <> 0 AND change > 0")} AS grew,
                   {_part("previous <> 0 AND amount <> 0 AND change < 0")} AS shrank
            FROM pieces
            GROUP BY key
        )"""
    return Sql(text, rows.rows.parameters)


def _part(condition: str) -> str:
    """The change of the pieces that fit; NULL if that of any piece of the key is not available."""
    fitting = f"COALESCE(SUM(CASE WHEN {condition} THEN change END), 0)"
    return f"CASE WHEN COUNT(change) = COUNT(*) THEN {fitting} END"


def _mover(parts: tuple[str, ...], rows: list[tuple[object, ...]]) -> Mover:
    """The rows of one key: the key's own columns in each, then those of a piece."""
    key, name, *amounts = rows[0][:5]
    of_key = _Amounts(*cast(list[Decimal], amounts))
    pieces = [_piece(row[5:]) for row in rows] if parts else []
    with_it = [(piece, moved) for piece, moved in pieces if (piece.change > 0) == (of_key.change > 0)]
    against = tuple(piece for piece, _ in pieces if (piece.change > 0) != (of_key.change > 0))
    drivers = tuple(piece for piece, _ in with_it)
    return Mover(str(key), str(name), *of_key, parts, drivers, against, moved=with_it[0][1] if with_it else 0)


def _piece(row: tuple[object, ...]) -> tuple[Piece, int]:
    *amounts, moved = row[:4]
    return Piece(tuple(map(str, row[4:])), *_Amounts(*cast(list[Decimal], amounts))), cast(int, moved)
