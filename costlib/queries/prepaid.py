"""The prepaid balance: what was paid for Savings Plans and reservations in advance, less what of it has been used.

Over all accounts together, unblended less amortized cost is the change of that balance (AWS's Cloud Intelligence
Dashboards use the same identity). It holds for the payer only: the owner of a shared commitment has the fee, its users
have the cost.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from costlib.access import Scope
from costlib.errors import UsageError
from costlib.periods import Granularity, Period
from costlib.queries.sql import BUCKETS, amount, marks, time_of
from costlib.store.snapshot import Snapshot

if TYPE_CHECKING:
    import pyarrow as pa

PAID_IN_ADVANCE = ("SavingsPlanUpfrontFee", "Fee", "Refund")
"""What differs between the two metrics in these rows are upfront fees (a Fee of another kind is the same in both), and
refunds of such fees, which AWS does not amortize either."""


@dataclass(frozen=True)
class Opening:
    """What is known of the balance before the first stored day: that it was zero, or the least it can have been.

    `at_least` is what later use needed beyond what was paid since; None where amortized cost is not available.
    """

    is_zero: bool
    at_least: Decimal | None


@dataclass(frozen=True)
class Change:
    """Of the prepaid balance over a period: what was paid in advance, less what was amortized. None: not available."""

    paid: Decimal | None
    amortized: Decimal | None
    change: Decimal | None


def prepaid_balance(snapshot: Snapshot, scope: Scope, granularity: Granularity = Granularity.monthly) -> pa.Table:
    """`period_start, paid, amortized, change, balance` for each stored day, week or month.

    `paid - amortized = change`; `balance` adds the changes up from the first stored day. `amortized` is net of the
    recurring fees charged: what of the upfront fees, and of recurring fees charged ahead, was used or ran out.
    NULL from where a metric is missing. A narrower scope is a UsageError.
    """
    _require_payer(scope)
    text = f"""
        SELECT period_start, paid, paid - change AS amortized, change,
               CASE WHEN COUNT(change) OVER so_far = COUNT(*) OVER so_far THEN SUM(change) OVER so_far END AS balance
        FROM ({_pieces(BUCKETS[granularity])}) AS pieces
        WINDOW so_far AS (ORDER BY period_start ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)
        ORDER BY period_start"""
    return snapshot.table(text, (*PAID_IN_ADVANCE, *_bounds(snapshot.period)))


def change_over(snapshot: Snapshot, scope: Scope, period: Period) -> Change:
    """The change over the stored days of `period`. A narrower scope is a UsageError."""
    _require_payer(scope)
    text = f"""
        SELECT {amount("paid")} AS paid, {amount("change")} AS change
        FROM ({_pieces("charge_date")}) AS pieces"""
    ((paid, change),) = snapshot.rows(text, (*PAID_IN_ADVANCE, *_bounds(period)))
    if not isinstance(paid, Decimal) or not isinstance(change, Decimal):
        return Change(None, None, None)
    return Change(paid, paid - change, change)


def opening(snapshot: Snapshot, scope: Scope) -> Opening:
    """The balance before the first stored day. A narrower scope is a UsageError.

    AWS does not tell it. It was zero when no commitment ran yet: then the first day has the same cost in both metrics,
    charge by charge. Otherwise it was at least what the balance would have fallen below zero without it.
    """
    _require_payer(scope)
    first = snapshot.period.start
    ((differing,),) = snapshot.rows(
        """
        SELECT COUNT(*)
        FROM charges
        WHERE charge_date = ? AND unblended_cost IS DISTINCT FROM amortized_cost""",
        (first,),
    )
    balances = prepaid_balance(snapshot, scope, Granularity.daily).column("balance").to_pylist()
    lowest = None if None in balances else min(balances, default=Decimal(0))
    return Opening(differing == 0, None if lowest is None else max(Decimal(0), -lowest))


def _pieces(bucket: str) -> str:
    """`period_start, paid, change` of every stored piece; 0 where nothing was charged, NULL without the metric."""
    start = time_of(bucket, "days.charge_date")
    paid = f"CASE WHEN record_type IN ({marks(PAID_IN_ADVANCE)}) THEN unblended_cost - amortized_cost"
    return f"""
            SELECT {start} AS period_start, {amount("paid")} AS paid, {amount("change")} AS change
            FROM (
                SELECT charge_date, {paid} WHEN amortized_cost IS NULL THEN NULL ELSE 0 END AS paid,
                       unblended_cost - amortized_cost AS change
                FROM charges
                UNION ALL
                SELECT charge_date, 0 AS paid, 0 AS change
                FROM daily_totals
            ) AS days
            WHERE days.charge_date >= ? AND days.charge_date < ?
            GROUP BY {start}"""


def _bounds(period: Period) -> tuple[object, object]:
    return (period.start, period.end)


def _require_payer(scope: Scope) -> None:
    if scope.accounts is not None:
        raise UsageError(
            "The prepaid balance is of all accounts together; your view holds only some of them.",
            "Ask someone who may see every account: a shared commitment's fee is its owner's, its cost its users'.",
        )
