"""Statements: what each cost center has of its own, what it gets of shared cost, and the bill they add up to.

Read from the tables that the writer computed: the open books, or for a closed month the ones that were frozen.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING

from costlib.access import Scope
from costlib.periods import add_months
from costlib.queries.sql import AMOUNT_TYPE, Sql, amount, marks
from costlib.store.closing import ADJUSTMENTS
from costlib.store.snapshot import Snapshot
from costlib.vocabulary import CostMetric

if TYPE_CHECKING:
    import pyarrow as pa


class Book(StrEnum):
    """Which tables a statement is read from; values are their prefix."""

    now = "showback"
    as_closed = "closed"


class Kind(StrEnum):
    """What a line of a statement is."""

    direct = "direct"
    shared = "shared"
    adjustment = "adjustment"


@dataclass(frozen=True)
class MonthState:
    """A stored month, and whether its statements are frozen."""

    month: date
    statement_id: str | None
    closed_by: str | None
    forced_because: str | None
    estimated_days: int

    @property
    def is_closed(self) -> bool:
        return self.statement_id is not None


def months(snapshot: Snapshot) -> tuple[MonthState, ...]:
    """Every month with showback, the newest first."""
    rows = snapshot.rows(
        """
        SELECT stored.billing_month, closed_months.statement_id, closed_months.closed_by, closed_months.forced_because,
               COALESCE(estimated.days, 0)
        FROM (SELECT DISTINCT billing_month FROM showback_charges) AS stored
        LEFT JOIN closed_months ON closed_months.billing_month = stored.billing_month
        LEFT JOIN (
            SELECT CAST(DATE_TRUNC('month', charge_date) AS DATE) AS billing_month, COUNT(*) AS days
            FROM daily_totals
            WHERE is_estimated
            GROUP BY CAST(DATE_TRUNC('month', charge_date) AS DATE)
        ) AS estimated ON estimated.billing_month = stored.billing_month
        ORDER BY stored.billing_month DESC"""
    )
    return tuple(MonthState(*row) for row in rows)  # type: ignore[arg-type]


@dataclass(frozen=True)
class Question:
    """Which statements: a month, in a metric, from the open books or as they were closed."""

    month: date
    metric: CostMetric = CostMetric.unblended_cost
    book: Book = Book.now


def official(snapshot: Snapshot, month: date, metric: CostMetric) -> Question:
    """The statements of a month that count: as they were closed, or those of the open books."""
    closed = list(snapshot.rows("SELECT 1 FROM closed_months WHERE billing_month = ?", (month,)))
    return Question(month, metric, Book.as_closed if closed else Book.now)


def statement(snapshot: Snapshot, scope: Scope, asked: Question, cost_center: str | None = None) -> pa.Table:
    """Every line of one cost center's statement, or of all that may be seen: they sum to the statement's total.

    Columns `cost_center, kind, usage_account_id, service, rule_id, adjusted_month, driver, driver_total, pool, amount`.
    `direct` lines have an account and a service; `shared` ones the rule that moved them (negative where it took), its
    `pool` and the `driver` of `driver_total` that the share comes from; `adjustment` ones the closed month that moved
    since. An amount is NULL when the metric is not available.
    """
    lines = _lines(snapshot, asked)
    seen = _seen(scope, cost_center)
    text = f"""
        SELECT cost_center, kind, usage_account_id, service, rule_id, adjusted_month, driver, driver_total, pool, amount
        FROM ({lines.text}) AS lines{seen.text}
        ORDER BY cost_center, CASE kind WHEN 'direct' THEN 1 WHEN 'shared' THEN 2 ELSE 3 END, place,
                 ABS(amount) DESC NULLS LAST, usage_account_id, service, adjusted_month, rule_id"""
    return snapshot.table(text, (*lines.parameters, *seen.parameters))


def matrix(snapshot: Snapshot, scope: Scope, asked: Question) -> pa.Table:
    """`cost_center, direct, taken, given, adjustment, total`: a row a cost center, the largest first.

    `taken` (negative or 0) is what rules moved out of it, `given` what they moved to it.
    """
    lines = _lines(snapshot, asked)
    seen = _seen(scope, None)
    parts = {
        "direct": "kind = 'direct'",
        "taken": "kind = 'shared' AND is_source",
        "given": "kind = 'shared' AND NOT is_source",
        "adjustment": "kind = 'adjustment'",
    }
    columns = ", ".join(f"{_part(when)} AS {name}" for name, when in parts.items())
    text = f"""
        SELECT cost_center, {columns}, {amount("amount")} AS total
        FROM ({lines.text}) AS lines{seen.text}
        GROUP BY cost_center
        ORDER BY total DESC NULLS LAST, cost_center"""
    return snapshot.table(text, (*lines.parameters, *seen.parameters))


def bill(snapshot: Snapshot, scope: Scope, asked: Question) -> Decimal | None:
    """What the month's charges come to, as they were closed or as they are now: the sum of all statements without
    adjustments. None for whoever may not read them all."""
    if scope.statements is not None:
        return None
    ((found,),) = snapshot.rows(
        f"SELECT {amount(asked.metric)} FROM {asked.book}_charges WHERE billing_month = ?", (asked.month,)
    )
    return found if isinstance(found, Decimal) else None


def is_available(snapshot: Snapshot, asked: Question) -> bool:
    """Whether there are statements in this metric: a charge without it leaves nothing that could be shared."""
    ((found,),) = snapshot.rows(
        f"SELECT {amount(asked.metric)} IS NOT NULL FROM {asked.book}_charges WHERE billing_month = ?", (asked.month,)
    )
    return bool(found)


@dataclass(frozen=True)
class RuleTotal:
    """What a rule did in a month: the pool it moved, to how many cost centers; or why it moved nothing."""

    rule_id: str
    pool: Decimal | None
    targets: int
    kept_because: str | None


def rule_totals(snapshot: Snapshot, scope: Scope, asked: Question) -> tuple[RuleTotal, ...]:
    """Every rule of the month, in the order in which they ran; of a narrower scope those that took from one of its
    statements or gave to one.

    Why a rule moved nothing is known of the open books only, and told to whoever sees every statement.
    """
    month, seen = (asked.month, asked.metric.value), touching(scope, asked)
    rows = snapshot.rows(
        f"""
        SELECT rule_id, SUM(amount), COUNT(*), NULL AS reason, MIN(place) AS place
        FROM {asked.book}_entries
        WHERE billing_month = ? AND metric = ? AND NOT is_source AND {seen.text}
        GROUP BY rule_id
        UNION ALL
        SELECT rule_id, NULL, 0, reason, NULL
        FROM showback_kept
        WHERE billing_month = ? AND metric = ? AND {"1 = 1" if scope.statements is None else "1 = 0"}
        ORDER BY place NULLS LAST, rule_id""",
        (*month, *seen.parameters, *month),
    )
    return tuple(RuleTotal(*row[:4]) for row in rows)  # type: ignore[arg-type]


def touching(scope: Scope, asked: Question) -> Sql:
    """Whether a `rule_id` took from a statement that may be seen, or gave to one: whoever has a share of a pool knows
    what the pool is, for their amount and their share of it tell."""
    if scope.statements is None:
        return Sql("1 = 1")
    if not scope.statements:
        return Sql("1 = 0")
    text = f"""rule_id IN (
            SELECT rule_id
            FROM {asked.book}_entries
            WHERE billing_month = ? AND metric = ? AND cost_center IN ({marks(scope.statements)})
        )"""
    return Sql(text, (asked.month, asked.metric.value, *sorted(scope.statements)))


def _part(when: str) -> str:
    """The sum of the lines of a kind, 0 without any; NULL if one of them is not available."""
    return (
        f"CASE WHEN COUNT(CASE WHEN {when} AND amount IS NULL THEN 1 END) = 0"
        f" THEN COALESCE(SUM(CASE WHEN {when} THEN amount END), 0) END"
    )


def _seen(scope: Scope, cost_center: str | None) -> Sql:
    """The WHERE clause of what may be seen and is asked for."""
    conditions: list[str] = []
    parameters: list[object] = []
    if scope.statements is not None:
        conditions.append(f"cost_center IN ({marks(scope.statements)})" if scope.statements else "1 = 0")
        parameters += sorted(scope.statements)
    if cost_center is not None:
        conditions.append("cost_center = ?")
        parameters.append(cost_center)
    return Sql(f"\n        WHERE {' AND '.join(conditions)}" if conditions else "", tuple(parameters))


def _lines(snapshot: Snapshot, asked: Question) -> Sql:
    """All lines of a month, for everybody: to be narrowed by `_seen`."""
    adjustments = _adjustments(snapshot, asked)
    text = f"""
        SELECT cost_center, 'direct' AS kind, FALSE AS is_source, usage_account_id, service, NULL AS rule_id,
               CAST(NULL AS DATE) AS adjusted_month, CAST(NULL AS {AMOUNT_TYPE}) AS driver,
               CAST(NULL AS {AMOUNT_TYPE}) AS driver_total, CAST(NULL AS {AMOUNT_TYPE}) AS pool, 0 AS place,
               {amount(asked.metric)} AS amount
        FROM {asked.book}_charges
        WHERE billing_month = ?
        GROUP BY cost_center, usage_account_id, service
        UNION ALL
        SELECT entries.cost_center, 'shared', entries.is_source, NULL, NULL, entries.rule_id, NULL, entries.driver,
               entries.driver_total, pools.pool, entries.place, entries.amount
        FROM {asked.book}_entries AS entries
        JOIN (
            SELECT rule_id, SUM(amount) AS pool
            FROM {asked.book}_entries
            WHERE billing_month = ? AND metric = ? AND NOT is_source
            GROUP BY rule_id
        ) AS pools ON pools.rule_id = entries.rule_id
        WHERE entries.billing_month = ? AND entries.metric = ?
        UNION ALL
        SELECT cost_center, 'adjustment', FALSE, NULL, NULL, NULL, adjusted_month, NULL, NULL, NULL, 0, amount
        FROM ({adjustments.text}) AS adjustments
        WHERE metric = ?"""
    month, metric = asked.month, asked.metric.value
    return Sql(text, (month, month, metric, month, metric, *adjustments.parameters, metric))


def _adjustments(snapshot: Snapshot, asked: Question) -> Sql:
    """What the month carries for closed ones: frozen with it, or, in the first open month, as it stands."""
    columns = "adjusted_month, cost_center, metric, amount"
    frozen = Sql(f"SELECT {columns} FROM closed_adjustments WHERE billing_month = ?", (asked.month,))
    if asked.book is Book.as_closed:
        return frozen
    ((last,),) = snapshot.rows("SELECT MAX(billing_month) FROM closed_months")
    if isinstance(last, date) and asked.month == add_months(last, 1):
        return Sql(f"SELECT {columns} FROM ({ADJUSTMENTS}) AS moved")
    return frozen
