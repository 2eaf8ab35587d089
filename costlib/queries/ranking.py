"""Who or what costs most, set beside another period."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING

from costlib.access import Scope
from costlib.money import difference, ratio
from costlib.periods import Period
from costlib.queries.filters import Filters
from costlib.queries.source import source_of
from costlib.queries.sql import AMOUNT_TYPE, Sql, amount, amount_when, selection, time_of
from costlib.store.snapshot import Snapshot

if TYPE_CHECKING:
    import pyarrow as pa

ACCOUNTS = ("usage_account_id", "usage_account_name")


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
    compared_sql = compared_amounts(snapshot, scope, filters, by, compared)
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


def compared_amounts(snapshot: Snapshot, scope: Scope, filters: Filters, by: str, compared: Period | None) -> Sql:
    """A WITH clause up to `compared`: `key, name, amount, previous, change`, one row a key, in no order.

    It also has `timed` (`moment, key, amount, is_current, is_previous`) and `stored` (`day`), the pieces of a trend.
    """
    key = "usage_account_id" if by in ACCOUNTS else by
    source = source_of(snapshot, scope, filters, [key])
    known = compared if compared and source.covers(compared, snapshot.period) else None
    chosen = selection(snapshot, scope, filters, [source.moment, key], [filters.metric], known)
    now, before = source.dates(filters.period), source.dates(known or filters.period)
    previous = amount_when("is_previous", "amount") if known else f"CAST(NULL AS {AMOUNT_TYPE})"
    name = "COALESCE(NULLIF(accounts.usage_account_name, ''), keys.key)" if by in ACCOUNTS else "keys.key"
    accounts = "LEFT JOIN accounts ON accounts.usage_account_id = keys.key" if by in ACCOUNTS else ""
    text = f"""
        WITH timed AS (
            SELECT dimension_1 AS moment, dimension_2 AS key, {amount(filters.metric)} AS amount,
                   CASE WHEN dimension_1 >= ? AND dimension_1 < ? THEN 1 ELSE 0 END AS is_current,
                   CASE WHEN dimension_1 >= ? AND dimension_1 < ? THEN 1 ELSE 0 END AS is_previous
            FROM ({chosen.sql.text}) AS selected
            GROUP BY dimension_1, dimension_2
        ),
        stored AS (
            SELECT DISTINCT {time_of(source.moment, "charge_date")} AS day
            FROM daily_totals
            WHERE charge_date >= ? AND charge_date < ?
        ),
        keys AS (
            SELECT key, {amount_when("is_current", "amount")} AS amount, {previous} AS previous
            FROM timed
            GROUP BY key
        ),
        compared AS (
            SELECT keys.key, {name} AS name, keys.amount, keys.previous, keys.amount - keys.previous AS change
            FROM keys
            {accounts}
        )"""
    spans = (now.start, now.end, before.start, before.end)
    return Sql(text, (*spans, *chosen.sql.parameters, now.start, now.end))


def _sum(snapshot: Snapshot, scope: Scope, filters: Filters) -> Decimal | None:
    chosen = selection(snapshot, scope, filters, [], [filters.metric])
    ((found,),) = snapshot.rows(
        f"SELECT {amount(filters.metric)} FROM ({chosen.sql.text}) AS selected", chosen.sql.parameters
    )
    return found if isinstance(found, Decimal) else None
