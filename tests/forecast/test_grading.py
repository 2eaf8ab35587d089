"""A small version of the bench: the figures hold on a few series of seeds that nothing was tuned on."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from costlib.forecast import contest
from tests.bench.daily_series import daily_series
from tests.bench.grading import graded, table


@pytest.fixture(scope="module")
def answers() -> pd.DataFrame:
    return graded(501, each=1, workers=1)


def test_the_contest_forecasts_the_month_twice_as_well_as_month_to_date(answers: pd.DataFrame) -> None:
    by_model = table(answers).T.to_dict()
    ours, usual = by_model["winner"], by_model["month_to_date"]
    assert ours["10 days gone, median"] <= 2
    assert ours["10 days gone, p90"] <= 14
    assert ours["next month, median"] <= 3.4
    assert ours["10 days gone, median"] <= 0.5 * usual["10 days gone, median"]


def test_intervals_hold_about_as_often_as_they_say(answers: pd.DataFrame) -> None:
    ours = table(answers).T.to_dict()["winner"]
    assert 70 <= ours["days held"] <= 90
    assert 70 <= ours["months held"] <= 92


def test_a_fee_on_the_first_is_foreseen() -> None:
    y = daily_series("day_1_fee", 7)[:"2026-02-20"]
    found = contest(y, 20)
    assert found.winner.name == "calendar_cleaned"
    fee = found.winner.path["mean"]
    assert fee.idxmax() == pd.Timestamp("2026-03-01")
    assert fee.max() == pytest.approx(y["2026-02-01"], rel=0.2)


def test_a_step_that_stays_is_followed_and_a_spike_is_not() -> None:
    rng = np.random.default_rng(3)
    calm = 100 * np.exp(rng.normal(0, 0.02, 200))
    stepped, spiked = calm.copy(), calm.copy()
    stepped[-6:] *= 1.6
    spiked[-2:] *= 1.6
    assert expected(stepped) > 150
    assert expected(spiked) < 110


def expected(values: np.ndarray) -> float:
    """What the calendar-cleaned level says of an average day of the next two weeks."""
    found = contest(pd.Series(values, pd.date_range("2025-09-01", periods=len(values))), 14)
    cleaned = found.contender("calendar_cleaned")
    assert cleaned is not None
    return float(cleaned.path["mean"].mean())


def test_growth_goes_on() -> None:
    y = daily_series("growing_storage", 8)[:"2026-03-01"]
    ahead = contest(y, 30).winner.path["mean"]
    assert ahead.iloc[-1] > ahead.iloc[0] > y.iloc[-30:].mean()


def test_grades_tell_error_bias_coverage_and_how_many() -> None:
    found = contest(daily_series("weekday_compute", 9)[:"2026-03-01"], 31)
    naive = found.contender("month_to_date")
    assert naive is not None
    ours = found.winner.grade(31)
    theirs = naive.grade(31)
    assert ours is not None
    assert theirs is not None
    assert 0 < ours.wape < theirs.wape
    assert abs(ours.bias) <= ours.wape
    assert 0.6 <= ours.coverage <= 1
    assert ours.origins >= 15
    assert ours.days == 31
