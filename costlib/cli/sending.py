"""How messages go out: each alert once to each channel, by Apprise or SNS, and recorded as soon as it is out."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime

from costlib.alerts.alert import Alert, Batch, batches, scope_of, told_to
from costlib.alerts.delay import Patience
from costlib.alerts.message import Frame, Message
from costlib.channels import Channel
from costlib.config import Settings, Source
from costlib.errors import CostlibError, NoSnapshot, StoreError, UnknownName, UsageError
from costlib.queries.alerts import Moment, alerts, failed_first_sync
from costlib.queries.forecast_events import Events, known_events
from costlib.queries.incident_alerts import open_incidents
from costlib.store.sent import Ledger, Sent, sending
from costlib.store.snapshot import Snapshot, open_current
from costlib.store.status import read_status
from costlib.store.triage import triaged


@dataclass
class Outcome:
    """What a round of sending did: messages that went out, and why others did not, by channel."""

    sent: list[tuple[str, str]] = field(default_factory=list)
    failed: list[CostlibError] = field(default_factory=list)
    waiting: int = 0

    def raise_if_failed(self) -> None:
        """The first failure, after every other channel had its turn and each failure was told."""
        for error in self.failed[1:]:
            print(f"costlib: {error.message}\n  {error.remedy}", file=sys.stderr)
        if self.failed:
            raise self.failed[0]


def deliver(channel: Channel, message: Message) -> None:
    """Send one message. Raises ChannelUnreachable, ConfigError, or an error of AWS's."""
    if channel.topic_arn:
        from costlib.ingest.topics import publish

        publish(channel, message)
    else:
        from costlib.alerts.delivery import send

        send(channel, message, os.environ)


def channels_named(settings: Settings, names: Sequence[str]) -> tuple[Channel, ...]:
    """The channels of these names, or all. Raises UnknownName."""
    known = {channel.name: channel for channel in settings.channels}
    for name in names:
        if name not in known:
            raise UnknownName("channel", name, known)
    return tuple(known[name] for name in names) if names else settings.channels


def frame_of(settings: Settings) -> Frame:
    return Frame(settings.dashboard_url, settings.source is Source.sample)


def moment_of(settings: Settings, snapshot: Snapshot, now: datetime) -> Moment:
    """What is known beside the snapshot: the last sync's status, and of which incidents people have said what they are.

    Where their words cannot be read, every open incident counts as one that nobody has looked at.
    """
    try:
        said = triaged(settings.source_dir, open_incidents(snapshot))
    except StoreError:
        said = {}
    settled = frozenset(incident_id for incident_id, standing in said.items() if standing.verdict is not None)
    patience = Patience(settings.stale_after_hours, settings.delayed_after_days)
    status, year = read_status(settings.source_dir), settings.fiscal_year_start_month
    return Moment(now, status, patience, settled, year, _events(settings))


def _events(settings: Settings) -> Events:
    """None where the file cannot be used, which the sync has said: an alert is not lost for it."""
    try:
        return known_events(settings.events_file)
    except UsageError:
        return ()


def alerts_by_channel(
    settings: Settings, channels: Sequence[Channel], now: datetime
) -> tuple[tuple[Channel, tuple[Alert, ...]], ...]:
    """What each channel may be told, of all that is open now; what is asked within one scope is asked once."""
    try:
        snapshot = open_current(settings.source_dir)
    except NoSnapshot:
        first = failed_first_sync(read_status(settings.source_dir), now)
        return tuple((channel, told_to(channel, first)) for channel in channels)
    with closing(snapshot):
        moment = moment_of(settings, snapshot, now)
        found = {scope: alerts(snapshot, scope, moment) for scope in dict.fromkeys(map(scope_of, channels))}
    return tuple((channel, told_to(channel, found[scope_of(channel)])) for channel in channels)


def send_alerts(settings: Settings, channels: Sequence[Channel], now: datetime, dry_run: bool = False) -> Outcome:
    """Tell each channel what it has not been told; in quiet hours nothing is sent, and nothing recorded."""
    outcome = Outcome()
    with sending(settings.source_dir) as ledger:
        for channel, told in alerts_by_channel(settings, channels, now):
            new = batches(told, ledger.keys(channel.name), frame_of(settings))
            if settings.quiet_hours and settings.quiet_hours.hold(now):
                outcome.waiting += len(new)
            else:
                _to_channel(channel, new, None if dry_run else ledger, now, outcome)
    return outcome


def tell_after_sync(settings: Settings, now: datetime) -> None:
    """A step of its own behind a sync: what fails here is said, and does not make the sync fail."""
    if not settings.channels:
        return
    try:
        outcome = send_alerts(settings, settings.channels, now)
    except (CostlibError, OSError) as error:
        print(f"note: alerts were not sent: {error}", file=sys.stderr)
        return
    for channel, title in outcome.sent:
        print(f"Told {channel}: {title}.", file=sys.stderr)
    for failure in outcome.failed:
        print(f"note: {failure}", file=sys.stderr)


def _to_channel(channel: Channel, new: Sequence[Batch], ledger: Ledger | None, now: datetime, outcome: Outcome) -> None:
    """A channel that fails is told of, and tried again in the next round. Without a ledger nothing goes out."""
    for batch in new:
        if ledger:
            try:
                deliver(channel, batch.message)
            except CostlibError as error:
                outcome.failed.append(error)
                return
            ledger.record(Sent(channel.name, alert.key, alert.title, now) for alert in batch.alerts)
        outcome.sent.append((channel.name, batch.message.title))
