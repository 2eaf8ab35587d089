"""Where cost is going: the days ahead, the month's end, months, quarter and fiscal year, and how sure that is.

Complete days are kept as they were charged; only the rest is forecast, by the model that did best on this series' own
past. A forecast is an estimate, rounded to cents.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from types import MappingProxyType
from typing import TYPE_CHECKING

from costlib.access import Scope
from costlib.errors import NotEnoughHistory
from costlib.money import EXACT, rounded
from costlib.periods import DAY, Period, Preset, add_months, month_of, month_start, preset_period
from costlib.queries.filters import Filters
from costlib.queries.forecast_events import Events, added, concerning, muted
from costlib.queries.forecast_nowcast import arrived
from costlib.queries.forecast_series import Daily, daily
from costlib.store.snapshot import Snapshot

if TYPE_CHECKING:
    from costlib.forecast import Contender, Contest

MONTHS_AHEAD = 3
"""Whole months shown after the running one."""
LEVELS = (80, 95)


@dataclass(frozen=True)
class Interval:
    """Where a sum will probably lie."""

    lower: Decimal
    upper: Decimal


@dataclass(frozen=True)
class Span:
    """A period in full: what its complete days came to, and the expected total with its 80 and 95 % intervals."""

    name: str
    period: Period
    actual: Decimal
    expected: Decimal
    likely: Interval
    wide: Interval


@dataclass(frozen=True)
class Ahead:
    """One day to come; `reported` is what AWS has said of it so far, None before it says anything."""

    day: date
    reported: Decimal | None
    expected: Decimal
    likely: Interval
    wide: Interval


@dataclass(frozen=True)
class Track:
    """How forecasts of the total of the next `days` days did on this series' past; shares, 0.05 is 5 %."""

    days: int
    wape: float
    bias: float
    coverage: float
    origins: int


@dataclass(frozen=True)
class Standing:
    """A model in the contest: where it sees the month's end, and its record."""

    name: str
    label: str
    month_end: Decimal
    tracks: tuple[Track, ...]

    def track(self, days: int) -> Track | None:
        """The record at the longest distance that is not beyond `days`."""
        return next((track for track in reversed(self.tracks) if track.days <= days), None)


@dataclass(frozen=True)
class Outlook:
    """A forecast of one selection. `month` is the running month's span, `standings` begin with the winner, `events` are
    still to come."""

    through: date
    history: Daily
    ahead: tuple[Ahead, ...]
    spans: tuple[Span, ...]
    last_month: Decimal | None
    standings: tuple[Standing, ...]
    events: Events

    @property
    def month(self) -> Span:
        return self.spans[0]

    @property
    def days_left(self) -> int:
        """Days of the month that are forecast."""
        return (self.month.period.end - self.through - DAY).days or self.month.period.days

    @property
    def winner(self) -> Standing:
        return self.standings[0]

    @property
    def record(self) -> Track | None:
        """How the winner did over as many days as are left of the month."""
        return self.winner.track(self.days_left)


def outlook(
    snapshot: Snapshot, scope: Scope, filters: Filters, fiscal_year_start_month: int = 1, events: Events = ()
) -> Outlook:
    """The forecast of what `filters` keep; their period plays no part. Known `events` are added.

    Raises NotEnoughHistory, or UsageError where the metric is not available.
    """
    history = daily(snapshot, scope, filters)
    shares = arrived(snapshot, scope, filters)
    return outlook_of(history, fiscal_year_start_month, concerning(events, filters), shares)


def outlook_of(
    history: Daily,
    fiscal_year_start_month: int = 1,
    events: Events = (),
    shares: Mapping[date, float] = MappingProxyType({}),
) -> Outlook:
    """The forecast of a series that all of `events` touch; `shares` say how much of arriving days is there."""
    from costlib.forecast import contest

    if not history.amounts:
        raise NotEnoughHistory(0, 14)
    periods = spans_asked(history.known, fiscal_year_start_month)
    horizon = max((period.end - history.known.end).days for _, period in periods)
    found = contest(history.series(), horizon, LEVELS, muted(events, history.known))
    known = _Known(events, _completed(history, found.winner, shares))
    spans = tuple(span for name, period in periods if (span := _span(history, found.winner, known, name, period)))
    last = Period(add_months(spans[0].period.start, -1), spans[0].period.start)
    return Outlook(
        history.known.last_day,
        history,
        tuple(_ahead(history, found.winner, known)),
        spans,
        history.sum(last),
        tuple(_standings(history, found, known, spans[0].period)),
        tuple(event for event in events if event.period.end > history.known.end),
    )


def spans_asked(known: Period, fiscal_year_start_month: int) -> list[tuple[str, Period]]:
    """The running month, the next ones, the calendar quarter and the fiscal year of the first day to come."""
    first = known.end
    month = month_of(first)
    ahead = [month_of(add_months(month.start, n)) for n in range(1, MONTHS_AHEAD + 1)]
    quarter = add_months(month.start, -((month.start.month - 1) % 3))
    year = preset_period(Preset.fiscal_year, first, fiscal_year_start_month).start
    return [
        ("month", month),
        *(("next_month" if n == 0 else "later_month", period) for n, period in enumerate(ahead)),
        ("quarter", Period(quarter, add_months(quarter, 3))),
        ("fiscal_year", Period(year, add_months(year, 12))),
    ]


def cents(amount: float) -> Decimal:
    """An estimate as an amount."""
    return rounded(Decimal(str(round(amount, 6))))


def _span(history: Daily, winner: Contender, known: _Known, name: str, period: Period) -> Span | None:
    """None where the period began before the stored history."""
    from costlib.forecast.spans import span_bounds, span_mean

    actual = history.sum(period)
    if actual is None:
        return None
    first, last = places(history.known, period)
    likely, wide = span_bounds(winner, first, last, LEVELS)
    sure = EXACT.add(actual, _added(history, known, period))
    expected = EXACT.add(sure, cents(span_mean(winner, first, last)))
    return Span(name, period, actual, expected, _shifted(likely, sure), _shifted(wide, sure))


@dataclass(frozen=True)
class _Known:
    """What is known of days to come beyond the model: events, and by how much the part that arrived changes a day."""

    events: Events
    completed: Mapping[date, Decimal]

    def added(self, period: Period) -> Decimal:
        moved = (amount for day, amount in self.completed.items() if day in period)
        return sum(moved, added(self.events, period))


def _completed(history: Daily, winner: Contender, shares: Mapping[date, float]) -> dict[date, Decimal]:
    """A day of which a known share has arrived comes to that and the missing share of the forecast."""
    found = {}
    for day, share in shares.items():
        mean = float(winner.path["mean"].iloc[(day - history.known.end).days])
        found[day] = cents(float(history.amounts.get(day, 0)) - share * mean)
    return found


def _added(history: Daily, known: _Known, period: Period) -> Decimal:
    """Of the days that are not known yet."""
    rest = period.clip(Period(history.known.end, max(period.end, history.known.end + DAY)))
    return known.added(rest) if rest else Decimal(0)


def places(known: Period, period: Period) -> tuple[int, int]:
    """The first and the last day of `period` to come, counted from the first forecast day."""
    return max(0, (period.start - known.end).days), (period.last_day - known.end).days


def _shifted(bounds: tuple[float, float], actual: Decimal) -> Interval:
    lower, upper = (EXACT.add(actual, cents(bound)) for bound in bounds)
    return Interval(lower, upper)


def _ahead(history: Daily, winner: Contender, known: _Known) -> Iterator[Ahead]:
    """The days to the end of the next month: more would be a line, not a forecast of days."""
    end = add_months(month_start(history.known.end), 2)
    days = winner.path.head((end - history.known.end).days)
    for stamp, mean, low, high, lowest, highest in days[["mean", "lo-80", "hi-80", "lo-95", "hi-95"]].itertuples():
        day = stamp.date()
        reported = history.amounts.get(day, Decimal(0)) if day in history.arriving else None
        sure = known.added(Period(day, day + DAY))
        likely, wide = _shifted((low, high), sure), _shifted((lowest, highest), sure)
        yield Ahead(day, reported, EXACT.add(sure, cents(mean)), likely, wide)


def _standings(history: Daily, found: Contest, known: _Known, month: Period) -> Iterator[Standing]:
    from costlib.forecast.spans import span_mean

    sure = EXACT.add(history.sum(month) or Decimal(0), _added(history, known, month))
    first, last = places(history.known, month)
    for contender in found.contenders:
        tracks = tuple(Track(g.days, g.wape, g.bias, g.coverage, g.origins) for g in contender.grades)
        month_end = EXACT.add(sure, cents(span_mean(contender, first, last)))
        yield Standing(contender.name, contender.label, month_end, tracks)
