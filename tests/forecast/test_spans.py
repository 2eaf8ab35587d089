"""A stretch of days ahead: its mean is that of its days, its interval that of the sum."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from costlib.forecast import contest
from costlib.forecast.spans import span_bounds, span_mean


@pytest.fixture(scope="module")
def winner():
    random = np.random.default_rng(5)
    days = pd.date_range("2025-11-01", periods=300, freq="D")
    return contest(pd.Series(100 + random.normal(0, 5, 300), index=days), 60).winner


def test_from_the_first_day_on_it_is_the_total(winner):
    for last in (0, 6, 29):
        assert span_mean(winner, 0, last) == pytest.approx(winner.total["mean"].iloc[last])
        likely, wide = span_bounds(winner, 0, last, (80, 95))
        assert likely == pytest.approx(tuple(winner.total[["lo-80", "hi-80"]].iloc[last]))
        assert wide == pytest.approx(tuple(winner.total[["lo-95", "hi-95"]].iloc[last]))


def test_stretches_add_up_and_a_later_one_is_no_wider_than_all_days_through_it(winner):
    assert span_mean(winner, 0, 9) + span_mean(winner, 10, 39) == pytest.approx(span_mean(winner, 0, 39))
    ((low, high),) = span_bounds(winner, 10, 39, (80,))
    ((first, last),) = span_bounds(winner, 0, 39, (80,))
    assert 0 < high - low <= last - first
    assert low <= span_mean(winner, 10, 39) <= high
