"""Known events of one selection: what they add to the days ahead, and which past days are not learned from."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from costlib.errors import ConfigError
from costlib.events import Event, parse_events
from costlib.money import EXACT, rounded
from costlib.periods import Period
from costlib.queries.filters import Filters

if TYPE_CHECKING:
    import pandas as pd

Events = tuple[Event, ...]


def known_events(file: Path) -> Events:
    """The events in `file`; none without it. Raises InvalidEvents or ConfigError."""
    if not file.exists():
        return ()
    try:
        return parse_events(file.read_text(encoding="utf-8"), str(file))
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError("events_file", str(file), f"cannot be read ({error})", "Make it readable UTF-8.") from error


def concerning(events: Events, filters: Filters) -> Events:
    """Those that touch what `filters` keep: an event about other services says nothing about this one."""
    kept = dict(filters.conditions)
    return tuple(
        event
        for event in events
        if all(name not in kept or set(kept[name]) & set(chosen) for name, chosen in event.selection)
    )


def added(events: Iterable[Event], period: Period) -> Decimal:
    """What the events add to the days of `period`, to the cent."""
    amount = Decimal(0)
    for event in events:
        if days := event.period.clip(period):
            amount = EXACT.add(amount, event.amount_a_day * days.days)
    return rounded(amount)


def muted(events: Iterable[Event], known: Period) -> pd.DatetimeIndex | None:
    """The days in `known` that are not learned from; None without any."""
    import pandas as pd

    days = sorted({day for event in events if event.mutes for day in event.period if day in known})
    return pd.DatetimeIndex(days) if days else None
