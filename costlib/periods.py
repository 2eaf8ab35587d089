"""Half-open charge periods in UTC days, and the periods people compare.

Cost Explorer's `End` is exclusive, and so is `Period.end` everywhere in this program. `date.today()` is
never read here: callers pass the day.
"""

from __future__ import annotations

import calendar
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from costlib.errors import UsageError

DAY = timedelta(days=1)


class Granularity(StrEnum):
    """The length of one point on a chart or one row of a table."""

    daily = "daily"
    weekly = "weekly"
    monthly = "monthly"


@dataclass(frozen=True, order=True)
class Period:
    """The days from `start` up to, not including, `end`."""

    start: date
    end: date

    def __post_init__(self) -> None:
        if self.end <= self.start:
            raise UsageError(
                f"The period {self.start} to {self.end} holds no day.",
                "Give an end after the start; the end day itself is not included.",
            )

    @property
    def days(self) -> int:
        return (self.end - self.start).days

    @property
    def last_day(self) -> date:
        return self.end - DAY

    def __contains__(self, day: date) -> bool:
        return self.start <= day < self.end

    def __iter__(self) -> Iterator[date]:
        return (self.start + i * DAY for i in range(self.days))

    def clip(self, outer: Period) -> Period | None:
        """The part that lies in `outer`, or None."""
        start, end = max(self.start, outer.start), min(self.end, outer.end)
        return Period(start, end) if start < end else None

    def __str__(self) -> str:
        return f"{self.start} to {self.last_day}"


YEARS = range(2000, 2200)
"""AWS is younger than this, and there is room on both sides to compare with other years."""


def parse_day(text: str, name: str = "date") -> date:
    """An ISO day of this age; anything else is a UsageError that names the argument."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = None
    if day is None or day.year not in YEARS:
        raise UsageError(f"{name} {text!r} is not a day.", "Write days as YYYY-MM-DD, for example 2026-01-31.")
    return day


def parse_month(text: str, name: str = "month") -> date:
    """The first day of a month written as `2026-01`; anything else is a UsageError that names the argument."""
    try:
        return parse_day(f"{text}-01", name)
    except UsageError:
        raise UsageError(f"{name} {text!r} is not a month.", "Write months as YYYY-MM, for example 2026-01.") from None


def month_start(day: date) -> date:
    return day.replace(day=1)


def add_months(day: date, months: int) -> date:
    """The same day `months` later, moved back to the month's last day where it has no such day."""
    index = day.year * 12 + day.month - 1 + months
    year, month = divmod(index, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def month_of(day: date) -> Period:
    start = month_start(day)
    return Period(start, add_months(start, 1))


def months_in(period: Period) -> list[Period]:
    """The calendar months that `period` touches, whole."""
    months = [month_of(period.start)]
    while months[-1].end < period.end:
        months.append(month_of(months[-1].end))
    return months


def spans_of(days: set[date] | frozenset[date], bridge: int = 0) -> list[Period]:
    """The fewest periods that cover `days`; gaps of at most `bridge` days are covered too."""
    spans: list[Period] = []
    for day in sorted(days):
        if spans and (day - spans[-1].end).days <= bridge:
            spans[-1] = Period(spans[-1].start, day + DAY)
        else:
            spans.append(Period(day, day + DAY))
    return spans


class Preset(StrEnum):
    """Periods a person picks by name; each ends with the last complete day unless it lies in the past.

    `all_stored` begins before any stored day; whoever asks clips it to what is stored.

    `last_month` is the last whole month: on the first days of a month, when the last complete day is the last of the
    month before, that month, not the one before it.
    """

    last_7_days = "7d"
    last_30_days = "30d"
    last_90_days = "90d"
    month_to_date = "mtd"
    last_month = "last_month"
    quarter_to_date = "qtd"
    year_to_date = "ytd"
    fiscal_year = "fiscal_year"
    last_13_months = "13m"
    all_stored = "all"
    custom = "custom"


def preset_period(preset: Preset, complete_through: date, fiscal_year_start_month: int = 1) -> Period:
    """The days that `preset` means when `complete_through` is the last complete day."""
    end = complete_through + DAY
    this_month = month_start(complete_through)
    match preset:
        case Preset.last_7_days:
            return Period(end - 7 * DAY, end)
        case Preset.last_30_days:
            return Period(end - 30 * DAY, end)
        case Preset.last_90_days:
            return Period(end - 90 * DAY, end)
        case Preset.month_to_date:
            return Period(this_month, end)
        case Preset.last_month:
            return Period(add_months(month_start(end), -1), month_start(end))
        case Preset.quarter_to_date:
            return Period(add_months(this_month, -((this_month.month - 1) % 3)), end)
        case Preset.year_to_date:
            return Period(this_month.replace(month=1), end)
        case Preset.fiscal_year:
            return Period(add_months(this_month, -((this_month.month - fiscal_year_start_month) % 12)), end)
        case Preset.last_13_months:
            return Period(add_months(this_month, -12), end)
        case Preset.all_stored:
            return Period(date(YEARS[0], 1, 1), end)
        case Preset.custom:
            raise UsageError("A custom period has no days of its own.", "Give a start and an end day.")


class Comparison(StrEnum):
    """What a period is compared with."""

    none = "none"
    previous_period = "previous"
    last_month = "last_month"
    last_year = "last_year"


def compared_period(period: Period, comparison: Comparison) -> Period | None:
    """The period to set beside `period`; None when nothing is compared.

    For months and years, whole months meet whole months; a part of one month meets the same days of the other one, up
    to its end where that is shorter; any other period meets as many days from the same day of the other month on.
    """
    if comparison is Comparison.none:
        return None
    if comparison is Comparison.previous_period:
        return Period(period.start - period.days * DAY, period.start)
    months = -1 if comparison is Comparison.last_month else -12
    start = add_months(period.start, months)
    if is_whole_months(period):
        return Period(start, add_months(period.end, months))
    end = start + period.days * DAY
    return Period(start, min(end, month_of(start).end) if is_in_one_month(period) else end)


def months_before(period: Period) -> Period:
    """As many whole months as `period`, which is of whole months, right before it."""
    return Period(add_months(period.start, -len(months_in(period))), period.start)


def is_whole_months(period: Period) -> bool:
    return period.start.day == 1 and period.end.day == 1


def is_in_one_month(period: Period) -> bool:
    return month_start(period.start) == month_start(period.last_day)


@dataclass(frozen=True)
class LikeForLike:
    """Two periods that can be compared: both of complete days, and of as many, unless both are whole months."""

    current: Period
    before: Period


def like_for_like(period: Period, comparison: Comparison, complete_through: date) -> LikeForLike | None:
    """`period` up to the last complete day, beside what it is compared with; None without a complete day or comparison.

    Where the other month is shorter than a part of this one, the part ends as early: 30 days of March meet February
    as 28 days against 28.
    """
    if complete_through < period.start:
        return None
    complete = Period(period.start, min(period.end, complete_through + DAY))
    before = compared_period(complete, comparison)
    if before is None:
        return None
    if is_whole_months(complete) and comparison is not Comparison.previous_period:
        return LikeForLike(complete, before)
    return LikeForLike(Period(complete.start, complete.start + before.days * DAY), before)
