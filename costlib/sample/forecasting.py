"""GetCostForecast: the weekdays of the last weeks carried on, with an interval as wide as they strayed.

What may be asked follows AWS's service model, its API reference and messages that users reported; where none is known,
the message is ours. A real forecast is better than this one; its shape, limits and refusals are the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from statistics import NormalDist, fmean, pstdev

from costlib.money import SCALE, plain, rounded
from costlib.periods import DAY, Period, add_months, month_start, months_in
from costlib.sample.expressions import Condition, Vocabulary
from costlib.sample.ledger import Ledger
from costlib.sample.questions import COST_METRICS, asked_days
from costlib.sample.refusals import forecast_backwards, insufficient_history, invalid
from costlib.sample.wire import ForecastRequest

WEEKS = 8
"""How much of the past is carried on."""
HORIZON_MONTHS = {"DAILY": 3, "MONTHLY": 18}
ARRIVING = 2 * DAY
"""Today and yesterday are not all there yet: the past ends before them."""

_COLUMNS = {column.upper(): column for column in COST_METRICS.values()}


@dataclass(frozen=True)
class ForecastQuestion:
    """What was asked: `column` of the ledger, `level` of the interval in percent, None without one."""

    period: Period
    is_daily: bool
    column: str
    condition: Condition
    level: int | None

    @property
    def periods(self) -> list[Period]:
        """The periods of the answer, in order; the first and the last month may be cut."""
        if self.is_daily:
            return [Period(day, day + DAY) for day in self.period]
        return [p for month in months_in(self.period) if (p := month.clip(self.period))]


def forecast_question(request: ForecastRequest, today: date, vocabulary: Vocabulary) -> ForecastQuestion:
    """Read and check a request; raises Refusal as Cost Explorer would."""
    granularity, metric = request["Granularity"], request["Metric"]
    if granularity not in HORIZON_MONTHS:
        raise invalid("The GetCostForecast operation supports only DAILY and MONTHLY granularities")
    if metric not in _COLUMNS:
        raise invalid(f"Metric {metric} is invalid. Valid metrics: {', '.join(sorted(_COLUMNS))}.")
    return ForecastQuestion(
        _period(request, today, HORIZON_MONTHS[granularity], granularity),
        granularity == "DAILY",
        _COLUMNS[metric],
        vocabulary.condition(request.get("Filter")),
        request.get("PredictionIntervalLevel"),
    )


def cost_forecast(question: ForecastQuestion, ledger: Ledger, today: date, currency: str) -> dict[str, object]:
    """GetCostForecast: one page. `Total` is the sum of the means, without an interval, as in AWS."""
    past = _past(question, ledger, today)
    by_weekday = {w: fmean(a for day, a in past if day.weekday() == w) for w in range(7)}
    strayed = pstdev(amount - by_weekday[day.weekday()] for day, amount in past)
    results = [_result(period, by_weekday, strayed, question.level) for period in question.periods]
    total = sum((Decimal(str(r["MeanValue"])) for r in results), Decimal(0))
    return {"Total": {"Amount": plain(total), "Unit": currency}, "ForecastResultsByTime": results}


def _result(period: Period, by_weekday: dict[int, float], strayed: float, level: int | None) -> dict[str, object]:
    mean = sum(by_weekday[day.weekday()] for day in period)
    found: dict[str, object] = {
        "TimePeriod": {"Start": period.start.isoformat(), "End": period.end.isoformat()},
        "MeanValue": _text(mean),
    }
    if level is not None:
        reach = NormalDist().inv_cdf(0.5 + level / 200) * strayed * period.days**0.5
        found["PredictionIntervalLowerBound"] = _text(mean - reach)
        found["PredictionIntervalUpperBound"] = _text(mean + reach)
    return found


def _past(question: ForecastQuestion, ledger: Ledger, today: date) -> Sequence[tuple[date, float]]:
    """The last whole weeks day by day, 0 where nothing was charged; refused with less than a month of them."""
    end = today - ARRIVING + DAY
    rows = ledger.table(
        f"""
        SELECT charge_date, CAST(SUM({question.column}) AS DOUBLE) AS amount
        FROM charges
        JOIN (SELECT * FROM cells WHERE {question.condition.sql}) USING (cell_id)
        WHERE charge_date < ?
        GROUP BY charge_date
        """,
        [*question.condition.parameters, end],
    )
    amounts = dict(zip(rows["charge_date"].to_pylist(), rows["amount"].to_pylist(), strict=True))
    if not amounts or min(amounts) > add_months(today, -1):
        raise insufficient_history()
    first = max(min(amounts), end - WEEKS * 7 * DAY)
    return [(day, amounts.get(day, 0.0)) for day in Period(first, end)]


def _period(request: ForecastRequest, today: date, months: int, granularity: str) -> Period:
    start, end = asked_days(request["TimePeriod"])
    if start >= end:
        raise forecast_backwards(start, end)
    if start != today:
        raise invalid(f"The start date {start} must be the current date to avoid a validation error")
    if end > add_months(month_start(today), months + 1):
        raise invalid(f"You can get at most {months} months of {granularity} forecasts")
    return Period(start, end)


def _text(amount: float) -> str:
    return plain(rounded(Decimal(str(amount)), SCALE))
