"""What a cost center's statements came to, month by month: as they were closed, or as the open books have them.

Added up over all cost centers and months, these statements come to the whole bill, with everything that AWS restated.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from costlib.access import Scope
from costlib.money import total
from costlib.periods import add_months
from costlib.queries.sql import amount_when, marks
from costlib.store.closing import ADJUSTMENTS
from costlib.store.snapshot import Snapshot
from costlib.vocabulary import CostMetric


@dataclass(frozen=True)
class MonthTotal:
    """One statement in four amounts; None is "not available in this metric"."""

    month: date
    cost_center: str
    direct: Decimal | None
    shared: Decimal | None
    adjustment: Decimal
    is_closed: bool

    @property
    def total(self) -> Decimal | None:
        return total((self.direct, self.shared, self.adjustment))


def history(
    snapshot: Snapshot, scope: Scope, metric: CostMetric, cost_center: str | None = None
) -> tuple[MonthTotal, ...]:
    """The statements of one cost center, or of all that may be seen, the oldest month first."""
    lines, bound = _lines(snapshot, metric)
    seen, parameters = _seen(scope, cost_center)
    text = f"""
        SELECT billing_month, cost_center, {amount_when("is_direct", "amount")}, {amount_when("is_shared", "amount")},
               {amount_when("is_adjustment", "amount")},
               billing_month IN (SELECT billing_month FROM closed_months)
        FROM ({lines}) AS lines
        WHERE {seen}
        GROUP BY billing_month, cost_center
        ORDER BY billing_month, cost_center"""
    found = [MonthTotal(*row) for row in snapshot.rows(text, (*bound, *parameters))]  # type: ignore[arg-type]
    partial = _without_shared_cost(snapshot, metric)
    return tuple(replace(of, shared=None) if of.month in partial else of for of in found)


def cost_centers(snapshot: Snapshot, scope: Scope, metric: CostMetric) -> tuple[str, ...]:
    """Every cost center that ever had a statement and may be seen, the largest over all months first."""
    lines, bound = _lines(snapshot, metric)
    seen, parameters = _seen(scope, None)
    text = f"""
        SELECT cost_center
        FROM ({lines}) AS lines
        WHERE {seen}
        GROUP BY cost_center
        ORDER BY ABS(SUM(amount)) DESC NULLS LAST, cost_center"""
    return tuple(str(name) for (name,) in snapshot.rows(text, (*bound, *parameters)))


def year_to_date(found: Iterable[MonthTotal], month: date) -> Decimal | None:
    """What these statements of the calendar year come to, up to and with `month`."""
    return total(of_month.total for of_month in found if of_month.month.year == month.year and of_month.month <= month)


def _seen(scope: Scope, cost_center: str | None) -> tuple[str, list[object]]:
    conditions, parameters = ["1 = 1"], list[object]()
    if scope.statements is not None:
        conditions.append(f"cost_center IN ({marks(scope.statements)})" if scope.statements else "1 = 0")
        parameters += sorted(scope.statements)
    if cost_center is not None:
        conditions.append("cost_center = ?")
        parameters.append(cost_center)
    return " AND ".join(conditions), parameters


def _without_shared_cost(snapshot: Snapshot, metric: CostMetric) -> frozenset[object]:
    """The months with a charge that lacks the metric: nothing could be shared."""
    rows = snapshot.rows(
        f"""
        SELECT DISTINCT billing_month FROM showback_charges WHERE {metric} IS NULL
        UNION
        SELECT DISTINCT billing_month FROM closed_charges WHERE {metric} IS NULL"""
    )
    return frozenset(month for (month,) in rows)


def _lines(snapshot: Snapshot, metric: CostMetric) -> tuple[str, list[object]]:
    """Everything that any statement holds, of closed months as they were closed."""
    is_open = "billing_month NOT IN (SELECT billing_month FROM closed_months)"
    flags = "{} AS is_direct, {} AS is_shared, {} AS is_adjustment"
    charges, entries = (
        f"SELECT billing_month, cost_center, {flags.format(1, 0, 0)}, {metric} AS amount FROM {{}}_charges",
        f"SELECT billing_month, cost_center, {flags.format(0, 1, 0)}, amount FROM {{}}_entries WHERE metric = ?",
    )
    text = f"""
        {charges.format("showback")} WHERE {is_open}
        UNION ALL {charges.format("closed")}
        UNION ALL {entries.format("showback")} AND {is_open}
        UNION ALL {entries.format("closed")}
        UNION ALL SELECT billing_month, cost_center, {flags.format(0, 0, 1)}, amount
        FROM closed_adjustments
        WHERE metric = ?"""
    bound: list[object] = [metric.value] * 3
    ((last,),) = snapshot.rows("SELECT MAX(billing_month) FROM closed_months")
    if isinstance(last, date):
        text += f"""
        UNION ALL SELECT CAST(? AS DATE), cost_center, {flags.format(0, 0, 1)}, amount
        FROM ({ADJUSTMENTS}) AS moved
        WHERE metric = ?"""
        bound += [add_months(last, 1), metric.value]
    return text, bound
