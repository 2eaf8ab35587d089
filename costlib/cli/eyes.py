"""Through whose eyes a command looks: the owner of the files sees everything, `--as` what somebody may."""

from __future__ import annotations

import argparse
import getpass
import os
import sys
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from costlib.access import EVERYTHING, Role, Scope
from costlib.config import Settings
from costlib.errors import DiskFull, NoAccess
from costlib.roster.rules import Access
from costlib.roster.watching import read_roster
from costlib.store.audit import Entry, Event, record
from costlib.store.saved_views import Person

OWNER = Access(Role.admin, EVERYTHING)
"""Whoever can read the files."""


def add_as(parser: argparse.ArgumentParser) -> None:
    """The flag `--as`."""
    parser.add_argument(
        "--as",
        dest="seen_as",
        action="append",
        metavar="PERSON",
        help="see only what the access file gives this person (an e-mail, a subject, or group:NAME; repeat it for "
        "somebody who is several of them)",
    )


def scope_of(args: argparse.Namespace, settings: Settings) -> Scope:
    """What they see. Raises as `access_of` does."""
    return access_of(args, settings).scope


def access_of(args: argparse.Namespace, settings: Settings) -> Access:
    """What they come for and may see. Raises InvalidRoster, and NoAccess for somebody whom no rule names."""
    if not args.seen_as:
        return OWNER
    access = read_roster(settings.access_file).access_as(args.seen_as)
    if access is None:
        raise NoAccess(
            f"No rule of {settings.access_file} names {', '.join(args.seen_as)}.",
            "Add one there (docs/sign-in.md), or name somebody whom it knows.",
        )
    return access


def by_whom(args: argparse.Namespace) -> str:
    """Who does it: as `--by` says, else the user of this process, who need not have a name in a container."""
    try:
        return getattr(args, "by", None) or getpass.getuser()
    except (KeyError, OSError):
        return f"user {os.getuid()}"


def note_file(args: argparse.Namespace, settings: Settings, file: Path) -> None:
    """Write into the audit log that a file was taken along, with the hash of its bytes."""
    note(args, settings, Event.exported, f"{file.name}, SHA-256 {sha256(file.read_bytes()).hexdigest()}")


def note(args: argparse.Namespace, settings: Settings, event: Event, about: str) -> None:
    """Write into the audit log what was done, and by whom."""
    if not os.access(settings.source_dir, os.W_OK):
        print(f"{settings.source_dir} cannot be written to: not in the audit log.", file=sys.stderr)
        return
    name = by_whom(args)
    eyes = f" as {', '.join(args.seen_as)}" if getattr(args, "seen_as", None) else ""
    now = datetime.now(UTC).replace(tzinfo=None)
    try:
        record(settings.source_dir, Entry(now, event, Person(name, name + eyes), about))
    except DiskFull as error:
        print(f"note: {error.message} It was done, and is not in the audit log.", file=sys.stderr)
