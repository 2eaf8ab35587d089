"""`costlib close`: freeze a month's statements for ever."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from costlib.cli import settings_of
from costlib.cli.eyes import by_whom, note
from costlib.cli.sync import utc_now
from costlib.errors import UsageError
from costlib.periods import parse_month
from costlib.store.audit import Event
from costlib.store.snapshot import current_id

if TYPE_CHECKING:
    from argparse import _SubParsersAction

HELP = "freeze a month's statements; what AWS restates in it later is an adjustment of the open month"
EPILOG = """\
Months are closed one after the other. A month that has estimated days, or does not tie out, is refused unless --force
gives a reason, which is kept with the statement.

Example:
  python -m costlib close 2026-10
"""


def register(subparsers: _SubParsersAction[argparse.ArgumentParser], common: argparse.ArgumentParser) -> None:
    parser = subparsers.add_parser(
        "close",
        parents=[common],
        help=HELP,
        description=HELP,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("month", metavar="YYYY-MM", help="the month to close")
    parser.add_argument("--force", metavar="REASON", help="close it although it may still move, for this reason")
    parser.add_argument("--by", metavar="NAME", help="who closes it (default: the user of this process)")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    from costlib.store.closing import Close, close_month
    from costlib.store.republish import republish

    settings = settings_of(args)
    if args.force is not None and not args.force.strip():
        raise UsageError("--force has no reason.", "Say why the month is closed although it may still move.")
    month, now = parse_month(args.month, "the month"), utc_now()
    close = Close(month, now, by_whom(args), current_id(settings.source_dir) or "", args.force)
    statement_id = republish(
        settings.source_dir, settings.keep_snapshots, now, lambda warehouse: close_month(warehouse, close)
    )
    note(args, settings, Event.month_closed, f"{month:%Y-%m}, statement {statement_id}")
    print(statement_id)
    print(f"Closed {month:%Y-%m} as statement {statement_id}.", file=sys.stderr)
    return 0
