"""Alerts: what somebody should know before they next look, and which of them a channel is told."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from costlib.access import EVERYTHING, Scope
from costlib.alerts.message import Frame, Message
from costlib.channels import AlertKind, Channel
from costlib.exports.report import printable

MOST_AT_ONCE = 5
"""More new alerts than these come as one message: after an outage, or on the first day, nobody reads twenty."""
LONGEST_TITLE = 120


@dataclass(frozen=True)
class Alert:
    """One thing to know. `key` is the same for the same thing, for ever: it is what is sent once.

    `amount` is what is at stake, None where that is not money; `cost_center` is the owner's, None where it has none.
    `page` is where it is shown: a path of the dashboard with its query.
    """

    key: str
    kind: AlertKind
    title: str
    sentences: tuple[str, ...]
    since: date
    amount: Decimal | None = None
    cost_center: str | None = None
    account: str | None = None
    page: str = ""


def scope_of(channel: Channel) -> Scope:
    """What a channel may be told. One of cost centers alone reads their statements, and no account's charges."""
    if not channel.cost_centers and not channel.accounts:
        return EVERYTHING
    return Scope(channel.accounts, channel.cost_centers)


def may_know(scope: Scope, alert: Alert) -> bool:
    """Whoever sees some cost centers and accounts hears of what these own; what nobody owns is for who sees all."""
    if scope == EVERYTHING:
        return True
    return alert.cost_center in (scope.cost_centers or ()) or alert.account in (scope.accounts or ())


def told_to(channel: Channel, alerts: Iterable[Alert]) -> tuple[Alert, ...]:
    """Those that the channel wants and may know."""
    scope = scope_of(channel)
    return tuple(alert for alert in alerts if _is_wanted(channel, alert) and may_know(scope, alert))


def _is_wanted(channel: Channel, alert: Alert) -> bool:
    is_large = alert.amount is None or abs(alert.amount) >= channel.min_dollars
    return alert.kind in channel.alerts and is_large


@dataclass(frozen=True)
class Batch:
    """One message and the alerts it tells: recorded together once it is out."""

    message: Message
    alerts: tuple[Alert, ...]


def batches(alerts: Iterable[Alert], already_sent: Collection[str], frame: Frame) -> tuple[Batch, ...]:
    """The messages for what has not been sent: one each, or one for all where they are many."""
    new = tuple(alert for alert in alerts if alert.key not in already_sent)
    if len(new) <= MOST_AT_ONCE:
        return tuple(Batch(_message((alert,), frame), (alert,)) for alert in new)
    return (Batch(_message(new, frame), new),)


def _message(alerts: tuple[Alert, ...], frame: Frame) -> Message:
    title = _short(alerts[0].title) if len(alerts) == 1 else f"{len(alerts)} new cost alerts"
    told = [_text(alert, frame.dashboard_url, len(alerts) > 1) for alert in alerts]
    return Message(title, "\n\n".join([*told, *frame.notes]) + "\n")


def _text(alert: Alert, dashboard_url: str, with_title: bool) -> str:
    lines = [f"• {printable(alert.title)}"] if with_title else []
    lines += [printable(sentence) for sentence in alert.sentences]
    if alert.cost_center:
        lines.append(f"Owner: {printable(alert.cost_center)}.")
    if dashboard_url and alert.page:
        lines.append(f"{dashboard_url}/{alert.page}")
    return "\n".join(lines)


def _short(text: str) -> str:
    line = printable(text)
    return line if len(line) <= LONGEST_TITLE else f"{line[: LONGEST_TITLE - 1]}…"
