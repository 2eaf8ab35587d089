"""`costlib status`: what is held, how fresh it is, what the last syncs did and cost."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict

from costlib.access import EVERYTHING
from costlib.cli import ExitCode, settings_of
from costlib.money import plain
from costlib.store.snapshot import open_current
from costlib.store.status import read_status

LAST_RUNS = 5


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser], common: argparse.ArgumentParser) -> None:
    """Add the command."""
    parser = subparsers.add_parser("status", parents=[common], help="what is held, how fresh, and what it cost")
    parser.add_argument("--json", action="store_true", help="one JSON object on stdout")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Exit code 1 when the held data does not tie out."""
    from costlib.queries import freshness

    settings = settings_of(args)
    snapshot = open_current(settings.source_dir)
    status = read_status(settings.source_dir)
    tie = freshness.tie_out_summary(snapshot, EVERYTHING)
    month = freshness.requests_this_month(snapshot)
    facts: dict[str, object] = {
        "source": settings.source.value,
        "snapshot_id": snapshot.snapshot_id,
        "as_of": snapshot.as_of.isoformat(),
        "checked_at": status.checked_at.isoformat() if status and status.checked_at else None,
        "complete_through": snapshot.complete_through.isoformat(),
        "history": str(snapshot.period),
        "currency": snapshot.currency,
        "ties_out": tie.differing_days == 0,
        "differing_days": tie.differing_days,
        "difference": None if tie.difference is None else plain(tie.difference),
        "requests_this_month": month.requests,
        "dollars_this_month": plain(month.usd),
        "next_sync_usd": plain(status.next_sync_usd) if status and status.next_sync_usd is not None else None,
        "last_sync": {"state": status.state.value, "message": status.message} if status else None,
        "runs": [asdict(r) for r in freshness.last_runs(snapshot, LAST_RUNS)],
    }
    if args.json:
        print(json.dumps(facts, default=str, indent=1))
    else:
        _print(facts)
    return ExitCode.ok if facts["ties_out"] else ExitCode.wrong_data


def _print(facts: dict[str, object]) -> None:
    for name, value in facts.items():
        if name not in ("runs", "last_sync"):
            print(f"{name.replace('_', ' '):<20} {'-' if value is None else value}")
