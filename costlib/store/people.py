"""What people leave beside the cost data (views, start pages, sign-offs): a small SQLite file that many write.

The warehouse has one writer and snapshots never change, so what a person saves from a page lives in a file of its own.
This module opens it and keeps its schema; what is in it belongs to modules of their own, such as `saved_views`.
Nothing is created until something is saved: a dashboard that is only read leaves no trace.
"""

from __future__ import annotations

import contextlib
import fcntl
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from costlib.errors import DiskFull, PeopleFileBusy, PeopleFileUnusable, SchemaTooNew
from costlib.store.room import room_errors
from costlib.store.sqlite_files import is_no_room, readable

FILE = "people.sqlite"
LOCK = "people.lock"
PATIENCE_SECONDS = 10.0
"""How long one process waits for another's write; a write takes milliseconds."""

_VERSION_1 = (
    """
    CREATE TABLE saved_views (
        view_id INTEGER PRIMARY KEY AUTOINCREMENT, owner_id TEXT NOT NULL, owner_name TEXT NOT NULL, name TEXT NOT NULL,
        page TEXT NOT NULL, query TEXT NOT NULL, is_shared INTEGER NOT NULL DEFAULT 0, created_at TEXT NOT NULL,
        updated_at TEXT NOT NULL, UNIQUE (owner_id, name)
    )
    """,
    """
    CREATE TABLE start_pages (
        person_id TEXT PRIMARY KEY, role TEXT, view_id INTEGER REFERENCES saved_views ON DELETE SET NULL,
        updated_at TEXT NOT NULL
    )
    """,
)

_VERSION_2 = (
    """
    CREATE TABLE sign_offs (
        sign_off_id INTEGER PRIMARY KEY AUTOINCREMENT, month TEXT NOT NULL, cost_center TEXT NOT NULL,
        metric TEXT NOT NULL, kind TEXT NOT NULL, key TEXT NOT NULL, name TEXT NOT NULL, state TEXT NOT NULL,
        comment TEXT NOT NULL, person_id TEXT NOT NULL, person_name TEXT NOT NULL, said_at TEXT NOT NULL, amount TEXT,
        snapshot_id TEXT NOT NULL
    )
    """,
    "CREATE INDEX sign_offs_by_month ON sign_offs (month, cost_center)",
)

_TRIAGE = (
    """
    CREATE TABLE triage (
        triage_id INTEGER PRIMARY KEY AUTOINCREMENT, incident_id TEXT NOT NULL, state TEXT NOT NULL,
        owner TEXT NOT NULL, comment TEXT NOT NULL, person_id TEXT NOT NULL, person_name TEXT NOT NULL,
        said_at TEXT NOT NULL
    )
    """,
    "CREATE INDEX triage_by_incident ON triage (incident_id)",
)

_AUDIT_LOG = (
    """
    CREATE TABLE audit_log (
        event_id INTEGER PRIMARY KEY AUTOINCREMENT, happened_at TEXT NOT NULL, event TEXT NOT NULL,
        person_id TEXT NOT NULL, person_name TEXT NOT NULL, about TEXT NOT NULL, once TEXT UNIQUE
    )
    """,
    """
    CREATE TRIGGER audit_log_is_not_changed BEFORE UPDATE ON audit_log
    BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END
    """,
    """
    CREATE TRIGGER audit_log_is_not_replaced BEFORE INSERT ON audit_log
    WHEN EXISTS (SELECT 1 FROM audit_log WHERE event_id = NEW.event_id)
    BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END
    """,
    """
    CREATE TRIGGER audit_log_is_written_once BEFORE INSERT ON audit_log
    WHEN EXISTS (SELECT 1 FROM audit_log WHERE once = NEW.once)
    BEGIN SELECT RAISE(IGNORE); END
    """,
    """
    CREATE TRIGGER audit_log_is_not_deleted BEFORE DELETE ON audit_log
    BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END
    """,
)

STEPS = (_VERSION_1, _VERSION_2, _TRIAGE, _AUDIT_LOG)
"""The schema, as numbered steps of statements. A step is never edited once released; a new one is appended."""
SCHEMA_VERSION = len(STEPS)


@contextlib.contextmanager
def reading(source_dir: Path) -> Iterator[sqlite3.Connection | None]:
    """The file for as long as a `with` block lasts; None while nobody has saved anything.

    Raises PeopleFileUnusable, PeopleFileBusy or SchemaTooNew, as `writing` does.
    """
    path = source_dir / FILE
    if not path.exists():
        yield None
        return
    with _errors(path), contextlib.closing(readable(path, PATIENCE_SECONDS)) as connection:
        if _version(connection, path) < SCHEMA_VERSION:
            _settle(path)
        yield connection


@contextlib.contextmanager
def writing(source_dir: Path) -> Iterator[sqlite3.Connection]:
    """One transaction, all or nothing, after those of other processes; the file is made if it is not there."""
    path = source_dir / FILE
    with room_errors(path), _errors(path):
        source_dir.mkdir(parents=True, exist_ok=True)
        _settle(path)
        with contextlib.closing(_connected(path)) as connection, _transaction(connection):
            yield connection


def migrate(connection: sqlite3.Connection, path: Path, target: int = SCHEMA_VERSION) -> int:
    """Bring an open file to `target`, one transaction a step; returns the version it had."""
    had = _version(connection, path)
    for number in range(had + 1, target + 1):
        with _transaction(connection):
            for statement in STEPS[number - 1]:
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {number}")
    return had


def _settle(path: Path) -> None:
    """Make the file, or bring it up to date; one process at a time, for nobody waits while SQLite goes over to WAL."""
    if path.exists():
        with contextlib.closing(_connected(path)) as connection:
            if _version(connection, path) == SCHEMA_VERSION:
                return
    with path.with_name(LOCK).open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        path.touch()  # SQLite would let the group read and not write, whatever the umask says.
        with contextlib.closing(_connected(path)) as connection:
            connection.execute("PRAGMA journal_mode = WAL")
            migrate(connection, path)


def _connected(path: Path) -> sqlite3.Connection:
    """Transactions are begun by hand, so that a write holds its place before it reads."""
    connection = sqlite3.connect(path, timeout=PATIENCE_SECONDS, isolation_level=None)
    connection.execute("PRAGMA foreign_keys = ON")
    return connection


@contextlib.contextmanager
def _transaction(connection: sqlite3.Connection) -> Iterator[None]:
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _version(connection: sqlite3.Connection, path: Path) -> int:
    version, tables = _what_it_holds(connection)
    if version > SCHEMA_VERSION:
        raise SchemaTooNew(
            f"{path} has schema version {version}; this program knows {SCHEMA_VERSION}.",
            "Install the newer version of the program that wrote it.",
        )
    if not version and tables:
        raise PeopleFileUnusable(f"{path} is somebody else's database.", f"Move {path} away.")
    return version


def _what_it_holds(connection: sqlite3.Connection) -> tuple[int, int]:
    """The schema's version and how many tables and indexes there are, both of one moment: another process may be
    making the file just now."""
    connection.execute("BEGIN")
    try:
        ((version,),) = connection.execute("PRAGMA user_version").fetchall()
        ((tables,),) = connection.execute("SELECT COUNT(*) FROM sqlite_master").fetchall()
    finally:
        if connection.in_transaction:
            connection.execute("COMMIT")
    return int(version), int(tables)


@contextlib.contextmanager
def _errors(path: Path) -> Iterator[None]:
    """SQLite's words for a busy, full or damaged file become ours; a broken rule of the tables is a bug, and stays."""
    try:
        yield
    except (sqlite3.IntegrityError, sqlite3.ProgrammingError):
        raise
    except sqlite3.Error as error:
        said = f"{path} cannot be used: {error}."
        name = getattr(error, "sqlite_errorname", "")
        if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
            raise PeopleFileBusy(said, "Try again; if it stays so, look for a process that holds the file.") from error
        if is_no_room(error):
            raise DiskFull(said, "Make room and save again.") from error
        remedy = f"Restore {path} from a backup, or move it away with its -wal and -shm files: cost data is not in it."
        raise PeopleFileUnusable(said, remedy) from error
