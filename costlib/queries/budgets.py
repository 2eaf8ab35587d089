"""Budgets: what may be spent, what was, where it will end, and how likely that is too much.

A budget is of the whole of what it names, and seen by whoever may see that: a cost center's by whoever may read its
statement, an account's by whoever sees the account, the others by whoever sees every account.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from costlib.access import Scope
from costlib.budgets.budget import Agreed, Budget, Budgets, Of
from costlib.budgets.parsing import parse_budgets
from costlib.budgets.rollover import NOTHING, Carried, carried
from costlib.money import difference, total
from costlib.periods import Period, month_start
from costlib.queries.budget_outlook import Outlook, outlook_of, running
from costlib.queries.budget_spend import Spend, spend_of
from costlib.queries.forecast_events import Events
from costlib.queries.rule_history import APPLIED, NEWEST_FIRST, Applied
from costlib.store.budgets import BUDGETS_PROBLEM, AwsBudget
from costlib.store.snapshot import Snapshot
from costlib.vocabulary import CostMetric

LIKELY = 0.2
"""The probability of an overrun from which a budget is at risk."""
COST = "COST"


class Verdict(StrEnum):
    """How a budget stands, the worst first."""

    over = "over"
    at_risk = "at risk"
    on_track = "on track"
    unknown = "not known"


@dataclass(frozen=True)
class BudgetVersion(Applied):
    """Budgets as somebody put them in force."""

    @property
    def budgets(self) -> Budgets:
        """What the text says."""
        return parse_budgets(self.text, self.file)


@dataclass(frozen=True)
class Standing:
    """One budget in the period of the last complete day.

    `actual` is all that is stored of the period, `path` its running sum by day, up to the last complete day. `outlook`
    is where it will end, or why that cannot be said. `since` is the first day that is counted: that of the period, or
    of what is stored.
    """

    budget: Budget
    agreed: Agreed
    carried: Carried
    actual: Decimal | None
    since: date
    path: tuple[tuple[date, Decimal], ...]
    outlook: Outlook | str
    crossed: date | None
    """The day on which the stored sum went above the amount; None when it has not."""

    @property
    def period(self) -> Period:
        return self.agreed.period

    @property
    def amount(self) -> Decimal | None:
        """What may be spent: agreed and carried over."""
        return total((self.agreed.amount, self.carried.amount))

    @property
    def expected(self) -> Decimal | None:
        """Where the period will end; an estimate."""
        return self.outlook.end.expected if isinstance(self.outlook, Outlook) else None

    @property
    def variance(self) -> Decimal | None:
        """Expected less the amount: positive is too much."""
        return difference(self.expected, self.amount)

    @property
    def probability(self) -> float | None:
        """How likely it ends above the amount; 1 once it is above."""
        if self.verdict is Verdict.over:
            return 1.0
        return self.outlook.probability if isinstance(self.outlook, Outlook) else None

    @property
    def crossing(self) -> date | None:
        """The day on which the amount was passed, or will be; None when neither."""
        if self.crossed is not None or self.amount is None or isinstance(self.outlook, str):
            return self.crossed
        return self.outlook.crossed_on(self.amount)

    @property
    def verdict(self) -> Verdict:
        if self.amount is None or self.actual is None:
            return Verdict.unknown
        if self.actual > self.amount:
            return Verdict.over
        if isinstance(self.outlook, str):
            return Verdict.unknown
        is_likely = self.outlook.probability >= LIKELY or self.outlook.end.expected > self.amount
        return Verdict.at_risk if is_likely else Verdict.on_track


def budget_versions(snapshot: Snapshot, scope: Scope) -> tuple[BudgetVersion, ...]:
    """Every version that was put in force, the newest first, for whoever sees everything; nobody else sees any."""
    return _versions(snapshot) if scope.accounts is None and scope.statements is None else ()


def budgets_problem(snapshot: Snapshot) -> str:
    """What is wrong with the budgets file, so that the last good budgets are in force; '' when nothing is."""
    rows = list(snapshot.rows("SELECT value FROM meta WHERE key = ?", (BUDGETS_PROBLEM,)))
    return str(rows[0][0] or "") if rows else ""


def seen_budgets(snapshot: Snapshot, scope: Scope) -> tuple[Budget, ...]:
    """The budgets in force that may be seen, in the order of the file."""
    newest = next(iter(_versions(snapshot)), None)
    return tuple(b for b in newest.budgets.budgets if _may_see(scope, b)) if newest else ()


def standings(snapshot: Snapshot, scope: Scope, year_starts_in: int = 1, events: Events = ()) -> tuple[Standing, ...]:
    """Every budget that may be seen and has an amount for the last complete day, in the order of the file.

    `year_starts_in`: the month that years begin with, 1 to 12; unspent amounts are not carried past its start.
    Known `events` of what a budget is of are added to its outlook, and days that they mute are not learned from.
    """
    last = _last_complete(snapshot)
    now = [(b, agreed) for b in seen_budgets(snapshot, scope) if (agreed := b.agreed(last, year_starts_in))]
    spends = spend_of(snapshot, [b for b, _ in now])
    return tuple(_standing(snapshot, b, agreed, spends[b], last, year_starts_in, _of(b, events)) for b, agreed in now)


@dataclass(frozen=True)
class BudgetOfMonth:
    """A cost center's budget beside its statement: amounts through the end of the statement's month."""

    budget: Budget
    agreed: Agreed
    carried: Carried
    actual: Decimal | None

    @property
    def amount(self) -> Decimal | None:
        """What may be spent: agreed and carried over."""
        return total((self.agreed.amount, self.carried.amount))

    @property
    def variance(self) -> Decimal | None:
        """Actual less the amount: positive is too much."""
        return difference(self.actual, self.amount)


def budget_of_cost_center(
    snapshot: Snapshot, scope: Scope, cost_center: str, month: date, metric: CostMetric, year_starts_in: int = 1
) -> BudgetOfMonth | None:
    """The first budget of a cost center that has an amount for the month, in the statement's metric; None without one.

    Of a yearly budget, `actual` is what the year's statements come to through the month.
    """
    for budget in seen_budgets(snapshot, scope):
        is_its = budget.of == Of.cost_center and budget.value == cost_center and budget.metric is metric
        agreed = budget.agreed(month, year_starts_in) if is_its else None
        if agreed is not None:
            months = spend_of(snapshot, [budget])[budget].months
            spent = total(amount for of, amount in months.items() if of in agreed.period and of <= month)
            return BudgetOfMonth(budget, agreed, _carried(budget, months, month, year_starts_in), spent)
    return None


def aws_budgets(snapshot: Snapshot, scope: Scope) -> tuple[AwsBudget, ...]:
    """AWS's own budgets of cost, as AWS tells them, for whoever sees every account; nobody else sees any."""
    if scope.accounts is not None:
        return ()
    rows = snapshot.rows(
        """
        SELECT account_id, name, budget_type, time_unit, start_date, end_date, unit, budget_limit, actual, forecast,
               narrowed_to, read_at
        FROM aws_budgets
        WHERE budget_type = ?
        ORDER BY name""",
        (COST,),
    )
    return tuple(AwsBudget(*row) for row in rows)  # type: ignore[arg-type]


def _versions(snapshot: Snapshot) -> tuple[BudgetVersion, ...]:
    rows = snapshot.rows(f"SELECT {APPLIED} FROM budget_versions {NEWEST_FIRST}")
    return tuple(BudgetVersion(*row) for row in rows)  # type: ignore[arg-type]


def _may_see(scope: Scope, budget: Budget) -> bool:
    if budget.of == Of.cost_center:
        return scope.statements is None or budget.value in scope.statements
    return scope.accounts is None or (budget.of == Of.account and budget.value in scope.accounts)


def _last_complete(snapshot: Snapshot) -> date:
    return min(snapshot.complete_through, snapshot.period.last_day)


def _carried(budget: Budget, months: Mapping[date, Decimal | None], month: date, year_starts_in: int) -> Carried:
    if not budget.rollover:
        return NOTHING
    return carried(budget.months_before(month, year_starts_in), months)


def _of(budget: Budget, events: Events) -> Events:
    """Events that touch a budget: of a cost center those without a selection, for only rules know what is its own."""
    if budget.of == Of.cost_center:
        return tuple(event for event in events if not event.selection)
    names: dict[str, str] = {Of.account: "usage_account_id", Of.service: "service"}
    kept = {} if budget.of == Of.total else {names.get(budget.of, budget.of): budget.value}
    return tuple(event for event in events if event.concerns(kept))


def _outlook(spend: Spend, period: Period, last: date, amount: Decimal | None, events: Events) -> Outlook | str:
    if amount is None:
        return "What was carried over is not available."
    return outlook_of(spend.expected, period, last, amount, events)


def _standing(
    snapshot: Snapshot, budget: Budget, agreed: Agreed, spend: Spend, last: date, year_starts_in: int, events: Events
) -> Standing:
    over = _carried(budget, spend.months, month_start(last), year_starts_in)
    amount = total((agreed.amount, over.amount))
    stored = running(spend.days, agreed.period, snapshot.period.last_day)
    return Standing(
        budget=budget,
        agreed=agreed,
        carried=over,
        actual=spend.over(agreed.period),
        since=max(agreed.period.start, snapshot.period.start),
        path=tuple(point for point in stored if point[0] <= last),
        outlook=spend.doubt or _outlook(spend, agreed.period, last, amount, events),
        crossed=None if amount is None else next((day for day, so_far in stored if so_far > amount), None),
    )
