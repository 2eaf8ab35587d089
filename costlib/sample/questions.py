"""A GetCostAndUsage request, checked as Cost Explorer checks it and in its words."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from costlib.periods import DAY, Period, add_months, month_start, months_in
from costlib.sample import refusals
from costlib.sample.expressions import Condition, Vocabulary
from costlib.sample.refusals import invalid
from costlib.sample.wire import CostRequest, GroupDefinition, TimePeriod

COST_METRICS = {
    "UnblendedCost": "unblended_cost",
    "AmortizedCost": "amortized_cost",
    "NetUnblendedCost": "net_unblended_cost",
    "NetAmortizedCost": "net_amortized_cost",
    "BlendedCost": "blended_cost",
}
USAGE_QUANTITY = "UsageQuantity"
METRICS = (*COST_METRICS, USAGE_QUANTITY, "NormalizedUsageAmount")
"""NormalizedUsageAmount may be asked for and is never answered: this ledger has no normalized units."""

HISTORY_MONTHS = 13
"""Cost Explorer keeps the current month and thirteen before it."""

_DAY_PATTERN = re.compile(r"\d{4}-\d{2}-\d{2}")


@dataclass(frozen=True)
class CostQuestion:
    """What was asked, without its page."""

    period: Period
    is_daily: bool
    metrics: tuple[str, ...]
    group_by: tuple[GroupDefinition, ...]
    group_columns: tuple[str, ...]
    condition: Condition
    visible_from: date | None = None

    @property
    def periods(self) -> list[Period]:
        """The periods of the answer, in order; the first and the last month may be cut."""
        if self.is_daily:
            return [Period(day, day + DAY) for day in self.period]
        return [p for month in months_in(self.period) if (p := month.clip(self.period))]


def cost_question(request: CostRequest, today: date, vocabulary: Vocabulary) -> CostQuestion:
    """Read and check a request; raises Refusal as Cost Explorer would."""
    granularity = request["Granularity"]
    if granularity not in ("DAILY", "MONTHLY"):
        raise invalid("Hourly timePeriod is not supported for this request")
    group_by = tuple(request.get("GroupBy", ()))
    if len(group_by) > 2:
        raise invalid(refusals.TOO_MANY_GROUPS)
    return CostQuestion(
        period=history_period(request["TimePeriod"], granularity, today),
        is_daily=granularity == "DAILY",
        metrics=_metrics(request["Metrics"]),
        group_by=group_by,
        group_columns=tuple(_group_column(g, vocabulary) for g in group_by),
        condition=vocabulary.condition(request.get("Filter")),
    )


def _group_column(group: GroupDefinition, vocabulary: Vocabulary) -> str:
    group_type, key = group.get("Type", ""), group.get("Key", "")
    if group_type not in ("DIMENSION", "TAG", "COST_CATEGORY"):
        raise invalid(refusals.GROUP_TYPE)
    if not key:
        raise invalid("Group Definition key is invalid.")
    return vocabulary.column(group_type, key)


def _metrics(names: list[str]) -> tuple[str, ...]:
    unknown = next((name for name in names if name not in METRICS), None)
    if unknown is not None:
        raise invalid(f"Metric {unknown} is invalid. Valid metrics: {', '.join(METRICS)}.")
    if not names:
        raise invalid("Metrics must not be empty")
    return tuple(dict.fromkeys(names))


def plain_period(time_period: TimePeriod, today: date) -> Period:
    """The asked days; End may reach the first day of next month."""
    start, end = asked_days(time_period)
    if start >= end:
        raise invalid(refusals.START_NOT_BEFORE_END)
    if end > add_months(month_start(today), 1):
        raise invalid(refusals.END_TOO_LATE)
    if start > today:
        raise invalid(f"Start date {start} should not be after the current date")
    return Period(start, end)


def history_period(time_period: TimePeriod, granularity: str, today: date) -> Period:
    """The asked days, none of them older than Cost Explorer's history."""
    period = plain_period(time_period, today)
    if period.start < add_months(month_start(today), -HISTORY_MONTHS):
        is_cut_month = granularity == "MONTHLY" and period.start.day != 1
        raise invalid(refusals.NOT_MONTH_START if is_cut_month else refusals.BEYOND_HISTORY)
    return period


def asked_days(time_period: TimePeriod) -> tuple[date, date]:
    """Start and End as they were asked, not compared with anything."""
    return _day("Start", time_period["Start"]), _day("End", time_period["End"])


def _day(which: str, text: str) -> date:
    if not _DAY_PATTERN.fullmatch(text):
        raise refusals.bad_date(which, text)
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise refusals.bad_date(which, text) from None
