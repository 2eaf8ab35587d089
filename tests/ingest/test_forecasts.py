"""AWS's own forecast: asked once a day, kept as it was said, and never in the way of a sync."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, cast

import pytest

from costlib.config import ForecastOf, Settings
from costlib.errors import MalformedAnswer
from costlib.ingest.forecasts import ACTION, OPERATION, clamped, forecast_rows, questions
from costlib.ingest.plan import price_from_store
from costlib.periods import DAY, Period, add_months, month_start
from costlib.sample import forecasting
from costlib.sample.faults import Faults
from costlib.sample.organization import tiny_organization
from costlib.sample.server import SampleEndpoint
from costlib.vocabulary import CostMetric
from tests.ingest.syncing import NOON, rows_of, sync_from

TODAY = NOON.date()
ORGANIZATION = tiny_organization(TODAY)
AHEAD = Period(TODAY, date(2027, 2, 1))


@pytest.fixture
def endpoint() -> Iterator[SampleEndpoint]:
    with SampleEndpoint(ORGANIZATION) as endpoint:
        yield endpoint


def kept(folder: Any, where: str = "TRUE") -> list[tuple[Any, ...]]:
    return rows_of(folder, f"SELECT * FROM forecasts WHERE forecaster = 'aws' AND {where} ORDER BY ALL")


def periods_asked(endpoint: SampleEndpoint) -> list[tuple[str, str]]:
    asked = (cast(dict[str, Any], r.parameters) for r in endpoint.requests_of(OPERATION))
    return [(p["Granularity"], p["TimePeriod"]["End"]) for p in asked]


def test_the_answers_are_kept_as_aws_gave_them(tmp_path, endpoint):
    sync_from(endpoint, tmp_path)
    days, months = kept(tmp_path, "granularity = 'daily'"), kept(tmp_path, "granularity = 'monthly'")
    assert [row[6] for row in days] == list(AHEAD)
    assert [(row[6], row[7]) for row in months][:2] == [
        (TODAY, date(2026, 12, 1)),
        (date(2026, 12, 1), date(2027, 1, 1)),
    ]
    assert months[-1][7] == add_months(month_start(TODAY), 12)
    asked = {**cast(dict[str, Any], endpoint.requests_of(OPERATION)[0].parameters)}
    answer = endpoint.explorer.answer(OPERATION, asked, "key")
    first = cast(list[dict[str, Any]], answer["ForecastResultsByTime"])[0]
    assert days[0][:6] == ("aws", TODAY, "total", "", "unblended_cost", "daily")
    assert days[0][8:12] == (
        *(Decimal(first[n]) for n in ("MeanValue", "PredictionIntervalLowerBound", "PredictionIntervalUpperBound")),
        80,
    )
    assert rows_of(tmp_path, "SELECT COUNT(*) FROM requests WHERE purpose = 'forecasts'") == [(2,)]


def test_it_is_asked_once_a_day_and_older_answers_stay(tmp_path, endpoint):
    sync_from(endpoint, tmp_path)
    first = kept(tmp_path)
    endpoint.forget_requests()
    sync_from(endpoint, tmp_path, now=NOON + timedelta(hours=3))
    assert (endpoint.requests_of(OPERATION), kept(tmp_path)) == ([], first)
    endpoint.serve(ORGANIZATION.on(TODAY + DAY))
    sync_from(endpoint, tmp_path, now=NOON + DAY)
    assert len(endpoint.requests_of(OPERATION)) == 2
    assert kept(tmp_path, f"as_of = DATE '{TODAY}'") == first
    assert {row[1] for row in kept(tmp_path)} == {TODAY, TODAY + DAY}


def test_a_sync_that_was_killed_between_two_answers_asks_for_the_other_one_only(tmp_path, endpoint, monkeypatch):
    monkeypatch.setattr("costlib.ingest.forecasts.forecast_rows", _killing_on_months)
    with pytest.raises(KeyboardInterrupt):
        sync_from(endpoint, tmp_path)
    monkeypatch.undo()
    endpoint.forget_requests()
    sync_from(endpoint, tmp_path)
    assert [granularity for granularity, _ in periods_asked(endpoint)] == ["MONTHLY"]
    assert len(kept(tmp_path, "granularity = 'daily'")) == AHEAD.days


def _killing_on_months(body: Any, period: Period) -> Any:
    if len(body["ForecastResultsByTime"]) == 12:
        raise KeyboardInterrupt
    return forecast_rows(body, period)


def test_without_the_right_the_sync_goes_on_and_says_what_is_missing(tmp_path, endpoint):
    endpoint.faults = Faults(denied_operations=frozenset({OPERATION}))
    assert sync_from(endpoint, tmp_path).ties_out
    assert kept(tmp_path) == []
    assert rows_of(tmp_path, "SELECT action, feature FROM missing_rights") == [(ACTION, "AWS's own forecast")]
    endpoint.faults = Faults()
    sync_from(endpoint, tmp_path, now=NOON + timedelta(hours=1))
    assert kept(tmp_path)
    assert rows_of(tmp_path, "SELECT * FROM missing_rights") == []


def test_too_little_history_is_said_and_the_sync_goes_on(tmp_path):
    with SampleEndpoint(tiny_organization(TODAY, days=20)) as endpoint:
        result = sync_from(endpoint, tmp_path)
    assert any("Insufficient amount of historical data" in warning for warning in result.warnings)
    ((problem,),) = rows_of(tmp_path, "SELECT value FROM meta WHERE key = 'aws_forecast_problem'")
    assert "Insufficient amount of historical data" in problem


def test_a_horizon_that_aws_does_not_give_is_shortened_by_its_own_words(tmp_path, endpoint, monkeypatch):
    monkeypatch.setattr(forecasting, "HORIZON_MONTHS", {"DAILY": 1, "MONTHLY": 3})
    sync_from(endpoint, tmp_path)
    assert max(row[7] for row in kept(tmp_path, "granularity = 'daily'")) == add_months(TODAY, 1)
    assert max(row[7] for row in kept(tmp_path, "granularity = 'monthly'")) == add_months(TODAY, 3)
    assert rows_of(tmp_path, "SELECT COUNT(*) FROM requests WHERE purpose = 'forecasts'") == [(2,)]


def test_words_about_something_else_shorten_nothing():
    assert clamped(AHEAD, "at most 1 month") == Period(TODAY, date(2026, 12, 24))
    assert clamped(AHEAD, "at most 12 months") is None
    assert clamped(AHEAD, "the metric is invalid") is None


def test_what_is_asked_follows_the_settings(tmp_path, endpoint):
    of = (ForecastOf(), ForecastOf("service", "Amazon Elastic Compute Cloud - Compute"))
    metrics = (CostMetric.unblended_cost, CostMetric.net_amortized_cost)
    sync_from(endpoint, tmp_path, aws_forecasts=of, aws_forecast_metrics=metrics)
    assert len(endpoint.requests_of(OPERATION)) == 8
    found = {(row[2], row[3], row[4]) for row in kept(tmp_path)}
    assert found == {(o.level, o.value, m.value) for o in of for m in metrics}
    none = Settings(aws_forecasts=())
    assert questions(none) == []


def test_the_plan_prices_it(tmp_path, endpoint):
    sync_from(endpoint, tmp_path)
    settings = Settings(data_dir=tmp_path)
    planned = price_from_store(settings, NOON + DAY)
    assert planned is not None
    assert planned["forecasts"] == 2
    off = price_from_store(replace(settings, aws_forecasts=()), NOON + DAY)
    assert off is not None
    assert off["forecasts"] == 0


@pytest.mark.parametrize(
    "item",
    [
        {"MeanValue": "1"},
        {"TimePeriod": {"Start": "2026-11-24", "End": "2026-11-25"}, "MeanValue": "much"},
        {"TimePeriod": {"Start": "2026-11-24", "End": "2026-11-25"}, "MeanValue": "NaN"},
        {"TimePeriod": {"Start": "2026-10-24", "End": "2026-10-25"}, "MeanValue": "1"},
        {"TimePeriod": {"Start": "2026-11-25", "End": "2027-11-25"}, "MeanValue": "1"},
    ],
)
def test_a_garbled_answer_is_not_kept(item):
    with pytest.raises(MalformedAnswer):
        forecast_rows({"ForecastResultsByTime": [item]}, AHEAD)
