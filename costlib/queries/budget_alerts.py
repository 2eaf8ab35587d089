"""Alerts of budgets: those that are exceeded, and those that likely will be."""

from __future__ import annotations

from collections.abc import Iterator

from costlib.access import Scope
from costlib.alerts.alert import Alert
from costlib.budgets.budget import Of
from costlib.channels import AlertKind
from costlib.money import difference
from costlib.queries.budgets import Standing, Verdict, standings
from costlib.queries.forecast_events import Events
from costlib.store.snapshot import Snapshot
from costlib.wording import Currency, share, span, weekday

PAGE = "budgets"


def budget_alerts(snapshot: Snapshot, scope: Scope, year_starts_in: int = 1, events: Events = ()) -> Iterator[Alert]:
    """The exceeded ones first. Each is told once a period as likely to be exceeded, and once when it is."""
    found = standings(snapshot, scope, year_starts_in, events)
    for verdict in (Verdict.over, Verdict.at_risk):
        yield from (_alert(snapshot, standing) for standing in found if standing.verdict is verdict)


def _alert(snapshot: Snapshot, standing: Standing) -> Alert:
    budget, is_over = standing.budget, standing.verdict is Verdict.over
    beyond = difference(standing.actual, standing.amount) if is_over else standing.variance
    return Alert(
        key=f"budget:{budget.budget_id}:{standing.period.start}:{'over' if is_over else 'at risk'}",
        kind=AlertKind.budget,
        title=f"The budget “{budget.name}” {'is exceeded' if is_over else 'will likely be exceeded'}",
        sentences=tuple(_sentences(standing, Currency(snapshot.currency))),
        since=standing.period.start,
        amount=None if beyond is None else abs(beyond),
        cost_center=budget.value if budget.of == Of.cost_center else None,
        account=budget.value if budget.of == Of.account else None,
        page=PAGE,
    )


def _sentences(standing: Standing, money: Currency) -> Iterator[str]:
    amounts = f"{money.exact(standing.actual)} of {money.exact(standing.amount)} are spent"
    yield f"{amounts}, {span(standing.period)}."
    crossing = standing.crossing
    if standing.verdict is Verdict.over:
        yield f"The amount was passed on {weekday(crossing)}." if crossing else "The amount was passed."
    elif crossing:
        yield f"The amount is expected to be passed on {weekday(crossing)}."
    if standing.expected is not None:
        yield f"Expected at the end: {money.exact(standing.expected)} ({money.change(standing.variance)})."
    if standing.verdict is Verdict.at_risk and standing.probability is not None:
        yield f"Probability of an overrun: {share(standing.probability, 0)}."
