"""`costlib sync`: bring the store in step with Cost Explorer, or say what that would cost."""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from costlib.cli import ExitCode, settings_of
from costlib.cli.eyes import note
from costlib.config import Settings, Source
from costlib.errors import CostlibError, StoreError, SyncInProgress
from costlib.store.audit import Event
from costlib.store.status import Status

if TYPE_CHECKING:
    from costlib.ingest.budgets import AskBudgets
    from costlib.ingest.client import CostExplorer
    from costlib.ingest.sync import Connect

SAMPLE_SOURCE_ID = "sample organization"
SAMPLE_REQUESTS_PER_SECOND = 1000.0
"""The endpoint on loopback needs no politeness."""


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser], common: argparse.ArgumentParser) -> None:
    """Add the command."""
    parser = subparsers.add_parser("sync", parents=[common], help="bring the store in step with Cost Explorer")
    parser.add_argument("--plan", action="store_true", help="say what a sync would ask and cost, and stop")
    parser.add_argument("--full", action="store_true", help="read all retained months again")
    parser.add_argument("--by", metavar="NAME", help="who starts it (default: the user of this process)")
    parser.add_argument("--json", action="store_true", help="end with one JSON object on stdout")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Exit code 1 when the data does not tie out; what was synced is published all the same, and says so."""
    settings = settings_of(args)
    if args.plan:
        return _plan(settings, args.json)
    from costlib.ingest.sync import sync

    with source_of(settings) as source:
        progress = _Progress()
        try:
            result = sync(
                source.settings,
                source.connect,
                source.identity,
                utc_now,
                progress.show,
                full=args.full,
                ask_budgets=source.ask_budgets,
                began=lambda: _note_start(args, settings),
            )
        except SyncInProgress:
            raise
        except CostlibError:
            _tell_channels(settings)
            raise
        finally:
            progress.close()
    if args.json:
        print(json.dumps(asdict(result), default=str))
    for warning in result.warnings:
        print(f"note: {warning}", file=sys.stderr)
    print(
        f"Synced {settings.source.value} into snapshot {result.snapshot_id}: {result.requests:,} requests "
        f"(${result.request_cost_usd}), {result.rows:,} rows, {result.restatements:,} restated, "
        f"{result.seconds:.1f} s. "
        + ("Ties out." if result.ties_out else "Does NOT tie out: see the freshness page or `costlib status`."),
        file=sys.stderr,
    )
    _tell_channels(settings)
    return ExitCode.ok if result.ties_out else ExitCode.wrong_data


def _note_start(args: argparse.Namespace, settings: Settings) -> None:
    """A log that cannot be written to is said, and keeps nobody from fresh data."""
    try:
        note(args, settings, Event.sync_started, "everything again" if args.full else "")
    except StoreError as error:
        print(f"note: not in the audit log: {error}", file=sys.stderr)


def _tell_channels(settings: Settings) -> None:
    """What is new goes to the channels, where there are any; nothing that fails in it fails the sync."""
    if settings.channels:
        from costlib.cli.sending import tell_after_sync

        tell_after_sync(settings, utc_now())


def utc_now() -> datetime:
    """Now, in UTC without a zone, as the store keeps times."""
    return datetime.now(UTC).replace(tzinfo=None)


@dataclass(frozen=True)
class OpenSource:
    """How to connect, whom the data belongs to, and the settings as they hold for this source.

    `ask_budgets` is None where there are no AWS Budgets to ask for.
    """

    connect: Connect
    identity: str
    settings: Settings
    ask_budgets: AskBudgets | None = None


@contextlib.contextmanager
def source_of(settings: Settings) -> Iterator[OpenSource]:
    """AWS, or the sample organization, which is served on loopback while it is needed."""
    from costlib.ingest.client import connect
    from costlib.ingest.credentials import SAMPLE_ENVIRON

    def opened(settings: Settings, identity: str, url: str | None, environ: Mapping[str, str]) -> OpenSource:
        def client(run_id: str, before_request: Callable[[], None]) -> CostExplorer:
            return connect(settings, endpoint_url=url, environ=environ, run_id=run_id, before_request=before_request)

        return OpenSource(client, identity, settings)

    if settings.source is Source.aws:
        from costlib.ingest.budgets import asker
        from costlib.ingest.identity import source_identity

        source = opened(settings, source_identity(settings), None, os.environ)
        yield replace(source, ask_budgets=asker(settings))
        return
    from costlib.sample.organization import sample_organization
    from costlib.sample.server import SampleEndpoint

    with SampleEndpoint(sample_organization(utc_now().date())) as endpoint:
        unhurried = replace(settings, requests_per_second=SAMPLE_REQUESTS_PER_SECOND)
        yield opened(unhurried, SAMPLE_SOURCE_ID, endpoint.url, SAMPLE_ENVIRON)


def _plan(settings: Settings, as_json: bool) -> int:
    """From the store where there is one; an empty store asks AWS for the totals first, and says what that cost."""
    from costlib.ingest.plan import price_from_store

    requests = price_from_store(settings, utc_now())
    if requests is None:
        from costlib.ingest.sync import price_first_sync

        print("The store is empty: asking Cost Explorer for its totals to price the first sync.", file=sys.stderr)
        with source_of(settings) as source:
            requests = price_first_sync(source.settings, source.connect, source.identity, utc_now)
    total = sum(requests.values())
    dollars = total * settings.request_price_usd
    if as_json:
        print(json.dumps({"requests": requests, "total_requests": total, "request_cost_usd": str(dollars)}))
        return ExitCode.ok
    for purpose, count in requests.items():
        print(f"{purpose:<12}{count:>8,}")
    print(f"{'total':<12}{total:>8,} requests, about ${dollars}")
    return ExitCode.ok


class _Progress:
    """One line on stderr that moves on a terminal and stays silent in a log."""

    def __init__(self) -> None:
        self._is_terminal = sys.stderr.isatty()

    def show(self, status: Status) -> None:
        if self._is_terminal:
            print(f"\r\x1b[K{progress_line(status)}", end="", file=sys.stderr, flush=True)

    def close(self) -> None:
        if self._is_terminal:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)


def progress_line(status: Status, width: int = 24) -> str:
    """`Charges ████████░░░░ 120/300 requests  $1.20  about 40 s left`"""
    done, expected = status.requests_done, max(status.requests_expected, 1)
    filled = min(width, round(width * done / expected))
    left = f"  about {status.seconds_left:.0f} s left" if status.seconds_left is not None else ""
    bar = "█" * filled + "░" * (width - filled)
    return f"{status.phase or 'Starting':<18} {bar} {done:,}/{expected:,} requests  ${status.cost_usd:.2f}{left}"
