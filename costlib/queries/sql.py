"""From dimensions, metrics, filters and scope to SQL: the one place that does it.

`selection` yields the rows a question is about, with its dimensions computed as `dimension_1`, `dimension_2` … and its
metrics under their own names; the question groups them. Values, label names included, are bound; identifiers come from
`vocabulary`. The SQL keeps to what DuckDB, PostgreSQL, Spark and ClickHouse share.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from costlib.access import Scope
from costlib.periods import Granularity, Period, parse_day
from costlib.queries.filters import Filters, Values
from costlib.queries.fragments import Sql as Sql
from costlib.queries.fragments import marks as marks
from costlib.queries.scoping import account_conditions, charge_conditions
from costlib.queries.source import CHARGE_WEEK, CHARGES, Source, source_of
from costlib.store.snapshot import Snapshot
from costlib.vocabulary import (
    CHARGE_CATEGORIES,
    SUPPORT_RECORD_TYPES,
    SUPPORT_SERVICE_PREFIXES,
    UNALLOCATED,
    ChargeCategory,
    CostMetric,
    label_dimension,
)

AMOUNT_TYPE = "DECIMAL(38,10)"

BUCKETS = {
    Granularity.daily: "charge_date",
    Granularity.weekly: CHARGE_WEEK,
    Granularity.monthly: "billing_month",
}
"""The dimension that cuts time into pieces of a granularity."""

_TIMES = {
    "charge_date": "{}",
    CHARGE_WEEK: "CAST(DATE_TRUNC('week', {}) AS DATE)",
    "billing_month": "CAST(DATE_TRUNC('month', {}) AS DATE)",
}


@dataclass(frozen=True)
class Selection:
    """The rows a question is about, as a SELECT, and where they come from."""

    sql: Sql
    source: Source


def amount(metric: str) -> str:
    """The sum of a metric over a group: NULL if some row lacks it, because the sum would be silently partial."""
    return f"CASE WHEN COUNT({metric}) = COUNT(*) THEN COALESCE(SUM({metric}), 0) END"


def amount_when(flag: str, metric: str) -> str:
    """The same over the rows of a group whose `flag` is 1."""
    return (
        f"CASE WHEN COUNT(CASE WHEN {flag} = 1 AND {metric} IS NULL THEN 1 END) = 0"
        f" THEN COALESCE(SUM(CASE WHEN {flag} = 1 THEN {metric} END), 0) END"
    )


def time_of(name: str, column: str) -> str:
    """A dimension of time, computed from a date column."""
    return _TIMES[name].format(column)


def is_time(name: str) -> bool:
    """Whether a dimension cuts time into pieces; its keys are dates."""
    return name in _TIMES


def selection(
    snapshot: Snapshot,
    scope: Scope,
    filters: Filters,
    dimensions: Sequence[str],
    metrics: Sequence[CostMetric],
    also: Period | None = None,
) -> Selection:
    """The rows within scope and filters, in `filters.period` or in the period `also`."""
    source = source_of(snapshot, scope, filters, dimensions)
    joins = _Joins()
    columns = [_aliased(joins.expression(name), f"dimension_{i}") for i, name in enumerate(dimensions, 1)]
    columns += [Sql(f"source.{metric}") for metric in metrics]
    conditions = [
        *_dates(source, [filters.period, *([also] if also else [])]),
        *_seen(snapshot, scope, source),
        *(_condition(joins, name, values) for name, values in filters.conditions),
        *left_out(filters),
    ]
    text = f"""SELECT {", ".join(c.text for c in columns)}
        FROM {source.from_item}{"".join(j.text for j in joins.found)}
        WHERE {" AND ".join(c.text for c in conditions)}"""
    pieces = [*columns, Sql("", source.parameters), *joins.found, *conditions]
    return Selection(Sql(text, tuple(p for piece in pieces for p in piece.parameters)), source)


def _seen(snapshot: Snapshot, scope: Scope, source: Source) -> list[Sql]:
    """A lens knows accounts at most; `source_of` takes none for somebody who sees more finely than that."""
    if source is CHARGES:
        return charge_conditions(snapshot, scope)
    return account_conditions(scope, "source.usage_account_id")


class _Joins:
    """The expressions of dimensions, and the joins that they turn out to need, once each."""

    def __init__(self) -> None:
        self.found: list[Sql] = []
        self._labels: dict[str, str] = {}

    def expression(self, name: str) -> Sql:
        if label_dimension(name):
            value = f"{self._label(name)}.value"
            return Sql(f"CASE WHEN COALESCE({value}, '') = '' THEN ? ELSE {value} END", (UNALLOCATED,))
        if name == "usage_account_name":
            self._accounts()
            return Sql("COALESCE(NULLIF(accounts.usage_account_name, ''), source.usage_account_id)")
        if name == "charge_category":
            return _charge_category()
        return Sql(time_of(name, "source.charge_date") if name in _TIMES else f"source.{name}")

    def _label(self, name: str) -> str:
        if name not in self._labels:
            alias = f"label_{len(self._labels) + 1}"
            self._labels[name] = alias
            on = f"{alias}.label_set_id = source.label_set_id AND {alias}.label = ?"
            self.found.append(Sql(f"\n        LEFT JOIN label_sets AS {alias} ON {on}", (name,)))
        return self._labels[name]

    def _accounts(self) -> None:
        join = Sql("\n        LEFT JOIN accounts ON accounts.usage_account_id = source.usage_account_id")
        if join not in self.found:
            self.found.append(join)


def _charge_category() -> Sql:
    branches, parameters = [], []
    for category in ChargeCategory:
        members = [record_type for record_type, its in CHARGE_CATEGORIES.items() if its is category]
        if members:
            branches.append(f"WHEN source.record_type IN ({marks(members)}) THEN ?")
            parameters += [*members, category.value]
    return Sql(f"CASE {' '.join(branches)} ELSE ? END", (*parameters, ChargeCategory.adjustment.value))


def _aliased(expression: Sql, alias: str) -> Sql:
    return Sql(f"{expression.text} AS {alias}", expression.parameters)


def _dates(source: Source, periods: Sequence[Period]) -> list[Sql]:
    """Bounds that DuckDB can push down; several periods get the bounds around them all as well."""
    spans = [source.dates(period) for period in periods]
    around = Period(min(s.start for s in spans), max(s.end for s in spans))
    between = "source.charge_date >= ? AND source.charge_date < ?"
    either = " OR ".join(f"({between})" for _ in spans)
    exact = [Sql(f"({either})", tuple(d for s in spans for d in (s.start, s.end)))] if len(spans) > 1 else []
    return [Sql(between, (around.start, around.end)), *exact]


def _condition(joins: _Joins, name: str, values: Values) -> Sql:
    kept: Sequence[object] = values
    if name in _TIMES:
        kept = [_day(name, value) for value in values]
    elif label_dimension(name):
        kept = [value or UNALLOCATED for value in values]
    expression = joins.expression(name)
    return Sql(f"{expression.text} IN ({marks(kept)})", (*expression.parameters, *kept))


def _day(name: str, text: str) -> date:
    """A day, or for months also `2026-01`."""
    return parse_day(f"{text}-01" if name == "billing_month" and len(text) == len("2026-01") else text, name)


def left_out(filters: Filters, table: str = "source") -> list[Sql]:
    """The conditions of the include-switches that are off."""
    credit = [name for name, category in CHARGE_CATEGORIES.items() if category is ChargeCategory.credit]
    gone = [
        *([] if filters.include_tax else ["Tax"]),
        *([] if filters.include_refunds else ["Refund"]),
        *([] if filters.include_credits else credit),
        *([] if filters.include_support else SUPPORT_RECORD_TYPES),
    ]
    conditions = [Sql(f"{table}.record_type NOT IN ({marks(gone)})", tuple(gone))] if gone else []
    if not filters.include_support:
        conditions += [Sql(f"{table}.service NOT LIKE ?", (f"{prefix}%",)) for prefix in SUPPORT_SERVICE_PREFIXES]
    return conditions
