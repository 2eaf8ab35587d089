"""One selection in every sense of cost: by record type, in steps from one to another, and beside AWS's own totals."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

from costlib.access import Scope
from costlib.queries.cost_steps import Amounts, Leg, Part, bridge_of, totals
from costlib.queries.filters import Filters
from costlib.queries.sql import amount, selection
from costlib.store.snapshot import Snapshot
from costlib.vocabulary import (
    COST_METRICS,
    SUPPORT_RECORD_TYPES,
    SUPPORT_SERVICE_PREFIXES,
    ChargeCategory,
    CostMetric,
    charge_category,
)

if TYPE_CHECKING:
    import pyarrow as pa


def parts(snapshot: Snapshot, scope: Scope, filters: Filters) -> tuple[Part, ...]:
    """The selection by record type, in all metrics; none when nothing matches. The filters' metric plays no part."""
    chosen = selection(snapshot, scope, filters, ["record_type", "service"], COST_METRICS)
    is_support = " OR ".join("dimension_2 LIKE ?" for _ in SUPPORT_SERVICE_PREFIXES)
    text = f"""
        SELECT record_type, is_support, {", ".join(f"{amount(metric)} AS {metric}" for metric in COST_METRICS)}
        FROM (
            SELECT dimension_1 AS record_type, CASE WHEN {is_support} THEN 1 ELSE 0 END AS is_support,
                   {", ".join(COST_METRICS)}
            FROM ({chosen.sql.text}) AS selected
        ) AS marked
        GROUP BY record_type, is_support
        ORDER BY record_type, is_support"""
    prefixes = tuple(f"{prefix}%" for prefix in SUPPORT_SERVICE_PREFIXES)
    found = snapshot.rows(text, (*prefixes, *chosen.sql.parameters))
    return tuple(
        Part(str(name), bool(flag) or name in SUPPORT_RECORD_TYPES, _by_metric(amounts))
        for name, flag, *amounts in found
    )


def bridge(snapshot: Snapshot, scope: Scope, filters: Filters, start: CostMetric, end: CostMetric) -> tuple[Leg, ...]:
    """The legs from `start` to `end` over everything that `filters` keep; see `bridge_of`."""
    return bridge_of(parts(snapshot, scope, filters), start, end)


def by_record_type(found: Sequence[Part]) -> pa.Table:
    """`charge_category, record_type` and the five metrics: usage first, then what is bought, taxed, credited."""
    import pyarrow as pa

    order = list(ChargeCategory)
    names = sorted({part.record_type for part in found}, key=lambda name: (order.index(charge_category(name)), name))
    rows = [totals([part for part in found if part.record_type == name]) for name in names]
    columns = {
        "charge_category": pa.array([charge_category(name).value for name in names], pa.string()),
        "record_type": pa.array(names, pa.string()),
        **{metric.value: pa.array([row[metric] for row in rows], pa.decimal128(38, 10)) for metric in COST_METRICS},
    }
    return pa.table(columns)


def aws_totals(snapshot: Snapshot, scope: Scope, filters: Filters) -> Amounts | None:
    """AWS's own totals of the same days, which the selection must equal; None for a selection of only some charges."""
    if scope.accounts is not None or filters.conditions or any(filters.leaves_out):
        return None
    columns = ", ".join(amount(metric) for metric in COST_METRICS)
    ((*amounts,),) = snapshot.rows(
        f"""
        SELECT {columns}
        FROM daily_totals
        WHERE charge_date >= ? AND charge_date < ?""",
        (filters.period.start, filters.period.end),
    )
    return _by_metric(amounts)


def _by_metric(amounts: Sequence[object]) -> Amounts:
    pairs = zip(COST_METRICS, amounts, strict=True)
    return {metric: value if isinstance(value, Decimal) else None for metric, value in pairs}
