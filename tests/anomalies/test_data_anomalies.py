"""Anomalies of the data are told apart from anomalies of the spend."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from costlib.anomalies import (
    DoubledDay,
    MissingDay,
    NewRecordType,
    SignFlip,
    VanishedService,
    data_anomalies,
)

DAYS = pd.date_range("2026-01-01", periods=120)
RECORD_TYPES = pd.DataFrame({"Usage": 100.0}, index=DAYS)
DAY = pd.Timestamp("2026-04-10")


def services() -> pd.DataFrame:
    rng = np.random.default_rng(3)
    sizes = {"compute": 900.0, "database": 400.0, "storage": 120.0, "queue": 30.0, "credits": -50.0}
    return pd.DataFrame({name: size * rng.normal(1, 0.03, len(DAYS)) for name, size in sizes.items()}, index=DAYS)


def test_an_ordinary_quarter_has_none():
    assert data_anomalies(services(), RECORD_TYPES) == ()


def test_a_day_without_any_charge_is_missing():
    y = services()
    y.loc[DAY] = np.nan
    assert data_anomalies(y, RECORD_TYPES) == (MissingDay(DAY.date()),)


def test_a_service_that_stops_altogether_vanished_and_is_told_once_on_the_second_day():
    y = services()
    y.loc[DAY:, "database"] = np.nan
    (found,) = data_anomalies(y, RECORD_TYPES)
    assert isinstance(found, VanishedService)
    assert (found.service, found.day) == ("database", date(2026, 4, 11))
    assert 380 < found.usual < 420


def test_a_service_that_is_charged_nothing_is_not_gone():
    y = services()
    y.loc[DAY:, "database"] = 0.0
    assert data_anomalies(y, RECORD_TYPES) == ()


def test_a_service_that_turns_into_its_negative_is_a_sign_flip_told_once():
    y = services()
    y.loc[DAY:, "storage"] *= -1
    (found,) = data_anomalies(y, RECORD_TYPES)
    assert isinstance(found, SignFlip)
    assert (found.service, found.day) == ("storage", DAY.date())
    assert found.actual < 0 < found.usual


def test_a_record_type_that_was_never_seen_is_new_unless_it_is_known():
    types = RECORD_TYPES.assign(BundledDiscount=pd.Series(-1.0, DAYS[100:]))
    assert data_anomalies(services(), types) == (NewRecordType("BundledDiscount", DAYS[100].date()),)
    assert data_anomalies(services(), types, known_record_types={"BundledDiscount"}) == ()


def test_a_record_type_of_the_first_weeks_is_not_new():
    types = RECORD_TYPES.assign(Tax=pd.Series(20.0, DAYS[2::30]))
    assert data_anomalies(services(), types) == ()


def test_a_day_on_which_everything_doubles_was_counted_twice():
    y = services()
    y.loc[DAY] *= 2
    (found,) = data_anomalies(y, RECORD_TYPES)
    assert isinstance(found, DoubledDay)
    assert found.day == DAY.date()
    assert 1.9 < found.actual / found.usual < 2.1


def test_one_service_that_doubles_is_spend():
    y = services()
    y["compute"] = y["compute"].where(y.index != DAY, 1800.0)
    assert data_anomalies(y, RECORD_TYPES) == ()


def test_no_day_is_judged_by_a_later_one():
    y = services()
    y.loc[DAY] *= 2
    y.loc[DAYS[110] :, "queue"] = np.nan
    types = RECORD_TYPES.assign(BundledDiscount=pd.Series(-1.0, DAYS[100:]))
    whole = data_anomalies(y, types)
    for place in (99, 105, 112, 118):
        until = DAYS[place].date()
        assert data_anomalies(y.iloc[: place + 1], types.iloc[: place + 1]) == tuple(a for a in whole if a.day <= until)
