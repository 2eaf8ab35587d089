"""`costlib backup`: everything of one source in one file, while it is in use."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from costlib.cli import settings_of
from costlib.cli.eyes import note
from costlib.cli.sync import utc_now
from costlib.errors import UsageError
from costlib.store.audit import Event

if TYPE_CHECKING:
    from argparse import _SubParsersAction

HELP = "write everything that is kept of a source to one file"
EPILOG = """\
What is published is in it: charges, rules, closed months and the ledger of requests; what people saved; and the
settings that are no secrets. A sync that runs meanwhile is not waited for, and what it has not published yet is not in
it.

Example:
  python -m costlib backup showback.backup
"""


def register(subparsers: _SubParsersAction[argparse.ArgumentParser], common: argparse.ArgumentParser) -> None:
    parser = subparsers.add_parser(
        "backup",
        parents=[common],
        help=HELP,
        description=HELP,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("file", type=Path, metavar="FILE", help="the file to write")
    parser.add_argument("--force", action="store_true", help="replace it if it exists")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    from costlib.cli.settings_files import settings_files
    from costlib.store.backup import back_up

    settings = settings_of(args)
    if args.file.exists() and not args.force:
        raise UsageError(f"{args.file} exists already.", "Name another file, or add --force to replace it.")
    facts = back_up(settings.source.value, settings.source_dir, args.file, settings_files(settings), utc_now())
    note(args, settings, Event.backed_up, f"{args.file.name}, snapshot {facts.snapshot_id}")
    print(args.file)
    print(
        f"Backed up snapshot {facts.snapshot_id} of {settings.source_dir}: {len(facts.files)} files, "
        f"{args.file.stat().st_size / 2**20:.1f} MiB.",
        file=sys.stderr,
    )
    return 0
