"""`costlib status`: what is held, how fresh it is, what the last syncs did and cost."""

from __future__ import annotations

import argparse
import json
from contextlib import closing
from dataclasses import asdict

from costlib.access import Scope
from costlib.cli import ExitCode, settings_of
from costlib.cli.eyes import add_as, scope_of
from costlib.config import Settings
from costlib.money import plain
from costlib.store.snapshot import Snapshot, open_current
from costlib.store.status import read_status

LAST_RUNS = 5


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser], common: argparse.ArgumentParser) -> None:
    """Add the command."""
    parser = subparsers.add_parser("status", parents=[common], help="what is held, how fresh, and what it cost")
    parser.add_argument("--json", action="store_true", help="one JSON object on stdout")
    add_as(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Exit code 1 when the held data does not tie out."""
    settings = settings_of(args)
    scope = scope_of(args, settings)
    with closing(open_current(settings.source_dir)) as snapshot:
        facts = _facts(settings, snapshot, scope)
    if args.json:
        print(json.dumps(facts, default=str, indent=1))
    else:
        _print(facts)
    return ExitCode.ok if facts["ties_out"] else ExitCode.wrong_data


def _facts(settings: Settings, snapshot: Snapshot, scope: Scope) -> dict[str, object]:
    """By how much all charges together miss AWS's total is for those who see them all, as on the page Freshness."""
    from costlib.queries import freshness

    status = read_status(settings.source_dir)
    tie = freshness.tie_out_summary(snapshot)
    month = freshness.requests_this_month(snapshot)
    difference = tie.difference if scope.accounts is None else None
    return {
        "source": settings.source.value,
        "snapshot_id": snapshot.snapshot_id,
        "as_of": snapshot.as_of.isoformat(),
        "checked_at": status.checked_at.isoformat() if status and status.checked_at else None,
        "complete_through": snapshot.complete_through.isoformat(),
        "history": str(snapshot.period),
        "currency": snapshot.currency,
        "ties_out": tie.differing_days == 0,
        "differing_days": tie.differing_days,
        "difference": None if difference is None else plain(difference),
        "requests_this_month": month.requests,
        "dollars_this_month": plain(month.usd),
        "next_sync_usd": plain(status.next_sync_usd) if status and status.next_sync_usd is not None else None,
        "last_sync": {"state": status.state.value, "message": status.message} if status else None,
        "runs": [asdict(r) for r in freshness.last_runs(snapshot, LAST_RUNS)],
    }


def _print(facts: dict[str, object]) -> None:
    for name, value in facts.items():
        if name not in ("runs", "last_sync"):
            print(f"{name.replace('_', ' '):<20} {'-' if value is None else value}")
