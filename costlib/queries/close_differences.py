"""A closed month, as it was closed and as it is now: every line that AWS has moved since.

The month's rules are those that it was closed with, so only AWS can have moved it.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from costlib.access import Scope
from costlib.queries.sql import amount, amount_when, marks
from costlib.store.snapshot import Snapshot
from costlib.vocabulary import CostMetric

if TYPE_CHECKING:
    import pyarrow as pa


def close_differences(
    snapshot: Snapshot, scope: Scope, month: date, metric: CostMetric, cost_center: str | None = None
) -> pa.Table:
    """`cost_center, usage_account_id, service, rule_id, as_closed, now, difference`, the largest difference first.

    A line of own charges has an account and a service, a shared one the rule that moved it. Lines that did not move
    are left out, and so is a month that is not closed.
    """
    sides = {
        book: f"""
            SELECT cost_center, usage_account_id, service, NULL AS rule_id, {amount(metric)} AS amount
            FROM {book}_charges
            WHERE billing_month = ?
            GROUP BY cost_center, usage_account_id, service
            UNION ALL
            SELECT cost_center, NULL, NULL, rule_id, SUM(amount)
            FROM {book}_entries
            WHERE billing_month = ? AND metric = ?
            GROUP BY cost_center, rule_id, is_source"""
        for book in ("closed", "showback")
    }
    conditions, parameters = ["as_closed IS DISTINCT FROM now"], list[object]()
    if scope.statements is not None:
        conditions.append(f"cost_center IN ({marks(scope.statements)})" if scope.statements else "1 = 0")
        parameters += sorted(scope.statements)
    if cost_center is not None:
        conditions.append("cost_center = ?")
        parameters.append(cost_center)
    text = f"""
        SELECT cost_center, usage_account_id, service, rule_id, as_closed, now, now - as_closed AS difference
        FROM (
            SELECT cost_center, usage_account_id, service, rule_id, {amount_when("is_closed", "amount")} AS as_closed,
                   {amount_when("is_now", "amount")} AS now
            FROM (
                SELECT *, 1 AS is_closed, 0 AS is_now FROM ({sides["closed"]}) AS closed_lines
                UNION ALL
                SELECT *, 0, 1 FROM ({sides["showback"]}) AS lines_now
            ) AS both_sides
            GROUP BY cost_center, usage_account_id, service, rule_id
        ) AS compared
        WHERE EXISTS (SELECT 1 FROM closed_months WHERE billing_month = ?) AND {" AND ".join(conditions)}
        ORDER BY ABS(now - as_closed) DESC NULLS LAST, cost_center, rule_id NULLS FIRST, usage_account_id, service"""
    side = (month, month, metric.value)
    return snapshot.table(text, (*side, *side, month, *parameters))
