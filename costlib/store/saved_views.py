"""Saved views: a page and the parameters of its URL under a name, one person's own or shared with everybody.

The parameters are kept as they stood in the address bar and are never trusted: whoever opens a view goes through the
same checks as with any link. Times are UTC without a zone.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from costlib.errors import NameTaken, NotAName, UsageError, ViewGone
from costlib.store.people import reading, writing

LONGEST_NAME = 80
LONGEST_QUERY = 16_000
"""Characters of a URL's parameters; browsers and proxies give up on longer addresses much earlier."""

_COLUMNS = "view_id, owner_id, owner_name, name, page, query, is_shared, created_at, updated_at"


@dataclass(frozen=True)
class Person:
    """Who saves: `id` is what a view belongs to, `name` what others read beside a shared one."""

    id: str
    name: str


@dataclass(frozen=True)
class SavedView:
    """One view. `page` is a path within the dashboard ("" is the start page), `query` the parameters of its URL."""

    id: int
    owner: Person
    name: str
    page: str
    query: str
    is_shared: bool
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True)
class StartPage:
    """Where somebody begins: as somebody of this role, or with a view of their own."""

    role: str | None = None
    view_id: int | None = None


def views(source_dir: Path, person_id: str) -> list[SavedView]:
    """Those of one person, by name, then those that others share."""
    with reading(source_dir) as connection:
        if connection is None:
            return []
        found = connection.execute(
            f"""
            SELECT {_COLUMNS} FROM saved_views
            WHERE owner_id = ? OR is_shared = 1
            ORDER BY owner_id <> ?, name COLLATE NOCASE, view_id
            """,
            [person_id, person_id],
        ).fetchall()
    return [_view(row) for row in found]


def view(source_dir: Path, person_id: str, view_id: int) -> SavedView | None:
    """One view that this person may open; None if it is gone, or another's and not shared."""
    return next((found for found in views(source_dir, person_id) if found.id == view_id), None)


def save(
    source_dir: Path, owner: Person, name: str, page: str, query: str, now: datetime, replace: bool = False
) -> SavedView:
    """Keep a page and its parameters under a name.

    Raises NotAName for a name that cannot be one, NameTaken for one this person has used, unless `replace`, and
    UsageError for more parameters than an address can have.
    """
    name = checked_name(name)
    if len(query) > LONGEST_QUERY:
        raise UsageError("These filters are too many to save as a view.", "Choose fewer values.")
    with writing(source_dir) as connection:
        return _insert(connection, owner, name, page, query, now, replace)


def rename(source_dir: Path, person_id: str, view_id: int, name: str, now: datetime) -> None:
    """Raises NotAName, NameTaken, or ViewGone if it is not a view of this person."""
    _change(source_dir, person_id, view_id, "name", checked_name(name), now)


def share(source_dir: Path, person_id: str, view_id: int, is_shared: bool, now: datetime) -> None:
    """Let everybody see it, or nobody else. Raises ViewGone if it is not a view of this person."""
    _change(source_dir, person_id, view_id, "is_shared", int(is_shared), now)


def delete(source_dir: Path, person_id: str, view_id: int) -> None:
    """Raises ViewGone if it is not a view of this person. Whoever began with it begins with their role's page again."""
    with writing(source_dir) as connection:
        gone = connection.execute("DELETE FROM saved_views WHERE view_id = ? AND owner_id = ?", [view_id, person_id])
        if not gone.rowcount:
            raise _gone()


def copy(source_dir: Path, person: Person, view_id: int, now: datetime) -> SavedView:
    """A view of one's own from one that may be seen, under its name or the next free one. Raises ViewGone."""
    original = view(source_dir, person.id, view_id)
    if original is None:
        raise _gone()
    with writing(source_dir) as connection:
        found = connection.execute("SELECT name FROM saved_views WHERE owner_id = ?", [person.id]).fetchall()
        name = _free_name(original.name, {taken for (taken,) in found})
        return _insert(connection, person, name, original.page, original.query, now, replace=False)


def start_page(source_dir: Path, person_id: str) -> StartPage:
    """What this person chose to begin with; nothing if they did not, or their view is gone."""
    with reading(source_dir) as connection:
        sql = "SELECT role, view_id FROM start_pages WHERE person_id = ?"
        found = connection.execute(sql, [person_id]).fetchone() if connection else None
    return StartPage(*found) if found else StartPage()


def set_start_page(source_dir: Path, person_id: str, chosen: StartPage, now: datetime) -> None:
    """Begin there from now on. Raises ViewGone if the view is not this person's."""
    with writing(source_dir) as connection:
        if chosen.view_id is not None:
            _owned(connection, person_id, chosen.view_id)
        connection.execute(
            "INSERT OR REPLACE INTO start_pages (person_id, role, view_id, updated_at) VALUES (?, ?, ?, ?)",
            [person_id, chosen.role, chosen.view_id, now.isoformat()],
        )


def checked_name(name: str) -> str:
    """`name` on one line, without blanks around it. Raises NotAName for an empty or a long one."""
    name = " ".join(name.split())
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        raise NotAName(f"“{name[:LONGEST_NAME]}” is not a name.", f"Take 1 to {LONGEST_NAME} characters on one line.")
    return name


def _change(source_dir: Path, person_id: str, view_id: int, column: str, value: object, now: datetime) -> None:
    with writing(source_dir) as connection:
        _owned(connection, person_id, view_id)
        try:
            connection.execute(
                f"UPDATE saved_views SET {column} = ?, updated_at = ? WHERE view_id = ?",
                [value, now.isoformat(), view_id],
            )
        except sqlite3.IntegrityError:
            raise NameTaken(str(value)) from None


def _insert(
    connection: sqlite3.Connection, owner: Person, name: str, page: str, query: str, now: datetime, replace: bool
) -> SavedView:
    sql = "SELECT view_id FROM saved_views WHERE owner_id = ? AND name = ?"
    found = connection.execute(sql, [owner.id, name]).fetchone()
    moment = now.isoformat()
    if found is None:
        connection.execute(
            """
            INSERT INTO saved_views (owner_id, owner_name, name, page, query, created_at, updated_at)
            VALUES (?, ?, ?, ?, ?, ?, ?)
            """,
            [owner.id, owner.name, name, page, query, moment, moment],
        )
    elif replace:
        connection.execute(
            "UPDATE saved_views SET owner_name = ?, page = ?, query = ?, updated_at = ? WHERE view_id = ?",
            [owner.name, page, query, moment, found[0]],
        )
    else:
        raise NameTaken(name)
    sql = f"SELECT {_COLUMNS} FROM saved_views WHERE owner_id = ? AND name = ?"
    return _view(connection.execute(sql, [owner.id, name]).fetchone())


def _owned(connection: sqlite3.Connection, person_id: str, view_id: int) -> None:
    sql = "SELECT COUNT(*) FROM saved_views WHERE view_id = ? AND owner_id = ?"
    if not connection.execute(sql, [view_id, person_id]).fetchone()[0]:
        raise _gone()


def _free_name(name: str, taken: set[str]) -> str:
    number, free = 1, name
    while free in taken:
        number += 1
        ending = f" ({number})"
        free = name[: LONGEST_NAME - len(ending)].rstrip() + ending
    return free


def _view(row: tuple[int, str, str, str, str, str, int, str, str]) -> SavedView:
    view_id, owner_id, owner_name, name, page, query, is_shared, created_at, updated_at = row
    moments = datetime.fromisoformat(created_at), datetime.fromisoformat(updated_at)
    return SavedView(view_id, Person(owner_id, owner_name), name, page, query, bool(is_shared), *moments)


def _gone() -> ViewGone:
    return ViewGone(
        "This view is not there any more, or it is not yours.", "Open “Saved views” to see those that you have."
    )
