"""`audit`: who did what."""

from __future__ import annotations

import argparse
from datetime import datetime
from typing import TYPE_CHECKING

from costlib.access import may_read_audit_log
from costlib.cli import settings_of
from costlib.cli.eyes import access_of, add_as
from costlib.cli.printing import PRINTERS, Heading, standard_output
from costlib.errors import NoAccess
from costlib.periods import parse_day
from costlib.store import audit

if TYPE_CHECKING:
    from argparse import _SubParsersAction

HELP = "print the audit log, the newest first"
COLUMNS = ("happened_at", "event", "person_id", "person_name", "about")
ALL = 2**31


def register(subparsers: _SubParsersAction[argparse.ArgumentParser], common: argparse.ArgumentParser) -> None:
    parser = subparsers.add_parser("audit", parents=[common], help=HELP, description=HELP)
    parser.add_argument("--since", metavar="DAY", help="the first day, YYYY-MM-DD in UTC (default: everything)")
    parser.add_argument("--format", choices=list(PRINTERS), default="table", help="how to print it (default: table)")
    add_as(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    since = datetime.combine(parse_day(args.since, "--since"), datetime.min.time()) if args.since else None
    settings = settings_of(args)
    if not may_read_audit_log(access_of(args, settings).role):
        raise NoAccess("The audit log is for administrators.", "Ask one of them, or leave --as out.")
    found = audit.entries(settings.source_dir, since, ALL)
    rows = [
        (entry.happened_at.isoformat(" ", "seconds"), entry.event, entry.person.id, entry.person.name, entry.about)
        for entry in found
    ]
    out = standard_output()
    PRINTERS[args.format](out, Heading(COLUMNS, len(COLUMNS)), rows)
    out.flush()
    return 0
