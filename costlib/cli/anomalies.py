"""`costlib anomalies`: the incidents of the anomalies page, for scripts."""

from __future__ import annotations

import argparse
import sys
from contextlib import closing
from typing import TYPE_CHECKING

from costlib.cli import settings_of
from costlib.cli.eyes import add_as, scope_of
from costlib.cli.printing import PRINTERS, Heading, Row, standard_output
from costlib.store.snapshot import open_current

if TYPE_CHECKING:
    from argparse import _SubParsersAction

    from costlib.queries.anomalies import Incident
    from costlib.store.triage import Triaged

HELP = "print what cost more or less than expected"
EPILOG = """\
Open ones come first, then by size. `state` is what people said on the page: acknowledged, expected, false_alarm; or
new, where nobody has said anything.

Example:
  python -m costlib anomalies --open --format table
"""
NAMES = (
    "incident_id",
    "state",
    "kind",
    "root",
    "usage_account_id",
    "service",
    "label",
    "value",
    "first_day",
    "last_day",
    "lasts",
    "owner",
    "above_expectation",
    "expected",
    "actual",
)
WORDS = 12
"""Columns that are no amounts."""


def register(subparsers: _SubParsersAction[argparse.ArgumentParser], common: argparse.ArgumentParser) -> None:
    parser = subparsers.add_parser(
        "anomalies",
        parents=[common],
        help=HELP,
        description=HELP,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--open", action="store_true", help="only those that last or have just ended, and nobody has said what they are"
    )
    parser.add_argument("--format", choices=list(PRINTERS), default="csv", help="how to print it (default: csv)")
    add_as(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    from costlib.queries.anomalies import incidents, judging
    from costlib.store.triage import triaged

    settings = settings_of(args)
    source_dir, scope = settings.source_dir, scope_of(args, settings)
    with closing(open_current(source_dir)) as snapshot:
        found = incidents(snapshot, scope)
        through = judging(snapshot).through
    standing = triaged(source_dir, [incident.incident_id for incident in found])
    rows = [_row(i, standing[i.incident_id]) for i in found if not args.open or _waits(i, standing[i.incident_id])]
    out = standard_output()
    PRINTERS[args.format](out, Heading(NAMES, WORDS), rows)
    out.flush()
    print(f"Judged through {through}." if through else "No day has been judged yet.", file=sys.stderr)
    return 0


def _waits(incident: Incident, standing: Triaged) -> bool:
    return incident.is_open and standing.verdict is None


def _row(incident: Incident, standing: Triaged) -> Row:
    return (
        incident.incident_id,
        standing.verdict or "new",
        incident.kind,
        incident.root,
        incident.usage_account_id,
        incident.service,
        incident.label,
        incident.value,
        incident.first_day,
        incident.last_day,
        "yes" if incident.lasts else "no",
        standing.owner or incident.cost_center,
        incident.above_expectation,
        incident.expected,
        incident.actual,
    )
