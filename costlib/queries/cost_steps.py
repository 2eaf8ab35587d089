"""The steps that lead from one sense of cost to another, by record type: pure, over sums that were read before.

What a step is follows from how AWS bills (the CUR's "Understanding Savings Plans" and reservation columns): amortizing
takes fees out and puts the cost of covered use and of what nobody used in; netting takes the discounts' own lines out
and puts each discount into the charge it belongs to. Every step is a difference of exact sums, so that start and steps
add up to the end.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from itertools import pairwise

from costlib.money import difference, total
from costlib.vocabulary import CHARGE_CATEGORIES, COST_METRICS, DISCOUNT_RECORD_TYPES, CostMetric

Amounts = Mapping[CostMetric, Decimal | None]
"""One selection in each sense of cost; None is "not available"."""
BLENDED, UNBLENDED = CostMetric.blended_cost, CostMetric.unblended_cost
GROSS = {
    CostMetric.net_unblended_cost: CostMetric.unblended_cost,
    CostMetric.net_amortized_cost: CostMetric.amortized_cost,
}
"""Net metric → the same without its discounts."""


class Step(Enum):
    """Why two senses of cost differ: what people read, towards the amortized or net sense and back, and what it is."""

    upfront_fees = (
        "Upfront fees taken out",
        "Upfront fees put back",
        "Commitment fees paid in advance",
    )
    recurring_fees = (
        "Recurring fees taken out",
        "Recurring fees put back",
        "Fees by the month or day, used or not",
    )
    covered_use = (
        "Covered use at commitment price",
        "Covered use taken out",
        "Covered use, at the commitment's price",
    )
    unused_commitment = (
        "Unused commitment put in",
        "Unused commitment taken out",
        "Paid for, and used by nobody",
    )
    usage = ("Usage", "Usage", "Use that no commitment covers")
    average_rate = (
        "Averaged over the organization",
        "Each account's own rate",
        "Use at the organization's average rate",
    )
    discount_lines = (
        "Discount lines taken out",
        "Discount lines put back",
        "Discounts billed as lines of their own",
    )
    discounts_inside = (
        "Discounts inside each charge",
        "Discounts out of each charge",
        "Discounts taken off their own charge",
    )
    credits = ("Credits", "Credits", "Promotional and other credits")
    refunds = ("Refunds", "Refunds", "Money that AWS gave back")
    tax = ("Tax", "Tax", "Taxes")
    support = ("Support", "Support", "Fees of AWS Support")
    other = ("Other adjustment", "Other adjustment", "Record types not known to this program")

    def __init__(self, forward: str, backward: str, meaning: str) -> None:
        self.forward, self.backward, self.meaning = forward, backward, meaning


_COMMITMENTS = {
    "SavingsPlanUpfrontFee": Step.upfront_fees,
    "Fee": Step.upfront_fees,
    "SavingsPlanRecurringFee": Step.recurring_fees,
    "RIFee": Step.recurring_fees,
    "SavingsPlanCoveredUsage": Step.covered_use,
    "SavingsPlanNegation": Step.covered_use,
    "DiscountedUsage": Step.covered_use,
}
"""A Fee differs between the two only where it is a reservation's upfront fee: others are the same in both."""
_ONE_STEP = {"Credit": Step.credits, "Refund": Step.refunds, "Tax": Step.tax}


@dataclass(frozen=True)
class Part:
    """The sums of one record type, its support charges apart; None is "not available"."""

    record_type: str
    is_support: bool
    amounts: Amounts


@dataclass(frozen=True)
class StepAmount:
    """What one step adds, and the record types it comes from; `is_forward` is towards the amortized or net sense."""

    step: Step
    amount: Decimal
    is_forward: bool
    record_types: tuple[str, ...]

    @property
    def name(self) -> str:
        return self.step.forward if self.is_forward else self.step.backward


@dataclass(frozen=True)
class Leg:
    """From one sense of cost to the next: `start` and all steps add up to `end`. A step that adds 0 is listed."""

    start_metric: CostMetric
    end_metric: CostMetric
    start: Decimal
    end: Decimal
    steps: tuple[StepAmount, ...]

    @property
    def residual(self) -> Decimal:
        """What the steps leave unexplained."""
        reached = total((self.start, *(step.amount for step in self.steps)))
        return difference(self.end, reached) or Decimal(0)


def totals(found: Sequence[Part]) -> dict[CostMetric, Decimal | None]:
    """The whole selection in each sense of cost."""
    return {metric: total(part.amounts[metric] for part in found) for metric in COST_METRICS}


def bridge_of(found: Sequence[Part], start: CostMetric, end: CostMetric) -> tuple[Leg, ...]:
    """The legs from `start` to `end`, by way of the senses between; none if either is not available, or both are one.

    Discounts and commitments are told apart by going through the metric that has the one and not the other.
    """
    known = totals(found)
    way = [metric for metric in _way(start, end) if metric in (start, end) or known[metric] is not None]
    ends = [(metric, amount) for metric in way if (amount := known[metric]) is not None]
    if len(ends) < len(way):
        return ()
    return tuple(_leg(found, a, b, x, y) for (a, x), (b, y) in pairwise(ends))


def _way(start: CostMetric, end: CostMetric) -> list[CostMetric]:
    """`start`, what lies between, `end`: discounts are left or entered last, and blended is one step from unblended."""
    if start == end:
        return [start]
    if BLENDED in (start, end):
        other = start if end is BLENDED else end
        way = [other, *([GROSS[other]] if other in GROSS else []), UNBLENDED, BLENDED]
        way = list(dict.fromkeys(way))
        return way if end is BLENDED else way[::-1]
    is_diagonal = (start in GROSS) != (end in GROSS) and GROSS.get(start, start) != GROSS.get(end, end)
    return [start, GROSS.get(end, end) if start not in GROSS else GROSS[start], end] if is_diagonal else [start, end]


def _leg(found: Sequence[Part], a: CostMetric, b: CostMetric, start: Decimal, end: Decimal) -> Leg:
    pieces: dict[Step, list[tuple[str, Decimal | None]]] = {}
    for part in found:
        for step, value in _pieces(part, a, b):
            pieces.setdefault(step, []).append((part.record_type, value))
    is_forward = _is_forward(a, b)
    steps = [
        StepAmount(step, added, is_forward, tuple(dict.fromkeys(name for name, value in pieces[step] if value)))
        for step in Step
        if step in pieces and (added := total(value for _, value in pieces[step])) is not None
    ]
    return Leg(a, b, start, end, tuple(steps))


def _pieces(part: Part, a: CostMetric, b: CostMetric) -> Iterator[tuple[Step, Decimal | None]]:
    """A recurring fee row is two things: unblended the fee itself, amortized what of it was not used."""
    step = _step(part, a, b)
    before, after = part.amounts[a], part.amounts[b]
    if step is not Step.recurring_fees:
        yield step, difference(after, before)
    elif _is_forward(a, b):
        yield Step.recurring_fees, difference(Decimal(0), before)
        yield Step.unused_commitment, after
    else:
        yield Step.unused_commitment, difference(Decimal(0), before)
        yield Step.recurring_fees, after


def _step(part: Part, a: CostMetric, b: CostMetric) -> Step:
    name = part.record_type
    if part.is_support:
        return Step.support
    if name in _ONE_STEP:
        return _ONE_STEP[name]
    if name in DISCOUNT_RECORD_TYPES:
        return Step.discount_lines
    if name not in CHARGE_CATEGORIES:
        return Step.other
    if BLENDED in (a, b):
        return Step.average_rate
    if GROSS.get(a, a) != GROSS.get(b, b) and name in _COMMITMENTS:
        return _COMMITMENTS[name]
    return Step.discounts_inside if (a in GROSS) != (b in GROSS) else Step.usage


def _is_forward(a: CostMetric, b: CostMetric) -> bool:
    """Whether `b` is the more worked-out sense: amortized after unblended, net after gross, blended last."""
    order = (CostMetric.unblended_cost, CostMetric.net_unblended_cost, CostMetric.amortized_cost)
    ranks = {metric: place for place, metric in enumerate((*order, CostMetric.net_amortized_cost, BLENDED))}
    return ranks[a] < ranks[b]
