"""What `query` and `export` are asked for: the flags they share, and what the flags mean."""

from __future__ import annotations

import argparse
import csv
import io
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from costlib.access import Scope
from costlib.errors import UnknownName, UsageError
from costlib.periods import DAY, Period, parse_day
from costlib.queries.breakdown import Row, breakdown_rows
from costlib.queries.filters import LEFT_OUT, Filters, require_stored
from costlib.queries.source import require_known
from costlib.store.snapshot import Snapshot
from costlib.vocabulary import COST_METRICS, DIMENSIONS, CostMetric, metric

ALL_METRICS = "all"


@dataclass(frozen=True)
class Selection:
    """A breakdown as asked on the command line."""

    dimensions: tuple[str, ...]
    metrics: tuple[CostMetric, ...]
    filters: Filters

    @property
    def header(self) -> tuple[str, ...]:
        return (*self.dimensions, *self.metrics)

    def rows(self, snapshot: Snapshot, scope: Scope) -> Iterator[Row]:
        """Stream the answer."""
        return breakdown_rows(snapshot, scope, self.filters, self.dimensions, self.metrics)


def add_flags(parser: argparse.ArgumentParser) -> None:
    dimensions = ", ".join(DIMENSIONS)
    parser.add_argument(
        "--group-by",
        action="append",
        default=[],
        metavar="DIM,…",
        help="dimensions, separated by commas or repeated; quote a name with a comma in it as in CSV. "
        f"Known: {dimensions}, cost_category:NAME, tag:KEY. Without any: the total",
    )
    parser.add_argument(
        "--metric",
        action="append",
        default=[],
        metavar="METRIC,…",
        help=f"{', '.join(COST_METRICS)} or {ALL_METRICS}; separated by commas or repeated (default: unblended_cost)",
    )
    parser.add_argument("--start", metavar="DAY", help="first day, YYYY-MM-DD (default: the first one stored)")
    parser.add_argument(
        "--end",
        metavar="DAY",
        help="the day after the last one, as in Cost Explorer: it is not included (default: everything stored)",
    )
    parser.add_argument(
        "--where",
        action="append",
        default=[],
        metavar="DIM=VALUE",
        help="keep only this value; repeat for more values of a dimension or for more dimensions. "
        "Of a cost category or tag, Unallocated is the empty value",
    )
    parser.add_argument(
        "--leave-out",
        action="append",
        default=[],
        metavar="KIND,…",
        help=f"leave out {', '.join(LEFT_OUT)}; separated by commas or repeated",
    )


def read_flags(args: argparse.Namespace, snapshot: Snapshot) -> Selection:
    """The selection that the flags ask for. Raises UnknownName and UsageError."""
    for text in (*args.group_by, *args.where):
        _refuse_undecodable(text)
    dimensions = tuple(_names(args.group_by))
    require_known(snapshot, dimensions)
    filters = Filters(_period(args.start, args.end, snapshot), where=_where(args.where, snapshot))
    return Selection(dimensions, tuple(_metrics(args.metric)), filters.without(_names(args.leave_out)))


def _refuse_undecodable(text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise UsageError(f"{text!r} is not UTF-8 text.", "Write names in UTF-8.") from None


def _names(texts: Iterable[str]) -> Iterator[str]:
    """Names separated by commas; a name with a comma is quoted as in CSV."""
    for text in texts:
        for record in csv.reader(io.StringIO(text, newline=""), skipinitialspace=True):
            yield from record


def _metrics(texts: Sequence[str]) -> Sequence[CostMetric]:
    names = list(_names(texts))
    if ALL_METRICS in names:
        return COST_METRICS
    return [metric(name) for name in names] or [CostMetric.unblended_cost]


def _period(start: str | None, end: str | None, snapshot: Snapshot) -> Period:
    stored = snapshot.period
    first = parse_day(start, "--start") if start else None
    after = parse_day(end, "--end") if end else None
    period = Period(first or _before(stored.start, after), after or _after(stored.end, first))
    require_stored(snapshot, period)
    if period.clip(stored) != period:
        print(f"Stored are the days {stored}; of {period} only those are counted.", file=sys.stderr)
    return period


def _before(day: date, after: date | None) -> date:
    """Where an open start begins: at `day`, or before an end that lies before it (which is then refused by name)."""
    return day if after is None or day < after else after - DAY


def _after(day: date, first: date | None) -> date:
    return day if first is None or first < day else first + DAY


def _where(texts: Iterable[str], snapshot: Snapshot) -> tuple[tuple[str, tuple[str, ...]], ...]:
    kept: dict[str, list[str]] = {}
    for text in texts:
        name, value = _split(text, snapshot)
        kept.setdefault(name, []).append(value)
    return tuple((name, tuple(values)) for name, values in kept.items())


def _split(text: str, snapshot: Snapshot) -> tuple[str, str]:
    """Name and value; a label's name may hold an equals sign itself, so known names are tried, longest first."""
    known = sorted((*DIMENSIONS, *snapshot.labels), key=len, reverse=True)
    for name in known:
        if text.startswith(f"{name}="):
            return name, text[len(name) + 1 :]
    name, equals, _ = text.partition("=")
    if not equals:
        raise UsageError(
            f"--where {text!r} has no value.", "Write DIMENSION=VALUE, for example service=AmazonCloudWatch."
        )
    raise UnknownName("dimension", name, known)
