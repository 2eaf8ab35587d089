"""What was sent to which channel: a small SQLite file, so that nobody is told the same thing twice.

Whoever sends holds the file's lock from reading what was sent to recording what is, so two processes that send at once
take turns. A message is recorded right after its channel took it: a crash in between repeats that one message and no
other, and none is lost. Nothing is created until something is sent. Times are UTC without a zone.
"""

from __future__ import annotations

import contextlib
import fcntl
import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from costlib.errors import DiskFull, SchemaTooNew, SentFileUnusable
from costlib.store.room import room_errors
from costlib.store.sqlite_files import is_no_room

FILE = "sent.sqlite"
LOCK = "sent.lock"

_VERSION_1 = """
    CREATE TABLE sent (
        channel TEXT NOT NULL, key TEXT NOT NULL, title TEXT NOT NULL, sent_at TEXT NOT NULL,
        PRIMARY KEY (channel, key)
    )
    """
STEPS = (_VERSION_1,)
"""The schema, as numbered statements. One is never edited once released; a new one is appended."""


@dataclass(frozen=True)
class Sent:
    """One thing that a channel was told."""

    channel: str
    key: str
    title: str
    sent_at: datetime


class Ledger:
    """What was sent, for as long as its lock is held."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def keys(self, channel: str) -> frozenset[str]:
        """What the channel has been told."""
        if not self._path.exists():
            return frozenset()
        with _opened(self._path) as connection:
            return frozenset(key for (key,) in connection.execute("SELECT key FROM sent WHERE channel = ?", [channel]))

    def record(self, sent: Iterable[Sent]) -> None:
        """Keep them, all or none; what is there already stays as it was."""
        rows = [(one.channel, one.key, one.title, one.sent_at.isoformat()) for one in sent]
        with _opened(self._path) as connection, connection:
            connection.executemany("INSERT INTO sent VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING", rows)


@contextlib.contextmanager
def sending(source_dir: Path) -> Iterator[Ledger]:
    """The ledger, after any other process that is sending has finished."""
    with room_errors(source_dir):
        source_dir.mkdir(parents=True, exist_ok=True)
        lock = (source_dir / LOCK).open("w")
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield Ledger(source_dir / FILE)


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[sqlite3.Connection]:
    """SQLite's words for a full or damaged file become ours."""
    try:
        path.touch()  # SQLite would let the group read and not write, whatever the umask says.
        with contextlib.closing(sqlite3.connect(path)) as connection:
            _migrate(connection, path)
            yield connection
    except sqlite3.Error as error:
        said = f"{path} cannot be used: {error}."
        if is_no_room(error):
            raise DiskFull(said, "Make room; what was not recorded is sent again.") from error
        remedy = f"Restore {path} from a backup, or move it away: what is still open is then sent once more."
        raise SentFileUnusable(said, remedy) from error


def _migrate(connection: sqlite3.Connection, path: Path) -> None:
    ((version,),) = connection.execute("PRAGMA user_version").fetchall()
    if version > len(STEPS):
        raise SchemaTooNew(
            f"{path} has schema version {version}; this program knows {len(STEPS)}.",
            "Install the newer version of the program that wrote it.",
        )
    for number in range(version + 1, len(STEPS) + 1):
        with connection:
            connection.execute("BEGIN")
            connection.execute(STEPS[number - 1])
            connection.execute(f"PRAGMA user_version = {number}")
