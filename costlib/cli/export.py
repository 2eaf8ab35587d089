"""`export`: the same breakdowns as `query`, to a file that is whole or not there."""

from __future__ import annotations

import argparse
import sys
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from costlib.access import EVERYTHING
from costlib.cli import ExitCode, settings_of
from costlib.cli.eyes import access_of, add_as, note
from costlib.cli.selection import add_flags, read_flags
from costlib.cli.sync import utc_now
from costlib.money import plain
from costlib.store.audit import Event
from costlib.store.snapshot import STREAM, Snapshot, open_current

if TYPE_CHECKING:
    from argparse import _SubParsersAction

    from costlib.config import Settings
    from costlib.exports.manifest import Manifest

HELP = "write any breakdown of what is stored to a file"
EPILOG = """\
CSV follows RFC 4180 (UTF-8, CRLF). A text that a spreadsheet would run as a formula has an apostrophe before it (drop
one leading apostrophe to restore it). A workbook has typed cells and a sheet that says what it is; Parquet has exact
decimals. FILE.manifest.json says what the file is, with a hash of its bytes: `verify` holds the file against it. Rows,
sums and tie-out are printed on standard error. Exit code 1 when a sum does not tie out to AWS's own: the file is
written, and its manifest says by how much.

Example:
  python -m costlib export --group-by charge_date,usage_account_id,service --metric all --format csv -o charges.csv
"""


def register(subparsers: _SubParsersAction[argparse.ArgumentParser], common: argparse.ArgumentParser) -> None:
    parser = subparsers.add_parser(
        "export",
        parents=[common],
        help=HELP,
        description=HELP,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_flags(parser)
    parser.add_argument("--format", choices=("csv", "xlsx", "parquet"), help="file format (default: as FILE ends)")
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="FILE", help="the file to write")
    parser.add_argument("--force", action="store_true", help="replace the file if it exists")
    add_as(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    from costlib.exports import format_of
    from costlib.exports.manifest import manifest_path
    from costlib.queries.exporting import ExportRequest, write_export

    settings = settings_of(args)
    access = access_of(args, settings)
    seen_as = () if access.scope == EVERYTHING else access.names
    with closing(open_to_stream(settings)) as snapshot:
        asked = read_flags(args, snapshot)
        manifest = write_export(
            snapshot,
            access.scope,
            ExportRequest(asked.dimensions, asked.metrics, asked.filters, seen_as),
            args.output,
            format_of(args.output, args.format),
            generated_at=utc_now(),
            overwrite=args.force,
        )
    note(args, settings, Event.exported, f"{args.output.name}, SHA-256 {manifest.sha256}")
    print(f"{args.output}: {_report(manifest)}", file=sys.stderr)
    print(f"{manifest_path(args.output)}: SHA-256 {manifest.sha256}", file=sys.stderr)
    return ExitCode.wrong_data if manifest.failing else ExitCode.ok


def open_to_stream(settings: Settings) -> Snapshot:
    """The current snapshot for a process that reads it through once: it holds on to as little memory as it can.

    Arrow's own allocator keeps what is freed for the next batch, and DuckDB's batches do not come from it.
    """
    import pyarrow as pa

    pa.set_memory_pool(pa.system_memory_pool())
    return open_current(settings.source_dir, STREAM)


def _report(manifest: Manifest) -> str:
    """`12 rows; unblended_cost 3.5 USD, ties out; net_unblended_cost not available in every row`."""
    rows = f"{manifest.row_count} row{'' if manifest.row_count == 1 else 's'}"
    return "; ".join([rows, *(_sum(manifest, name) for name in manifest.metrics)])


def _sum(manifest: Manifest, name: str) -> str:
    amount, tie = manifest.sums[name], manifest.tie_out[name]
    if amount is None:
        return f"{name} not available in every row"
    verdicts = {True: "ties out", None: "AWS has no total for these filters"}
    failing = f"does NOT tie out: AWS's total differs by {plain(tie.difference)}" if tie.difference is not None else ""
    return f"{name} {plain(amount)} {manifest.currency}, {verdicts.get(tie.ties_out, failing)}"
