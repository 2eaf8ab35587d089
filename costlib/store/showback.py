"""The showback tables of the warehouse: computed from charges and rules, replaced whole, published like everything.

Double entry is checked before anything is kept: what does not sum to zero, or to the bill, is never published.
"""

from __future__ import annotations

import contextlib
import gc
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

import duckdb
import pyarrow as pa

from costlib.allocation.parsing import parse_rules
from costlib.allocation.rules import AllocationRules
from costlib.errors import DoesNotTieOut
from costlib.periods import DAY, Period, months_in
from costlib.store.books import MonthAllocation, allocations, charges_sql
from costlib.store.warehouse import Warehouse
from costlib.vocabulary import COST_METRICS

RULES_PROBLEM = "rules_problem"
"""The key in `meta` under which pages find what is wrong with the rules file; '' when nothing is."""

AMOUNT = pa.decimal128(38, 10)
AMOUNT_BYTES = 16


def rules_in_force(warehouse: Warehouse) -> AllocationRules | None:
    """The rules that were applied last; None when there are none."""
    rows = warehouse.fetch("SELECT text, file FROM rule_versions ORDER BY applied_at DESC LIMIT 1")
    return parse_rules(*rows[0]) if rows else None


@dataclass(frozen=True)
class RuleChange:
    """Rules as somebody wrote them: the text, the file it stands in, when and by whom it was applied, and why."""

    text: str
    file: str
    applied_at: datetime
    applied_by: str
    note: str


def put_in_force(warehouse: Warehouse, change: RuleChange) -> bool:
    """Apply rules, keep the ones before, and compute every open month, all in one transaction.

    False when they say what those in force say, and nothing changes. Raises InvalidRules, and the ones in force stay
    so; or as refresh does.
    """
    rules = parse_rules(change.text, change.file)
    held = rules_in_force(warehouse)
    if held is not None and held.version == rules.version:
        return False
    _compute(warehouse, rules, change)
    return True


def is_empty(warehouse: Warehouse) -> bool:
    """Whether nothing has been computed yet."""
    return not warehouse.fetch("SELECT 1 FROM showback_charges LIMIT 1")


def refresh(warehouse: Warehouse) -> None:
    """Compute the showback of every stored month by the rules in force, in one transaction; nothing without rules.

    Raises DoesNotTieOut, and leaves what was there, if some rule's entries do not sum to zero or the cost centers not
    to the charges.
    """
    _compute(warehouse, rules_in_force(warehouse), None)


def _compute(warehouse: Warehouse, in_force: AllocationRules | None, change: RuleChange | None) -> None:
    """Replace what is computed, and note the change of rules with it: killed in between, neither has happened."""
    spans = list(_spans(warehouse, in_force))
    entries, kept = [], list[tuple[object, ...]]()
    with _no_search_for_cycles():
        for span, rules in spans:
            for of_month in allocations(warehouse.fetch, rules, span):
                entries.append(_entries(of_month))
                kept += [(of_month.month, of_month.metric.value, *pair) for pair in of_month.allocation.kept.items()]
    with warehouse.transaction() as connection:
        if change is not None and in_force is not None:
            _note(connection, in_force.version, change)
        for table in ("showback_charges", "showback_entries", "showback_kept"):
            connection.execute(f"DELETE FROM {table}")
        for span, rules in spans:
            text, parameters = charges_sql(rules, span)
            connection.execute(f"INSERT INTO showback_charges {text} ORDER BY billing_month, cost_center", parameters)
        if spans:
            _require_the_bill(connection)
        if entries:
            _insert(connection, "showback_entries", pa.concat_tables(entries))
        _require_zero(connection)
        _insert(connection, "showback_kept", pa.table(_columns(kept, ("month", "metric", "rule_id", "reason"))))


@contextlib.contextmanager
def _no_search_for_cycles() -> Iterator[None]:
    """Millions of entries are made and dropped, none in a cycle: looking for one took a quarter of the time."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _note(connection: duckdb.DuckDBPyConnection, version: str, change: RuleChange) -> None:
    row = [version, change.file, change.text, change.applied_at, change.applied_by, change.note]
    connection.execute("INSERT INTO rule_versions VALUES (?, ?, ?, ?, ?, ?)", row)
    connection.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", [RULES_PROBLEM, ""])


def _spans(warehouse: Warehouse, in_force: AllocationRules | None) -> Iterator[tuple[Period, AllocationRules]]:
    """Every stored month with its rules: those in force, or for a closed month those that it was closed with, so that
    only AWS can change what a closed month comes to."""
    ((first, last),) = warehouse.fetch("SELECT MIN(charge_date), MAX(charge_date) FROM charges")
    if in_force is None or first is None:
        return
    closed = dict(
        warehouse.fetch(
            """
            SELECT closed_months.billing_month, ANY_VALUE(rule_versions.text)
            FROM closed_months
            JOIN rule_versions ON rule_versions.version = closed_months.rules_version
            GROUP BY closed_months.billing_month"""
        )
    )
    for rules, months in groupby(months_in(Period(first, last + DAY)), lambda month: closed.get(month.start)):
        span = list(months)
        yield Period(span[0].start, span[-1].end), in_force if rules is None else parse_rules(rules)


def _require_zero(connection: duckdb.DuckDBPyConnection) -> None:
    wrong = connection.execute(
        """
        SELECT rule_id, billing_month, metric
        FROM showback_entries
        GROUP BY rule_id, billing_month, metric
        HAVING SUM(amount) <> 0
        LIMIT 1"""
    ).fetchall()
    for rule_id, month, metric in wrong:
        raise DoesNotTieOut(
            f"The entries of rule {rule_id!r} do not sum to zero in {month:%Y-%m} ({metric}).",
            "Nothing was published. Please report this with the rules file.",
        )


def _require_the_bill(connection: duckdb.DuckDBPyConnection) -> None:
    sums = ", ".join(f"SUM({m})" for m in COST_METRICS)
    ours = connection.execute(f"SELECT {sums} FROM showback_charges").fetchall()
    if ours != connection.execute(f"SELECT {sums} FROM charges").fetchall():
        raise DoesNotTieOut(
            "The cost centers' charges do not add up to the bill.", "Nothing was published. Please report this."
        )


def _entries(of_month: MonthAllocation) -> pa.Table:
    """One month and metric at once: there may be millions of entries, which are kept as columns only."""
    entries = of_month.allocation.entries
    count = len(entries)
    rule_ids, centers, amounts, are_sources, drivers, totals = zip(*entries, strict=True) if entries else [()] * 6
    return pa.table(
        {
            "billing_month": pa.repeat(pa.scalar(of_month.month, pa.date32()), count),
            "metric": pa.repeat(pa.scalar(of_month.metric.value, pa.string()), count),
            "place": pa.array(range(count), pa.int32()),
            "rule_id": pa.array(rule_ids, pa.string()),
            "cost_center": pa.array(centers, pa.string()),
            "is_source": pa.array(are_sources, pa.bool_()),
            "amount": _decimals(amounts),
            "driver": _decimals(drivers),
            "driver_total": _decimals(totals),
        }
    )


def _decimals(counts: Sequence[int | None]) -> pa.Array:
    """Units as amounts, without a Decimal for each: a decimal128 is its units, in sixteen bytes."""
    try:
        whole = pa.array(counts, pa.int64()).cast(pa.decimal128(38, 0))
    except (OverflowError, pa.ArrowInvalid):
        return _large_decimals(counts)
    return pa.Array.from_buffers(AMOUNT, len(counts), whole.buffers())


def _large_decimals(counts: Sequence[int | None]) -> pa.Array:
    """The same for units beyond 64 bits: more than 922 million of currency."""
    known = pa.array([count is not None for count in counts], pa.bool_())
    whole = b"".join((count or 0).to_bytes(AMOUNT_BYTES, "little", signed=True) for count in counts)
    return pa.Array.from_buffers(AMOUNT, len(counts), [known.buffers()[1], pa.py_buffer(whole)])


def _columns(rows: Sequence[tuple[object, ...]], names: Sequence[str]) -> dict[str, list[object]]:
    return {name: [row[i] for row in rows] for i, name in enumerate(names)}


def _insert(connection: duckdb.DuckDBPyConnection, table: str, rows: pa.Table) -> None:
    if not rows.num_rows:
        return
    connection.register("incoming", rows)
    connection.execute(f"INSERT INTO {table} FROM incoming")
    connection.unregister("incoming")
