"""Parts add up, many are forecast at once, and nothing that comes later changes what was said before."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from costlib.errors import NotEnoughHistory
from costlib.forecast import contest, forecast, forecast_many, forecast_parts
from tests.bench.daily_series import KINDS, daily_series


def leaves(last: str = "2026-03-10") -> pd.DataFrame:
    return pd.DataFrame({kind: daily_series(kind, 21)[:last] for kind in KINDS})


def test_the_forecasts_of_the_parts_add_up_to_the_total() -> None:
    found = forecast_parts(leaves(), 21)
    assert (found.leaves.sum(axis=1) == found.total["mean"]).all()
    assert found.running["mean"].iloc[-1] == pytest.approx(found.leaves.to_numpy().sum())
    assert list(found.leaves.columns) == list(KINDS)
    assert (found.total["lo-80"] <= found.total["mean"]).all()
    assert (found.total["mean"] <= found.total["hi-80"]).all()


def test_the_interval_of_the_total_is_narrower_than_its_parts_together() -> None:
    frame = leaves()
    found = forecast_parts(frame, 21)
    apart = [forecast(frame[kind], 21) for kind in frame]
    together = sum(one["hi-80"] - one["lo-80"] for one in apart)
    assert ((found.total["hi-80"] - found.total["lo-80"]) < together).mean() > 0.9


def test_parts_too_short_say_so() -> None:
    with pytest.raises(NotEnoughHistory):
        forecast_parts(leaves()[-10:], 5)


@pytest.mark.usefixtures("own_main")
def test_many_series_are_forecast_alike_by_one_process_and_by_two() -> None:
    frame = pd.concat([leaves()[-60:].add_suffix(f" {place}") for place in range(4)], axis=1)
    alone, shared = (list(forecast_many(frame, 7, workers=workers)) for workers in (1, 2))
    assert [one.name for one in alone] == [one.name for one in shared] == list(frame.columns)
    for one, other in zip(alone, shared, strict=True):
        pd.testing.assert_frame_equal(one.path, other.path)


def test_a_series_too_short_among_many_is_returned_as_missing() -> None:
    (found,) = forecast_many(leaves()[-10:].iloc[:, :1], 5)
    assert found.missing is not None
    assert found.missing.needs_days == 14


@pytest.mark.parametrize("kind", KINDS)
def test_a_changed_future_changes_no_past_forecast(kind: str) -> None:
    """Every origin's forecast is made again from a history that ends there, and from one with another future."""
    y = daily_series(kind, 31)[:"2026-06-10"]
    cut = len(y) - 40
    other_future = np.random.default_rng(1).permutation(y[cut:].to_numpy()) * 3 + 7
    shuffled = pd.Series(np.concatenate([y[:cut].to_numpy(), other_future]), index=y.index)
    before, after = contest(y, 31), contest(shuffled, 31)
    cut -= int(np.flatnonzero(y)[0])  # days before the first charge are not history
    past = before.winner.backtest.origins <= cut
    assert past.any()
    for contender in before.contenders:
        other = after.contender(contender.name)
        assert other is not None
        np.testing.assert_array_equal(contender.backtest.predicted[past], other.backtest.predicted[past])


@pytest.mark.parametrize("kind", ["weekday_compute", "day_1_fee", "intermittent", "level_shift"])
def test_a_backtest_says_what_would_have_been_said_on_that_day(kind: str) -> None:
    y = daily_series(kind, 41)[:"2026-03-10"]
    y = y[y.ne(0).cumsum() > 0]
    found = contest(y, 21)
    origin = int(found.winner.backtest.origins[-4])
    said = contest(y[:origin], 21)
    for contender in found.contenders:
        then = said.contender(contender.name)
        assert then is not None
        np.testing.assert_allclose(contender.backtest.predicted[-4], then.path["mean"], rtol=1e-9, atol=1e-9)
