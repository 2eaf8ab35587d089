"""Who or what costs most, set beside another period."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING

from costlib.access import Scope
from costlib.money import difference, ratio
from costlib.periods import Period
from costlib.queries.beside import beside, join_accounts, key_of, name_of
from costlib.queries.filters import Filters
from costlib.queries.source import source_of
from costlib.queries.sql import Sql, amount, selection, time_of
from costlib.store.snapshot import Snapshot

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True)
class Totals:
    """The amount of a selection and of the same selection in the compared period; None is "not available"."""

    amount: Decimal | None
    previous: Decimal | None

    @property
    def change(self) -> Decimal | None:
        return difference(self.amount, self.previous)

    @property
    def change_ratio(self) -> Decimal | None:
        """The change over the size of what it was before; None when that is nothing."""
        return None if self.change is None or self.previous is None else ratio(self.change, abs(self.previous))


def total(snapshot: Snapshot, scope: Scope, filters: Filters, compared: Period | None = None) -> Totals:
    """The sum over the selection. `previous` is None when nothing is compared or not all of `compared` is stored."""
    source = source_of(snapshot, scope, filters, [])
    is_known = compared is not None and source.covers(compared, snapshot.period)
    previous = _sum(snapshot, scope, replace(filters, period=compared)) if compared and is_known else None
    return Totals(_sum(snapshot, scope, filters), previous)


def ranking(snapshot: Snapshot, scope: Scope, filters: Filters, by: str, compared: Period | None = None) -> pa.Table:
    """`key, name, amount, share, previous, change, change_ratio, trend`, the largest amount first.

    Keys of accounts are ids, `name` is what people read. `share` (DOUBLE) is of the positive amounts together.
    `trend` is a list of DOUBLE for drawing: the period's stored days (months, from a monthly lens). Keys that only the
    compared period has are listed with amount 0. `previous` and what follows from it is NULL when nothing is compared
    or not all of `compared` is stored.
    """
    compared_sql = _compared(snapshot, scope, filters, by, compared)
    text = f"""
        {compared_sql.text},
        gross AS (
            SELECT CASE WHEN COUNT(amount) = COUNT(*) THEN SUM(CASE WHEN amount > 0 THEN amount END) END AS amount
            FROM compared
        ),
        calendar AS (
            SELECT DISTINCT moment
            FROM timed
            WHERE is_current = 1
            UNION
            SELECT DISTINCT day AS moment
            FROM stored
        ),
        trends AS (
            SELECT keys.key,
                   ARRAY_AGG(CAST(CASE WHEN timed.key IS NULL THEN 0 ELSE timed.amount END AS DOUBLE)
                             ORDER BY calendar.moment) AS trend
            FROM calendar
            CROSS JOIN (SELECT key FROM compared) AS keys
            LEFT JOIN timed ON timed.key = keys.key AND timed.moment = calendar.moment
            GROUP BY keys.key
        )
        SELECT compared.key, compared.name, compared.amount,
               CAST(compared.amount AS DOUBLE) / NULLIF(CAST(gross.amount AS DOUBLE), 0) AS share,
               compared.previous, compared.change,
               CAST(compared.change AS DOUBLE) / NULLIF(ABS(CAST(compared.previous AS DOUBLE)), 0) AS change_ratio,
               trends.trend
        FROM compared
        CROSS JOIN gross
        LEFT JOIN trends ON trends.key = compared.key
        ORDER BY compared.amount DESC NULLS LAST, compared.key"""
    return snapshot.table(text, compared_sql.parameters)


def _compared(snapshot: Snapshot, scope: Scope, filters: Filters, by: str, compared: Period | None) -> Sql:
    """A WITH clause up to `compared`: `key, name, amount, previous, change`, one row a key, in no order.

    It also has `timed` (`moment, key, amount, is_current, is_previous`) and `stored` (`day`), the pieces of a trend.
    """
    rows = beside(snapshot, scope, filters, [key_of(by)], compared)
    now = rows.source.dates(filters.period)
    text = f"""
        WITH timed AS (
            SELECT moment, dimension_1 AS key, {amount("amount")} AS amount, is_current, is_previous
            FROM ({rows.rows.text}) AS rows_beside
            GROUP BY moment, dimension_1, is_current, is_previous
        ),
        stored AS (
            SELECT DISTINCT {time_of(rows.source.moment, "charge_date")} AS day
            FROM daily_totals
            WHERE charge_date >= ? AND charge_date < ?
        ),
        keys AS (
            SELECT key, {rows.amount} AS amount, {rows.previous} AS previous
            FROM timed
            GROUP BY key
        ),
        compared AS (
            SELECT keys.key, {name_of(by, "keys.key")} AS name, keys.amount, keys.previous,
                   keys.amount - keys.previous AS change
            FROM keys
            {join_accounts(by, "keys.key")}
        )"""
    return Sql(text, (*rows.rows.parameters, now.start, now.end))


def _sum(snapshot: Snapshot, scope: Scope, filters: Filters) -> Decimal | None:
    chosen = selection(snapshot, scope, filters, [], [filters.metric])
    ((found,),) = snapshot.rows(
        f"SELECT {amount(filters.metric)} FROM ({chosen.sql.text}) AS selected", chosen.sql.parameters
    )
    return found if isinstance(found, Decimal) else None
