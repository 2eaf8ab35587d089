"""Which questions to ask Cost Explorer, and over which days.

Cost Explorer groups by at most two dimensions; the charges have three (account, service, record type). The two with
the most values are grouped by, the third is *sliced*: filtered, one value at a time. Record types are the fewest in
all but one-account organizations, and the probe lists which of them have cost on which day.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from math import ceil

from costlib.periods import DAY, Granularity, Period, month_start
from costlib.vocabulary import COST_METRICS, RECORD_TYPE, SERVICE, USAGE_ACCOUNT_ID, Dimension

ASSUMED_PAGE_SIZE = 1000
"""Groups a page, until a page that was followed by another has shown it. AWS documents no page size."""

ASSUMED_SERVICES_PER_ACCOUNT = 15
"""Only for the price of a first sync, before anything is known."""

MAX_WINDOW_ROWS = 400_000
MIN_WINDOW_PAGES = 12
"""Every window wastes about half a page at its end; a dozen pages keep that under five percent."""


class Kind(StrEnum):
    """What a window's rows are for."""

    total = "total"
    record_type = "record_type"
    label = "label"
    cube = "cube"
    lens = "lens"
    label_account = "label_account"
    label_split = "label_split"

    @property
    def is_probe(self) -> bool:
        """Probes look for change over the whole history; they are asked anew by every run."""
        return self in (Kind.total, Kind.record_type, Kind.label)


@dataclass(frozen=True)
class Condition:
    """`dimension` is one of `values`; the value '' of a label means "has none"."""

    dimension: Dimension
    values: tuple[str, ...]

    def expression(self) -> dict[str, object]:
        """In Cost Explorer's filter grammar."""
        kind = {"DIMENSION": "Dimensions", "TAG": "Tags", "COST_CATEGORY": "CostCategories"}[self.dimension.api_type]
        if self.values == ("",) and self.dimension.api_type != "DIMENSION":
            return {kind: {"Key": self.dimension.api_key, "MatchOptions": ["ABSENT"]}}
        return {kind: {"Key": self.dimension.api_key, "Values": list(self.values), "MatchOptions": ["EQUALS"]}}


@dataclass(frozen=True)
class Question:
    """A GetCostAndUsage request without its time and page."""

    kind: Kind
    group_by: tuple[Dimension, ...] = ()
    where: tuple[Condition, ...] = ()
    granularity: Granularity = Granularity.daily
    with_usage: bool = False

    @property
    def signature(self) -> str:
        """The same words for the same question, in any run."""
        return json.dumps([self.kind, self._shape()], sort_keys=True)

    def parameters(self, period: Period, token: str | None) -> dict[str, object]:
        """The request for one page."""
        time = {"TimePeriod": {"Start": period.start.isoformat(), "End": period.end.isoformat()}}
        return {**time, **self._shape(), **({"NextPageToken": token} if token else {})}

    def _shape(self) -> dict[str, object]:
        metrics = [m.api_name for m in COST_METRICS] + (["UsageQuantity"] if self.with_usage else [])
        shape: dict[str, object] = {"Granularity": self.granularity.upper(), "Metrics": metrics}
        if self.group_by:
            shape["GroupBy"] = [{"Type": d.api_type, "Key": d.api_key} for d in self.group_by]
        conditions = [c.expression() for c in self.where]
        if conditions:
            shape["Filter"] = conditions[0] if len(conditions) == 1 else {"And": conditions}
        return shape


@dataclass(frozen=True)
class Window:
    """One question over one span; `expected_rows` is a guess, for the price and the progress bar."""

    question: Question
    period: Period
    expected_rows: int

    def expected_pages(self, page_size: int) -> int:
        return max(1, ceil(self.expected_rows / page_size))


TOTALS = Question(Kind.total)
RECORD_TYPES = Question(Kind.record_type, (RECORD_TYPE,))


def cube_question(record_type: str, only_account: str | None) -> Question:
    """Account × service for one record type; service × record type when there is one account only."""
    if only_account is not None:
        return Question(Kind.cube, (SERVICE, RECORD_TYPE), (Condition(USAGE_ACCOUNT_ID, (only_account,)),))
    return Question(Kind.cube, (USAGE_ACCOUNT_ID, SERVICE), (Condition(RECORD_TYPE, (record_type,)),))


def windows_over(
    question: Question, days: Mapping[date, int], between: Mapping[date, int], page_size: int, workers: int
) -> list[Window]:
    """The fewest windows that bring `days` (day → expected rows), bridging gaps that cost less than a request.

    `between` gives the rows that a bridged day would bring in vain. Long spans are cut at month starts, so that they
    can be fetched side by side and taken up again where a killed run left them.
    """
    spans: list[list[date]] = []
    for day in sorted(days):
        gap = _gap_rows(spans[-1][-1], day, between) if spans else page_size
        if spans and gap < page_size:
            spans[-1].append(day)
        else:
            spans.append([day])
    total = sum(days.values())
    target = min(MAX_WINDOW_ROWS, max(MIN_WINDOW_PAGES * page_size, ceil(total / workers)))
    return [w for span in spans for w in _cut(question, span, days, target)]


def _gap_rows(last: date, day: date, between: Mapping[date, int]) -> int:
    return sum(between.get(d, 0) for d in Period(last + DAY, day)) if day > last + DAY else 0


def _cut(question: Question, span: Sequence[date], days: Mapping[date, int], target: int) -> list[Window]:
    """Whole months together until `target` rows are reached."""
    windows: list[Window] = []
    start, rows = span[0], 0
    for day in span:
        if rows >= target and day == month_start(day):
            windows.append(Window(question, Period(start, day), rows))
            start, rows = day, 0
        rows += days[day]
    return [*windows, Window(question, Period(start, span[-1] + DAY), rows)]
