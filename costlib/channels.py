"""Where digests and alerts go: channels as they are written in the settings, and the hours in which none is sent.

An address may name environment variables (`${SLACK_HOOK}`); they are read when something is sent, so that no secret is
part of the settings. `Channel` never shows its address.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, time
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

Choice = TypeVar("Choice", bound=StrEnum)

_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
_TOPIC = re.compile(r"arn:(?P<partition>aws[a-z-]*):sns:(?P<region>[a-z0-9-]+):\d{12}:[A-Za-z0-9_-]{1,256}")
_HOURS = re.compile(r"(\d\d:\d\d)-(\d\d:\d\d)(?: (\S+))?")
_KEYS = ("name", "url", "topic_arn", "digests", "alerts", "min_dollars", "cost_centers", "accounts")


class Cadence(StrEnum):
    """How often a digest comes."""

    daily = "daily"
    weekly = "weekly"


class AlertKind(StrEnum):
    """What an alert is about."""

    incident = "incident"
    budget = "budget"
    data = "data"
    sync = "sync"


@dataclass(frozen=True)
class Channel:
    """One place that messages go to: an Apprise address, or an SNS topic.

    `cost_centers` and `accounts` narrow what it may be told; empty is everything. Alerts under `min_dollars` are left
    out; one without an amount (of data, of a sync) never is.
    """

    name: str
    url: str = field(default="", repr=False)
    topic_arn: str = ""
    digests: frozenset[Cadence] = frozenset(Cadence)
    alerts: frozenset[AlertKind] = frozenset(AlertKind)
    min_dollars: Decimal = Decimal(0)
    cost_centers: frozenset[str] = frozenset()
    accounts: frozenset[str] = frozenset()

    @property
    def region(self) -> str:
        """The region of its topic; '' where it has none."""
        found = _TOPIC.fullmatch(self.topic_arn)
        return found["region"] if found else ""

    @property
    def variables(self) -> tuple[str, ...]:
        """The environment variables that its address names."""
        return tuple(_VARIABLE.findall(self.url))

    def address(self, environ: Mapping[str, str]) -> str:
        """The address with its variables filled in; KeyError for one that is not set."""
        for name in self.variables:
            if not environ.get(name):
                raise KeyError(name)
        return _VARIABLE.sub(lambda found: environ[found[1]], self.url)


@dataclass(frozen=True)
class QuietHours:
    """From `start` up to `end` every day, over midnight if `end` is earlier, on the clock of `zone`."""

    start: time
    end: time
    zone: str = "UTC"

    def hold(self, now: datetime) -> bool:
        """Whether `now` (UTC without a zone) is among them."""
        clock = now.replace(tzinfo=UTC).astimezone(ZoneInfo(self.zone)).time()
        if self.start <= self.end:
            return self.start <= clock < self.end
        return clock >= self.start or clock < self.end

    def __str__(self) -> str:
        return f"{self.start:%H:%M}-{self.end:%H:%M} {self.zone}"


def read_quiet_hours(text: str) -> QuietHours | None:
    """`22:00-07:00 Europe/Berlin`; None for ''. Raises ValueError with what is wrong."""
    if not text.strip():
        return None
    found = _HOURS.fullmatch(text.strip())
    if not found:
        raise ValueError("write them as 22:00-07:00 or 22:00-07:00 Europe/Berlin")
    zone = found[3] or "UTC"
    try:
        ZoneInfo(zone)
        return QuietHours(time.fromisoformat(found[1]), time.fromisoformat(found[2]), zone)
    except ZoneInfoNotFoundError:
        raise ValueError(f"there is no time zone {zone!r}; write it as Europe/Berlin") from None


def read_channels(raw: object) -> tuple[Channel, ...]:
    """A list of tables as TOML has them, or JSON text. Raises ValueError with what is wrong, and no address in it."""
    if isinstance(raw, str):
        try:
            raw = json.loads(raw)
        except json.JSONDecodeError:
            raise ValueError("in a variable, write them as a JSON list of objects") from None
    if not isinstance(raw, list) or not all(isinstance(table, dict) for table in raw):
        raise ValueError("write each as a table [[channels]]")
    channels = tuple(_channel(table) for table in raw)
    names = [channel.name for channel in channels]
    for name in names:
        if names.count(name) > 1:
            raise ValueError(f"two channels are called {name!r}")
    return channels


def _channel(table: Mapping[str, object]) -> Channel:
    name = table.get("name")
    if not isinstance(name, str) or not name.strip() or not name.isprintable():
        raise ValueError("a channel has no name")
    for key in table:
        if key not in _KEYS:
            raise ValueError(f"channel {name!r} has an unknown key {key!r}; known: {', '.join(_KEYS)}")
    url, topic = (_text(name, key, table.get(key, "")) for key in ("url", "topic_arn"))
    if bool(url) == bool(topic):
        raise ValueError(f"channel {name!r} needs a url or a topic_arn, one of them")
    if topic and not _TOPIC.fullmatch(topic):
        raise ValueError(f"channel {name!r}: topic_arn is not arn:aws:sns:REGION:ACCOUNT:NAME")
    return Channel(
        name,
        url,
        topic,
        digests=frozenset(_choices(name, "digests", table, Cadence)),
        alerts=frozenset(_choices(name, "alerts", table, AlertKind)),
        min_dollars=_dollars(name, table.get("min_dollars", 0)),
        cost_centers=frozenset(_texts(name, "cost_centers", table.get("cost_centers", []))),
        accounts=frozenset(_texts(name, "accounts", table.get("accounts", []))),
    )


def _text(channel: str, key: str, raw: object) -> str:
    if not isinstance(raw, str):
        raise ValueError(f"channel {channel!r}: {key} is not text")
    return raw.strip()


def _texts(channel: str, key: str, raw: object) -> list[str]:
    if not isinstance(raw, list) or not all(isinstance(value, str) and value for value in raw):
        raise ValueError(f"channel {channel!r}: {key} is not a list of texts")
    return raw


def _choices(channel: str, key: str, table: Mapping[str, object], kind: type[Choice]) -> list[Choice]:
    known = [choice.value for choice in kind]
    chosen = _texts(channel, key, table.get(key, known))
    for text in chosen:
        if text not in known:
            raise ValueError(f"channel {channel!r}: {key} are {', '.join(known)}, not {text!r}")
    return [kind(text) for text in chosen]


def _dollars(channel: str, raw: object) -> Decimal:
    try:
        amount = Decimal(str(raw))
    except InvalidOperation:
        amount = Decimal(-1)
    if isinstance(raw, bool) or not amount.is_finite() or amount < 0:
        raise ValueError(f"channel {channel!r}: min_dollars is not an amount in US dollars")
    return amount
