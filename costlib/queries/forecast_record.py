"""Kept forecasts: AWS's beside ours, and how both did once their days were complete.

AWS's forecast is of everything in one metric, so it is only shown to somebody who sees everything, unfiltered.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from costlib.access import Scope
from costlib.money import EXACT
from costlib.periods import DAY, Period, add_months, month_start
from costlib.queries.filters import Filters
from costlib.queries.forecast_series import Daily, daily
from costlib.queries.forecasts import Interval
from costlib.store.snapshot import Snapshot

AWS, OURS = "aws", "costlib"
PROBLEM = "aws_forecast_problem"
ACTION = "ce:GetCostForecast"
DISTANCES = ((1, 7), (8, 30), (31, 92))
"""Days ahead that are graded together."""

BANDS = (("run", 0.12), ("walk", 0.15), ("crawl", 0.20))
"""The largest error of each maturity."""


@dataclass(frozen=True)
class AwsSpan:
    """A month as AWS sees it: what had been charged before it was asked, and its forecast of the rest."""

    period: Period
    expected: Decimal
    likely: Interval | None


@dataclass(frozen=True)
class AwsOutlook:
    """AWS's last kept forecast: `days` as (day, mean, interval), and months. `missing` says why there is none."""

    as_of: date | None
    days: tuple[tuple[date, Decimal, Interval | None], ...]
    months: tuple[AwsSpan, ...]
    missing: str = ""

    def month(self, start: date) -> AwsSpan | None:
        return next((span for span in self.months if span.period.start == start), None)


@dataclass(frozen=True)
class KeptGrade:
    """How one forecaster's kept forecasts did: of days so far ahead, or of whole months (None)."""

    forecaster: str
    ahead: tuple[int, int] | None
    wape: float
    bias: float
    coverage: float | None
    forecasts: int
    since: date


def aws_outlook(snapshot: Snapshot, scope: Scope, filters: Filters) -> AwsOutlook:
    """AWS's forecast of the total as last kept; empty, with the reason, where there is none to set beside ours."""
    if why := _why_not_comparable(scope, filters):
        return AwsOutlook(None, (), (), why)
    rows = list(
        snapshot.rows(
            """
            SELECT as_of, granularity, period_start, period_end, mean, lower_bound, upper_bound
            FROM forecasts
            WHERE forecaster = ? AND level = 'total' AND metric = ? AND as_of = (
                SELECT MAX(as_of) FROM forecasts WHERE forecaster = ? AND level = 'total' AND metric = ?
            )
            ORDER BY period_start""",
            (AWS, filters.metric, AWS, filters.metric),
        )
    )
    if not rows:
        return AwsOutlook(None, (), (), _why_not_kept(snapshot, filters))
    history = daily(snapshot, scope, filters)
    kept = [_Kept(*row) for row in rows]  # type: ignore[arg-type]
    days = tuple((k.start, k.mean, k.interval) for k in kept if k.granularity == "daily")
    months = tuple(_month(k, history) for k in kept if k.granularity == "monthly")
    return AwsOutlook(kept[0].as_of, days, months)


def kept_grades(snapshot: Snapshot, scope: Scope, filters: Filters) -> tuple[KeptGrade, ...]:
    """Every kept forecast of this selection whose days are complete, against what they came to; AWS's and ours are
    graded on the same periods where both were kept. Empty for a selection that nobody's forecast is kept of."""
    subject = _subject(scope, filters)
    if subject is None:
        return ()
    rows = snapshot.rows(
        """
        SELECT as_of, granularity, period_start, period_end, mean, lower_bound, upper_bound, forecaster
        FROM forecasts
        WHERE level = ? AND value = ? AND metric = ? AND period_end <= ?
        ORDER BY forecaster DESC, as_of, period_start""",
        (*subject, filters.metric, snapshot.complete_through + DAY),
    )
    by_who: dict[tuple[str, tuple[int, int] | None], list[_Kept]] = {}
    for *row, forecaster in rows:
        kept = _Kept(*row)  # type: ignore[arg-type]
        by_who.setdefault((str(forecaster), kept.ahead), []).append(kept)
    history = daily(snapshot, scope, filters) if by_who else None
    return tuple(_grades(by_who, history)) if history else ()


@dataclass(frozen=True)
class _Kept:
    as_of: date
    granularity: str
    start: date
    end: date
    mean: Decimal
    lower: Decimal | None
    upper: Decimal | None

    @property
    def period(self) -> Period:
        return Period(self.start, self.end)

    @property
    def interval(self) -> Interval | None:
        return None if self.lower is None or self.upper is None else Interval(self.lower, self.upper)

    @property
    def ahead(self) -> tuple[int, int] | None:
        """The distance it is graded at; None for a month."""
        if self.granularity != "daily":
            return None
        days = (self.start - self.as_of).days + 1
        return next((span for span in DISTANCES if days <= span[1]), DISTANCES[-1])


def _grades(by_who: dict[tuple[str, tuple[int, int] | None], list[_Kept]], history: Daily) -> Iterator[KeptGrade]:
    for (forecaster, ahead), kept in by_who.items():
        known = [(k, actual) for k in kept if (actual := history.sum(k.period)) is not None]
        size = float(sum(abs(actual) for _, actual in known))
        if size:
            errors = [float(k.mean - actual) for k, actual in known]
            yield KeptGrade(
                forecaster,
                ahead,
                sum(map(abs, errors)) / size,
                sum(errors) / size,
                _coverage(known),
                len(known),
                min(k.as_of for k, _ in known),
            )


def _coverage(known: Iterable[tuple[_Kept, Decimal]]) -> float | None:
    held = [k.interval.lower <= actual <= k.interval.upper for k, actual in known if k.interval]
    return sum(held) / len(held) if held else None


def _month(kept: _Kept, history: Daily) -> AwsSpan:
    """AWS gives the rest of the running month: what was charged before is added. Later days count as charged so far."""
    start = month_start(kept.start)
    so_far = Decimal(0)
    for day in Period(start, kept.start) if start < kept.start else ():
        so_far = EXACT.add(so_far, history.amounts.get(day, Decimal(0)))
    likely = kept.interval
    if likely:
        likely = Interval(EXACT.add(so_far, likely.lower), EXACT.add(so_far, likely.upper))
    return AwsSpan(Period(start, add_months(start, 1)), EXACT.add(so_far, kept.mean), likely)


def _why_not_comparable(scope: Scope, filters: Filters) -> str:
    if scope.accounts is not None:
        return "AWS forecasts everything together, so it is shown to those who may see every account."
    if filters.conditions or filters.left_out:
        return "AWS's forecast is kept of everything together: without filters it is shown beside ours."
    return ""


def _why_not_kept(snapshot: Snapshot, filters: Filters) -> str:
    if list(snapshot.rows("SELECT 1 FROM missing_rights WHERE action = ?", (ACTION,))):
        return f"The role lacks {ACTION}, so AWS's own forecast is not known."
    problem = [str(value) for (value,) in snapshot.rows("SELECT value FROM meta WHERE key = ?", (PROBLEM,))]
    if problem and problem[0]:
        return f"AWS gave no forecast: {problem[0]}"
    return f"AWS was not asked for a forecast of {filters.metric.label.lower()} cost (setting aws_forecast_metrics)."


def _subject(scope: Scope, filters: Filters) -> tuple[str, str] | None:
    """The level and value that `filters` are, if they are one that forecasts are kept of."""
    if filters.left_out or scope.accounts is not None:
        return None
    if not filters.conditions:
        return "total", ""
    if len(filters.conditions) > 1 or len(filters.conditions[0][1]) > 1:
        return None
    ((name, (value,)),) = filters.conditions
    return name, value


def band(wape: float) -> str:
    """How mature forecasting is by that error, in the words of the FinOps Foundation: run, walk, crawl, or below."""
    return next((name for name, most in BANDS if wape <= most), "below crawl")
