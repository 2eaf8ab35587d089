"""What a link asks for that this dashboard does not have.

Streamlit drops an unknown value of a bound widget without a word. A person who followed a link must be told, so the raw
values are looked at before the widgets see them.
"""

from __future__ import annotations

import difflib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from costlib.periods import Period


@dataclass(frozen=True)
class Field:
    """One filter of the URL: its parameter, what people call it, and the values it can have."""

    key: str
    label: str
    values: Collection[str]
    many: bool = False


@dataclass(frozen=True)
class Unknown:
    """A value of a link that nothing is called; `near` is the closest one that exists."""

    label: str
    value: str
    near: str | None = None


def switch(key: str, label: str) -> Field:
    """A filter that is on or off."""
    return Field(key, label, ("true", "false", "True", "False", "TRUE", "FALSE"))


def unknown_values(query: Mapping[str, Sequence[str]], fields: Sequence[Field]) -> list[Unknown]:
    """Every value of `query` that its field does not have; empty values mean "the default" and are fine."""
    return [
        Unknown(field.label, value, _nearest(value, field.values))
        for field in fields
        for value in (query.get(field.key, ()) if field.many else query.get(field.key, ())[-1:])
        if value and value not in field.values
    ]


def unknown_dates(values: Sequence[str], stored: Period) -> list[Unknown]:
    """The values that are not stored days, and the pair if it is no first and last day."""
    unknown = [Unknown("Dates", value) for value in values if _stored_day(value, stored) is None]
    if unknown or not values:
        return unknown
    is_range = len(values) == 2 and values[0] <= values[1]
    return [] if is_range else [Unknown("Dates", " to ".join(values))]


def _stored_day(text: str, stored: Period) -> date | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if day in stored else None


def _nearest(value: str, values: Collection[str]) -> str | None:
    return next(iter(difflib.get_close_matches(value, list(values), n=1, cutoff=0.6)), None)
