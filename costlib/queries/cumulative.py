"""How a month adds up day by day, beside the months before it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

from costlib.access import Scope
from costlib.periods import DAY, Period, add_months, month_start
from costlib.queries.filters import Filters
from costlib.queries.sql import AMOUNT_TYPE, amount, selection, time_of
from costlib.store.snapshot import Snapshot

if TYPE_CHECKING:
    import pyarrow as pa

MONTHS = 3


def cumulative(snapshot: Snapshot, scope: Scope, filters: Filters, months: int = MONTHS) -> pa.Table:
    """`billing_month, day_of_month, charge_date, amount, running, is_estimated`, a row a day, in order of time.

    The month in which the filtered period ends, through that day or the last complete one, and the `months - 1` whole
    months before it; a month of which the first day is not stored is left out, because its sums would begin too late.
    `running` is the exact sum from the first of the month on; NULL from the first day on that lacks the metric. A
    stored day without charges adds 0.
    """
    last = last_day(snapshot, filters)
    first = add_months(month_start(last), 1 - months)
    while first < snapshot.period.start and first < month_start(last):
        first = add_months(first, 1)
    period = Period(first, last + DAY)
    chosen = selection(snapshot, scope, replace(filters, period=period), ["charge_date"], [filters.metric])
    in_month = "PARTITION BY billing_month ORDER BY charge_date ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW"
    text = f"""
        WITH charged AS (
            SELECT dimension_1 AS charge_date, {amount(filters.metric)} AS amount
            FROM ({chosen.sql.text}) AS selected
            GROUP BY dimension_1
        ),
        stored AS (
            SELECT charge_date, is_estimated
            FROM daily_totals
            WHERE charge_date >= ? AND charge_date < ?
        ),
        days AS (
            SELECT COALESCE(stored.charge_date, charged.charge_date) AS charge_date,
                   CASE WHEN charged.charge_date IS NULL THEN 0 ELSE charged.amount END AS amount,
                   COALESCE(stored.is_estimated, FALSE) AS is_estimated
            FROM stored
            FULL JOIN charged ON charged.charge_date = stored.charge_date
        ),
        dated AS (
            SELECT {time_of("billing_month", "charge_date")} AS billing_month, charge_date,
                   CAST(amount AS {AMOUNT_TYPE}) AS amount, is_estimated
            FROM days
        )
        SELECT billing_month, CAST(EXTRACT(DAY FROM charge_date) AS INTEGER) AS day_of_month, charge_date, amount,
               CASE WHEN COUNT(amount) OVER ({in_month}) = COUNT(*) OVER ({in_month})
                    THEN CAST(SUM(amount) OVER ({in_month}) AS {AMOUNT_TYPE}) END AS running,
               is_estimated
        FROM dated
        ORDER BY charge_date"""
    return snapshot.table(text, (*chosen.sql.parameters, period.start, period.end))


def last_day(snapshot: Snapshot, filters: Filters) -> date:
    """The last complete stored day of the filtered period: where the newest line ends."""
    stored = snapshot.period
    complete = max(stored.start, min(snapshot.complete_through, stored.last_day))
    return max(stored.start, min(filters.period.last_day, complete))
