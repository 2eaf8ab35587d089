"""What a person may see, as a condition on charges: by account, by label, and by cost center.

A charge's cost center is what the rules of its month say of its labels, account, service and record type: those that
the month was closed with, else those in force. Only the charges themselves hold all of that, so any other table can be
narrowed by account alone.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import date
from functools import lru_cache

from costlib.access import Scope
from costlib.allocation.parsing import parse_rules
from costlib.allocation.rules import AllocationRules, CenterRule, Conditions
from costlib.periods import month_of
from costlib.queries.fragments import Sql, marks
from costlib.store.snapshot import Snapshot
from costlib.vocabulary import UNALLOCATED, label_dimension

CLOSED = """
    SELECT closed_months.billing_month, MIN(rule_versions.text)
    FROM closed_months
    JOIN rule_versions ON rule_versions.version = closed_months.rules_version
    GROUP BY closed_months.billing_month
    ORDER BY closed_months.billing_month"""
IN_FORCE = "SELECT text FROM rule_versions ORDER BY applied_at DESC, version LIMIT 1"
NONE = Sql("1 = 0")


def account_conditions(scope: Scope, column: str) -> list[Sql]:
    """What may be seen of a table that knows accounts and no labels: less than all where labels cut accounts."""
    if scope.accounts is None:
        return []
    return [_is_one_of(column, scope.accounts)]


def charge_conditions(snapshot: Snapshot, scope: Scope, table: str = "source") -> list[Sql]:
    """What may be seen of charges; none for someone who may see everything. `table` has the columns of `charges`."""
    if scope.accounts is None:
        return []
    ways = [
        *([_is_one_of(f"{table}.usage_account_id", scope.accounts)] if scope.accounts else []),
        *(_has_label(table, name, values) for name, values in _by_name(scope)),
        *(_in_centers(snapshot, scope.cost_centers, table) if scope.cost_centers else ()),
    ]
    return [_either(ways)] if ways else [NONE]


def _by_name(scope: Scope) -> Iterator[tuple[str, Collection[str]]]:
    for name in sorted({name for name, _ in scope.labels}):
        yield name, sorted(value for label, value in scope.labels if label == name)


def _has_label(table: str, name: str, values: Collection[str]) -> Sql:
    """Whether a charge carries one of the values; Unallocated is to have none, or an empty one."""
    named = [value for value in values if value not in ("", UNALLOCATED)]
    ways = [_labeled(table, name, named)] if named else []
    if len(named) < len(values):
        some = _labeled(table, name, None)
        ways.append(Sql(f"({table}.label_set_id IS NULL OR NOT {some.text})", some.parameters))
    return _either(ways)


def _labeled(table: str, name: str, values: Collection[str] | None) -> Sql:
    """Whether a charge's labels hold one of the values of `name`; None is any at all."""
    which = "value <> ''" if values is None else f"value IN ({marks(values)})"
    text = f"{table}.label_set_id IN (SELECT label_set_id FROM label_sets WHERE label = ? AND {which})"
    return Sql(f"({text})", (name, *(values or ())))


def _in_centers(snapshot: Snapshot, centers: Collection[str], table: str) -> Iterator[Sql]:
    """The charges of cost centers, month by month where a closed one stands on rules of its own."""
    closed = [(day, str(text)) for day, text in snapshot.rows(CLOSED) if isinstance(day, date)]
    for day, text in closed:
        month = month_of(day)
        of_month = Sql(f"{table}.charge_date >= ? AND {table}.charge_date < ?", (month.start, month.end))
        yield _both(of_month, _in_center(_rules(text), centers, table))
    for (latest,) in snapshot.rows(IN_FORCE):
        in_force = _in_center(_rules(str(latest)), centers, table)
        days = [day for day, _ in closed]
        open_months = Sql(f"CAST(DATE_TRUNC('month', {table}.charge_date) AS DATE) NOT IN ({marks(days)})", tuple(days))
        yield _both(open_months, in_force) if days else in_force


@lru_cache(maxsize=32)
def _rules(text: str) -> AllocationRules:
    return parse_rules(text)


def _in_center(rules: AllocationRules, centers: Collection[str], table: str) -> Sql:
    """The first way to a cost center that says something of the charge says one of `centers`."""
    branches = [_branch(way, sorted(centers), table) for way in rules.centers]
    text = " ".join(branch.text for branch in branches)
    otherwise = "1 = 1" if UNALLOCATED in centers else "1 = 0"
    return Sql(f"(CASE {text} ELSE {otherwise} END)", tuple(p for branch in branches for p in branch.parameters))


def _branch(way: CenterRule, centers: Sequence[str], table: str) -> Sql:
    if way.label is not None:
        says, is_mine = _labeled(table, way.label, None), _labeled(table, way.label, centers)
        return Sql(f"WHEN {says.text} THEN {is_mine.text}", (*says.parameters, *is_mine.parameters))
    says = _fits(way.conditions, table)
    return Sql(f"WHEN {says.text} THEN {'1 = 1' if way.cost_center in centers else '1 = 0'}", says.parameters)


def _fits(conditions: Conditions, table: str) -> Sql:
    parts = [
        _has_label(table, name, values) if label_dimension(name) else _is_one_of(f"{table}.{name}", values)
        for name, values in conditions
    ]
    if not parts:
        return Sql("1 = 1")
    return Sql(f"({' AND '.join(p.text for p in parts)})", tuple(v for p in parts for v in p.parameters))


def _is_one_of(column: str, values: Collection[str]) -> Sql:
    return Sql(f"{column} IN ({marks(values)})", tuple(sorted(values))) if values else NONE


def _either(ways: Sequence[Sql]) -> Sql:
    return Sql(f"({' OR '.join(way.text for way in ways)})", tuple(p for way in ways for p in way.parameters))


def _both(one: Sql, other: Sql) -> Sql:
    return Sql(f"({one.text} AND {other.text})", (*one.parameters, *other.parameters))
