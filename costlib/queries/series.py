"""Cost over time, in days, weeks or months."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from costlib.access import Scope
from costlib.periods import DAY, Granularity, month_of
from costlib.queries.filters import Filters
from costlib.queries.sql import BUCKETS, amount, selection, time_of
from costlib.store.snapshot import Snapshot
from costlib.vocabulary import UNALLOCATED, label_dimension

if TYPE_CHECKING:
    import pyarrow as pa

OTHER = "Other"
WEEK = timedelta(days=7)


def cost_over_time(
    snapshot: Snapshot, scope: Scope, filters: Filters, by: str | None = None, top: int = 10
) -> pa.Table:
    """`period_start, key, amount, is_estimated, is_complete, is_other`, in order of time, then size, Other last.

    Dense: every key has a row in every stored piece of the period, 0 where nothing was charged. `key` is '' when `by`
    is None. The `top` keys are those with the largest pieces, credits counted by their size; the rest is one key,
    'Other' with `is_other`. A label's 'Unallocated' comes first, whether or not there is any, and is never folded.
    `is_estimated`: some day is. `is_complete`: the whole piece lies in the filtered period
    and AWS has finished its days.
    """
    table = _placed(snapshot, scope, filters, by, top)
    until = min(filters.period.end, snapshot.complete_through + DAY)
    starts = table.column("period_start").to_pylist()
    whole = [start >= filters.period.start and _end(start, filters.granularity) <= until for start in starts]
    return table.add_column(table.schema.get_field_index("is_other"), "is_complete", [whole])


def _end(start: date, granularity: Granularity) -> date:
    if granularity is Granularity.monthly:
        return month_of(start).end
    return start + (WEEK if granularity is Granularity.weekly else DAY)


def _placed(snapshot: Snapshot, scope: Scope, filters: Filters, by: str | None, top: int) -> pa.Table:
    bucket = BUCKETS[filters.granularity]
    chosen = selection(snapshot, scope, filters, [bucket, *([by] if by else [])], [filters.metric])
    days = chosen.source.dates(filters.period)
    key = "dimension_2" if by else "''"
    keys = (
        "SELECT DISTINCT key, place, is_other FROM named" if by else "SELECT '' AS key, 1 AS place, FALSE AS is_other"
    )
    kept = (UNALLOCATED,) if by and label_dimension(by) else ()
    if kept:
        keys += " UNION SELECT ? AS key, 0 AS place, FALSE AS is_other"
    text = f"""
        WITH timed AS (
            SELECT dimension_1 AS period_start, {key} AS key, {amount(filters.metric)} AS amount
            FROM ({chosen.sql.text}) AS selected
            GROUP BY dimension_1, {key}
        ),
        sized AS (
            SELECT key, SUM(ABS(amount)) AS size, {"CASE WHEN key = ? THEN 1 ELSE 0 END" if kept else "0"} AS is_kept
            FROM timed
            GROUP BY key
        ),
        ranked AS (
            SELECT key,
                   CASE WHEN is_kept = 0
                        THEN ROW_NUMBER() OVER (PARTITION BY is_kept ORDER BY size DESC NULLS LAST, key)
                        ELSE 0 END AS place
            FROM sized
        ),
        named AS (
            SELECT key AS original,
                   CASE WHEN place > ? THEN ? ELSE key END AS key,
                   CASE WHEN place > ? THEN ? ELSE place END AS place,
                   place > ? AS is_other
            FROM ranked
        ),
        placed AS (
            SELECT period_start, place, {amount("amount")} AS amount
            FROM timed
            JOIN named ON named.original = timed.key
            GROUP BY period_start, place
        ),
        keys AS (
            {keys}
        ),
        calendar AS (
            SELECT period_start, MAX(estimated) = 1 AS is_estimated
            FROM (
                SELECT {time_of(bucket, "charge_date")} AS period_start,
                       CASE WHEN is_estimated THEN 1 ELSE 0 END AS estimated
                FROM daily_totals
                WHERE charge_date >= ? AND charge_date < ?
                UNION ALL
                SELECT period_start, 0 AS estimated
                FROM timed
            ) AS days
            GROUP BY period_start
        )
        SELECT calendar.period_start, keys.key,
               CASE WHEN placed.place IS NULL THEN 0 ELSE placed.amount END AS amount,
               calendar.is_estimated, keys.is_other
        FROM calendar
        CROSS JOIN keys
        LEFT JOIN placed ON placed.period_start = calendar.period_start AND placed.place = keys.place
        ORDER BY calendar.period_start, keys.place"""
    folding = (top, OTHER, top, top + 1, top)
    return snapshot.table(text, (*chosen.sql.parameters, *kept, *folding, *kept, days.start, days.end))
