"""What the SQLite files of a data folder have in common when the disk is full."""

from __future__ import annotations

import sqlite3
from pathlib import Path


def readable(path: Path, patience: float = 5.0, mode: str = "rw") -> sqlite3.Connection:
    """A connection that reads, on a full disk too.

    There SQLite finds no room for the index that it keeps of a file's log. Nobody can write then, so a file that has
    nothing in its log is read without one.
    """
    address = path.absolute().as_uri()
    connection = sqlite3.connect(f"{address}?mode={mode}", uri=True, timeout=patience, isolation_level=None)
    try:
        connection.execute("PRAGMA user_version").fetchall()
    except sqlite3.OperationalError as error:
        connection.close()
        log = path.with_name(f"{path.name}-wal")
        if not is_no_room(error) or (log.exists() and log.stat().st_size):
            raise
        return sqlite3.connect(f"{address}?immutable=1", uri=True, isolation_level=None)
    except BaseException:
        connection.close()
        raise
    return connection


def is_no_room(error: sqlite3.Error) -> bool:
    """Whether there is no room for a page, or for the index of the log."""
    return getattr(error, "sqlite_errorname", "").startswith(("SQLITE_FULL", "SQLITE_IOERR_SHM"))
