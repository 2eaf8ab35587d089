"""A forecast's shape, and that any series of amounts gets one or is told what it lacks."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from costlib.errors import NotEnoughHistory, UsageError
from costlib.forecast import contest, forecast, forecast_total, probability_above
from tests.bench.daily_series import daily_series

COLUMNS = ["mean", "lo-80", "hi-80", "lo-95", "hi-95"]


def series(values, first: str = "2025-10-20") -> pd.Series:
    return pd.Series(values, index=pd.date_range(first, periods=len(values)), dtype=float)


def test_a_forecast_is_indexed_by_the_next_days() -> None:
    y = series([100.0] * 60)
    path = forecast(y, 10)
    assert list(path.columns) == COLUMNS
    assert list(path.index) == list(pd.date_range(y.index[-1] + pd.Timedelta(days=1), periods=10))
    assert path["mean"].to_numpy() == pytest.approx(100)


def test_a_running_total_ends_with_the_sum_of_the_days() -> None:
    rng = np.random.default_rng(1)
    y = series(100 + 30 * (np.arange(300) % 7 < 5) + rng.normal(0, 5, 300))
    assert forecast_total(y, 40)["mean"].iloc[-1] == pytest.approx(forecast(y, 40)["mean"].sum())


def test_a_short_history_says_how_many_days_it_has_and_needs() -> None:
    with pytest.raises(NotEnoughHistory, match="has 13 days, needs 14") as raised:
        forecast(series([1.0] * 13), 5)
    assert (raised.value.has_days, raised.value.needs_days) == (13, 14)


@pytest.mark.parametrize(
    "y",
    [
        series([1.0] * 40).drop(pd.Timestamp("2025-11-01")),
        series([1.0] * 39 + [float("nan")]),
        pd.Series([1.0] * 40),
    ],
    ids=["a gap", "a missing amount", "no days"],
)
def test_a_series_with_gaps_is_refused(y) -> None:
    with pytest.raises(UsageError):
        forecast(y, 5)


@pytest.mark.parametrize("horizon", [0, -1, 100_000])
def test_an_impossible_horizon_is_refused(horizon: int) -> None:
    with pytest.raises(UsageError):
        forecast(series([1.0] * 40), horizon)


def test_an_impossible_level_is_refused() -> None:
    with pytest.raises(UsageError):
        forecast(series([1.0] * 40), 5, level=(100,))


def test_nothing_is_expected_of_a_series_of_zeros() -> None:
    assert (forecast(series([0.0] * 40), 30) == 0).all(axis=None)


def test_days_of_any_time_zone_are_taken_as_they_are() -> None:
    y = series([100.0] * 60)
    assert forecast(y.tz_localize("UTC"), 5).equals(forecast(y, 5))


def test_no_model_learns_from_muted_days() -> None:
    y = series([100.0] * 60)
    y["2025-12-01":] = 900.0
    found = contest(y, 5, ignored=pd.DatetimeIndex(y["2025-12-01":].index))
    assert [float(c.path["mean"].iloc[-1]) for c in found.contenders] == pytest.approx([100.0] * len(found.contenders))


def test_credits_are_forecast_as_credits() -> None:
    path = forecast(series([-50.0] * 90), 30)
    assert path["mean"].to_numpy() == pytest.approx(-50)


def test_the_likelihood_of_passing_a_limit_falls_as_the_limit_rises() -> None:
    y = series(100 + np.random.default_rng(2).normal(0, 20, 200))
    likely = [probability_above(y, 20, limit) for limit in (1_000, 1_900, 2_000, 2_100, 3_000)]
    assert likely == sorted(likely, reverse=True)
    assert likely[0] == 1
    assert likely[-1] == 0


amounts = st.floats(-1e6, 1e6, allow_nan=False).map(lambda value: round(value, 2))
mostly_zero = st.one_of(st.just(0.0), st.just(0.0), amounts)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.one_of(amounts, mostly_zero), min_size=14, max_size=120),
    st.integers(1, 100),
    st.lists(st.integers(0, 119), max_size=60),
)
def test_any_series_gets_ordered_finite_bounds(values: list[float], horizon: int, muted: list[int]) -> None:
    y = series(values)
    ignored = pd.DatetimeIndex([y.index[0] + pd.Timedelta(days=day) for day in muted])
    for table in (forecast(y, horizon, ignored=ignored), forecast_total(y, horizon, ignored=ignored)):
        assert np.isfinite(table.to_numpy()).all()
        assert len(table) == horizon
        slack = 1e-6 * (1 + table["mean"].abs())
        for inner, outer in (("mean", "lo-80"), ("lo-80", "lo-95"), ("hi-80", "mean"), ("hi-95", "hi-80")):
            assert (table[inner] >= table[outer] - slack).all()


def test_the_winner_is_the_contender_with_the_least_error() -> None:
    found = contest(series([100, 100, 100, 100, 100, 20, 20] * 20), 31)
    assert found.winner.name == "same_weekday"
    assert [c.score for c in found.contenders] == sorted(c.score for c in found.contenders)
    assert {c.name for c in found.contenders} >= {"month_to_date", "same_weekday"}


def test_a_known_event_is_added_to_its_days_and_to_every_total_after_them() -> None:
    y = daily_series("weekday_compute", 11)[:"2026-03-10"]
    event = pd.Series([300.0, 300.0], index=pd.to_datetime(["2026-03-20", "2026-03-21"]))
    more = forecast(y, 21, added=event) - forecast(y, 21)
    assert more["mean"].sum() == pytest.approx(600)
    assert more.loc["2026-03-20", "hi-80"] == pytest.approx(300)
    assert (forecast_total(y, 21, added=event) - forecast_total(y, 21)).iloc[-1].to_numpy() == pytest.approx(600)


def test_days_that_an_event_explains_are_not_learned_from() -> None:
    y = daily_series("weekday_compute", 11)[:"2026-03-10"].copy()
    load_test = pd.date_range("2026-03-04", "2026-03-10")
    plain = forecast(y, 10)["mean"].sum()
    y[load_test] *= 6
    misled, told = (forecast(y, 10, ignored=ignored)["mean"].sum() for ignored in (None, load_test))
    assert abs(told - plain) < 0.1 * plain < abs(misled - plain)
