"""The audit log: who signed in, took cost along, changed what holds for everybody, synced, or looked as another.

Rows are added and never changed or deleted: the database itself refuses both. Times are UTC without a zone.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from costlib.store.people import reading, writing
from costlib.store.saved_views import Person

NEWEST = 1000
"""How many are read unless told otherwise."""


class Event(StrEnum):
    """What somebody did."""

    signed_in = "signed_in"
    exported = "exported"
    rules_changed = "rules_changed"
    budgets_changed = "budgets_changed"
    cost_category_changed = "cost_category_changed"
    access_changed = "access_changed"
    month_closed = "month_closed"
    sync_started = "sync_started"
    view_as_began = "view_as_began"
    view_as_ended = "view_as_ended"
    backed_up = "backed_up"
    restored = "restored"

    @property
    def label(self) -> str:
        return self.value.replace("_", " ").capitalize()


@dataclass(frozen=True)
class Entry:
    """One line of the log. `about` says of what: a manifest's hash, a rules version, a month."""

    happened_at: datetime
    event: Event
    person: Person
    about: str = ""


def record(source_dir: Path, entry: Entry, once: str | None = None) -> None:
    """Add a line; one that was added before under the same `once` is not added again."""
    values = [entry.happened_at.isoformat(), entry.event.value, entry.person.id, entry.person.name, entry.about, once]
    columns = "happened_at, event, person_id, person_name, about, once"
    with writing(source_dir) as connection:
        connection.execute(f"INSERT OR IGNORE INTO audit_log ({columns}) VALUES (?, ?, ?, ?, ?, ?)", values)


def entries(source_dir: Path, since: datetime | None = None, limit: int = NEWEST) -> list[Entry]:
    """The newest first, from `since` on."""
    with reading(source_dir) as connection:
        if connection is None:
            return []
        rows = connection.execute(
            """
            SELECT happened_at, event, person_id, person_name, about
            FROM audit_log
            WHERE happened_at >= ?
            ORDER BY event_id DESC
            LIMIT ?""",
            [since.isoformat() if since else "", limit],
        ).fetchall()
    return [Entry(datetime.fromisoformat(at), Event(event), Person(i, n), about) for at, event, i, n, about in rows]
