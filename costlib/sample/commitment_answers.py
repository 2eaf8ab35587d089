"""The four operations about Savings Plans and reservations: how much of them was used, and how much they covered."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from costlib.money import plain
from costlib.periods import Period
from costlib.sample import catalog
from costlib.sample.commitment_questions import CommitmentQuestion, commitment_question, for_one_service
from costlib.sample.commitment_use import Coverage, Use, attributes, coverage_rows, percent, terms_of, use_by_day
from costlib.sample.commitments import RESERVATION, SAVINGS_PLAN
from costlib.sample.expressions import Condition, Vocabulary
from costlib.sample.ledger import Ledger
from costlib.sample.listings import Slicer, with_token
from costlib.sample.organization import Organization
from costlib.sample.refusals import invalid, no_data
from costlib.sample.wire import CommitmentRequest, TimePeriod

COVERAGE_PAGE = 20
"""What GetSavingsPlansCoverage gives on a page when MaxResults is not said."""
PLAN_FILTERS = ("LINKED_ACCOUNT", "REGION", "PAYMENT_OPTION", "SAVINGS_PLAN_ARN", "SAVINGS_PLANS_TYPE")
RESERVATION_FILTERS = ("LINKED_ACCOUNT", "REGION", "SERVICE", "INSTANCE_TYPE")
COVERAGE_FILTERS = ("LINKED_ACCOUNT", "REGION", "SERVICE", "INSTANCE_TYPE")
COVERAGE_GROUPS = ("AZ", "INSTANCE_TYPE", "INVOICING_ENTITY", "LINKED_ACCOUNT", "PLATFORM", "REGION", "TENANCY")
MEASURES = ("Hour", "Unit", "Cost")


@dataclass(frozen=True)
class CommitmentAnswers:
    """Answers from one state of the data. `page` cuts a list as the request's token says."""

    organization: Organization
    ledger: Ledger
    vocabulary: Vocabulary
    page_size: int | None
    page: Slicer

    def plans_utilization(self, request: CommitmentRequest) -> dict[str, object]:
        """GetSavingsPlansUtilization: one page, whatever its length."""
        question = commitment_question(request, self.organization.today, PLAN_FILTERS, ())
        uses = self._uses(SAVINGS_PLAN, question)
        return {
            "SavingsPlansUtilizationsByTime": [
                {"TimePeriod": _time(period), **_plan_use(use)} for period, use in self._by_period(question, uses)
            ],
            "Total": _plan_use(_summed(uses)),
        }

    def plans_coverage(self, request: CommitmentRequest) -> dict[str, object]:
        """GetSavingsPlansCoverage."""
        if set(request.get("Metrics", ())) - {"SpendCoveredBySavingsPlans"}:
            raise invalid("The only valid value of Metrics is SpendCoveredBySavingsPlans")
        question = commitment_question(request, self.organization.today, COVERAGE_FILTERS, ("REGION", "SERVICE"))
        eligible = sorted({catalog.COMPUTE, *self._services(SAVINGS_PLAN)})
        marks = ", ".join("?" for _ in eligible)
        found = self._coverage(SAVINGS_PLAN, question, Condition(f"service IN ({marks})", tuple(eligible)))
        names = [key.lower() for key in question.group_by]
        listed = [
            {
                "TimePeriod": _time(period),
                "Attributes": dict(zip(names, values, strict=True)),
                "Coverage": _spend(coverage),
            }
            for period, values, coverage in found
        ]
        limit = request.get("MaxResults", COVERAGE_PAGE)
        part, token = self.page(len(listed), limit if self.page_size is None else min(limit, self.page_size))
        return with_token({"SavingsPlansCoverages": listed[part]}, token, "NextToken")

    def reservation_utilization(self, request: CommitmentRequest) -> dict[str, object]:
        """GetReservationUtilization, of one service."""
        question = commitment_question(request, self.organization.today, RESERVATION_FILTERS, ("SUBSCRIPTION_ID",))
        question = for_one_service(question)
        uses = self._uses(RESERVATION, question)
        groups = self._subscriptions(question) if question.group_by else []
        listed = [
            {"TimePeriod": _time(period), "Groups": groups, "Total": _reservation_use(use)}
            for period, use in self._by_period(question, uses)
        ]
        part, token = self.page(len(listed), self._limit(request))
        return with_token({"UtilizationsByTime": listed[part], "Total": _reservation_use(_summed(uses))}, token)

    def reservation_coverage(self, request: CommitmentRequest) -> dict[str, object]:
        """GetReservationCoverage, of one service."""
        measures = request.get("Metrics") or MEASURES
        if set(measures) - set(MEASURES):
            raise invalid(f"Valid values of Metrics: {', '.join(MEASURES)}")
        question = commitment_question(request, self.organization.today, COVERAGE_FILTERS, COVERAGE_GROUPS)
        question = for_one_service(question)
        found = self._coverage(RESERVATION, question, Condition("TRUE"))
        listed: list[dict[str, object]] = []
        for period in question.periods:
            its = [(values, coverage) for of, values, coverage in found if of == period]
            groups = [
                {
                    "Attributes": dict(zip(question.group_by, values, strict=True)),
                    "Coverage": _hours(coverage, measures),
                }
                for values, coverage in its
                if question.group_by
            ]
            total = sum((coverage for _, coverage in its), Coverage())
            listed.append({"TimePeriod": _time(period), "Groups": groups, "Total": _hours(total, measures)})
        whole = sum((coverage for _, _, coverage in found), Coverage())
        part, token = self.page(len(listed), self._limit(request))
        return with_token({"CoveragesByTime": listed[part], "Total": _hours(whole, measures)}, token)

    def _limit(self, request: CommitmentRequest) -> int | None:
        limits = [n for n in (request.get("MaxResults"), self.page_size) if n is not None]
        return min(limits, default=None)

    def _services(self, kind: str) -> set[str]:
        return {r.cell.service for r in self.organization.recurring if r.commitment == kind}

    def _uses(self, kind: str, question: CommitmentQuestion) -> list[Use]:
        """Day by day; DataUnavailable where nothing was committed to, as AWS has it."""
        places = terms_of(self.organization, kind, question.period, question.dimensions)
        if not places:
            raise no_data()
        return use_by_day(self.organization, self.ledger, kind, question.period, places)

    def _by_period(self, question: CommitmentQuestion, uses: list[Use]) -> Iterable[tuple[Period, Use]]:
        start = question.period.start
        for period in question.periods:
            yield period, _summed(uses[(period.start - start).days : (period.end - start).days])

    def _subscriptions(self, question: CommitmentQuestion) -> list[dict[str, object]]:
        groups: list[dict[str, object]] = []
        for place in terms_of(self.organization, RESERVATION, question.period, question.dimensions):
            term = self.organization.terms[place]
            uses = use_by_day(self.organization, self.ledger, RESERVATION, question.period, [place])
            known = attributes(term, place)
            groups.append(
                {
                    "Key": "SUBSCRIPTION_ID",
                    "Value": known["SUBSCRIPTION_ID"],
                    "Attributes": {
                        "accountId": known["LINKED_ACCOUNT"],
                        "region": known["REGION"],
                        "instanceType": known["INSTANCE_TYPE"],
                        "startDateTime": f"{term.purchased_on}T00:00:00.000Z",
                        "endDateTime": f"{term.ends_on}T00:00:00.000Z",
                    },
                    "Utilization": _reservation_use(_summed(uses)),
                }
            )
        return groups

    def _coverage(
        self, kind: str, question: CommitmentQuestion, eligible: Condition
    ) -> list[tuple[Period, tuple[str, ...], Coverage]]:
        """By period and by the values grouped by, in order; a period without use is there with zeros."""
        conditions = [eligible, *(self.vocabulary.condition(leaf) for leaf in question.leaves)]
        condition = Condition(
            " AND ".join(f"({c.sql})" for c in conditions), tuple(p for c in conditions for p in c.parameters)
        )
        columns = [self.vocabulary.column("DIMENSION", key) for key in question.group_by]
        by_day = coverage_rows(self.ledger, kind, question.period, condition, columns)
        found: list[tuple[Period, tuple[str, ...], Coverage]] = []
        for period in question.periods:
            its: dict[tuple[str, ...], Coverage] = {} if columns else {(): Coverage()}
            for (day, values), coverage in by_day.items():
                if day in period:
                    its[values] = its.get(values, Coverage()) + coverage
            found += [(period, values, its[values]) for values in sorted(its)]
        return found


def _summed(uses: Iterable[Use]) -> Use:
    return sum(uses, Use())


def _time(period: Period) -> TimePeriod:
    return {"Start": period.start.isoformat(), "End": period.end.isoformat()}


def _texts(**amounts: Decimal) -> dict[str, str]:
    return {name: plain(amount) for name, amount in amounts.items()}


def _plan_use(use: Use) -> dict[str, object]:
    return {
        "Utilization": _texts(
            TotalCommitment=use.total,
            UsedCommitment=use.used,
            UnusedCommitment=use.unused,
            UtilizationPercentage=percent(use.used, use.total),
        ),
        "Savings": _texts(NetSavings=use.on_demand - use.total, OnDemandCostEquivalent=use.on_demand),
        "AmortizedCommitment": _texts(
            AmortizedRecurringCommitment=use.recurring,
            AmortizedUpfrontCommitment=use.upfront,
            TotalAmortizedCommitment=use.total,
        ),
    }


def _reservation_use(use: Use) -> dict[str, str]:
    """Normalized units are left out: this ledger has none."""
    realized, potential = use.on_demand - use.used, use.potential - use.total
    return _texts(
        UtilizationPercentage=percent(use.used, use.total),
        PurchasedHours=use.purchased_hours,
        TotalActualHours=use.used_hours,
        UnusedHours=use.purchased_hours - use.used_hours,
        OnDemandCostOfRIHoursUsed=use.on_demand,
        NetRISavings=use.on_demand - use.total,
        TotalPotentialRISavings=potential,
        AmortizedUpfrontFee=use.upfront,
        AmortizedRecurringFee=use.recurring,
        TotalAmortizedFee=use.total,
        RICostForUnusedHours=use.unused,
        RealizedSavings=realized,
        UnrealizedSavings=potential - realized,
    )


def _spend(coverage: Coverage) -> dict[str, str]:
    total = coverage.covered_spend + coverage.on_demand_spend
    return _texts(
        SpendCoveredBySavingsPlans=coverage.covered_spend,
        OnDemandCost=coverage.on_demand_spend,
        TotalCost=total,
        CoveragePercentage=percent(coverage.covered_spend, total),
    )


def _hours(coverage: Coverage, measures: Iterable[str]) -> dict[str, object]:
    """Normalized units are left out: this ledger has none."""
    total = coverage.covered_hours + coverage.on_demand_hours
    by_measure: dict[str, dict[str, object]] = {
        "Hour": {
            "CoverageHours": _texts(
                OnDemandHours=coverage.on_demand_hours,
                ReservedHours=coverage.covered_hours,
                TotalRunningHours=total,
                CoverageHoursPercentage=percent(coverage.covered_hours, total),
            )
        },
        "Cost": {"CoverageCost": _texts(OnDemandCost=coverage.on_demand_spend)},
    }
    return {name: value for m in measures for name, value in by_measure.get(m, {}).items()}
