"""`costlib budgets`: how each budget stands; check a budgets file, or put one in force."""

from __future__ import annotations

import argparse
import sys
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from costlib.access import EVERYTHING
from costlib.budgets.budget import Budgets
from costlib.budgets.parsing import parse_budgets
from costlib.cli import settings_of
from costlib.cli.applying import Application, put_in_force, text_of
from costlib.cli.eyes import add_as, by_whom, scope_of
from costlib.cli.printing import PRINTERS, Heading, Row, standard_output
from costlib.cli.sync import utc_now
from costlib.store.audit import Event
from costlib.store.snapshot import open_current
from costlib.wording import count

if TYPE_CHECKING:
    from argparse import _SubParsersAction

    from costlib.config import Settings
    from costlib.queries.budgets import Standing

HELP = "how each budget stands; check or apply a budgets file"
LIST = "every budget: its amount, what was spent, where it will end, and how likely that is too much"
CHECK = "say whether a budgets file can be used, and what it holds"
APPLY = "put a budgets file in force and publish, without asking AWS"
WORDS = ("budget", "name", "of", "value", "metric", "start", "end", "state", "crossing")
AMOUNTS = ("agreed", "carried", "amount", "actual", "expected", "low_80", "high_80", "variance", "probability")


def register(subparsers: _SubParsersAction[argparse.ArgumentParser], common: argparse.ArgumentParser) -> None:
    parser = subparsers.add_parser("budgets", help=HELP, description=HELP)
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    for name, about, run in (("list", LIST, show), ("check", CHECK, check), ("apply", APPLY, apply)):
        action = actions.add_parser(name, parents=[common], help=about, description=about)
        action.set_defaults(run=run)
        if name == "list":
            action.add_argument("--format", choices=list(PRINTERS), default="table", help="how to print it")
            add_as(action)
            continue
        action.add_argument(
            "file", nargs="?", type=Path, metavar="FILE", help="the budgets (default: the setting budgets_file)"
        )
        if name == "apply":
            action.add_argument("--note", required=True, metavar="TEXT", help="why; it is kept with the budgets")
            action.add_argument("--by", metavar="NAME", help="who applies them (default: the user of this process)")


def show(args: argparse.Namespace) -> int:
    from costlib.queries.budgets import budgets_problem, standings
    from costlib.queries.forecast_events import known_events

    settings = settings_of(args)
    scope = scope_of(args, settings)
    with closing(open_current(settings.source_dir)) as snapshot:
        events = known_events(settings.events_file)
        found = standings(snapshot, scope, settings.fiscal_year_start_month, events)
        problem = budgets_problem(snapshot)
    if problem:
        # What is wrong may name a budget of somebody else's.
        told = problem if scope == EVERYTHING else "The budgets file cannot be used."
        print(f"note: {told} The last good budgets are in force.", file=sys.stderr)
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


def check(args: argparse.Namespace) -> int:
    budgets, _ = _read(args, settings_of(args))
    print(f"Version {budgets.version}: {count(len(budgets.budgets), 'budget')}. Nothing is wrong with them.")
    return 0


def apply(args: argparse.Namespace) -> int:
    from costlib.store.budgets import BudgetChange, put_budgets_in_force

    settings = settings_of(args)
    budgets, text = _read(args, settings)
    now = utc_now()
    change = BudgetChange(text, str(settings.budgets_file), now, by_whom(args), args.note)
    about = f"version {budgets.version}: {args.note}"
    applied = Application(settings.budgets_file, args.file, text, Event.budgets_changed, about)
    is_new = put_in_force(args, settings, applied, now, lambda warehouse: put_budgets_in_force(warehouse, change))
    words = "are in force" if is_new else "were in force already"
    print(f"The budgets of version {budgets.version} {words}.", file=sys.stderr)
    return 0


def _read(args: argparse.Namespace, settings: Settings) -> tuple[Budgets, str]:
    file = args.file or settings.budgets_file
    text = text_of(file, "Name a budgets file; docs/budgets.md has one.")
    return parse_budgets(text, str(file)), text
