"""`export`: the same breakdowns as `query`, to a file that is whole or not there."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Iterator
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from costlib.cli import settings_of
from costlib.cli.selection import Selection, add_flags, read_flags
from costlib.exports import FORMATS
from costlib.exports.files import whole_file
from costlib.money import EXACT, plain
from costlib.queries.breakdown import Row
from costlib.store.snapshot import open_current

if TYPE_CHECKING:
    from argparse import _SubParsersAction

HELP = "write any breakdown of what is stored to a file"
EPILOG = """\
CSV follows RFC 4180 (UTF-8, CRLF). A text that a spreadsheet would run as a formula has an apostrophe before it (drop
one leading apostrophe to restore it). Row count and the sum of each metric are printed on standard error.

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
    parser.add_argument("--format", choices=list(FORMATS), default="csv", help="file format (default: csv)")
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="FILE", help="the file to write")
    parser.add_argument("--force", action="store_true", help="replace the file if it exists")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    with closing(open_current(settings_of(args).source_dir)) as snapshot:
        selection = read_flags(args, snapshot)
        tally = Tally(selection)
        with whole_file(args.output, overwrite=args.force) as file:
            FORMATS[args.format](file, selection.header, tally.counting(selection.rows(snapshot)))
        print(f"{args.output}: {tally.report(snapshot.currency)}", file=sys.stderr)
    return 0


class Tally:
    """Counts rows and adds their amounts up while they pass."""

    def __init__(self, selection: Selection) -> None:
        self._metrics = selection.metrics
        self._first_amount = len(selection.dimensions)
        self._rows = 0
        self._sums: list[Decimal | None] = [Decimal(0)] * len(selection.metrics)

    def counting(self, rows: Iterable[Row]) -> Iterator[Row]:
        for row in rows:
            self._rows += 1
            self._sums = [
                _added(held, amount) for held, amount in zip(self._sums, row[self._first_amount :], strict=True)
            ]
            yield row

    def report(self, currency: str) -> str:
        """`12 rows; unblended_cost 3.5 USD, net_unblended_cost not available in every row`."""
        sums = (
            f"{metric} {plain(amount)} {currency}" if amount is not None else f"{metric} not available in every row"
            for metric, amount in zip(self._metrics, self._sums, strict=True)
        )
        return f"{self._rows} row{'' if self._rows == 1 else 's'}; {', '.join(sums)}"


def _added(held: Decimal | None, amount: object) -> Decimal | None:
    """None stays None: a sum without one of its parts is not a sum."""
    return EXACT.add(held, amount) if held is not None and isinstance(amount, Decimal) else None
