"""The made-up series are the same for the same seed, and of the kinds that they are named for."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tests.bench.daily_series import KINDS, daily_series, every_kind


def test_there_are_sixteen_kinds() -> None:
    assert len(KINDS) == 16


@pytest.mark.parametrize("kind", KINDS)
def test_a_seed_makes_the_same_series_and_another_one_another(kind: str) -> None:
    first = daily_series(kind, 1)
    pd.testing.assert_series_equal(first, daily_series(kind, 1))
    assert not np.array_equal(first, daily_series(kind, 2))
    assert np.isfinite(first).all()
    assert (np.diff(first.index) == np.timedelta64(1, "D")).all()


def test_two_seeds_share_no_series() -> None:
    names = [y.name for seed in (1, 2) for _, y in every_kind(seed)]
    assert len(names) == len(set(names)) == 96


def test_credits_are_negative_and_fees_fall_on_the_first() -> None:
    assert (daily_series("usage_credits", 3) < 0).all()
    y = daily_series("day_1_fee", 3)
    fee, day = np.asarray(y), pd.DatetimeIndex(y.index).day
    assert fee[day == 1].min() > 3 * np.median(fee[day != 1])
