"""GetCostForecast: plausible, checked as AWS checks it, and refused in its words."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from decimal import Decimal
from statistics import fmean
from typing import Any

import pytest
from botocore.exceptions import ClientError

from costlib.periods import DAY, Period, add_months, month_start
from costlib.sample.organization import tiny_organization
from costlib.sample.server import SampleEndpoint
from tests.sample.asking import Row, client_of


def asked(start: date, end: date, granularity: str = "DAILY", **more: Any) -> dict[str, Any]:
    return {
        "TimePeriod": {"Start": start.isoformat(), "End": end.isoformat()},
        "Metric": "UNBLENDED_COST",
        "Granularity": granularity,
        **more,
    }


def refused(client: Any, **request: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as caught:
        client.get_cost_forecast(**request)
    return caught.value.response["Error"]["Code"], caught.value.response["Error"]["Message"]


def test_a_day_is_the_mean_of_its_weekday_over_the_last_eight_weeks(
    shared_client: Any, rows: list[Row], today: date
) -> None:
    by_day: dict[date, Decimal] = defaultdict(Decimal)
    for row in rows:
        by_day[row["charge_date"]] += row["unblended_cost"]
    first = max(min(by_day), today - 57 * DAY)
    answer = shared_client.get_cost_forecast(**asked(today, today + 7 * DAY))
    assert [r["TimePeriod"]["Start"] for r in answer["ForecastResultsByTime"]] == [
        d.isoformat() for d in Period(today, today + 7 * DAY)
    ]
    for result in answer["ForecastResultsByTime"]:
        weekday = date.fromisoformat(result["TimePeriod"]["Start"]).weekday()
        days = [d for d in Period(first, today - DAY) if d.weekday() == weekday]
        assert float(result["MeanValue"]) == pytest.approx(fmean(float(by_day[d]) for d in days))
        assert "PredictionIntervalLowerBound" not in result


def test_months_sum_their_days_and_the_total_its_months(shared_client: Any, today: date) -> None:
    end = add_months(month_start(today), 3)
    days = shared_client.get_cost_forecast(**asked(today, end))
    months = shared_client.get_cost_forecast(**asked(today, end, "MONTHLY"))
    starts = [r["TimePeriod"]["Start"] for r in months["ForecastResultsByTime"]]
    assert starts == [today.isoformat(), *(add_months(month_start(today), n).isoformat() for n in (1, 2))]
    assert float(days["Total"]["Amount"]) == pytest.approx(float(months["Total"]["Amount"]))
    means = (Decimal(r["MeanValue"]) for r in months["ForecastResultsByTime"])
    assert Decimal(months["Total"]["Amount"]) == sum(means)
    assert months["Total"]["Unit"] == "USD"


def test_a_higher_level_is_a_wider_interval_around_the_same_mean(shared_client: Any, today: date) -> None:
    (narrow,), (wide,) = (
        shared_client.get_cost_forecast(**asked(today, today + DAY, PredictionIntervalLevel=level))[
            "ForecastResultsByTime"
        ]
        for level in (80, 95)
    )
    assert narrow["MeanValue"] == wide["MeanValue"]
    low, high = "PredictionIntervalLowerBound", "PredictionIntervalUpperBound"
    assert Decimal(wide[low]) < Decimal(narrow[low]) < Decimal(narrow["MeanValue"])
    assert Decimal(wide[high]) > Decimal(narrow[high]) > Decimal(narrow["MeanValue"])


def test_a_filter_forecasts_its_part(shared_client: Any, rows: list[Row], today: date) -> None:
    month_ago = add_months(today, -1)
    services = sorted({row["service"] for row in rows if row["charge_date"] <= month_ago})
    span = asked(today, today + 7 * DAY)
    whole = float(shared_client.get_cost_forecast(**span)["Total"]["Amount"])
    parts = 0.0
    for service in services:
        only = {"Dimensions": {"Key": "SERVICE", "Values": [service]}}
        parts += float(shared_client.get_cost_forecast(**span, Filter=only)["Total"]["Amount"])
    assert parts == pytest.approx(whole, rel=0.2)


def test_only_from_today_on_and_only_so_far(shared_client: Any, today: date) -> None:
    assert refused(shared_client, **asked(today, today)) == (
        "ValidationException",
        f"Requested Start: {today} must be before requested End: {today}",
    )
    for start in (today - DAY, today + DAY):
        code, words = refused(shared_client, **asked(start, today + 9 * DAY))
        assert (code, "current date" in words) == ("ValidationException", True)
    for granularity, months in (("DAILY", 3), ("MONTHLY", 18)):
        last = add_months(month_start(today), months + 1)
        shared_client.get_cost_forecast(**asked(today, last, granularity))
        code, words = refused(shared_client, **asked(today, last + DAY, granularity))
        assert (code, f"{months} months" in words) == ("ValidationException", True)


def test_hours_and_metrics_of_usage_are_refused(shared_client: Any, today: date) -> None:
    code, words = refused(shared_client, **asked(today, today + DAY, "HOURLY"))
    assert (code, "DAILY and MONTHLY" in words) == ("ValidationException", True)
    usage = asked(today, today + DAY) | {"Metric": "USAGE_QUANTITY"}
    assert refused(shared_client, **usage)[0] == "ValidationException"


def test_less_than_a_month_of_history_is_too_little(today: date) -> None:
    with SampleEndpoint(tiny_organization(today, days=20)) as endpoint:
        assert refused(client_of(endpoint), **asked(today, today + DAY)) == (
            "DataUnavailableException",
            "Insufficient amount of historical data.",
        )
