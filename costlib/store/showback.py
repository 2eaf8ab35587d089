"""The showback tables of the warehouse: computed from charges and rules, replaced whole, published like everything.

Double entry is checked before anything is kept: what does not sum to zero, or to the bill, is never published.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
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


def apply_rules(warehouse: Warehouse, change: RuleChange) -> bool:
    """Put rules in force and keep the ones before; False when they say what those in force say, and nothing changes.

    Raises InvalidRules, and the ones in force stay so.
    """
    rules = parse_rules(change.text, change.file)
    held = rules_in_force(warehouse)
    if held is not None and held.version == rules.version:
        return False
    row = [rules.version, change.file, change.text, change.applied_at, change.applied_by, change.note]
    with warehouse.transaction() as connection:
        connection.execute("INSERT INTO rule_versions VALUES (?, ?, ?, ?, ?, ?)", row)
    return True


def put_in_force(warehouse: Warehouse, change: RuleChange) -> bool:
    """Apply rules and compute every open month by them; False when nothing changed."""
    is_new = apply_rules(warehouse, change)
    if is_new:
        warehouse.set_meta({RULES_PROBLEM: ""})
        refresh(warehouse)
    return is_new


def is_empty(warehouse: Warehouse) -> bool:
    """Whether nothing has been computed yet."""
    return not warehouse.fetch("SELECT 1 FROM showback_charges LIMIT 1")


def refresh(warehouse: Warehouse) -> None:
    """Compute the showback of every stored month by the rules in force, in one transaction; nothing without rules.

    Raises DoesNotTieOut, and leaves what was there, if some rule's entries do not sum to zero or the cost centers not
    to the charges.
    """
    spans = list(_spans(warehouse))
    found = [of_month for span, rules in spans for of_month in allocations(warehouse.fetch, rules, span)]
    _require_zero(found)
    with warehouse.transaction() as connection:
        for table in ("showback_charges", "showback_entries", "showback_kept"):
            connection.execute(f"DELETE FROM {table}")
        for span, rules in spans:
            text, parameters = charges_sql(rules, span)
            connection.execute(f"INSERT INTO showback_charges {text} ORDER BY billing_month, cost_center", parameters)
        if spans:
            _require_the_bill(connection)
        _insert(connection, "showback_entries", _entries(found))
        kept = [(m.month, m.metric.value, rule, why.value) for m in found for rule, why in m.allocation.kept.items()]
        _insert(connection, "showback_kept", pa.table(_columns(kept, ("month", "metric", "rule_id", "reason"))))


def _spans(warehouse: Warehouse) -> Iterator[tuple[Period, AllocationRules]]:
    """Every stored month with its rules: those in force, or for a closed month those that it was closed with, so that
    only AWS can change what a closed month comes to."""
    in_force = rules_in_force(warehouse)
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


def _require_zero(found: Iterable[MonthAllocation]) -> None:
    for of_month in found:
        sums: dict[str, int] = {}
        for entry in of_month.allocation.entries:
            sums[entry.rule_id] = sums.get(entry.rule_id, 0) + entry.units
        wrong = [rule_id for rule_id, whole in sums.items() if whole]
        if wrong:
            raise DoesNotTieOut(
                f"The entries of rule {wrong[0]!r} do not sum to zero in {of_month.month:%Y-%m} ({of_month.metric}).",
                "Nothing was published. Please report this with the rules file.",
            )


def _require_the_bill(connection: duckdb.DuckDBPyConnection) -> None:
    sums = ", ".join(f"SUM({m})" for m in COST_METRICS)
    ours = connection.execute(f"SELECT {sums} FROM showback_charges").fetchall()
    if ours != connection.execute(f"SELECT {sums} FROM charges").fetchall():
        raise DoesNotTieOut(
            "The cost centers' charges do not add up to the bill.", "Nothing was published. Please report this."
        )


def _entries(found: Sequence[MonthAllocation]) -> pa.Table:
    rows = [(m.month, m.metric.value, place, e) for m in found for place, e in enumerate(m.allocation.entries)]
    entries = [row[3] for row in rows]
    return pa.table(
        {
            "billing_month": pa.array([row[0] for row in rows], pa.date32()),
            "metric": pa.array([row[1] for row in rows], pa.string()),
            "place": pa.array([row[2] for row in rows], pa.int32()),
            "rule_id": pa.array([e.rule_id for e in entries], pa.string()),
            "cost_center": pa.array([e.cost_center for e in entries], pa.string()),
            "is_source": pa.array([e.is_source for e in entries], pa.bool_()),
            "amount": _decimals([e.units for e in entries]),
            "driver": _decimals([e.driver for e in entries]),
            "driver_total": _decimals([e.driver_total for e in entries]),
        }
    )


def _decimals(counts: Sequence[int | None]) -> pa.Array:
    """Units as amounts, without a Decimal for each: a decimal128 is its units, in sixteen bytes."""
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
