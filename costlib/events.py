"""Known events: launches, purchases, ends of commitments, holidays. `events.toml`: text to events, mistakes named.

An event with an amount is added to the forecast; one that mutes makes its days nothing to learn from or to wonder at.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, NoReturn, TypeVar

from costlib.errors import InvalidEvents
from costlib.periods import DAY, Period
from costlib.vocabulary import label_dimension

T = TypeVar("T")

SELECTABLE = ("usage_account_id", "service", "record_type")
"""What an event can be limited to, besides labels."""
KEYS = ("name", "day", "from", "until", "amount", "mutes", "selection")

Selection = tuple[tuple[str, tuple[str, ...]], ...]
"""(dimension, values) pairs, all of which must hold; none is everything."""


@dataclass(frozen=True)
class Event:
    """Something known to happen on the days of `period`.

    `amount`: what it adds to cost over the whole period, in currency units, spread evenly; None adds nothing.
    `selection`: which charges it is about. `mutes`: its days are neither learned from nor judged.
    """

    name: str
    period: Period
    amount: Decimal | None = None
    selection: Selection = ()
    mutes: bool = False

    @property
    def amount_a_day(self) -> Decimal:
        return (self.amount or Decimal(0)) / self.period.days

    def concerns(self, values: Mapping[str, str]) -> bool:
        """Whether a series of these charges is touched. `values`: dimension → the one value that the series is of.

        A series that is not cut by a dimension (the total) holds charges of every value of it.
        """
        return all(name not in values or values[name] in chosen for name, chosen in self.selection)


def parse_events(text: str, file: str = "events.toml") -> tuple[Event, ...]:
    """The events that `text` says, by day. Raises InvalidEvents for the first mistake, with file, entry and remedy."""
    try:
        raw = tomllib.loads(text, parse_float=Decimal)
    except tomllib.TOMLDecodeError as error:
        raise InvalidEvents(file, "", f"it is no TOML: {error}", "Mend the syntax of the line it names.") from None
    for key in raw:
        if key != "event":
            raise InvalidEvents(file, "", f"unknown table {key!r}", "Write [[event]].")
    return tuple(sorted((_event(entry) for entry in _entries(raw, file)), key=lambda event: event.period))


@dataclass(frozen=True)
class _Entry:
    """One [[event]] as read."""

    file: str
    number: int
    raw: Mapping[str, Any]

    def refuse(self, problem: str, remedy: str) -> NoReturn:
        name = self.raw.get("name")
        named = f" {name!r}" if isinstance(name, str) else ""
        raise InvalidEvents(self.file, f"event {self.number}{named}", problem, remedy)

    def take(self, key: str, kind: type[T], what: str, default: T | None = None) -> T:
        value = self.raw.get(key, default)
        if value is None:
            self.refuse(f"{key} is missing", f"Add {key}: {what}.")
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            self.refuse(f"{key} is no {what}", f"Write {key} as {what}.")
        return value


def _entries(raw: Mapping[str, Any], file: str) -> Iterator[_Entry]:
    found = raw.get("event", [])
    if not isinstance(found, list) or not all(isinstance(table, dict) for table in found):
        raise InvalidEvents(file, "", "event is no list of tables", "Write [[event]].")
    return (_Entry(file, number, table) for number, table in enumerate(found, 1))


def _event(entry: _Entry) -> Event:
    for key in entry.raw:
        if key not in KEYS:
            entry.refuse(f"unknown key {key!r}", f"Known are {', '.join(KEYS)}.")
    name = entry.take("name", str, "text that people read")
    if not name.strip():
        entry.refuse("its name is empty", "Say what happens.")
    return Event(
        name=name.strip(),
        period=_period(entry),
        amount=_amount(entry),
        selection=_selection(entry),
        mutes=entry.take("mutes", bool, "true or false", False),
    )


def _period(entry: _Entry) -> Period:
    if "day" in entry.raw:
        if "from" in entry.raw or "until" in entry.raw:
            entry.refuse("it has both a day and from or until", "Write day alone, or from and until.")
        day = _day(entry, "day")
        return Period(day, day + DAY)
    start, end = _day(entry, "from"), _day(entry, "until")
    if end <= start:
        entry.refuse("until is not after from", "Name the first day that no longer belongs to it.")
    return Period(start, end)


def _day(entry: _Entry, key: str) -> date:
    day = entry.take(key, date, "day such as 2026-11-27, without quotes")
    if isinstance(day, datetime):
        entry.refuse(f"{key} has a time of day", "Write the day alone, such as 2026-11-27.")
    return day


def _amount(entry: _Entry) -> Decimal | None:
    value = entry.raw.get("amount")
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | Decimal) or not Decimal(value).is_finite():
        entry.refuse("amount is no number", "Write digits without quotes; what is saved is negative.")
    return Decimal(value)


def _selection(entry: _Entry) -> Selection:
    found = []
    for name, values in entry.take("selection", dict, 'table such as { service = ["Amazon S3"] }', {}).items():
        if name not in SELECTABLE and label_dimension(name) is None:
            known = f"{', '.join(SELECTABLE)}, cost_category:NAME, tag:KEY"
            entry.refuse(f"{name!r} is nothing that charges can be chosen by", f"Known are {known}.")
        listed = [values] if isinstance(values, str) else values
        if not isinstance(listed, list) or not listed or not all(isinstance(value, str) for value in listed):
            entry.refuse(f"{name} is no list of texts", f'Write {name} = ["one", "other"].')
        found.append((name, tuple(listed)))
    return tuple(found)
