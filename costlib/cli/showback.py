"""`costlib showback`: the statements of a month, as they are now or as they were closed."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import astuple, fields
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from costlib.access import Scope
from costlib.cli import settings_of
from costlib.cli.eyes import add_as, note_file, scope_of
from costlib.cli.printing import PRINTERS, Heading, Row, standard_output
from costlib.config import Source
from costlib.errors import UsageError
from costlib.exports.files import whole_file
from costlib.money import total
from costlib.periods import parse_month
from costlib.store.snapshot import Snapshot, open_current
from costlib.vocabulary import COST_METRICS, CostMetric, metric
from costlib.wording import count

if TYPE_CHECKING:
    from argparse import _SubParsersAction

    from costlib.queries.showback import Question

WORDS_OF_LINE, WORDS_OF_MATRIX, WORDS_OF_POOL = 6, 1, 5
"""Columns that are no amounts."""

FILE_FORMATS = ("html", "xlsx")

HELP = "print the statements of a month"
EPILOG = """\
All lines together sum to the month's bill and the adjustments of closed months. `driver` of `driver_total` is the share
of `pool` that a shared line carries; a rule that takes from a cost center has a negative line there.

Example:
  python -m costlib showback --month 2026-10 --cost-center Payments --format table
  python -m costlib showback --month 2026-10 --cost-center Payments --why platform
  python -m costlib showback --month 2026-10 --format html -o statements.html
"""


def register(subparsers: _SubParsersAction[argparse.ArgumentParser], common: argparse.ArgumentParser) -> None:
    parser = subparsers.add_parser(
        "showback",
        parents=[common],
        help=HELP,
        description=HELP,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--month", required=True, metavar="YYYY-MM", help="the month")
    parser.add_argument("--cost-center", metavar="NAME", help="only this one's statement (default: all of them)")
    parser.add_argument("--metric", default=CostMetric.unblended_cost.value, help=", ".join(COST_METRICS))
    parser.add_argument("--as-closed", action="store_true", help="as the month was closed, whatever AWS said since")
    parser.add_argument("--matrix", action="store_true", help="a line a cost center: direct, taken, given, total")
    parser.add_argument(
        "--why", metavar="RULE", help="the rows of the rule's pool, and what of each the cost center carries"
    )
    parser.add_argument(
        "--format",
        choices=[*PRINTERS, *FILE_FORMATS],
        default="csv",
        help="how to print it (default: csv); html and xlsx are files, for people",
    )
    parser.add_argument("-o", "--output", type=Path, metavar="FILE", help="the file to write, of html or xlsx")
    parser.add_argument("--force", action="store_true", help="replace the file if it exists")
    add_as(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    _require_file(args)
    from costlib.queries.showback import Book, Question, matrix, statement

    asked = Question(
        parse_month(args.month, "--month"), metric(args.metric), Book.as_closed if args.as_closed else Book.now
    )
    settings = settings_of(args)
    scope = scope_of(args, settings)
    with closing(open_current(settings.source_dir)) as snapshot:
        _require_month(snapshot, asked)
        if args.format in FILE_FORMATS:
            _write(snapshot, scope, asked, args)
            note_file(args, settings, args.output)
            return 0
        if args.why is not None:
            heading, rows = _why(snapshot, scope, asked, args.why, args.cost_center)
        else:
            table = (
                matrix(snapshot, scope, asked) if args.matrix else statement(snapshot, scope, asked, args.cost_center)
            )
            heading = Heading(table.column_names, WORDS_OF_MATRIX if args.matrix else WORDS_OF_LINE)
            rows = list(zip(*(column.to_pylist() for column in table.columns), strict=True))
            if args.cost_center and not rows:
                raise UsageError(f"{args.cost_center!r} has no statement of {args.month}.", "List them with --matrix.")
        out = standard_output()
        PRINTERS[args.format](out, heading, rows)
        out.flush()
    return 0


def _require_file(args: argparse.Namespace) -> None:
    """A file has a name, what is printed has none; a file holds whole statements."""
    is_file = args.format in FILE_FORMATS
    if is_file and args.output is None:
        raise UsageError(f"--format {args.format} writes a file.", "Name it with -o FILE.")
    if not is_file and args.output is not None:
        raise UsageError(f"-o is for {' and '.join(FILE_FORMATS)}.", f"Redirect what --format {args.format} prints.")
    if is_file and (args.matrix or args.why is not None):
        raise UsageError("A file holds whole statements, and their matrix.", "Leave --matrix and --why out.")


def _write(snapshot: Snapshot, scope: Scope, asked: Question, args: argparse.Namespace) -> None:
    from costlib.exports.statement_book import workbook
    from costlib.exports.statement_html import rendered
    from costlib.queries.statement_file import statements

    writers: Mapping[str, Callable[..., bytes]] = {"html": rendered, "xlsx": workbook}
    found = statements(snapshot, scope, asked, args.cost_center)
    with whole_file(args.output, overwrite=args.force) as file:
        file.write(writers[args.format](found, is_sample=settings_of(args).source is Source.sample))
    print(f"{args.output}: {count(len(found.statements), 'statement')} of {args.month}.", file=sys.stderr)


def _why(
    snapshot: Snapshot, scope: Scope, asked: Question, rule_id: str, cost_center: str | None
) -> tuple[Heading, list[Row]]:
    """The rows of a rule's pool, and the part of each that was given to the cost center; without one, no parts."""
    from costlib.queries.rule_history import rules_of
    from costlib.queries.why import PoolRow, pool_rows, shared_amounts

    rules = rules_of(snapshot, asked.month)
    by_id = rules.by_id if rules else {}
    if rule_id not in by_id:
        raise UsageError(f"No rule {rule_id!r} is in force in {asked.month:%Y-%m}.", f"Rules: {', '.join(by_id)}.")
    given = [a for a in shared_amounts(snapshot, scope, asked, rule_id) if not a.is_source]
    carried = total(a.amount for a in given if a.cost_center == cost_center) or Decimal(0)
    rows = [astuple(row) for row in pool_rows(snapshot, scope, asked, by_id[rule_id], carried)]
    return Heading([field.name for field in fields(PoolRow)], WORDS_OF_POOL), list(rows)


def _require_month(snapshot: Snapshot, asked: Question) -> None:
    from costlib.queries.showback import Book, months

    stored = {state.month: state for state in months(snapshot)}
    if not stored:
        raise UsageError("There is no showback yet.", "Write allocation.toml (docs/showback.md) and sync.")
    found = stored.get(asked.month)
    if asked.book is Book.as_closed and (found is None or not found.is_closed):
        raise UsageError(f"{asked.month:%Y-%m} is not closed.", "Leave --as-closed out, or close it first.")
    if found is None:
        first, last = min(stored), max(stored)
        raise UsageError(f"Nothing is stored for {asked.month:%Y-%m}.", f"Stored are {first:%Y-%m} to {last:%Y-%m}.")
