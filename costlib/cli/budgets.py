"""`costlib budgets`: how each budget stands; check a budgets file, or put one in force."""

from __future__ import annotations

import argparse
import getpass
import sys
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from costlib.access import EVERYTHING
from costlib.budgets.budget import Budgets
from costlib.budgets.parsing import parse_budgets
from costlib.cli import settings_of
from costlib.cli.printing import PRINTERS, Heading, Row, standard_output
from costlib.cli.sync import utc_now
from costlib.errors import UsageError
from costlib.store.snapshot import open_current

if TYPE_CHECKING:
    from argparse import _SubParsersAction

    from costlib.config import Settings
    from costlib.queries.budgets import Standing

HELP = "how each budget stands; check or apply a budgets file"
EPILOG = """\
  budgets                list every budget: amount, spent, where it will end, how likely that is too much
  budgets check [FILE]   say whether a budgets file can be used, and what it holds
  budgets apply [FILE]   put it in force and publish, without asking AWS
"""
ACTIONS = ("list", "check", "apply")
WORDS = ("budget", "name", "of", "value", "metric", "start", "end", "state", "crossing")
AMOUNTS = ("agreed", "carried", "amount", "actual", "expected", "low_80", "high_80", "variance", "probability")


def register(subparsers: _SubParsersAction[argparse.ArgumentParser], common: argparse.ArgumentParser) -> None:
    parser = subparsers.add_parser(
        "budgets",
        parents=[common],
        help=HELP,
        description=HELP,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("action", nargs="?", choices=ACTIONS, default=ACTIONS[0], metavar="ACTION", help="see below")
    parser.add_argument(
        "file", nargs="?", type=Path, metavar="FILE", help="the budgets (default: the setting budgets_file)"
    )
    parser.add_argument("--format", choices=list(PRINTERS), default="table", help="how to print the list")
    parser.add_argument("--note", metavar="TEXT", help="why; it is kept with the budgets that are applied")
    parser.add_argument("--by", metavar="NAME", help="who applies them (default: the user of this process)")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    if args.action == "list" and args.file is not None:
        raise UsageError(f"A list reads no file, and {args.file} was named.", "Write `budgets check FILE`.")
    settings = settings_of(args)
    return {"list": _list, "check": _check, "apply": _apply}[args.action](args, settings)


def _list(args: argparse.Namespace, settings: Settings) -> int:
    from costlib.queries.budgets import budgets_problem, standings

    with closing(open_current(settings.source_dir)) as snapshot:
        found = standings(snapshot, EVERYTHING, settings.fiscal_year_start_month)
        problem = budgets_problem(snapshot)
    if problem:
        print(f"note: {problem} The last good budgets are in force.", file=sys.stderr)
    out = standard_output()
    PRINTERS[args.format](out, Heading((*WORDS, *AMOUNTS), len(WORDS)), [_row(standing) for standing in found])
    out.flush()
    return 0


def _row(standing: Standing) -> Row:
    from costlib.queries.budget_outlook import Outlook

    budget, outlook = standing.budget, standing.outlook
    end = outlook.end if isinstance(outlook, Outlook) else None
    likely = None if standing.probability is None else Decimal(f"{standing.probability:.3f}")
    return (
        *(budget.budget_id, budget.name, budget.of, budget.value, budget.metric.value),
        *(standing.period.start, standing.period.last_day, standing.verdict.value, standing.crossing),
        *(standing.agreed.amount, standing.carried.amount, standing.amount, standing.actual),
        *(standing.expected, end and end.low, end and end.high, standing.variance, likely),
    )


def _check(args: argparse.Namespace, settings: Settings) -> int:
    budgets, _ = _read(args, settings)
    print(f"Version {budgets.version}: {len(budgets.budgets)} budgets. Nothing is wrong with them.")
    return 0


def _apply(args: argparse.Namespace, settings: Settings) -> int:
    """The budgets file becomes what was applied, or the next sync would go back to what it said before."""
    from costlib.exports.files import whole_file
    from costlib.store.budgets import BudgetChange, put_budgets_in_force
    from costlib.store.republish import republish

    if not (args.note or "").strip():
        raise UsageError("Budgets are applied with a note.", "Say why: --note TEXT. It is kept with them.")
    budgets, text = _read(args, settings)
    now = utc_now()
    change = BudgetChange(text, str(settings.budgets_file), now, args.by or getpass.getuser(), args.note)
    is_new = republish(
        settings.source_dir, settings.keep_snapshots, now, lambda warehouse: put_budgets_in_force(warehouse, change)
    )
    if args.file is not None and args.file != settings.budgets_file:
        with whole_file(settings.budgets_file, overwrite=True) as file:
            file.write(text.encode())
    words = "are in force" if is_new else "were in force already"
    print(f"The budgets of version {budgets.version} {words}.", file=sys.stderr)
    return 0


def _read(args: argparse.Namespace, settings: Settings) -> tuple[Budgets, str]:
    file = args.file or settings.budgets_file
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{file} cannot be read: {error}.", "Name a budgets file; docs/budgets.md has one.") from None
    return parse_budgets(text, str(file)), text
