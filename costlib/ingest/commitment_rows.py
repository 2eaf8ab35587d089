"""The answers about commitments, page by page, to typed rows: one for each day. Amounts are exact from AWS's text."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation, localcontext
from typing import Any, TypeVar

from costlib.errors import AmountDoesNotFit, DuplicateKey, MalformedAnswer
from costlib.money import EXACT, PRECISION, SCALE
from costlib.periods import Period
from costlib.store.commitments import Coverage, Utilization

Row = TypeVar("Row")
Bodies = Iterable[Mapping[str, Any]]

_REPORT = "Nothing of this answer was stored. If it persists, report it to AWS."


def utilization_rows(operation: str, bodies: Bodies, span: Period) -> dict[date, Utilization]:
    """The days of GetSavingsPlansUtilization or GetReservationUtilization. Raises a DataError for a garbled answer."""
    if operation == "GetSavingsPlansUtilization":
        return _by_day(bodies, "SavingsPlansUtilizationsByTime", _plan_utilization, span)
    return _by_day(bodies, "UtilizationsByTime", _reservation_utilization, span)


def coverage_rows(operation: str, bodies: Bodies, span: Period) -> dict[date, Coverage]:
    """The days of GetSavingsPlansCoverage or GetReservationCoverage. Raises a DataError for a garbled answer."""
    if operation == "GetSavingsPlansCoverage":
        return _by_day(bodies, "SavingsPlansCoverages", _plan_coverage, span)
    return _by_day(bodies, "CoveragesByTime", _reservation_coverage, span)


def _by_day(
    bodies: Bodies, member: str, typed: Callable[[date, Mapping[str, Any]], Row], span: Period
) -> dict[date, Row]:
    days: dict[date, Row] = {}
    for item in (item for body in bodies for item in body.get(member, ())):
        try:
            day = date.fromisoformat(item["TimePeriod"]["Start"])
            row = typed(day, item)
        except (KeyError, TypeError, ValueError) as error:
            raise MalformedAnswer(f"An item of {member} lacks or garbles a member: {error!r}.", _REPORT) from error
        if day in days:
            raise DuplicateKey(f"{member} holds {day} twice.", _REPORT)
        if day not in span:
            raise MalformedAnswer(f"Asked for {span}, Cost Explorer's {member} holds {day}.", _REPORT)
        days[day] = row
    return days


def _plan_utilization(day: date, item: Mapping[str, Any]) -> Utilization:
    use, savings = item["Utilization"], item.get("Savings") or {}
    amortized = item.get("AmortizedCommitment") or {}
    return Utilization(
        day,
        total_commitment=_amount(amortized, "TotalAmortizedCommitment"),
        upfront_commitment=_amount(amortized, "AmortizedUpfrontCommitment"),
        recurring_commitment=_amount(amortized, "AmortizedRecurringCommitment"),
        used_commitment=_amount(use, "UsedCommitment"),
        unused_commitment=_amount(use, "UnusedCommitment"),
        on_demand_equivalent=_amount(savings, "OnDemandCostEquivalent"),
        net_savings=_amount(savings, "NetSavings"),
    )


def _reservation_utilization(day: date, item: Mapping[str, Any]) -> Utilization:
    """AWS gives the whole and the unused part of a reservation; the used part is what is left."""
    use = item["Total"]
    total, unused = _amount(use, "TotalAmortizedFee"), _amount(use, "RICostForUnusedHours")
    return Utilization(
        day,
        total_commitment=total,
        upfront_commitment=_amount(use, "AmortizedUpfrontFee"),
        recurring_commitment=_amount(use, "AmortizedRecurringFee"),
        used_commitment=None if total is None or unused is None else EXACT.subtract(total, unused),
        unused_commitment=unused,
        on_demand_equivalent=_amount(use, "OnDemandCostOfRIHoursUsed"),
        net_savings=_amount(use, "NetRISavings"),
    )


def _plan_coverage(day: date, item: Mapping[str, Any]) -> Coverage:
    found = item["Coverage"]
    return Coverage(
        day,
        covered_spend=_amount(found, "SpendCoveredBySavingsPlans"),
        on_demand_spend=_amount(found, "OnDemandCost"),
        total_spend=_amount(found, "TotalCost"),
    )


def _reservation_coverage(day: date, item: Mapping[str, Any]) -> Coverage:
    hours, cost = item["Total"].get("CoverageHours") or {}, item["Total"].get("CoverageCost") or {}
    return Coverage(
        day,
        on_demand_spend=_amount(cost, "OnDemandCost"),
        covered_hours=_amount(hours, "ReservedHours"),
        on_demand_hours=_amount(hours, "OnDemandHours"),
        total_hours=_amount(hours, "TotalRunningHours"),
    )


def _amount(found: Mapping[str, Any], member: str) -> Decimal | None:
    """Exact from AWS's text to ten decimals: these calls are not bound to the ten that cost has."""
    text = found.get(member)
    if text in (None, ""):
        return None
    with localcontext(EXACT):
        try:
            amount = Decimal(str(text))
            rounded = amount.quantize(Decimal(1).scaleb(-SCALE), rounding=ROUND_HALF_EVEN)
        except InvalidOperation:
            raise AmountDoesNotFit(f"Cost Explorer gave {text!r} as {member}.", _REPORT) from None
    if not rounded.is_finite() or len(rounded.as_tuple().digits) > PRECISION:
        raise AmountDoesNotFit(f"Cost Explorer gave {text!r} as {member}.", _REPORT)
    return rounded
