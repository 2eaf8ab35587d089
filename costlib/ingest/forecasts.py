"""AWS's own forecast, asked once a day and kept: GetCostForecast only looks ahead, so only kept answers can be graded.

Optional: without the right, or with too little history, the sync says so and goes on.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from costlib.config import ForecastOf, Settings
from costlib.errors import AccessDenied, DataError, DataNotReady, MalformedAnswer, RequestRefused
from costlib.ingest.client import CostExplorer
from costlib.ingest.run import Run
from costlib.money import SCALE, rounded
from costlib.periods import Granularity, Period, add_months, month_start
from costlib.store.forecasts import Forecast, Forecaster, Made, Subject, is_kept, keep
from costlib.store.ledger import clear_missing_right, note_missing_right
from costlib.vocabulary import dimension

PURPOSE = "forecasts"
OPERATION = "GetCostForecast"
ACTION = f"ce:{OPERATION}"
FEATURE = "AWS's own forecast"
PROBLEM = "aws_forecast_problem"
"""The key in `meta` under which pages find why AWS gave no forecast; '' when it did."""
LEVEL = 80
"""The interval in percent; the console's own."""
MONTHS_AHEAD = {Granularity.daily: 3, Granularity.monthly: 12}
"""From the first of this month on: days to the end of a quarter, months to the end of any fiscal year."""
_MONTHS = re.compile(r"(\d+)[ -]months?", re.IGNORECASE)


@dataclass(frozen=True)
class Question:
    """One request: what to forecast, in days or in months."""

    subject: Subject
    granularity: Granularity

    def request(self, period: Period) -> dict[str, object]:
        """Its parameters."""
        return {
            "TimePeriod": {"Start": period.start.isoformat(), "End": period.end.isoformat()},
            "Metric": self.subject.metric.value.upper(),
            "Granularity": self.granularity.value.upper(),
            "PredictionIntervalLevel": LEVEL,
            **_filter(ForecastOf(self.subject.level, self.subject.value)),
        }


def questions(settings: Settings) -> list[Question]:
    """Everything that is asked once a day."""
    return [
        Question(Subject(of.level, of.value, metric), granularity)
        for metric in settings.aws_forecast_metrics
        for of in settings.aws_forecasts
        for granularity in MONTHS_AHEAD
    ]


def sync_forecasts(run: Run, client: CostExplorer) -> None:
    """Ask what was not asked today, and keep the answers."""
    today = run.clock().date()
    due = [q for q in questions(run.settings) if not _is_answered(run, q, today)]
    if not due:
        return
    run.tell("Forecasts", run.status.requests_done + len(due))
    problem = ""
    for question in due:
        try:
            made = _answered(run, client, question, today)
        except AccessDenied as error:
            note_missing_right(run.warehouse, error.action, FEATURE, run.clock())
            return
        except (RequestRefused, DataNotReady, DataError) as error:
            problem = error.message
            run.warn(f"{FEATURE} of {_told(question.subject)} was not read: {error.message}")
        else:
            keep(run.warehouse, [made], run.clock())
        clear_missing_right(run.warehouse, ACTION)
    run.warehouse.set_meta({PROBLEM: problem})


def forecast_rows(body: Mapping[str, Any], period: Period) -> list[Forecast]:
    """The periods of an answer. Raises MalformedAnswer for one that is garbled or not about `period`."""
    try:
        found = [_typed(item) for item in body["ForecastResultsByTime"]]
    except (KeyError, TypeError, ValueError, InvalidOperation) as error:
        raise MalformedAnswer(f"A forecast lacks or garbles a member: {error!r}.", "Nothing of it was kept.") from error
    months = Period(month_start(period.start), period.end)
    for forecast in found:
        if forecast.period.clip(months) != forecast.period:
            raise MalformedAnswer(f"Asked for {period}, AWS forecast {forecast.period}.", "Nothing of it was kept.")
    return found


def clamped(period: Period, detail: str) -> Period | None:
    """A shorter period after AWS refused this one as too long; None when its words are about something else."""
    found = _MONTHS.search(detail)
    if found is None:
        return None
    end = add_months(period.start, int(found[1]))
    return Period(period.start, end) if period.start < end < period.end else None


def _is_answered(run: Run, question: Question, today: date) -> bool:
    return is_kept(run.warehouse, Forecaster.aws, today, question.subject, question.granularity)


def _answered(run: Run, client: CostExplorer, question: Question, today: date) -> Made:
    months = MONTHS_AHEAD[question.granularity]
    period = Period(today, add_months(month_start(today), months))
    try:
        body = _ask(run, client, question, period)
    except RequestRefused as error:
        shorter = clamped(period, error.detail)
        if shorter is None:
            raise
        period = shorter
        body = _ask(run, client, question, period)
    forecasts = forecast_rows(body, period)
    return Made(Forecaster.aws, today, question.subject, question.granularity, LEVEL, "", forecasts)


def _ask(run: Run, client: CostExplorer, question: Question, period: Period) -> Mapping[str, Any]:
    return run.ask(client, OPERATION, question.request(period), PURPOSE).body


def _typed(item: Mapping[str, Any]) -> Forecast:
    days = item["TimePeriod"]
    start, end = date.fromisoformat(days["Start"][:10]), date.fromisoformat(days["End"][:10])
    bounds = (item.get(f"PredictionInterval{which}Bound") for which in ("Lower", "Upper"))
    lower, upper = (None if text is None else _amount(text) for text in bounds)
    return Forecast(Period(start, end), _amount(item["MeanValue"]), lower, upper)


def _amount(text: object) -> Decimal:
    """Forecasts are estimates: digits beyond what the store keeps are rounded away."""
    amount = Decimal(str(text))
    if not amount.is_finite():
        raise ValueError(f"{text!r} is no amount")
    return rounded(amount, SCALE)


def _filter(of: ForecastOf) -> dict[str, object]:
    if not of.value:
        return {}
    found = dimension(of.level)
    kind = {"COST_CATEGORY": "CostCategories", "TAG": "Tags"}.get(found.api_type, "Dimensions")
    return {"Filter": {kind: {"Key": found.api_key, "Values": [of.value]}}}


def _told(subject: Subject) -> str:
    return f"{subject.level}={subject.value}" if subject.value else "everything"
