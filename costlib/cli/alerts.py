"""`costlib alerts`: tell each channel what it has not been told yet; try a channel out."""

from __future__ import annotations

import argparse
import sys

from costlib.alerts.message import Message
from costlib.cli import ExitCode, settings_of
from costlib.cli.sending import channels_named, deliver, send_alerts
from costlib.cli.sync import utc_now
from costlib.config import Settings
from costlib.errors import ConfigError

HELP = "tell channels what is new: incidents, budgets, data that is off, a sync that failed"
TRIAL = Message(
    "Test message of the showback dashboard",
    "This channel works: alerts and digests will arrive here. Nothing is wrong with your costs.\n",
)


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser], common: argparse.ArgumentParser) -> None:
    """Add the command with what it can do."""
    parser = subparsers.add_parser("alerts", help=HELP, description=HELP)
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    send = actions.add_parser("send", parents=[common], help="send each channel what it was not sent yet")
    send.add_argument("--dry-run", action="store_true", help="say what would be sent, and send and record nothing")
    test = actions.add_parser("test", parents=[common], help="send a test message, whatever the hour")
    for action, run in ((send, run_send), (test, run_test)):
        action.add_argument(
            "--channel", action="append", default=[], metavar="NAME", help="only this one; repeat for more"
        )
        action.set_defaults(run=run)


def run_send(args: argparse.Namespace) -> int:
    """Exit code 3 when a channel did not take a message; the others got theirs."""
    settings = settings_of(args)
    require_channels(settings)
    outcome = send_alerts(settings, channels_named(settings, args.channel), utc_now(), args.dry_run)
    for channel, title in outcome.sent:
        print(f"{channel}\t{title}")
    if outcome.waiting:
        print(f"Quiet hours ({settings.quiet_hours}): {outcome.waiting} wait for their end.", file=sys.stderr)
    elif not outcome.sent and not outcome.failed:
        print("Nothing new to tell.", file=sys.stderr)
    outcome.raise_if_failed()
    return ExitCode.ok


def run_test(args: argparse.Namespace) -> int:
    settings = settings_of(args)
    require_channels(settings)
    for channel in channels_named(settings, args.channel):
        deliver(channel, TRIAL)
        print(f"{channel.name}\t{TRIAL.title}")
    return ExitCode.ok


def require_channels(settings: Settings) -> None:
    """Raise ConfigError when there is nowhere to send to."""
    if not settings.channels:
        raise ConfigError("channels", "costlib.toml", "names no channel", "docs/alerts.md shows how to add one.")
