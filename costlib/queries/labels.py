"""How much of the cost is labeled: coverage against the target, the values of a label, and what to label next.

Coverage counts dollars: of the charges above zero, the part that carries a value. Credits and discounts below zero are
left out on both sides, as they would let a label cover more than everything.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING

from costlib.access import Scope
from costlib.money import EXACT, SCALE, difference, ratio, rounded
from costlib.periods import Period
from costlib.queries.filters import Filters
from costlib.queries.ranking import ranking
from costlib.queries.sql import Sql, amount, amount_when, selection
from costlib.store.snapshot import Snapshot
from costlib.vocabulary import UNALLOCATED

if TYPE_CHECKING:
    import pyarrow as pa

TARGET = Decimal("0.9")
"""The FinOps Foundation's: at least 90 % of cost allocated."""


@dataclass(frozen=True)
class Coverage:
    """How much of a selection carries a value of `label`; None is "not available".

    `positive` is the sum of the charges above zero, `labeled` the part of it with a value. `unallocated` is the sum of
    all charges without one, credits included.
    """

    label: str
    positive: Decimal | None
    labeled: Decimal | None
    unallocated: Decimal | None

    @property
    def share(self) -> Decimal | None:
        """Between 0 and 1; None also where nothing was charged."""
        if self.positive is None or self.labeled is None:
            return None
        return ratio(self.labeled, self.positive)

    @property
    def short_by(self) -> Decimal | None:
        """The amount still to be labeled to reach the target, to ten decimals; negative is what there is to spare."""
        wanted = None if self.positive is None else rounded(EXACT.multiply(self.positive, TARGET), SCALE)
        return difference(wanted, self.labeled)

    @property
    def meets_target(self) -> bool | None:
        return None if self.share is None else self.share >= TARGET


def coverage(snapshot: Snapshot, scope: Scope, filters: Filters, label: str) -> Coverage:
    """The coverage of one label over the filtered period."""
    sums = _sums(snapshot, scope, filters, label, ())
    ((positive, labeled, unallocated),) = snapshot.rows(sums.text, sums.parameters)
    return Coverage(label, _decimal(positive), _decimal(labeled), _decimal(unallocated))


def coverage_of_all(snapshot: Snapshot, scope: Scope, filters: Filters) -> tuple[Coverage, ...]:
    """The coverage of every tracked label, the best first."""
    found = [coverage(snapshot, scope, filters, label) for label in snapshot.labels]
    return tuple(sorted(found, key=lambda c: (-1 if c.share is None else c.share, c.label), reverse=True))


def coverage_by_month(snapshot: Snapshot, scope: Scope, filters: Filters, label: str) -> pa.Table:
    """`billing_month, positive, labeled, unallocated` for each month of the period that has charges."""
    sums = _sums(snapshot, scope, filters, label, ("billing_month",))
    return snapshot.table(sums.text, sums.parameters)


def label_values(
    snapshot: Snapshot, scope: Scope, filters: Filters, label: str, compared: Period | None = None
) -> pa.Table:
    """`ranking` by the label, with a row for Unallocated even if everything is labeled."""
    table = ranking(snapshot, scope, filters, label, compared)
    if not table.num_rows or UNALLOCATED in table.column("key").to_pylist():
        return table
    first = table.slice(0, 1).to_pylist()[0]
    nothing: dict[str, object] = {name: None if first[name] is None else 0 for name in ("previous", "change")}
    row = {
        **dict.fromkeys(table.column_names),
        **nothing,
        "key": UNALLOCATED,
        "name": UNALLOCATED,
        "amount": Decimal(0),
        "share": 0.0,
        "trend": [0.0] * len(first["trend"] or ()),
    }
    return _with_row(table, row)


def work_queue(snapshot: Snapshot, scope: Scope, filters: Filters, label: str, limit: int = 25) -> pa.Table:
    """The account × service pairs with the most unlabeled cost, the largest first, the rest as one last row.

    `usage_account_id, usage_account_name, service, pairs, amount, share, running_total`. `pairs` is 1, or how many are
    in the rest, whose account and service are ''. `share` is of the unlabeled total, NULL unless that is above zero.
    The running total ends in the unlabeled total.
    """
    unlabeled = replace(filters, labels=(*filters.labels, (label, (UNALLOCATED,))))
    chosen = selection(snapshot, scope, unlabeled, ["usage_account_id", "service"], [filters.metric])
    until = "ORDER BY place ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW"
    text = f"""
        WITH pairs AS (
            SELECT dimension_1 AS usage_account_id, dimension_2 AS service, {amount(filters.metric)} AS amount
            FROM ({chosen.sql.text}) AS selected
            GROUP BY dimension_1, dimension_2
        ),
        placed AS (
            SELECT usage_account_id, service, amount,
                   ROW_NUMBER() OVER (ORDER BY amount DESC NULLS LAST, usage_account_id, service) AS place
            FROM pairs
        ),
        folded AS (
            SELECT CASE WHEN place > ? THEN '' ELSE usage_account_id END AS usage_account_id,
                   CASE WHEN place > ? THEN '' ELSE service END AS service,
                   CASE WHEN place > ? THEN ? ELSE place END AS place, amount
            FROM placed
        ),
        listed AS (
            SELECT usage_account_id, service, place, COUNT(*) AS pairs, {amount("amount")} AS amount
            FROM folded
            GROUP BY usage_account_id, service, place
        ),
        whole AS (
            SELECT {amount("amount")} AS amount
            FROM pairs
        )
        SELECT listed.usage_account_id,
               COALESCE(NULLIF(accounts.usage_account_name, ''), listed.usage_account_id) AS usage_account_name,
               listed.service, listed.pairs, listed.amount,
               CASE WHEN whole.amount > 0 THEN CAST(listed.amount AS DOUBLE) / CAST(whole.amount AS DOUBLE) END
               AS share,
               CASE WHEN COUNT(listed.amount) OVER ({until}) = COUNT(*) OVER ({until})
                    THEN SUM(listed.amount) OVER ({until}) END AS running_total
        FROM listed
        CROSS JOIN whole
        LEFT JOIN accounts ON accounts.usage_account_id = listed.usage_account_id
        ORDER BY place"""
    return snapshot.table(text, (*chosen.sql.parameters, limit, limit, limit, limit + 1))


def _sums(snapshot: Snapshot, scope: Scope, filters: Filters, label: str, by: tuple[str, ...]) -> Sql:
    """`positive, labeled, unallocated`, after the dimensions of `by`."""
    chosen = selection(snapshot, scope, filters, [label, *by], [filters.metric])
    keys = [f"dimension_{i} AS {name}" for i, name in enumerate(by, 2)]
    grouped = ", ".join(f"dimension_{i}" for i, _ in enumerate(by, 2))
    text = f"""
        SELECT {", ".join([*keys, f"{amount('positive')} AS positive", f"{amount('labeled')} AS labeled"])},
               {amount_when("is_unallocated", "amount")} AS unallocated
        FROM (
            SELECT {"".join(f"dimension_{i}, " for i, _ in enumerate(by, 2))}{filters.metric} AS amount,
                   CASE WHEN {filters.metric} > 0 THEN {filters.metric}
                        WHEN {filters.metric} <= 0 THEN 0 END AS positive,
                   CASE WHEN {filters.metric} > 0 AND dimension_1 <> ? THEN {filters.metric}
                        WHEN {filters.metric} IS NOT NULL THEN 0 END AS labeled,
                   CASE WHEN dimension_1 = ? THEN 1 ELSE 0 END AS is_unallocated
            FROM ({chosen.sql.text}) AS selected
        ) AS flagged
        {f"GROUP BY {grouped} ORDER BY {grouped}" if by else ""}"""
    return Sql(text, (UNALLOCATED, UNALLOCATED, *chosen.sql.parameters))


def _with_row(table: pa.Table, row: dict[str, object]) -> pa.Table:
    import pyarrow as pa

    return pa.concat_tables([table, pa.Table.from_pylist([row], schema=table.schema)])


def _decimal(value: object) -> Decimal | None:
    return value if isinstance(value, Decimal) else None
