"""`query`: any breakdown that the pages can show, on standard output."""

from __future__ import annotations

import argparse
from contextlib import closing
from typing import TYPE_CHECKING

from costlib.cli import settings_of
from costlib.cli.eyes import add_as, scope_of
from costlib.cli.printing import PRINTERS, Heading, standard_output
from costlib.cli.selection import add_flags, read_flags
from costlib.store.snapshot import open_current

if TYPE_CHECKING:
    from argparse import _SubParsersAction

HELP = "print any breakdown of what is stored"
EPILOG = """\
CSV has a header and \\n line ends; amounts are plain decimals at full precision, empty where the metric is not
available. A text that a spreadsheet would run as a formula has an apostrophe before it (drop one leading apostrophe to
restore it). JSON is one array of objects, amounts as strings, null where not available.

Example:
  python -m costlib query --group-by billing_month,service --metric unblended_cost,amortized_cost \\
      --start 2026-01-01 --end 2026-04-01 --where record_type=Usage
"""


def register(subparsers: _SubParsersAction[argparse.ArgumentParser], common: argparse.ArgumentParser) -> None:
    parser = subparsers.add_parser(
        "query",
        parents=[common],
        help=HELP,
        description=HELP,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_flags(parser)
    parser.add_argument("--format", choices=list(PRINTERS), default="csv", help="how to print it (default: csv)")
    add_as(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    settings = settings_of(args)
    scope = scope_of(args, settings)
    with closing(open_current(settings.source_dir)) as snapshot:
        selection = read_flags(args, snapshot)
        out = standard_output()
        PRINTERS[args.format](
            out, Heading(selection.header, len(selection.dimensions)), selection.rows(snapshot, scope)
        )
        out.flush()
    return 0
