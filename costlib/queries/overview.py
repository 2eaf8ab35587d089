"""The figures an executive asks for first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal

from costlib.access import Scope
from costlib.money import SCALE, rounded, total
from costlib.periods import DAY, Period, add_months, month_of, month_start
from costlib.queries.filters import Filters
from costlib.queries.sql import amount, selection
from costlib.store.snapshot import Snapshot

WEEK = timedelta(days=7)


@dataclass(frozen=True)
class Headline:
    """Amounts up to the last complete day; None is "not available": not stored, or the metric is missing.

    `month_to_date` counts the complete days of the last complete day's month; `last_month_same_days` as many days of
    the month before (all of it, if it is shorter). `month_end_run_rate` is the average complete day times the days of
    the month: arithmetic, not a forecast.
    """

    last_complete_day: date
    last_complete_amount: Decimal | None
    same_weekday_before_amount: Decimal | None
    month_to_date: Decimal | None
    month_to_date_days: int
    last_month_same_days: Decimal | None
    last_month_total: Decimal | None
    month_end_run_rate: Decimal | None


def headline(snapshot: Snapshot, scope: Scope, filters: Filters) -> Headline:
    """The headline of everything that `filters` keep; their period plays no part."""
    last = min(snapshot.complete_through, snapshot.period.last_day)
    this_month, last_month = month_of(last), month_of(add_months(month_start(last), -1))
    to_date = Period(this_month.start, last + DAY)
    same_days = Period(last_month.start, min(last_month.start + to_date.days * DAY, last_month.end))
    daily = _Days(snapshot, scope, replace(filters, period=Period(last_month.start, last + DAY)))
    so_far = daily.sum(to_date)
    return Headline(
        last_complete_day=last,
        last_complete_amount=daily.sum(Period(last, last + DAY)),
        same_weekday_before_amount=daily.sum(Period(last - WEEK, last - WEEK + DAY)),
        month_to_date=so_far,
        month_to_date_days=to_date.days,
        last_month_same_days=daily.sum(same_days),
        last_month_total=daily.sum(last_month),
        month_end_run_rate=None if so_far is None else rounded(so_far * this_month.days / to_date.days, SCALE),
    )


class _Days:
    """The selection's amount day by day, read once."""

    def __init__(self, snapshot: Snapshot, scope: Scope, filters: Filters) -> None:
        chosen = selection(snapshot, scope, filters, ["charge_date"], [filters.metric])
        text = f"""
            SELECT dimension_1, {amount(filters.metric)}
            FROM ({chosen.sql.text}) AS selected
            GROUP BY dimension_1"""
        self._first = snapshot.period.start
        self._amounts: Mapping[object, object] = dict(snapshot.rows(text, chosen.sql.parameters))  # type: ignore[arg-type]

    def sum(self, period: Period) -> Decimal | None:
        """A day without charges is zero; a day before the stored history is not known."""
        if period.start < self._first:
            return None
        found = (self._amounts.get(day, Decimal(0)) for day in period)
        return total(value if isinstance(value, Decimal) else None for value in found)
