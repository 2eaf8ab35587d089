"""Immutable, read-only copies of the warehouse, and the pointer to the current one.

A DuckDB file has one writer and a reader shuts it out, so readers never open the warehouse. `publish` copies it
under a new name each time and swaps the pointer `CURRENT`: a reader keeps what it has opened, whole, and meets the
new snapshot when it asks again. A path is never reused, because a process that has a replaced file open would go on
seeing its old content under the new name.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from costlib.errors import DiskFull, NoSnapshot, SnapshotCorrupt
from costlib.periods import DAY, Granularity, Period
from costlib.store.migrations import SCHEMA_VERSION, schema_version
from costlib.store.status import write_whole

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True)
class Limits:
    """What DuckDB may take: memory for its buffers, and threads (None: one for each core)."""

    memory: str
    threads: int | None = None

    @property
    def config(self) -> dict[str, str | bool | int | float | list[str]]:
        return {"memory_limit": self.memory, **({"threads": self.threads} if self.threads else {})}


READER = Limits("500MB")
"""More is not faster for a page's questions."""

STREAM = Limits("80MB", threads=2)
"""For what passes through once, in pieces: what is kept is of no use to it, and its writer is no faster than that."""

POINTER = "CURRENT"
FOLDER = "snapshots"
_ID = re.compile(r"[A-Za-z0-9_.+-]*[A-Za-z0-9_+-]")
SETTLING = timedelta(hours=24)
"""AWS refreshes cost data at least once every 24 hours, so a day is complete when it ended that long ago."""


@dataclass(frozen=True)
class StoredLens:
    """A second cube held beside the charges; `name` is its key in `lens_charges`."""

    name: str
    dimensions: tuple[str, str]
    granularity: Granularity


class Snapshot:
    """One published state, open for reading. Safe to share between threads: every query has a cursor of its own."""

    def __init__(self, snapshot_id: str, connect: Callable[[], duckdb.DuckDBPyConnection]) -> None:
        self.snapshot_id = snapshot_id
        self._connect = connect
        self._lock = threading.Lock()
        self._under_way = 0
        self._is_at_rest = False
        connection = connect()
        self._connection: duckdb.DuckDBPyConnection | None = connection
        meta: dict[str, str] = dict(connection.execute("SELECT key, value FROM meta").fetchall())
        self.currency = meta["currency"]
        self.as_of = datetime.fromisoformat(meta["as_of"])
        self.source_id = meta.get("source_id", "")

    def rows(self, sql: str, parameters: Sequence[object] = ()) -> Iterator[tuple[object, ...]]:
        """Stream the result as tuples; amounts are `Decimal`."""
        with self._damage(), self._cursor() as cursor:
            cursor.execute(sql, list(parameters))
            while chunk := cursor.fetchmany(10_000):
                yield from chunk

    def table(self, sql: str, parameters: Sequence[object] = ()) -> pa.Table:
        """The whole result as an Arrow table; amounts are decimal128."""
        with self._damage(), self._cursor() as cursor:
            return cursor.sql(sql, params=list(parameters)).to_arrow_table()

    def batches(self, sql: str, parameters: Sequence[object] = ()) -> Iterator[pa.RecordBatch]:
        """Stream the result; memory does not grow with its length."""
        with self._damage(), self._cursor() as cursor:
            yield from cursor.sql(sql, params=list(parameters)).to_arrow_reader(50_000)

    @contextlib.contextmanager
    def _cursor(self) -> Iterator[duckdb.DuckDBPyConnection]:
        with self._lock:
            connection = self._connection = self._connection or self._connect()
            self._under_way += 1
        try:
            with contextlib.closing(connection.cursor()) as cursor:
                yield cursor
        finally:
            with self._lock:
                self._under_way -= 1
                self._close_if_at_rest()

    @contextlib.contextmanager
    def _damage(self) -> Iterator[None]:
        """A damaged block is met only when it is read, long after the file was opened."""
        try:
            yield
        except duckdb.Error as error:
            if not is_damage(error):
                raise
            raise SnapshotCorrupt(
                f"Snapshot {self.snapshot_id} cannot be read: {_first_line(error)}", _remedy(self.snapshot_id)
            ) from error

    @property
    def complete_through(self) -> date:
        """The last day that had ended for 24 hours when the data was read; later days are still arriving."""
        return (self.as_of - SETTLING).date() - DAY

    @cached_property
    def period(self) -> Period:
        """The first to the last day that AWS gave a total for."""
        ((first, last),) = self.rows("SELECT MIN(charge_date), MAX(charge_date) FROM daily_totals")
        today = self.as_of.date()
        return Period(first or today, (last or today) + DAY)  # type: ignore[operator, arg-type]

    @cached_property
    def labels(self) -> tuple[str, ...]:
        return tuple(str(label) for (label,) in self.rows("SELECT label FROM labels ORDER BY label"))

    @cached_property
    def lenses(self) -> tuple[StoredLens, ...]:
        found = self.rows("SELECT lens, dimension_1, dimension_2, granularity FROM lenses ORDER BY lens")
        return tuple(StoredLens(str(n), (str(a), str(b)), Granularity(str(g))) for n, a, b, g in found)

    def rest(self) -> None:
        """Let go of the file, and of what DuckDB keeps of it in memory, once the queries under way have ended.

        Whoever still has a question opens the file for that one question. So it does not matter who remembers a
        snapshot that nobody looks at any more: a browser window that was left open does, for as long as it is.
        """
        with self._lock:
            self._is_at_rest = True
            self._close_if_at_rest()

    def _close_if_at_rest(self) -> None:
        """Not earlier: closing a connection closes its cursors."""
        if self._is_at_rest and not self._under_way:
            self.close()
            self._connection = None

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()


def current_id(source_dir: Path) -> str | None:
    """The id the pointer names; None before the first publish. Raises SnapshotCorrupt when it names none."""
    try:
        named = (source_dir / POINTER).read_bytes().decode(errors="replace").strip()
    except FileNotFoundError:
        return None
    if not _ID.fullmatch(named):
        raise SnapshotCorrupt(
            f"{source_dir / POINTER} is damaged.", "Run `python -m costlib sync`: it publishes the data anew."
        )
    return named


def open_current(source_dir: Path, limits: Limits = READER) -> Snapshot:
    """The current snapshot. Raises NoSnapshot, SnapshotCorrupt or SchemaTooNew."""
    snapshot_id = current_id(source_dir)
    if snapshot_id is None:
        raise NoSnapshot(f"Nothing has been synced into {source_dir} yet.", "Run `python -m costlib sync`.")
    return open_snapshot(source_dir, snapshot_id, limits)


def open_snapshot(source_dir: Path, snapshot_id: str, limits: Limits = READER) -> Snapshot:
    """One snapshot by its id. Raises SnapshotCorrupt or SchemaTooNew."""
    path = snapshot_path(source_dir, snapshot_id)
    remedy = _remedy(snapshot_id)
    if not path.exists():
        raise SnapshotCorrupt(f"Snapshot {snapshot_id} is named by {POINTER} but its file is gone.", remedy)
    try:
        return Snapshot(snapshot_id, partial(_connect, path, limits))
    except (duckdb.Error, KeyError, ValueError, UnicodeDecodeError) as error:
        raise SnapshotCorrupt(f"Snapshot {snapshot_id} cannot be read: {_first_line(error)}", remedy) from error


def _connect(path: Path, limits: Limits) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(str(path), read_only=True, config=limits.config)
    version = schema_version(connection)
    if version < SCHEMA_VERSION:
        connection.close()
        raise SnapshotCorrupt(
            f"Snapshot {path.stem} has schema version {version}; this program reads {SCHEMA_VERSION}.",
            "Run `python -m costlib sync`: it brings the data up to date and publishes it anew.",
        )
    return connection


def is_damage(error: duckdb.Error) -> bool:
    """Whether DuckDB says that the bytes of a file are not what it wrote; a bad checksum has no class of its own."""
    kinds = duckdb.IOException | duckdb.SerializationException | duckdb.InternalException | duckdb.FatalException
    return isinstance(error, kinds) or "Corrupt database file" in str(error)


def _remedy(snapshot_id: str) -> str:
    return f"Delete {FOLDER}/{snapshot_id}.duckdb and run `python -m costlib sync`; the warehouse still holds the data."


def snapshot_path(source_dir: Path, snapshot_id: str) -> Path:
    return source_dir / FOLDER / f"{snapshot_id}.duckdb"


def publish(source_dir: Path, warehouse: Path, snapshot_id: str, keep: int) -> Path:
    """Copy the closed, checkpointed `warehouse` to a new snapshot, point to it, prune old ones.

    The caller holds the sync lock and has no connection open. Killed at any instant, the pointer names the old or
    the new snapshot, whole.
    """
    path = snapshot_path(source_dir, snapshot_id)
    path.parent.mkdir(parents=True, exist_ok=True)
    for leftover in path.parent.glob("*.part"):
        leftover.unlink()
    part = path.with_suffix(".part")
    try:
        shutil.copyfile(warehouse, part)
        with part.open("rb+") as file:
            os.fsync(file.fileno())
        os.replace(part, path)
        write_whole(source_dir / POINTER, snapshot_id.encode())
    except OSError as error:
        part.unlink(missing_ok=True)
        raise DiskFull(
            f"Snapshot {snapshot_id} could not be written: {error.strerror}.",
            f"Make room under {source_dir} and run `python -m costlib sync` again; nothing synced is lost.",
        ) from error
    _prune(source_dir, keep)
    return path


def _prune(source_dir: Path, keep: int) -> None:
    """Remove all but the newest `keep` snapshots; a reader that has one open keeps it until it lets go."""
    current = current_id(source_dir)
    newest_first = sorted((source_dir / FOLDER).glob("*.duckdb"), key=lambda p: p.stem, reverse=True)
    for path in newest_first[keep:]:
        if path.stem != current:
            path.unlink(missing_ok=True)


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0]
