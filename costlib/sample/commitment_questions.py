"""A request about Savings Plans or reservations, checked as Cost Explorer checks it.

The rules are those of AWS's API reference: the period starts within thirteen months and ends before today, grouping and
granularity exclude each other, and a filter is leaves joined by And, one level deep. Where the reference gives no words
for a refusal, the message is ours.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from costlib.periods import DAY, Period, add_months, months_in
from costlib.sample import catalog, refusals
from costlib.sample.questions import HISTORY_MONTHS, plain_period
from costlib.sample.refusals import invalid
from costlib.sample.wire import CommitmentRequest, Expression, ExpressionValues, TimePeriod

SERVICE = "SERVICE"


@dataclass(frozen=True)
class CommitmentQuestion:
    """What was asked, without its page: `leaves` of the filter are ANDed, `group_by` are dimensions."""

    period: Period
    is_daily: bool
    leaves: tuple[Expression, ...]
    group_by: tuple[str, ...]

    @property
    def periods(self) -> list[Period]:
        """The periods of the answer, in order; grouped answers are about the whole period."""
        if self.group_by:
            return [self.period]
        if self.is_daily:
            return [Period(day, day + DAY) for day in self.period]
        return [p for month in months_in(self.period) if (p := month.clip(self.period))]

    @property
    def dimensions(self) -> dict[str, list[str]]:
        """The values asked for by dimension, for filters that look at the commitments themselves."""
        found = [leaf["Dimensions"] for leaf in self.leaves if "Dimensions" in leaf]
        return {leaf["Key"]: leaf.get("Values", []) for leaf in found}


def commitment_question(
    request: CommitmentRequest, today: date, filters: Iterable[str], groups: Iterable[str]
) -> CommitmentQuestion:
    """Read and check a request; `filters` and `groups` are the dimensions that the operation knows."""
    granularity = request.get("Granularity")
    if granularity == "HOURLY":
        raise invalid("Granularity HOURLY is not supported for this request")
    if granularity and request.get("GroupBy"):
        raise invalid("Granularity can't be set if GroupBy is set")
    group_by = tuple(g.get("Key", "") for g in request.get("GroupBy", ()))
    _known(group_by, groups, "GroupBy")
    leaves = tuple(_leaves(request.get("Filter")))
    _known((leaf["Dimensions"].get("Key", "") for leaf in leaves if "Dimensions" in leaf), filters, "Filter")
    period = _period(request["TimePeriod"], today)
    return CommitmentQuestion(period, granularity != "MONTHLY", leaves, group_by)


def for_one_service(question: CommitmentQuestion) -> CommitmentQuestion:
    """The reservation calls are about one service: EC2 unless the filter names another."""
    named = question.dimensions.get(SERVICE)
    if named is None:
        ec2: Expression = {"Dimensions": {"Key": SERVICE, "Values": [catalog.COMPUTE]}}
        return CommitmentQuestion(question.period, question.is_daily, (*question.leaves, ec2), question.group_by)
    if len(named) != 1:
        raise invalid("The value for the SERVICE filter should not exceed 1")
    return question


def _period(time_period: TimePeriod, today: date) -> Period:
    period = plain_period(time_period, today)
    if period.end >= today:
        raise invalid(f"End date {period.end} should be before the current date")
    if period.start < add_months(today, -HISTORY_MONTHS):
        raise invalid(refusals.BEYOND_HISTORY)
    return period


def _leaves(expression: Expression | None) -> Iterable[Expression]:
    match expression:
        case None:
            return []
        case {"And": list(parts)} if all(_is_leaf(part) for part in parts):
            return parts
        case leaf if _is_leaf(leaf):
            return [leaf]
    raise invalid("Only AND is supported among dimensions, and nesting only up to one level deep")


def _is_leaf(node: Expression) -> bool:
    leaf: ExpressionValues | None = node.get("Dimensions") or node.get("CostCategories") or node.get("Tags")
    return len(node) == 1 and leaf is not None


def _known(asked: Iterable[str], known: Iterable[str], member: str) -> None:
    for key in asked:
        if key not in known:
            raise invalid(f"{member} dimension {key} is not supported for this request")
