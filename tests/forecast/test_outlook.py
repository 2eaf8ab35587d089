"""Month, quarter and year: known days are kept, the rest is forecast, known events are added."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest

from costlib.errors import UsageError
from costlib.forecast import (
    crossing_day,
    fiscal_year,
    forecast,
    forecast_total,
    month_end,
    next_month,
    outlooks,
    quarter,
    running_month,
)
from costlib.periods import Period
from tests.bench.daily_series import daily_series


def until(last: str, kind: str = "weekday_compute") -> pd.Series:
    return daily_series(kind, 11)[:last]


def test_the_month_end_is_what_is_known_and_a_forecast_of_the_rest() -> None:
    y = until("2026-03-10")
    found = month_end(y)
    assert found.period == Period(date(2026, 3, 1), date(2026, 4, 1))
    assert found.actual == pytest.approx(y["2026-03-01":].sum())
    assert found.rest == pytest.approx(forecast(y, 21)["mean"].sum())
    narrow, wide = found.interval(80), found.interval(95)
    assert wide.low <= narrow.low <= found.total <= narrow.high <= wide.high


def test_the_month_after_a_complete_month_is_wholly_forecast() -> None:
    found = month_end(until("2026-02-28"))
    assert found.period.start == date(2026, 3, 1)
    assert found.actual == 0


def test_a_period_that_is_over_has_no_interval() -> None:
    y = until("2026-03-10")
    (found,) = outlooks(y, [Period(date(2026, 2, 1), date(2026, 3, 1))])
    assert found.rest == 0
    assert found.interval().low == found.interval().high == found.total == pytest.approx(y["2026-02"].sum())


def test_longer_periods_come_from_one_contest() -> None:
    y = until("2026-03-10")
    last = date(2026, 3, 10)
    month, following, of_quarter, year = outlooks(
        y, [running_month(last), next_month(last), quarter(last), fiscal_year(last)]
    )
    assert of_quarter.actual == pytest.approx(y["2026-01-01":].sum())
    assert year.actual == of_quarter.actual
    assert year.total > of_quarter.total > month.total
    assert following.actual == 0
    assert following.interval().low < following.total < following.interval().high


def test_the_fiscal_year_starts_with_its_month() -> None:
    assert fiscal_year(date(2026, 3, 10), 4) == Period(date(2025, 4, 1), date(2026, 4, 1))
    assert quarter(date(2026, 3, 31), 2) == Period(date(2026, 2, 1), date(2026, 5, 1))
    assert next_month(date(2026, 2, 28)) == Period(date(2026, 3, 1), date(2026, 4, 1))
    assert next_month(date(2026, 2, 27)) == Period(date(2026, 3, 1), date(2026, 4, 1))


def test_a_short_history_still_has_an_interval_for_next_month() -> None:
    y = until("2026-03-10")[-20:]
    (found,) = outlooks(y, [next_month(date(2026, 3, 10))])
    assert np.isfinite([found.total, found.interval().low, found.interval().high]).all()


def test_ten_years_ahead_are_refused() -> None:
    with pytest.raises(UsageError):
        outlooks(until("2026-03-10"), [Period(date(2036, 1, 1), date(2036, 2, 1))])


def test_a_level_that_was_not_asked_for_is_named() -> None:
    with pytest.raises(UsageError, match="99 %"):
        month_end(until("2026-03-10")).interval(99)


def test_a_known_event_is_added_to_its_days_and_to_every_total_after_them() -> None:
    y = until("2026-03-10")
    event = pd.Series([300.0, 300.0], index=pd.to_datetime(["2026-03-20", "2026-03-21"]))
    more = forecast(y, 21, added=event) - forecast(y, 21)
    assert more["mean"].sum() == pytest.approx(600)
    assert more.loc["2026-03-20", "hi-80"] == pytest.approx(300)
    assert (forecast_total(y, 21, added=event) - forecast_total(y, 21)).iloc[-1].to_numpy() == pytest.approx(600)
    assert month_end(y, added=event).total == pytest.approx(month_end(y).total + 600)


def test_days_that_an_event_explains_are_not_learned_from() -> None:
    y = until("2026-03-10").copy()
    load_test = pd.date_range("2026-03-04", "2026-03-10")
    plain = forecast(y, 10)["mean"].sum()
    y[load_test] *= 6
    misled, told = (forecast(y, 10, ignored=ignored)["mean"].sum() for ignored in (None, load_test))
    assert abs(told - plain) < 0.1 * plain < abs(misled - plain)


def test_the_day_a_limit_is_crossed_is_the_first_above_it() -> None:
    total = forecast_total(until("2026-03-10"), 21)
    assert crossing_day(total, -1) == date(2026, 3, 11)
    assert crossing_day(total, float(total["mean"].iloc[4])) == date(2026, 3, 16)
    assert crossing_day(total, 1e9) is None
