"""`costlib showback`: the statements of a month, as they are now or as they were closed."""

from __future__ import annotations

import argparse
from contextlib import closing
from typing import TYPE_CHECKING

from costlib.access import EVERYTHING
from costlib.cli import settings_of
from costlib.cli.printing import PRINTERS, Heading, standard_output
from costlib.errors import UsageError
from costlib.periods import parse_month
from costlib.store.snapshot import Snapshot, open_current
from costlib.vocabulary import COST_METRICS, CostMetric, metric

if TYPE_CHECKING:
    from argparse import _SubParsersAction

    from costlib.queries.showback import Question

WORDS_OF_LINE, WORDS_OF_MATRIX = 6, 1
"""Columns that are no amounts."""

HELP = "print the statements of a month"
EPILOG = """\
All lines together sum to the month's bill and the adjustments of closed months. `driver` of `driver_total` is the share
of `pool` that a shared line carries; a rule that takes from a cost center has a negative line there.

Example:
  python -m costlib showback --month 2026-10 --cost-center Payments --format table
"""


def register(subparsers: _SubParsersAction[argparse.ArgumentParser], common: argparse.ArgumentParser) -> None:
    parser = subparsers.add_parser(
        "showback",
        parents=[common],
        help=HELP,
        description=HELP,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--month", required=True, metavar="YYYY-MM", help="the month")
    parser.add_argument("--cost-center", metavar="NAME", help="only this one's statement (default: all of them)")
    parser.add_argument("--metric", default=CostMetric.unblended_cost.value, help=", ".join(COST_METRICS))
    parser.add_argument("--as-closed", action="store_true", help="as the month was closed, whatever AWS said since")
    parser.add_argument("--matrix", action="store_true", help="a line a cost center: direct, taken, given, total")
    parser.add_argument("--format", choices=list(PRINTERS), default="csv", help="how to print it (default: csv)")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    from costlib.queries.showback import Book, Question, matrix, statement

    asked = Question(
        parse_month(args.month, "--month"), metric(args.metric), Book.as_closed if args.as_closed else Book.now
    )
    with closing(open_current(settings_of(args).source_dir)) as snapshot:
        _require_month(snapshot, asked)
        table = (
            matrix(snapshot, EVERYTHING, asked)
            if args.matrix
            else statement(snapshot, EVERYTHING, asked, args.cost_center)
        )
        if args.cost_center and not table.num_rows:
            raise UsageError(f"{args.cost_center!r} has no statement of {args.month}.", "List them with --matrix.")
        out = standard_output()
        heading = Heading(table.column_names, WORDS_OF_MATRIX if args.matrix else WORDS_OF_LINE)
        PRINTERS[args.format](out, heading, zip(*(column.to_pylist() for column in table.columns), strict=True))
        out.flush()
    return 0


def _require_month(snapshot: Snapshot, asked: Question) -> None:
    from costlib.queries.showback import Book, months

    stored = {state.month: state for state in months(snapshot)}
    if not stored:
        raise UsageError("There is no showback yet.", "Write allocation.toml (docs/showback.md) and sync.")
    found = stored.get(asked.month)
    if asked.book is Book.as_closed and (found is None or not found.is_closed):
        raise UsageError(f"{asked.month:%Y-%m} is not closed.", "Leave --as-closed out, or close it first.")
    if found is None:
        first, last = min(stored), max(stored)
        raise UsageError(f"Nothing is stored for {asked.month:%Y-%m}.", f"Stored are {first:%Y-%m} to {last:%Y-%m}.")
