"""`costlib categories`: see a cost category's definition, check and preview a draft of it, put it in force at AWS."""

from __future__ import annotations

import argparse
import os
import sys
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from costlib.cli import settings_of
from costlib.cli.eyes import add_as, note, scope_of
from costlib.cli.printing import PRINTERS, Heading, standard_output
from costlib.cli.sync import utc_now
from costlib.config import Settings, Source
from costlib.errors import NoAccess, UnknownName, UsageError
from costlib.periods import Period, add_months, month_start
from costlib.queries.drafts import Draft, draft_from, draft_json, read_draft
from costlib.queries.filters import Filters
from costlib.store.audit import Event
from costlib.store.snapshot import Snapshot, open_current
from costlib.vocabulary import COST_METRICS, CostMetric, metric

if TYPE_CHECKING:
    from argparse import _SubParsersAction

HELP = "see, check, preview and apply the rules of cost categories"
SHOW = "print the stored definition of a cost category as a draft; without a name, list them"
CHECK = "say whether AWS would take a draft"
PREVIEW = "what a draft would do to stored charges: value before and after, with amounts that sum to the bill"
APPLY = "show what a draft changes at AWS, and with --confirm change it"
MONTHS = 3


def register(subparsers: _SubParsersAction[argparse.ArgumentParser], common: argparse.ArgumentParser) -> None:
    parser = subparsers.add_parser("categories", help=HELP, description=HELP)
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    for name, about, run in (("show", SHOW, show), ("check", CHECK, check), ("preview", PREVIEW, preview)):
        action = actions.add_parser(name, parents=[common], help=about, description=about)
        action.set_defaults(run=run)
        if name != "check":
            add_as(action)
        if name == "show":
            action.add_argument("name", nargs="?", metavar="NAME", help="the cost category")
            continue
        _takes_a_file(action)
        if name == "preview":
            action.add_argument("--months", type=int, default=MONTHS, metavar="N", help="how many months (default: 3)")
            action.add_argument("--metric", default=CostMetric.unblended_cost.value, help=", ".join(COST_METRICS))
            action.add_argument("--format", choices=list(PRINTERS), default="table", help="how to print it")
    action = actions.add_parser("apply", parents=[common], help=APPLY, description=APPLY)
    _takes_a_file(action)
    action.add_argument("--arn", metavar="ARN", help="which cost category (default: the one of the draft's name)")
    action.add_argument("--confirm", action="store_true", help="send it to AWS; without, nothing is changed")
    action.set_defaults(run=apply)


def _takes_a_file(action: argparse.ArgumentParser) -> None:
    action.add_argument(
        "file", type=Path, metavar="FILE", help="the draft, JSON as CreateCostCategoryDefinition takes it"
    )


def show(args: argparse.Namespace) -> int:
    from costlib.queries.definitions import definition

    settings = settings_of(args)
    scope = scope_of(args, settings)
    if args.name is not None and scope.accounts is not None:
        raise NoAccess(
            "A cost category concerns every account: only a view of the whole organization can draft one.",
            "Ask someone who sees everything; without a name, the categories are listed.",
        )
    with closing(open_current(settings.source_dir)) as snapshot:
        names = [
            label.removeprefix("cost_category:") for label in snapshot.labels if label.startswith("cost_category:")
        ]
        found = [(name, definition(snapshot, scope, name)) for name in ([args.name] if args.name else names)]
    out = standard_output()
    if args.name is None:
        rows = [
            (n, str(len(d.content.rules)), str(d.content.effective_start), d.processing_status) for n, d in found if d
        ]
        PRINTERS["table"](out, Heading(("cost_category", "rules", "effective_start", "status"), 4), rows)
    else:
        ((name, shown),) = found
        if shown is None:
            raise UnknownName("cost category", name, names)
        out.write(draft_json(draft_from(name, shown.content)))
    out.flush()
    return 0


def check(args: argparse.Namespace) -> int:
    draft = _read(args)
    splits = len(draft.split_charges)
    print(f"{draft.name}: {len(draft.rules)} rules, {splits} split charge rules. Nothing is wrong with them.")
    return 0


def preview(args: argparse.Namespace) -> int:
    from costlib.queries.draft_preview import preview as previewed

    draft, settings = _read(args), settings_of(args)
    scope = scope_of(args, settings)
    if args.months < 1:
        raise UsageError(f"--months {args.months} previews nothing.", "Give at least 1.")
    with closing(open_current(settings.source_dir)) as snapshot:
        filters = Filters(_last_months(snapshot, args.months), metric=metric(args.metric))
        found = previewed(snapshot, scope, filters, draft)
    for spot in found.blind:
        print(f"Rule {spot.rule} cannot be previewed in full: {spot.condition}: {spot.why}.", file=sys.stderr)
    if not found.is_tracked:
        print(f"The present values of {draft.name} are not stored: all is Unallocated before.", file=sys.stderr)
    for when, coverage in (("before", found.before), ("after", found.after)):
        share = "n/a" if coverage.share is None else f"{coverage.share:.1%}"
        print(f"Labeled {when}: {share} of the charges above zero.", file=sys.stderr)
    out = standard_output()
    rows = [(move.before, move.after, move.amount) for move in found.moves]
    PRINTERS[args.format](out, Heading(("before", "after", filters.metric.value), 2), rows)
    out.flush()
    return 0


def apply(args: argparse.Namespace) -> int:
    """Compares with what AWS holds at this moment, not with what was synced."""
    from costlib.ingest.categories import describe, find_arn, write_definition
    from costlib.ingest.client import connect
    from costlib.queries.draft_changes import change_lines
    from costlib.queries.drafts import update_json
    from costlib.queries.rules import content_of

    draft, settings = _read(args), settings_of(args)
    _require_aws(settings)
    client = connect(settings, environ=os.environ, run_id="categories")
    arn = args.arn or find_arn(client, draft.name)
    present = describe(client, arn) if arn else None
    if present is not None and present.name != draft.name:
        raise UsageError(f"{arn} is called {present.name!r}, the draft {draft.name!r}.", "AWS cannot rename: mend one.")
    lines = change_lines(content_of(present.content) if present else None, draft)
    print("\n".join([f"{draft.name}: {'change ' + arn if arn else 'new cost category'}", *lines]))
    if arn and not lines:
        print("AWS holds this already; nothing was sent.", file=sys.stderr)
    elif not args.confirm:
        print("Nothing was sent to AWS. Say --confirm to send it.", file=sys.stderr)
    else:
        written = write_definition(client, update_json(draft, arn) if arn else draft_json(draft))
        note(args, settings, Event.cost_category_changed, f"{draft.name} at AWS, {written}")
        print(f"AWS took it as {written}. It labels charges again within 24 hours; then sync.", file=sys.stderr)
    return 0


def _require_aws(settings: Settings) -> None:
    if settings.source is Source.sample:
        raise UsageError("The sample organization cannot be changed.", "Say --source aws.")


def _last_months(snapshot: Snapshot, months: int) -> Period:
    first = add_months(month_start(snapshot.period.last_day), 1 - months)
    return Period(max(first, snapshot.period.start), snapshot.period.end)


def _read(args: argparse.Namespace) -> Draft:
    file: Path = args.file
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        remedy = "Name a draft; `costlib categories show NAME` prints one to begin with."
        raise UsageError(f"{file} cannot be read: {error}.", remedy) from None
    return read_draft(text, str(file), utc_now().date())
