"""Our own forecasts, made at the end of a day's first sync and kept, so that they are graded on what came, like AWS's.

They are about the same periods as AWS's: days from today on, the rest of the month, and the next month.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal

import pandas as pd

from costlib.errors import NotEnoughHistory
from costlib.forecast import Contender, contest
from costlib.forecast.spans import span_bounds, span_mean
from costlib.ingest.run import Run
from costlib.money import rounded
from costlib.periods import DAY, Granularity, Period, add_months, month_start
from costlib.store.daily_series import TOTAL, Days, daily_series, first_day
from costlib.store.forecasts import Forecast, Forecaster, Made, Subject, keep, last_kept
from costlib.store.snapshot import SETTLING

LEVEL = 80
DISTANCES = (1, 7, 14, 30)
"""The days ahead that are kept, today being the first; of the total every day is."""
RECENT = 60 * DAY
"""What a series cost over these last days decides whether it is among the largest."""


def keep_own_forecasts(run: Run) -> None:
    """Forecast the total and the largest parts, once a day; what is too short to forecast is left out."""
    today = run.clock().date()
    if not run.settings.kept_forecasts or last_kept(run.warehouse, Forecaster.costlib) == today:
        return
    known_end = (run.clock() - SETTLING).date()
    for metric in run.settings.aws_forecast_metrics:
        first = first_day(run.warehouse)
        if first is None or first >= known_end:
            return
        known = Period(first, known_end)
        series = daily_series(run.warehouse, metric)
        largest = heapq.nlargest(run.settings.kept_forecasts, series, key=lambda one: _size(one[0], one[2], known_end))
        made = [
            one
            for level, value, days in largest
            for one in _made(Subject(level, value, metric), _amounts(days, known), known, today)
        ]
        keep(run.warehouse, made, run.clock())


def _size(level: str, days: Mapping[date, Decimal], known_end: date) -> tuple[bool, Decimal]:
    return level == TOTAL, sum((abs(cost) for day, cost in days.items() if day >= known_end - RECENT), Decimal(0))


def _amounts(days: Days, known: Period) -> pd.Series[float]:
    values = [float(days.get(day, 0)) for day in known]
    return pd.Series(values, index=pd.date_range(known.start, periods=known.days, freq="D"), dtype=float)


def _made(subject: Subject, amounts: pd.Series[float], known: Period, today: date) -> Iterator[Made]:
    this, next_month = month_start(today), add_months(month_start(today), 1)
    months = (Period(max(today, this), next_month), Period(next_month, add_months(next_month, 1)))
    ahead = Period(today, months[-1].end)
    distances = range(1, ahead.days + 1) if subject.level == TOTAL else DISTANCES
    days = [Period(day, day + DAY) for day in (today + (d - 1) * DAY for d in distances) if day in ahead]
    try:
        winner = contest(amounts, (ahead.end - known.end).days, (LEVEL,)).winner
    except NotEnoughHistory:
        return
    for granularity, periods in ((Granularity.daily, days), (Granularity.monthly, months)):
        forecasts = [_forecast(winner, period, known) for period in periods]
        yield Made(Forecaster.costlib, today, subject, granularity, LEVEL, winner.name, forecasts)


def _forecast(winner: Contender, period: Period, known: Period) -> Forecast:
    first, last = (period.start - known.end).days, (period.last_day - known.end).days
    if first == last:
        row = winner.path.iloc[first]
        lower, upper = float(row[f"lo-{LEVEL}"]), float(row[f"hi-{LEVEL}"])
    else:
        ((lower, upper),) = span_bounds(winner, first, last, (LEVEL,))
    return Forecast(period, _cents(span_mean(winner, first, last)), _cents(lower), _cents(upper))


def _cents(amount: float) -> Decimal:
    return rounded(Decimal(str(round(amount, 6))))
