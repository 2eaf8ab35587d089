"""`costlib verify`: whether an old export is intact, and whether AWS has changed its mind since."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from costlib.cli import ExitCode, settings_of
from costlib.cli.export import open_to_stream
from costlib.cli.eyes import add_as, scope_of
from costlib.cli.printing import PRINTERS, Heading, standard_output
from costlib.errors import ManifestUnreadable
from costlib.money import plain

if TYPE_CHECKING:
    from argparse import _SubParsersAction

    from costlib.exports.manifest import Manifest
    from costlib.queries.verifying import Line, Verification

PRINTED = 100
"""Lines that differ, on standard output."""

HELP = "say whether an exported file is intact, and whether it is still what AWS says"
EPILOG = """\
The verdict is printed on standard error, the first lines that differ on standard output as CSV: their dimensions, what
became of them (changed, gone, new), then each metric as exported and as it is now. Exit code 1 when the file is
altered or some line differs.

Example:
  python -m costlib verify october.xlsx -o restated.csv
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
    parser.add_argument(
        "--json", action="store_true", help="one JSON object with every line on standard output instead"
    )
    parser.add_argument(
        "-o", "--output", type=Path, metavar="FILE", help="write every line that differs to this CSV file"
    )
    parser.add_argument("--force", action="store_true", help="replace that file if it exists")
    add_as(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    from costlib.exports.manifest import manifest_path, read_manifest
    from costlib.queries.verifying import verify

    named = args.manifest or manifest_path(args.file)
    for path in (args.file, named):
        if not path.is_file():
            raise ManifestUnreadable(f"{path} is not there.", "Name the file and, with --manifest, its manifest.")
    manifest = read_manifest(named.read_text(encoding="utf-8", errors="replace"), str(named))
    settings = settings_of(args)
    scope = scope_of(args, settings)
    with closing(open_to_stream(settings)) as snapshot, _every_line(args, manifest) as written:
        printed = JsonLines(standard_output()) if args.json else None
        told = [each for each in (written, printed) if each]
        found = verify(snapshot, scope, args.file, manifest, lambda line: _tell(told, line))
    if printed:
        printed.close(_facts(found))
    elif found.lines:
        _print_lines(found)
    for sentence in verdict(found):
        print(sentence, file=sys.stderr)
    return ExitCode.ok if found.is_intact and found.is_current else ExitCode.wrong_data


def _tell(told: Iterable[Callable[[Line], object]], line: Line) -> None:
    for each in told:
        each(line)


@contextmanager
def _every_line(args: argparse.Namespace, manifest: Manifest) -> Iterator[Callable[[Line], object] | None]:
    """What writes a line that differs to the file that was asked for, if one was."""
    from costlib.exports import csv
    from costlib.exports.files import whole_file

    if args.output is None:
        yield None
        return
    with whole_file(args.output, args.force) as file:
        file.write(csv.record(_header(manifest)))
        yield lambda line: file.write(csv.record(_row(line)))


class JsonLines:
    """One JSON object whose lines are printed as they are found."""

    def __init__(self, out: TextIO) -> None:
        self._out, self._before = out, '{"lines": ['

    def __call__(self, line: Line) -> None:
        facts = {
            "key": [value if isinstance(value, str) else str(value) for value in line.key],
            "change": line.change,
            "then": [_written(amount) for amount in line.then],
            "now": [_written(amount) for amount in line.now],
        }
        self._out.write(f"{self._before}\n{json.dumps(facts, ensure_ascii=False)}")
        self._before = ","

    def close(self, facts: Mapping[str, object]) -> None:
        opening = self._before if self._before != "," else "\n"
        self._out.write(f"{opening}], {json.dumps(facts, ensure_ascii=False)[1:]}\n")
        self._out.flush()


def verdict(found: Verification) -> list[str]:
    """What there is to say, a sentence each."""
    manifest = found.manifest
    intact = "Intact: these are the bytes that were exported."
    said = ["Altered: " + "; ".join(found.problems) + "." if found.problems else intact]
    if not found.is_compared:
        return said
    then = f"snapshot {manifest.snapshot_id}, exported {manifest.generated_at:%Y-%m-%d %H:%M} UTC"
    if found.is_current:
        said.append(f"Current: the same question has the same answer now ({then}).")
    else:
        moved = ", ".join(f"{name} {plain(amount)} {manifest.currency}" for name, amount in found.difference.items())
        said.append(
            f"{'Restated since' if found.is_intact else 'Different now'}: {_counts(found)}, by {moved} ({then})."
        )
    return [*said, *_finality(found)]


def _counts(found: Verification) -> str:
    """`3 lines differ, 1 of them gone and 0 new`."""
    lines = f"{found.restated:,} line{' differs' if found.restated == 1 else 's differ'}"
    more = [f"{count:,} {what}" for count, what in ((found.gone, "gone"), (found.new, "new")) if count]
    return f"{lines} ({', '.join(more)})" if more else lines


def _finality(found: Verification) -> Iterator[str]:
    """Whether AWS can still change the days of the file in its ordinary course."""
    then, now = found.manifest.estimated_days, found.estimated_days
    if now:
        yield f"Not final: {now} of its days {'is' if now == 1 else 'are'} still estimated by AWS."
    elif then:
        yield f"Final now: {then} of its days {'was' if then == 1 else 'were'} estimated then, none is any more."
    else:
        yield "Final: none of its days was estimated."


def _header(manifest: Manifest) -> list[str]:
    return [*manifest.dimensions, "change", *(f"{name}_{age}" for name in manifest.metrics for age in ("then", "now"))]


def _row(line: Line) -> tuple[object, ...]:
    amounts = (amount for pair in zip(line.then, line.now, strict=True) for amount in pair)
    return (*line.key, line.change.value, *amounts)


def _print_lines(found: Verification) -> None:
    """The first of them; `-o` and `--json` have all."""
    manifest, out = found.manifest, standard_output()
    heading = Heading(_header(manifest), len(manifest.dimensions) + 1)
    PRINTERS["csv"](out, heading, map(_row, found.lines[:PRINTED]))
    out.flush()
    if found.restated > PRINTED:
        print(f"These are the first {PRINTED} of {found.restated:,} lines: -o FILE has all of them.", file=sys.stderr)


def _facts(found: Verification) -> dict[str, object]:
    return {
        "intact": found.is_intact,
        "current": found.is_current,
        "problems": found.problems,
        "snapshot_id": found.snapshot_id,
        "exported_from": found.manifest.snapshot_id,
        "restated_lines": found.restated if found.is_compared else None,
        "gone_lines": found.gone if found.is_compared else None,
        "new_lines": found.new if found.is_compared else None,
        "difference": {name: plain(amount) for name, amount in found.difference.items()},
        "estimated_days": found.estimated_days,
        "estimated_days_then": found.manifest.estimated_days,
    }


def _written(amount: Decimal | None) -> str | None:
    return None if amount is None else plain(amount)
