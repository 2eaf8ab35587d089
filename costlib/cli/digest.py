"""`costlib digest`: yesterday or last week in a message: shown, written to a file, or sent to the channels."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from costlib.access import EVERYTHING, Scope
from costlib.alerts.alert import scope_of
from costlib.alerts.digest import delayed_message, digest_message
from costlib.alerts.message import Message
from costlib.channels import Cadence, Channel
from costlib.cli import ExitCode, settings_of
from costlib.cli.alerts import require_channels
from costlib.cli.eyes import access_of, add_as, note_file
from costlib.cli.printing import standard_output
from costlib.cli.sending import Outcome, channels_named, deliver, frame_of, moment_of
from costlib.cli.sync import utc_now
from costlib.config import Settings
from costlib.errors import CostlibError, UsageError
from costlib.exports.files import whole_file
from costlib.queries.alerts import alerts, data_state
from costlib.queries.digest import digest_figures, of_what_there_is
from costlib.queries.forecast_events import known_events
from costlib.store.sent import Ledger, Sent, sending
from costlib.store.snapshot import Snapshot, open_current
from costlib.vocabulary import COST_METRICS, CostMetric, metric

HELP = "yesterday or last week in a message: what was spent, where the month ends, what moved, what needs attention"
EPILOG = """\
Without --send the digest is shown, or written with -o. With it, each channel whose `digests` name this cadence gets it
once, narrowed to the channel's own cost centers and accounts.

Examples:
  python -m costlib digest
  python -m costlib digest --weekly --format html -o week.html
  python -m costlib digest --daily --send
"""


@dataclass(frozen=True)
class Request:
    """What is asked for: which digest of what is held, and the moment at which it is asked."""

    settings: Settings
    snapshot: Snapshot
    cadence: Cadence
    metric: CostMetric
    now: datetime


@dataclass(frozen=True)
class Written:
    """A message, and the key by which a channel gets it once."""

    key: str
    message: Message


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser], common: argparse.ArgumentParser) -> None:
    """Add the command."""
    parser = subparsers.add_parser(
        "digest",
        parents=[common],
        help=HELP,
        description=HELP,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    every = parser.add_mutually_exclusive_group()
    every.add_argument("--daily", action="store_true", help="of the last complete day (this is the default)")
    every.add_argument("--weekly", action="store_true", help="of the last seven complete days")
    parser.add_argument("--format", choices=["text", "html"], default="text", help="how it is shown or written")
    parser.add_argument("-o", "--output", type=Path, metavar="FILE", help="write it to this file")
    parser.add_argument("--force", action="store_true", help="replace the file if it exists")
    parser.add_argument(
        "--metric",
        default=CostMetric.unblended_cost.value,
        metavar="METRIC",
        help=f"{', '.join(COST_METRICS)} (default: unblended_cost)",
    )
    parser.add_argument("--account", action="append", default=[], metavar="ID", help="only this account's charges")
    parser.add_argument(
        "--cost-center", action="append", default=[], metavar="NAME", help="only this cost center's statement"
    )
    add_as(parser)
    parser.add_argument("--send", action="store_true", help="send it to the channels")
    parser.add_argument("--channel", action="append", default=[], metavar="NAME", help="only to this one")
    parser.add_argument("--again", action="store_true", help="send it even to a channel that got it already")
    parser.add_argument("--dry-run", action="store_true", help="say what would be sent, and send and record nothing")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Exit code 3 when a channel did not take it; the others got theirs."""
    settings = settings_of(args)
    cadence = Cadence.weekly if args.weekly else Cadence.daily
    is_sending = args.send or args.dry_run
    _refuse_contradictions(args, is_sending)
    if is_sending:
        require_channels(settings)
        channels_named(settings, args.channel)
    with closing(open_current(settings.source_dir)) as snapshot:
        request = Request(settings, snapshot, cadence, metric(args.metric), utc_now())
        if is_sending:
            return _send(request, args)
        message = written(request, _asked(request, args)).message
    _show(message.as_html if args.format == "html" else message.text, args)
    if args.output:
        note_file(args, settings, args.output)
    return ExitCode.ok


def _asked(request: Request, args: argparse.Namespace) -> Scope:
    """What the flags narrow it to."""
    if args.seen_as:
        return of_what_there_is(request.snapshot, access_of(args, request.settings).scope)
    if args.account or args.cost_center:
        return Scope(frozenset(args.account), frozenset(args.cost_center))
    return EVERYTHING


def written(request: Request, scope: Scope) -> Written:
    """The digest within scope; in its place, while the data is too old for one, the notice that says so."""
    settings, snapshot = request.settings, request.snapshot
    moment = moment_of(settings, snapshot, request.now)
    frame = frame_of(settings)
    state = data_state(snapshot)
    if delay := state.delay(request.now, moment.patience):
        return Written(f"delayed:{state.snapshot_id}", delayed_message(state, delay, frame))
    found, events = alerts(snapshot, scope, moment), known_events(settings.events_file)
    figures = digest_figures(snapshot, scope, request.cadence, found, request.metric, events)
    return Written(f"digest:{request.cadence}:{state.last_complete_day}", digest_message(figures, frame))


def _refuse_contradictions(args: argparse.Namespace, is_sending: bool) -> None:
    if args.seen_as and (args.account or args.cost_center):
        raise UsageError("--as sees what the access file gives.", "Leave out --account and --cost-center, or --as.")
    if is_sending and (args.output or args.account or args.cost_center or args.seen_as):
        raise UsageError(
            "--send goes to channels, and each has its own accounts and cost centers.",
            "Leave out -o, --account, --cost-center and --as, or leave out --send.",
        )
    if not is_sending and (args.channel or args.again):
        raise UsageError("--channel and --again are about sending.", "Add --send.")


def _show(text: str, args: argparse.Namespace) -> None:
    if args.output is None:
        standard_output().write(text)
        return
    with whole_file(args.output, overwrite=args.force) as file:
        file.write(text.encode())
    print(args.output, file=sys.stderr)


def _send(request: Request, args: argparse.Namespace) -> int:
    channels = [c for c in channels_named(request.settings, args.channel) if request.cadence in c.digests]
    if not channels:
        print(f"No channel wants a {request.cadence} digest.", file=sys.stderr)
    outcome = Outcome()
    with sending(request.settings.source_dir) as ledger:
        _to_all(request, channels, ledger, args, outcome)
    outcome.raise_if_failed()
    return ExitCode.ok


def _to_all(
    request: Request, channels: Sequence[Channel], ledger: Ledger, args: argparse.Namespace, outcome: Outcome
) -> None:
    """A channel that fails is told of in the end; the others have their turn."""
    for channel in channels:
        try:
            ready = written(request, scope_of(channel))
            if ready.key in ledger.keys(channel.name) and not args.again:
                print(f"{channel.name} has it already: {ready.message.title}", file=sys.stderr)
                continue
            if not args.dry_run:
                deliver(channel, ready.message)
        except CostlibError as error:
            outcome.failed.append(error)
            continue
        if not args.dry_run:
            ledger.record([Sent(channel.name, ready.key, ready.message.title, request.now)])
        print(f"{channel.name}\t{ready.message.title}")
