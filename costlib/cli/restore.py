"""`costlib restore`: put a backup back."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from costlib.cli import settings_of
from costlib.cli.eyes import note
from costlib.cli.sync import utc_now
from costlib.store.audit import Event

if TYPE_CHECKING:
    from argparse import _SubParsersAction

HELP = "put back what `backup` wrote"
EPILOG = """\
The backup is unpacked beside the data, checked and opened before anything is changed. With --force what is there is
exchanged for it and kept, under a name that is printed. Settings are not put in force: they lie in settings/ of the
restored folder.

Example:
  python -m costlib restore showback.backup --data-dir restored
"""


def register(subparsers: _SubParsersAction[argparse.ArgumentParser], common: argparse.ArgumentParser) -> None:
    parser = subparsers.add_parser(
        "restore",
        parents=[common],
        help=HELP,
        description=HELP,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("file", type=Path, metavar="FILE", help="the backup")
    parser.add_argument("--force", action="store_true", help="exchange the data that is there for it")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    from costlib.store.restoring import restore

    settings = settings_of(args)
    restored = restore(args.file, settings.source.value, settings.source_dir, utc_now(), args.force)
    facts = restored.facts
    note(args, settings, Event.restored, f"{args.file.name}, snapshot {facts.snapshot_id}")
    print(facts.snapshot_id)
    print(
        f"Restored {settings.source_dir} as it was at {facts.created_at:%Y-%m-%d %H:%M} UTC, "
        f"snapshot {facts.snapshot_id}.",
        file=sys.stderr,
    )
    if restored.before is not None:
        print(f"What was there before is kept in {restored.before}.", file=sys.stderr)
    return 0
