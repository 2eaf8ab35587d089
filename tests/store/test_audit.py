"""The audit log: only ever added to."""

from __future__ import annotations

import sqlite3
from datetime import datetime
from pathlib import Path

import pytest

from costlib.store.audit import Entry, Event, entries, record
from costlib.store.people import writing
from costlib.store.saved_views import Person

KIM = Person("7", "kim@example.com")


def entry(day: int, event: Event = Event.signed_in) -> Entry:
    return Entry(datetime(2026, 3, day), event, KIM, f"on the {day}th")


def test_what_is_written_is_read_back_the_newest_first(tmp_path: Path) -> None:
    assert entries(tmp_path) == []
    for day in (4, 5, 6):
        record(tmp_path, entry(day))
    assert entries(tmp_path) == [entry(6), entry(5), entry(4)]
    assert entries(tmp_path, datetime(2026, 3, 5), limit=1) == [entry(6)]
    assert entries(tmp_path, datetime(2026, 3, 7)) == []


def test_what_happened_once_is_written_once(tmp_path: Path) -> None:
    for day in (4, 5, 6):
        record(tmp_path, entry(day), once="sign-in 1")
    record(tmp_path, entry(5), once="sign-in 2")
    record(tmp_path, entry(6))
    assert [found.happened_at.day for found in entries(tmp_path)] == [6, 5, 4]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_log SET about = 'nothing'",
        "DELETE FROM audit_log",
        "INSERT OR REPLACE INTO audit_log SELECT event_id, '', '', '', '', '', NULL FROM audit_log",
    ],
)
def test_nothing_can_be_changed_or_deleted(tmp_path: Path, statement: str) -> None:
    record(tmp_path, entry(4))
    with pytest.raises(sqlite3.IntegrityError, match="append-only"), writing(tmp_path) as connection:
        connection.execute(statement)
    assert entries(tmp_path) == [entry(4)]
