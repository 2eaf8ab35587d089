"""How a day is judged: what is an anomaly, what is usual, and what the future may not change."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest

from costlib.anomalies import anomalies, anomalies_of_many
from costlib.events import Event
from costlib.periods import Period

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


def test_a_slow_ramp_is_found_within_ten_days_and_dated_to_its_beginning():
    y = office()
    start = pd.Timestamp("2026-06-10")
    y[start : start + pd.Timedelta(days=24)] += np.arange(1, 26) * 35.0
    found = anomalies(y).query("is_anomaly")
    assert start <= found["date"].iloc[0] <= start + pd.Timedelta(days=10)
    assert "ramp" in set(found["kind"])
    assert abs(found["since"].min() - start) <= pd.Timedelta(days=3)


def test_a_step_that_ends_is_no_drop():
    y = office()
    y["2026-06-10":"2026-07-05"] += 400
    judged = anomalies(y)
    assert "drop" not in set(judged["kind"])
    assert "back to the level before the last change" in set(judged["muted"])


def test_a_spike_on_top_of_an_adopted_step_is_found():
    y = office()
    y["2026-06-10":] += 400
    y["2026-07-22"] += 600
    assert pd.Timestamp("2026-07-22") in set(anomalies(y).query("is_anomaly")["date"])


@pytest.mark.parametrize("fee_day", [1, 7, 28])
def test_a_monthly_fee_is_usual_from_its_third_month(fee_day: int):
    y = office() + np.where(DAYS.day == fee_day, 3000.0, 0.0)
    judged = anomalies(y)
    assert not judged[judged["date"] >= "2026-01-01"]["is_anomaly"].any()
    fees = judged[(judged["date"].dt.day == fee_day) & (judged["date"] >= "2026-01-01")]
    assert set(fees["muted"]) == {"usual on this day of the month"}
    assert fees["expected"].min() > 3000


def test_a_spike_on_the_day_of_a_fee_is_still_found():
    y = office() + np.where(DAYS.day == 1, 3000.0, 0.0)
    y["2026-07-01"] += 1500
    found = anomalies(y).query("is_anomaly and date >= '2026-01-01'")
    assert list(found["date"]) == [pd.Timestamp("2026-07-01")]


def test_a_batch_on_the_last_day_of_the_month_is_usual_whatever_its_date():
    y = office() + np.where(DAYS.is_month_end, 2000.0, 0.0)
    judged = anomalies(y)
    assert not judged[judged["date"] >= "2026-01-01"]["is_anomaly"].any()


def test_a_public_holiday_costs_what_a_weekend_costs_and_is_no_drop():
    y = office()
    for holiday in ("2025-12-25", "2026-01-01", "2026-05-01", "2026-07-03"):
        y[holiday] = 600.0
    judged = anomalies(y).set_index("date")
    assert not judged["is_anomaly"].any()
    assert "public holiday" in judged["muted"]["2026-05-01"]


def test_a_working_day_below_a_weekend_is_a_drop():
    y = office()
    y["2026-05-06"] = 100.0
    assert list(anomalies(y).query("is_anomaly")["kind"]) == ["drop"]


def test_thresholds_hold_in_dollars_in_percent_and_in_noise():
    y = office()
    y["2026-05-06"] += 400
    assert anomalies(y)["is_anomaly"].any()
    assert not anomalies(y, floor=1000)["is_anomaly"].any()
    assert not anomalies(y, percent=60)["is_anomaly"].any()
    assert not anomalies(y, noise=40)["is_anomaly"].any()
    assert not anomalies(y / 100)["is_anomaly"].any()


def test_what_begins_on_the_days_of_a_known_event_is_muted_with_its_name_as_long_as_it_lasts():
    y = office()
    y["2026-06-10":] += 400
    launch = Event("Launch", Period(date(2026, 6, 9), date(2026, 6, 12)), mutes=True)
    judged = anomalies(y, events=[launch])
    assert not judged["is_anomaly"].any()
    assert set(judged["muted"]) == {"", "Launch"}
    assert set(judged[judged["muted"] == "Launch"]["kind"]) >= {"step"}


def test_an_event_that_does_not_mute_mutes_nothing():
    y = office()
    y["2026-06-10"] += 400
    assert anomalies(y, events=[Event("Launch", Period(date(2026, 6, 9), date(2026, 6, 12)))])["is_anomaly"].any()


def test_credits_that_stop_are_a_rise():
    y = -office()
    y["2026-06-10":"2026-06-12"] = 0.0
    found = anomalies(y).query("is_anomaly")
    assert found["date"].iloc[0] == pd.Timestamp("2026-06-10")
    assert set(found["kind"]) == {"spike", "step"}


def test_many_series_are_judged_as_each_alone():
    spend = {seed: office(seed) for seed in range(1, 6)}
    spend[3]["2026-06-10":] += 500
    together = anomalies_of_many(spend)
    for seed, y in spend.items():
        pd.testing.assert_frame_equal(together[seed], anomalies(y))


def test_a_month_is_only_learned_from():
    y = office()
    y.iloc[20] *= 5
    assert not anomalies(y.iloc[:28])["is_anomaly"].any()
    assert len(anomalies(y.iloc[:3])) == 3


def test_a_series_with_gaps_is_refused():
    with pytest.raises(ValueError, match="every day once"):
        anomalies(office().drop(DAYS[50]))
