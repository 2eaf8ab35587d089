"""The writer's own database: one process at a time, one source for ever, every change a transaction."""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import duckdb

from costlib.errors import DiskFull, SnapshotCorrupt, SyncInProgress, WarehouseForeign
from costlib.store.migrations import migrate
from costlib.store.room import NO_ROOM, room_errors
from costlib.store.snapshot import FOLDER, is_damage

FILE = "warehouse.duckdb"
LOCK = "warehouse.lock"
MEMORY_LIMIT = "256MB"
"""For DuckDB's buffers; larger work spills to disk, so that a sync's memory does not grow with its history."""


class Warehouse:
    """An open warehouse. All writes go through `transaction`; SQL of the windows is in `windows` and `commits`."""

    def __init__(self, path: Path, connection: duckdb.DuckDBPyConnection) -> None:
        self.path = path
        self.connection = connection

    @contextlib.contextmanager
    def transaction(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """All or nothing. Raises DiskFull when there is no room; the state before stays."""
        with disk_errors(self.path):
            self.connection.execute("BEGIN")
            try:
                yield self.connection
                self.connection.execute("COMMIT")
            except BaseException:
                with contextlib.suppress(duckdb.Error):
                    self.connection.execute("ROLLBACK")
                raise

    def checkpoint(self) -> None:
        """Bring everything committed into the one file, so that it can be copied once it is closed."""
        with disk_errors(self.path):
            self.connection.execute("CHECKPOINT")

    def fetch(self, sql: str, parameters: Sequence[object] = ()) -> list[tuple]:  # type: ignore[type-arg]
        return self.connection.execute(sql, list(parameters)).fetchall()

    def meta(self, key: str) -> str | None:
        rows = self.fetch("SELECT value FROM meta WHERE key = ?", [key])
        return str(rows[0][0]) if rows else None

    def set_meta(self, values: Mapping[str, str]) -> None:
        """Set these keys, together."""
        with self.transaction() as connection:
            for key, value in values.items():
                connection.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", [key, value])

    def claim(self, source_id: str) -> None:
        """Tie an empty warehouse to `source_id`; raise WarehouseForeign when it belongs to another."""
        held = self.meta("source_id")
        if held is None:
            self.set_meta({"source_id": source_id})
        elif held != source_id:
            raise WarehouseForeign(
                f"{self.path} holds the data of {held}, not of {source_id}.",
                "Use another --data-dir for the other source, or move this one away.",
            )


@contextlib.contextmanager
def sync_lock(source_dir: Path) -> Iterator[None]:
    """Hold the one right to write under `source_dir`. Raises SyncInProgress when another process has it, and DiskFull
    when there is no room for it, or for a file that is written while it is held.

    A file of its own, because opening and closing the warehouse file to copy it would drop DuckDB's own lock.
    """
    with room_errors(source_dir):
        source_dir.mkdir(parents=True, exist_ok=True)
        with (source_dir / LOCK).open("ab+", buffering=0) as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                file.seek(0)
                raise SyncInProgress(
                    f"Another sync (process {file.read().decode().strip() or 'unknown'}) is writing {source_dir}.",
                    "Wait for it to end; `python -m costlib status` shows how far it is.",
                ) from None
            file.truncate(0)
            file.write(str(os.getpid()).encode())
            yield


@contextlib.contextmanager
def open_warehouse(source_dir: Path) -> Iterator[Warehouse]:
    """The warehouse under `source_dir`, made if it is not there. The caller holds `sync_lock`."""
    path = source_dir / FILE
    with disk_errors(path):
        if not path.exists():
            _create(path)
    with open_database(path) as warehouse:
        yield warehouse


@contextlib.contextmanager
def open_database(path: Path) -> Iterator[Warehouse]:
    """A warehouse's file, migrated to this program's schema."""
    with disk_errors(path):
        connection = duckdb.connect(str(path), config={"memory_limit": MEMORY_LIMIT, "threads": 2})
        try:
            migrate(connection)
            connection.execute("SET preserve_insertion_order = true")
            yield Warehouse(path, connection)
        finally:
            connection.close()


def _create(path: Path) -> None:
    """An empty warehouse. It gets its name when it is whole: DuckDB takes half a file for a damaged one."""
    fresh = path.with_suffix(".part")
    fresh.unlink(missing_ok=True)
    try:
        with duckdb.connect(str(fresh)) as connection:
            migrate(connection)
        os.replace(fresh, path)
    finally:
        for leftover in (fresh, Path(f"{fresh}.wal")):
            leftover.unlink(missing_ok=True)


@contextlib.contextmanager
def disk_errors(path: Path) -> Iterator[None]:
    """Turn DuckDB's words for a full disk or a damaged file into ours."""
    try:
        yield
    except duckdb.Error as error:
        text = str(error)
        if any(os.strerror(code) in text for code in NO_ROOM) or "not enough disk space" in text.lower():
            raise DiskFull(
                f"No room to write {path}: {text.splitlines()[0]}",
                "Make room and run the command again; everything committed before is kept.",
            ) from error
        if is_damage(error):
            raise SnapshotCorrupt(
                f"{path} cannot be used: {text.splitlines()[0]}",
                f"Move it and {FILE}.wal away and copy the newest file of {FOLDER}/ there, each of which is a whole "
                "warehouse, or restore a backup; then run `python -m costlib sync`.",
            ) from error
        raise
