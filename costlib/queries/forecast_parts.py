"""The month's end by service, account or label value: each is forecast by itself, together exactly the total."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from itertools import pairwise

from costlib.access import Scope
from costlib.errors import NotEnoughHistory
from costlib.money import CENT, EXACT
from costlib.periods import DAY, Period, add_months
from costlib.queries.filters import Filters
from costlib.queries.forecast_events import Events, added
from costlib.queries.forecast_series import Daily, daily_by
from costlib.queries.forecasts import LEVELS, Outlook, outlook, places
from costlib.queries.series import OTHER
from costlib.store.snapshot import Snapshot

LARGEST = 12
"""Parts that are forecast one by one; the others are one part."""


@dataclass(frozen=True)
class Part:
    """One part's running month: its complete days, the expected total, and last month's."""

    key: str
    is_other: bool
    actual: Decimal
    expected: Decimal
    last_month: Decimal | None


@dataclass(frozen=True)
class _Rest:
    """What a part's remaining days are expected to cost by itself, and how wide its interval is."""

    mean: float
    width: float


def parts(
    snapshot: Snapshot,
    scope: Scope,
    filters: Filters,
    by: str = "service",
    fiscal_year_start_month: int = 1,
    events: Events = (),
) -> tuple[Part, ...]:
    """The parts of the running month, the largest expected first, Other last; they sum to the total's actual amount and
    forecast. Each is forecast alone; what they differ by from the total is shared by how unsure each is."""
    whole = outlook(snapshot, scope, filters, fiscal_year_start_month, events)
    series = _largest(daily_by(snapshot, scope, filters, by), whole.month.period)
    rests = [_rest(one, whole, _own(whole.events, by, name)) for name, one in series]
    expected = reconciled(EXACT.subtract(whole.month.expected, whole.month.actual), rests)
    found = [_part(name, one, rest, whole.month.period) for (name, one), rest in zip(series, expected, strict=True)]
    return tuple(sorted(found, key=lambda part: (part.is_other, -part.expected, part.key)))


def reconciled(total: Decimal, rests: Sequence[_Rest]) -> list[Decimal]:
    """Amounts of whole cents that sum to `total`, each moved from its own forecast by its share of the uncertainty."""
    gap = float(total) - sum(rest.mean for rest in rests)
    weights = [rest.width for rest in rests]
    if not sum(weights):
        weights = [abs(rest.mean) or 1.0 for rest in rests]
    moved = [rest.mean + gap * weight / sum(weights) for rest, weight in zip(rests, weights, strict=True)]
    sums = [Decimal(0)]
    for amount in moved:
        sums.append(sums[-1] + Decimal(str(round(amount, 6))))
    ends = [s.quantize(CENT) for s in sums[:-1]] + [total]
    return [EXACT.subtract(after, before) for before, after in pairwise(ends)]


def _largest(found: Mapping[str, Daily], month: Period) -> list[tuple[str, Daily]]:
    """The largest of the last months, and one series of all others."""
    since = add_months(month.start, -2)
    recent = {key: sum(abs(cost) for day, cost in one.amounts.items() if day >= since) for key, one in found.items()}
    ordered = sorted(found, key=lambda key: (-recent[key], key))
    largest, others = ordered[:LARGEST], ordered[LARGEST:]
    rest = [(OTHER, _together([found[key] for key in others]))] if others else []
    return [*((key, found[key]) for key in largest), *rest]


def _together(series: Sequence[Daily]) -> Daily:
    amounts: dict[date, Decimal] = {}
    for one in series:
        for day, cost in one.amounts.items():
            amounts[day] = EXACT.add(amounts.get(day, Decimal(0)), cost)
    return replace(series[0], amounts=amounts)


def _own(events: Events, by: str, value: str) -> Events:
    """The events that name this very part; others are shared like whatever else the parts miss the total by."""
    return tuple(event for event in events if value in dict(event.selection).get(by, ()))


def _rest(one: Daily, whole: Outlook, events: Events) -> _Rest:
    from costlib.forecast import contest
    from costlib.forecast.spans import span_bounds, span_mean

    first, last = places(one.known, whole.month.period)
    try:
        winner = contest(one.series(), last + 1, LEVELS).winner
    except NotEnoughHistory:
        return _Rest(0.0, 0.0)
    extra = float(added(events, Period(one.known.end, max(whole.month.period.end, one.known.end + DAY))))
    ((low, high),) = span_bounds(winner, first, last, LEVELS[:1])
    return _Rest(extra + span_mean(winner, first, last), high - low)


def _part(name: str, one: Daily, rest: Decimal, month: Period) -> Part:
    actual = one.sum(month) or Decimal(0)
    before = one.sum(Period(add_months(month.start, -1), month.start))
    return Part(name, name == OTHER, actual, EXACT.add(actual, rest), before)
