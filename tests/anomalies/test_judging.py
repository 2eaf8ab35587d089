"""How a day is judged: what is an anomaly, what is usual, and what the future may not change."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from costlib.anomalies import anomalies

DAYS = pd.date_range("2025-10-01", periods=400)


def office(seed: int = 1) -> pd.Series:
    """A thousand dollars a working day, six hundred on weekends, three percent of noise."""
    noise = np.random.default_rng(seed).normal(1, 0.03, len(DAYS))
    return pd.Series(np.where(DAYS.day_of_week < 5, 1000.0, 600.0) * noise, DAYS)


def test_a_spike_is_found_on_its_day_with_what_was_expected():
    y = office()
    y["2026-08-12"] += 400
    judged = anomalies(y).set_index("date")
    found = judged[judged["is_anomaly"]]
    assert list(found.index) == [pd.Timestamp("2026-08-12")]
    assert found["kind"].item() == "spike"
    assert found["expected"].item() == pytest.approx(1000, rel=0.05)


def test_a_step_is_found_once_and_then_is_the_new_baseline():
    y = office()
    y["2026-06-10":] += 400
    found = anomalies(y).query("is_anomaly")
    assert found["date"].min() == pd.Timestamp("2026-06-10")
    assert set(found["since"]) == {pd.Timestamp("2026-06-10")}
    assert found["kind"].iloc[-1] == "step"
    assert 10 <= len(found) <= 20


def test_a_steady_series_has_no_anomaly():
    assert not anomalies(office())["is_anomaly"].any()


@pytest.mark.parametrize("day", [60, 200, 399])
def test_the_future_changes_no_verdict(day):
    y = office()
    y["2026-03-05":"2026-03-25"] *= np.linspace(1, 2, 21)
    y["2026-06-10":] += 400
    other = y.copy()
    other.iloc[day:] = np.random.default_rng(2).permutation(other.iloc[day:]) * 3
    pd.testing.assert_frame_equal(anomalies(y).iloc[:day], anomalies(other).iloc[:day])
    pd.testing.assert_frame_equal(anomalies(y).iloc[:day], anomalies(y.iloc[:day]))
