"""Cost category definitions as AWS holds them, and what changed in them.

A definition is kept as its latest description says it; every change of what it says is listed with the old and the new
text. A change also drops the label's control totals from the day on which it takes effect, in the same transaction, so
that those days are asked for again whatever happens to the sync that noticed it.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import TypeAlias

import duckdb

from costlib.store.warehouse import Warehouse

Json: TypeAlias = Mapping[str, object]


@dataclass(frozen=True)
class Definition:
    """One cost category. `rules` and `split_charge_rules` are AWS's own JSON lists, keys in order."""

    name: str
    arn: str
    effective_start: date
    effective_end: date | None
    processing_status: str
    default_value: str | None
    rules: str
    split_charge_rules: str

    @property
    def content(self) -> str:
        """What it says, as the list of changes keeps it: everything but where it stands and who it is."""
        return json.dumps(
            {
                "effective_start": self.effective_start.isoformat(),
                "effective_end": self.effective_end.isoformat() if self.effective_end else None,
                "default_value": self.default_value,
                "rules": json.loads(self.rules),
                "split_charge_rules": json.loads(self.split_charge_rules),
            },
            sort_keys=True,
        )


@dataclass(frozen=True)
class Held:
    """A stored definition and when it was described."""

    definition: Definition
    read_at: datetime


_COLUMNS = "name, arn, effective_start, effective_end, processing_status, default_value, rules, split_charge_rules"


def held_definitions(warehouse: Warehouse) -> dict[str, Held]:
    """The stored definitions by name."""
    rows = warehouse.fetch(f"SELECT {_COLUMNS}, read_at FROM cost_category_definitions")
    return {row[0]: Held(Definition(*row[:-1]), row[-1]) for row in rows}


def take_over(
    warehouse: Warehouse, run_id: str, definition: Definition, now: datetime, noted: Mapping[str, str]
) -> None:
    """Keep a description, with `noted` facts; if it says something new, list it and have its days labeled again."""
    with warehouse.transaction() as connection:
        old = _held_content(connection, definition.name)
        new = definition.content
        if old is not None and old != new:
            _note_change(connection, run_id, now, definition.name, definition.effective_start, old, new)
            _label_again(connection, definition.name, definition.effective_start)
        values = [getattr(definition, column) for column in _COLUMNS.split(", ")]
        connection.execute(
            f"INSERT OR REPLACE INTO cost_category_definitions ({_COLUMNS}, read_at) "
            f"VALUES ({', '.join('?' * len(values))}, ?)",
            [*values, now],
        )
        _remember(connection, noted)


def label_again(warehouse: Warehouse, name: str, since: date, noted: Mapping[str, str]) -> None:
    """Have the days from `since` on labeled again, and remember `noted` facts, both or neither."""
    with warehouse.transaction() as connection:
        _label_again(connection, name, since)
        _remember(connection, noted)


def keep_only(
    warehouse: Warehouse, run_id: str, tracked: Collection[str], existing: Collection[str], now: datetime
) -> None:
    """Drop the definitions of categories that are no longer tracked; those AWS no longer has are listed as gone."""
    gone = {
        name: held for name, held in held_definitions(warehouse).items() if name not in tracked or name not in existing
    }
    if not gone:
        return
    with warehouse.transaction() as connection:
        for name, held in gone.items():
            if name in tracked:
                since, old = held.definition.effective_start, held.definition.content
                _note_change(connection, run_id, now, name, since, old, None)
            connection.execute("DELETE FROM cost_category_definitions WHERE name = ?", [name])


def _held_content(connection: duckdb.DuckDBPyConnection, name: str) -> str | None:
    rows = connection.execute(f"SELECT {_COLUMNS} FROM cost_category_definitions WHERE name = ?", [name]).fetchall()
    return Definition(*rows[0]).content if rows else None


def _note_change(
    connection: duckdb.DuckDBPyConnection,
    run_id: str,
    now: datetime,
    name: str,
    effective_start: date,
    old: str,
    new: str | None,
) -> None:
    connection.execute(
        "INSERT INTO cost_category_changes VALUES (?, ?, ?, ?, ?, ?)", [run_id, now, name, effective_start, old, new]
    )


def _label_again(connection: duckdb.DuckDBPyConnection, name: str, since: date) -> None:
    connection.execute(
        "DELETE FROM label_totals WHERE label = ? AND charge_date >= ?", [f"cost_category:{name}", since]
    )


def _remember(connection: duckdb.DuckDBPyConnection, noted: Mapping[str, str]) -> None:
    for key, value in noted.items():
        connection.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", [key, value])
