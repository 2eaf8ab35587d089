"""What was spent of what a budget is of: month by month exactly, and day by day.

A cost center's spend is its statements, shared cost included; they are of months. Its days are those of its own cost,
with shared cost laid over them in proportion.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from costlib.access import EVERYTHING, Scope
from costlib.budgets.budget import Budget, Of
from costlib.money import of_units, spread, total, units
from costlib.periods import DAY, Period, month_of, month_start, months_in
from costlib.queries.filters import Filters
from costlib.queries.rule_history import versions
from costlib.queries.sql import amount, selection
from costlib.queries.statement_history import history
from costlib.store.books import own_days_sql
from costlib.store.snapshot import Snapshot
from costlib.vocabulary import CostMetric

Days = Mapping[date, Decimal | None]


@dataclass(frozen=True)
class Spend:
    """`months` (by first day) and `days` add up to the same; None is "not available".

    `expected` is what the days would be if the month that is not over were shared like the one before: what comes on
    the first of a month for all of it makes the others no dearer. Of what is not shared it is `days`.
    """

    months: Mapping[date, Decimal | None]
    days: Days
    expected: Days

    def over(self, period: Period) -> Decimal | None:
        """All that is stored of a period; 0 where nothing is."""
        return total(amount for day, amount in self.days.items() if day in period)


def spend_of(snapshot: Snapshot, budgets: Iterable[Budget]) -> Mapping[Budget, Spend]:
    """Of budgets that whoever asks may see: each is of the whole of what it names."""
    found = {b: _by_days(_charged(snapshot, b)) for b in budgets if b.of != Of.cost_center}
    shared = [b for b in budgets if b.of == Of.cost_center]
    for metric in dict.fromkeys(b.metric for b in shared):
        of_metric = [b for b in shared if b.metric is metric]
        own = _own_days(snapshot, sorted({b.value for b in of_metric}), metric)
        found |= {b: _of_statements(snapshot, b, own.get(b.value, {})) for b in of_metric}
    return found


def _charged(snapshot: Snapshot, budget: Budget) -> Days:
    """Every stored day; 0 without a charge."""
    filters = Filters(
        snapshot.period,
        metric=budget.metric,
        accounts=(budget.value,) if budget.of == Of.account else (),
        services=(budget.value,) if budget.of == Of.service else (),
        labels=() if budget.of in set(Of) else ((budget.of, (budget.value,)),),
    )
    chosen = selection(snapshot, EVERYTHING, filters, ["charge_date"], [budget.metric])
    rows = snapshot.rows(
        f"SELECT dimension_1, {amount(budget.metric)} FROM ({chosen.sql.text}) AS selected GROUP BY dimension_1",
        chosen.sql.parameters,
    )
    return _dense(snapshot.period, dict(rows))  # type: ignore[arg-type]


def _dense(period: Period, found: Days) -> Days:
    return {day: found.get(day, Decimal(0)) for day in period}


def _by_days(days: Days) -> Spend:
    months: dict[date, list[Decimal | None]] = {}
    for day, spent in days.items():
        months.setdefault(month_start(day), []).append(spent)
    return Spend({month: total(amounts) for month, amounts in months.items()}, days, days)


def _own_days(snapshot: Snapshot, centers: Sequence[str], metric: CostMetric) -> Mapping[str, Days]:
    """What is each center's own, by the rules in force; nothing without rules."""
    newest = next(iter(versions(snapshot)), None)
    if newest is None:
        return {}
    text, parameters = own_days_sql(newest.rules, snapshot.period, centers, metric)
    found: dict[str, dict[date, Decimal | None]] = {}
    for center, day, own in snapshot.rows(text, parameters):
        found.setdefault(str(center), {})[day] = own  # type: ignore[index, assignment]
    return found


def _of_statements(snapshot: Snapshot, budget: Budget, own: Days) -> Spend:
    scope = Scope(cost_centers=frozenset({budget.value}))
    months = {of.month: of.total for of in history(snapshot, scope, budget.metric, budget.value)}
    days: dict[date, Decimal | None] = {}
    for month in months_in(snapshot.period):
        months.setdefault(month.start, Decimal(0))
        stored = month.clip(snapshot.period)
        if stored is not None:
            days |= _laid_over(months[month.start], _dense(stored, own))
    return Spend(months, days, _expected(snapshot, months, days, own))


def _laid_over(spent: Decimal | None, own: Days) -> Days:
    """A month's statement over its days, in proportion to what is the center's own; they add up to it exactly."""
    amounts = [units(amount) for amount in own.values() if amount is not None]
    if spent is None or len(amounts) < len(own):
        return dict.fromkeys(own)
    even = not sum(amounts)
    parts = spread(units(spent), [1] * len(own) if even else amounts)
    return dict(zip(own, map(of_units, parts), strict=True))


def _expected(snapshot: Snapshot, months: Mapping[date, Decimal | None], days: Days, own: Days) -> Days:
    """The days, those of the month that is not over by the last whole month's share of shared cost."""
    last = min(snapshot.complete_through, snapshot.period.last_day)
    this_month = month_of(last)
    before = month_of(this_month.start - DAY)
    if last == this_month.last_day or before.clip(snapshot.period) != before:
        return days
    was, was_own = months.get(before.start), total(own.get(day, Decimal(0)) for day in before)
    if was is None or not was_own:
        return days
    share = was / was_own
    return {day: _times(own.get(day, Decimal(0)), share) if day in this_month else spent for day, spent in days.items()}


def _times(amount: Decimal | None, share: Decimal) -> Decimal | None:
    return None if amount is None else amount * share
