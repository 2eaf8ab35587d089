"""The figures of a digest, put together from the questions that the pages ask."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from costlib.access import Scope
from costlib.alerts.alert import Alert
from costlib.alerts.figures import Compared, Day, DigestFigures, Move, Spend, StatementSum
from costlib.channels import Cadence
from costlib.errors import UnknownName
from costlib.periods import DAY, Comparison, Granularity, Period, add_months, compared_period, month_of, month_start
from costlib.queries import ranking, showback
from costlib.queries.alerts import data_state
from costlib.queries.changes import Mover, movers
from costlib.queries.filters import Filters
from costlib.queries.forecast_events import Events
from costlib.queries.freshness import tie_out_summary
from costlib.queries.month_end import month_end
from costlib.queries.overview import headline
from costlib.queries.series import cost_over_time
from costlib.store.snapshot import Snapshot
from costlib.vocabulary import CostMetric
from costlib.wording import count

WEEK = timedelta(days=7)
MOVES = 5
TREND_DAYS = {Cadence.daily: 14, Cadence.weekly: 28}
_ACCOUNTS = "SELECT DISTINCT usage_account_id FROM charges"
_COST_CENTERS = "SELECT cost_center FROM showback_charges UNION SELECT cost_center FROM showback_entries"
CARRIES = Decimal("0.5")
"""From this part of a change on, one place is named for it."""


def digest_figures(
    snapshot: Snapshot,
    scope: Scope,
    cadence: Cadence,
    alerts: Sequence[Alert] = (),
    metric: CostMetric = CostMetric.unblended_cost,
    events: Events = (),
) -> DigestFigures:
    """The digest of the last complete day, or of the seven up to it, within scope; `alerts` are those it lists, known
    `events` are added to the month's end.

    Raises UnknownName for an account or cost center of the scope that there is not.
    """
    _require_known(snapshot, scope)
    state = data_state(snapshot)
    month = month_of(state.last_complete_day)
    latest = _latest(state.last_complete_day, cadence)
    return DigestFigures(
        cadence=cadence,
        metric=metric,
        currency=snapshot.currency,
        month=month.start,
        spend=_spend(snapshot, scope, cadence, metric, events) if _sees_charges(scope) else None,
        statements=tuple(_statements(snapshot, scope, month.start, metric)),
        alerts=tuple(alerts),
        state=state,
        ties_out=tie_out_summary(snapshot, None, metric).ties_out,
        estimated_days=_estimated(snapshot, latest),
        narrowed_to=tuple(_narrowed(scope)),
    )


def of_what_there_is(snapshot: Snapshot, scope: Scope) -> Scope:
    """The same without accounts and cost centers that there are not: whoever may see them has nothing to see there."""
    return Scope(
        None if scope.accounts is None else scope.accounts & _known(snapshot, _ACCOUNTS),
        None if scope.cost_centers is None else scope.cost_centers & _known(snapshot, _COST_CENTERS),
        scope.labels,
    )


def _known(snapshot: Snapshot, text: str) -> frozenset[str]:
    return frozenset(str(name) for (name,) in snapshot.rows(text))


def _require_known(snapshot: Snapshot, scope: Scope) -> None:
    """An account or cost center that does not exist would be a digest of nothing: UnknownName."""
    for kind, names, text in (
        ("account", scope.accounts, _ACCOUNTS),
        ("cost center", scope.cost_centers, _COST_CENTERS),
    ):
        known = _known(snapshot, text) if names else frozenset[str]()
        for name in sorted((names or frozenset()) - known):
            raise UnknownName(kind, name, known)


def _latest(last: date, cadence: Cadence) -> Period:
    return Period(last if cadence is Cadence.daily else last - WEEK + DAY, last + DAY)


def _sees_charges(scope: Scope) -> bool:
    """Whether there is any charge that may be read: who may read statements alone is told of those."""
    return scope.accounts != frozenset() or bool(scope.labels)


def _spend(snapshot: Snapshot, scope: Scope, cadence: Cadence, metric: CostMetric, events: Events) -> Spend:
    last = data_state(snapshot).last_complete_day
    filters = Filters(snapshot.period, metric=metric)
    latest = _latest(last, cadence)
    week_before = Period(latest.start - WEEK, latest.end - WEEK)
    to_date = Period(month_start(last), last + DAY)
    same_days = compared_period(to_date, Comparison.last_month)
    assert same_days is not None
    return Spend(
        latest=_compared(snapshot, scope, filters, latest, week_before),
        to_date=_compared(snapshot, scope, filters, to_date, same_days),
        last_month=headline(snapshot, scope, filters).last_month_total,
        month_end=month_end(snapshot, scope, filters, events),
        moves=_moves(snapshot, scope, replace(filters, period=latest), week_before),
        days=_days(snapshot, scope, filters, latest, TREND_DAYS[cadence]),
    )


def _compared(snapshot: Snapshot, scope: Scope, filters: Filters, period: Period, before: Period) -> Compared:
    found = ranking.total(snapshot, scope, replace(filters, period=period), before)
    return Compared(period, found.amount, before, found.previous)


def _moves(snapshot: Snapshot, scope: Scope, filters: Filters, before: Period) -> tuple[Move, ...]:
    rows = snapshot.rows("SELECT usage_account_id, usage_account_name FROM accounts")
    names = {str(account): str(name) for account, name in rows}
    found = movers(snapshot, scope, filters, "service", compared=before, limit=MOVES)
    return tuple(_move(mover, names) for mover in found)


def _move(mover: Mover, names: Mapping[str, str]) -> Move:
    move = Move(mover.name, mover.amount, mover.previous, mover.change)
    first = next(iter(mover.drivers), None)
    if first is None or mover.moved < 2 or first.change / mover.change < CARRIES:
        return move
    (account,) = first.values
    return replace(move, place=str(names.get(account) or account), place_change=first.change)


def _days(snapshot: Snapshot, scope: Scope, filters: Filters, latest: Period, wanted: int) -> tuple[Day, ...]:
    period = Period(latest.end - wanted * DAY, latest.end).clip(snapshot.period) or latest
    asked = replace(filters, period=period, granularity=Granularity.daily)
    table = cost_over_time(snapshot, scope, asked)
    amounts = dict(zip(table.column("period_start").to_pylist(), table.column("amount").to_pylist(), strict=True))
    return tuple(Day(day, amounts.get(day, Decimal(0)), day in latest) for day in period)


def _statements(snapshot: Snapshot, scope: Scope, month: date, metric: CostMetric) -> Iterator[StatementSum]:
    """Only for who sees some cost centers: whoever sees all has the matrix for it."""
    if scope.cost_centers is None:
        return
    now, before = (
        {row["cost_center"]: row["total"] for row in showback.matrix(snapshot, scope, asked).to_pylist()}
        for asked in (showback.official(snapshot, m, metric) for m in (month, add_months(month, -1)))
    )
    for cost_center in sorted({*now, *before}):
        yield StatementSum(cost_center, now.get(cost_center), before.get(cost_center))


def _estimated(snapshot: Snapshot, period: Period) -> int:
    text = "SELECT COUNT(*) FROM daily_totals WHERE is_estimated AND charge_date >= ? AND charge_date < ?"
    ((found,),) = snapshot.rows(text, (period.start, period.end))
    return int(str(found))


def _narrowed(scope: Scope) -> Iterator[str]:
    if scope.accounts:
        centers = f" and of {', '.join(sorted(scope.cost_centers))}" if scope.cost_centers else ""
        yield f"charges of {count(len(scope.accounts), 'account')}{centers}"
    if scope.cost_centers:
        yield f"statements of {', '.join(sorted(scope.cost_centers))}"
