"""`costlib rules`: check the showback rules, try them over past months, put them in force."""

from __future__ import annotations

import argparse
import sys
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from costlib.allocation.parsing import parse_rules
from costlib.allocation.rules import AllocationRules
from costlib.cli import settings_of
from costlib.cli.applying import Application, put_in_force, text_of
from costlib.cli.eyes import add_as, by_whom, scope_of
from costlib.cli.printing import PRINTERS, Heading, standard_output
from costlib.cli.sync import utc_now
from costlib.errors import UsageError
from costlib.periods import Period, add_months, month_start
from costlib.store.audit import Event
from costlib.store.snapshot import open_current
from costlib.vocabulary import COST_METRICS, CostMetric, metric

if TYPE_CHECKING:
    from argparse import _SubParsersAction

    from costlib.config import Settings

HELP = "check, try and apply the showback rules"
CHECK = "say whether a rules file can be used, and what it holds"
PREVIEW = "replay a rules file over past months: who would pay more, who less"
APPLY = "put a rules file in force and publish, without asking AWS"
MONTHS = 3


def register(subparsers: _SubParsersAction[argparse.ArgumentParser], common: argparse.ArgumentParser) -> None:
    parser = subparsers.add_parser("rules", help=HELP, description=HELP)
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    for name, about, run in (("check", CHECK, check), ("preview", PREVIEW, preview), ("apply", APPLY, apply)):
        action = actions.add_parser(name, parents=[common], help=about, description=about)
        action.add_argument(
            "file", nargs="?", type=Path, metavar="FILE", help="the rules (default: the setting rules_file)"
        )
        action.set_defaults(run=run)
        if name == "preview":
            action.add_argument("--months", type=int, default=MONTHS, metavar="N", help="how many months to replay")
            action.add_argument("--metric", default=CostMetric.unblended_cost.value, help=", ".join(COST_METRICS))
            action.add_argument("--format", choices=list(PRINTERS), default="table", help="how to print it")
            add_as(action)
        if name == "apply":
            action.add_argument("--note", required=True, metavar="TEXT", help="why; it is kept with the rules")
            action.add_argument("--by", metavar="NAME", help="who applies them (default: the user of this process)")


def check(args: argparse.Namespace) -> int:
    rules, _ = _read(args, settings_of(args))
    ways, versions = len(rules.centers), len(rules.rules)
    print(f"Version {rules.version}: {ways} ways to a cost center, {versions} rules. Nothing is wrong with them.")
    return 0


def preview(args: argparse.Namespace) -> int:
    from costlib.queries.sandbox import replay

    settings = settings_of(args)
    scope = scope_of(args, settings)
    rules, _ = _read(args, settings)
    if args.months < 1:
        raise UsageError(f"--months {args.months} replays nothing.", "Give at least 1.")
    with closing(open_current(settings.source_dir)) as snapshot:
        end = snapshot.period.end
        first = max(add_months(month_start(snapshot.period.last_day), 1 - args.months), snapshot.period.start)
        found = replay(snapshot, scope, rules, Period(first, end), metric(args.metric))
    out = standard_output()
    rows = [(r.month, r.cost_center, r.before, r.after, r.change) for r in found]
    PRINTERS[args.format](out, Heading(("billing_month", "cost_center", "in_force", "tried", "change"), 2), rows)
    out.flush()
    return 0


def apply(args: argparse.Namespace) -> int:
    from costlib.store.showback import RuleChange
    from costlib.store.showback import put_in_force as put_rules_in_force

    settings = settings_of(args)
    rules, text = _read(args, settings)
    now = utc_now()
    change = RuleChange(text, str(settings.rules_file), now, by_whom(args), args.note)
    about = f"version {rules.version}: {args.note}"
    applied = Application(settings.rules_file, args.file, text, Event.rules_changed, about)
    is_new = put_in_force(args, settings, applied, now, lambda warehouse: put_rules_in_force(warehouse, change))
    print(
        f"Version {rules.version} is in force." if is_new else f"Version {rules.version} was in force already.",
        file=sys.stderr,
    )
    return 0


def _read(args: argparse.Namespace, settings: Settings) -> tuple[AllocationRules, str]:
    file = args.file or settings.rules_file
    text = text_of(file, "Name a rules file; docs/showback.md has one.")
    return parse_rules(text, str(file)), text
