"""`forecast`: where cost is going, with intervals, and AWS's own forecast; or the month's end by a dimension."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from contextlib import closing
from typing import TYPE_CHECKING

from costlib.access import Scope
from costlib.cli import settings_of
from costlib.cli.eyes import add_as, scope_of
from costlib.cli.printing import PRINTERS, Heading, standard_output
from costlib.cli.selection import read_flags
from costlib.errors import UnknownName, UsageError
from costlib.money import rounded
from costlib.queries.filters import LEFT_OUT, Filters
from costlib.queries.forecast_events import known_events
from costlib.queries.forecast_parts import parts
from costlib.queries.forecast_record import aws_outlook, band
from costlib.queries.forecasts import Outlook, outlook
from costlib.queries.source import require_known
from costlib.queries.sql import is_time
from costlib.queries.statement_history import cost_centers
from costlib.store.snapshot import Snapshot, open_current
from costlib.vocabulary import COST_METRICS
from costlib.wording import count, day, percent, share

if TYPE_CHECKING:
    from argparse import _SubParsersAction

HELP = "print where the month, the quarter and the fiscal year will end"
TOTAL = "total"
PERIODS = Heading(
    (
        "forecaster",
        "period",
        "first_day",
        "last_day",
        "charged",
        "forecast",
        "lower_80",
        "upper_80",
        "lower_95",
        "upper_95",
    ),
    4,
)


def register(subparsers: _SubParsersAction[argparse.ArgumentParser], common: argparse.ArgumentParser) -> None:
    parser = subparsers.add_parser("forecast", parents=[common], help=HELP, description=HELP)
    parser.add_argument(
        "--level",
        default=TOTAL,
        metavar="DIM",
        help="total (default): periods with intervals; or a dimension: the month's end by its values, which add up",
    )
    parser.add_argument(
        "--metric", action="append", default=[], help=f"one of {', '.join(COST_METRICS)} (default: unblended_cost)"
    )
    parser.add_argument(
        "--where",
        action="append",
        default=[],
        metavar="DIM=VALUE",
        help="forecast only this value; repeat for more values of a dimension or for more dimensions",
    )
    parser.add_argument(
        "--leave-out", action="append", default=[], metavar="KIND,…", help=f"leave out {', '.join(LEFT_OUT)}"
    )
    parser.add_argument(
        "--cost-center", metavar="NAME", help="forecast only the cost center's own charges, before anything is shared"
    )
    add_as(parser)
    parser.add_argument("--format", choices=list(PRINTERS), default="table", help="how to print it (default: table)")
    parser.set_defaults(run=run, group_by=[], start=None, end=None)


def run(args: argparse.Namespace) -> int:
    settings = settings_of(args)
    with closing(open_current(settings.source_dir)) as snapshot:
        selection = read_flags(args, snapshot)
        if len(selection.metrics) != 1:
            raise UsageError("A forecast is of one cost metric.", f"Name one of {', '.join(COST_METRICS)}.")
        filters = Filters(selection.filters.period, metric=selection.metrics[0], where=selection.filters.where).without(
            selection.filters.left_out
        )
        more = settings.fiscal_year_start_month, known_events(settings.events_file)
        scope = scope_of(args, settings)
        if args.cost_center is not None:
            _require_center(snapshot, scope, args.cost_center, filters)
            scope = scope.of_center(args.cost_center)
        found = outlook(snapshot, scope, filters, *more)
        out = standard_output()
        if args.level == TOTAL:
            PRINTERS[args.format](out, PERIODS, _periods(snapshot, scope, filters, found))
        else:
            _require_a_part(args.level, snapshot)
            heading = Heading((args.level, "charged", "forecast", "last_month"), 1)
            each = parts(snapshot, scope, filters, args.level, *more)
            PRINTERS[args.format](out, heading, [(p.key, p.actual, p.expected, p.last_month) for p in each])
        out.flush()
        print(_record(found), file=sys.stderr)
    return 0


def _require_center(snapshot: Snapshot, scope: Scope, name: str, filters: Filters) -> None:
    known = cost_centers(snapshot, scope, filters.metric)
    if name not in known:
        raise UnknownName("cost center", name, known)


def _require_a_part(level: str, snapshot: Snapshot) -> None:
    require_known(snapshot, (level,))
    if is_time(level):
        raise UsageError(f"{level} is time: nothing is forecast by it.", "Name service, for example.")


def _periods(snapshot: Snapshot, scope: Scope, filters: Filters, found: Outlook) -> Iterator[tuple[object, ...]]:
    for span in found.spans:
        bounds = (span.likely.lower, span.likely.upper, span.wide.lower, span.wide.upper)
        days = (span.period.start, span.period.last_day)
        yield "costlib", span.name, *days, span.actual, *map(rounded, (span.expected, *bounds))
    shown = {span.period.start: span for span in found.spans if span.name.endswith("month")}
    for month in aws_outlook(snapshot, scope, filters).months:
        if ours := shown.get(month.period.start):
            likely = (rounded(month.likely.lower), rounded(month.likely.upper)) if month.likely else (None, None)
            days = (month.period.start, month.period.last_day)
            yield "aws", ours.name, *days, ours.actual, rounded(month.expected), *likely, None, None


def _record(found: Outlook) -> str:
    record = found.record
    through = f"Charged through {day(found.through)}; forecast by “{found.winner.label}”"
    if record is None:
        return f"{through}."
    return (
        f"{through}: {count(record.days, 'day')} ahead it was off by {share(record.wape)} on {record.origins} past "
        f"dates ({band(record.wape)}), bias {percent(record.bias)}."
    )
