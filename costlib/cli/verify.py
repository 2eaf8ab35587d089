"""`costlib verify`: whether an old export is intact, and whether AWS has changed its mind since."""

from __future__ import annotations

import argparse
import json
import sys
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from costlib.access import EVERYTHING
from costlib.cli import ExitCode, settings_of
from costlib.cli.export import open_to_stream
from costlib.cli.printing import PRINTERS, Heading, standard_output
from costlib.errors import ManifestUnreadable
from costlib.money import plain

if TYPE_CHECKING:
    from argparse import _SubParsersAction

    from costlib.queries.verifying import Verification

HELP = "say whether an exported file is intact, and whether it is still what AWS says"
EPILOG = """\
The verdict is printed on standard error, the lines that were restated since on standard output: their dimensions, then
each metric as exported and as it is now. Exit code 1 when the file is altered or some line was restated.

Example:
  python -m costlib verify october.xlsx
"""


def register(subparsers: _SubParsersAction[argparse.ArgumentParser], common: argparse.ArgumentParser) -> None:
    parser = subparsers.add_parser(
        "verify",
        parents=[common],
        help=HELP,
        description=HELP,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("file", type=Path, metavar="FILE", help="the exported file")
    parser.add_argument(
        "--manifest", type=Path, metavar="FILE", help="its manifest (default: FILE.manifest.json beside it)"
    )
    parser.add_argument("--json", action="store_true", help="one JSON object on standard output instead")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    from costlib.exports.manifest import manifest_path, read_manifest
    from costlib.queries.verifying import verify

    named = args.manifest or manifest_path(args.file)
    for path in (args.file, named):
        if not path.is_file():
            raise ManifestUnreadable(f"{path} is not there.", "Name the file and, with --manifest, its manifest.")
    manifest = read_manifest(named.read_text(encoding="utf-8", errors="replace"), str(named))
    with closing(open_to_stream(settings_of(args))) as snapshot:
        found = verify(snapshot, EVERYTHING, args.file, manifest)
    if args.json:
        print(json.dumps(_facts(found), default=str))
    elif found.lines:
        _print_lines(found)
    for sentence in verdict(found):
        print(sentence, file=sys.stderr)
    return ExitCode.ok if found.is_intact and found.is_current else ExitCode.wrong_data


def verdict(found: Verification) -> list[str]:
    """What there is to say, a sentence each."""
    manifest = found.manifest
    intact = "Intact: these are the bytes that were exported."
    said = ["Altered: " + "; ".join(found.problems) + "." if found.problems else intact]
    if not found.is_compared:
        return said
    then = f"snapshot {manifest.snapshot_id}, exported {manifest.generated_at:%Y-%m-%d %H:%M} UTC"
    if found.is_current:
        return [*said, f"Current: the same question has the same answer now ({then})."]
    moved = ", ".join(f"{name} {plain(amount)} {manifest.currency}" for name, amount in found.difference.items())
    lines = f"{found.restated:,} line{'' if found.restated == 1 else 's'}"
    return [*said, f"Restated since: {lines} differ, by {moved} in all ({then})."]


def _print_lines(found: Verification) -> None:
    metrics = [f"{name}_{age}" for name in found.manifest.metrics for age in ("then", "now")]
    rows = (
        (*line.key, *(amount for pair in zip(line.then, line.now, strict=True) for amount in pair))
        for line in found.lines
    )
    out = standard_output()
    PRINTERS["csv"](out, Heading((*found.manifest.dimensions, *metrics), len(found.manifest.dimensions)), rows)
    out.flush()


def _facts(found: Verification) -> dict[str, object]:
    return {
        "intact": found.is_intact,
        "current": found.is_current,
        "problems": found.problems,
        "snapshot_id": found.snapshot_id,
        "exported_from": found.manifest.snapshot_id,
        "restated_lines": found.restated if found.is_compared else None,
        "difference": {name: plain(amount) for name, amount in found.difference.items()},
        "lines": [{"key": line.key, "then": line.then, "now": line.now} for line in found.lines],
    }
