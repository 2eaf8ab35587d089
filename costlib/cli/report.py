"""`report`: the executive report of a month, one HTML file that needs no network."""

from __future__ import annotations

import argparse
import sys
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from costlib.cli import settings_of
from costlib.cli.eyes import add_as, note_file, scope_of
from costlib.config import Source
from costlib.exports.files import whole_file
from costlib.exports.report import rendered
from costlib.exports.sentences import sentences
from costlib.periods import parse_month
from costlib.queries.filters import Filters
from costlib.queries.report import month_report
from costlib.store.snapshot import open_current
from costlib.vocabulary import COST_METRICS, CostMetric, metric

if TYPE_CHECKING:
    from argparse import _SubParsersAction

HELP = "write the executive report of a month: one HTML file that needs no network"
EPILOG = """\
The report counts the month's complete days and compares them with as many days of the month before and of the same
month last year. Its five sentences are printed on standard error.

Example:
  python -m costlib report --month 2026-10 -o october.html
"""


def register(subparsers: _SubParsersAction[argparse.ArgumentParser], common: argparse.ArgumentParser) -> None:
    parser = subparsers.add_parser(
        "report",
        parents=[common],
        help=HELP,
        description=HELP,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--month", required=True, metavar="YYYY-MM", help="the month, for example 2026-10")
    parser.add_argument(
        "--metric",
        default=CostMetric.unblended_cost.value,
        metavar="METRIC",
        help=f"{', '.join(COST_METRICS)} (default: unblended_cost)",
    )
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="FILE", help="the file to write")
    parser.add_argument("--force", action="store_true", help="replace the file if it exists")
    add_as(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    month = parse_month(args.month)
    settings = settings_of(args)
    scope = scope_of(args, settings)
    with closing(open_current(settings.source_dir)) as snapshot:
        filters = Filters(snapshot.period, metric=metric(args.metric))
        report = month_report(snapshot, scope, filters, month)
    with whole_file(args.output, overwrite=args.force) as file:
        file.write(rendered(report, is_sample=settings.source is Source.sample))
    note_file(args, settings, args.output)
    print(f"{args.output}:", *sentences(report), sep="\n  ", file=sys.stderr)
    return 0
