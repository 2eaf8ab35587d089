"""Each value's share of what was above expectation."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest

from costlib.anomalies import drivers

DAYS = pd.date_range("2026-03-01", "2026-04-12")
FIRST, LAST = date(2026, 4, 10), date(2026, 4, 12)


def week(size: float, extra: float = 0.0) -> pd.Series:
    y = pd.Series(np.where(DAYS.day_of_week < 5, size, size / 2), DAYS)
    y[pd.Timestamp(FIRST) :] += extra
    return y


def test_the_usage_type_that_rose_has_the_rise_and_the_others_nothing():
    (driver,) = drivers({"BoxUsage": week(100, 40), "DataTransfer": week(900)}, FIRST, LAST)
    assert (driver.value, driver.above_expected, driver.share) == ("BoxUsage", 120, 1)


def test_shares_add_up_to_one_and_what_fell_has_a_negative_one():
    found = drivers({"a": week(100, 40), "b": week(100, 20), "c": week(100, -10)}, FIRST, LAST)
    assert [driver.value for driver in found] == ["a", "b", "c"]
    assert sum(driver.share for driver in found) == pytest.approx(1)
    assert found[-1].share < 0


def test_what_is_new_drives_with_all_its_cost():
    (driver,) = drivers({"new": week(0, 70), "old": week(100)}, FIRST, LAST)
    assert (driver.value, driver.above_expected) == ("new", 210)


def test_nothing_above_expectation_has_no_driver():
    assert drivers({"a": week(100)}, FIRST, LAST) == ()
