"""Backing up a source's folder while it is in use.

A snapshot never changes and is a whole warehouse (publishing copies one, closed and checkpointed), so the current one
is all that a backup needs of the cost data: no lock is taken, and a sync that runs meanwhile is neither waited for nor
disturbed. What that sync has fetched and not yet published is not in the backup. SQLite files are copied by SQLite.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import sqlite3
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from costlib.errors import DiskFull, NoSnapshot, PeopleFileUnusable, SnapshotCorrupt, SyncInProgress, UsageError
from costlib.store import archive
from costlib.store.archive import Archive, BackedUp
from costlib.store.room import NO_ROOM
from costlib.store.snapshot import FOLDER, POINTER, current_id, open_snapshot, snapshot_path
from costlib.store.sqlite_files import readable
from costlib.store.status import STATUS_FILE, RunState, as_text, read_status

SETTINGS_FOLDER = "settings"
_LEFT_OUT = (POINTER, STATUS_FILE, "warehouse.duckdb")
"""The pointer and the status are written anew; the warehouse is the snapshot."""
_LEFT_OUT_ENDINGS = (".lock", ".log", ".wal", "-wal", "-shm", "-journal", ".part", ".tmp")
ATTEMPTS = 5
"""How often the current snapshot may be pruned by later ones between reading the pointer and opening the file."""


def back_up(source: str, source_dir: Path, file: Path, settings: Mapping[str, bytes], now: datetime) -> BackedUp:
    """Write a backup of `source_dir` to `file`, which appears whole or not at all.

    `settings` are files from elsewhere, by name. Raises NoSnapshot, DiskFull, UsageError when `file` cannot be
    written, and SyncInProgress while another backup writes it.
    """
    with _opened_snapshot(source_dir) as (snapshot_id, snapshot), _whole(file) as out:
        source_id = _source_id(source_dir, snapshot_id)
        with archive.writing(out) as packed:
            packed.add(f"{FOLDER}/{snapshot_id}.duckdb", snapshot, os.fstat(snapshot.fileno()).st_size)
            _add_status(packed, source_dir, snapshot_id)
            for path in sorted(source_dir.iterdir()):
                _add_file(packed, path)
            for name, content in settings.items():
                packed.add_bytes(f"{SETTINGS_FOLDER}/{name}", content)
            facts = BackedUp(source, source_id, snapshot_id, now, dict(packed.files))
            packed.finish(facts)
    return facts


@contextlib.contextmanager
def _opened_snapshot(source_dir: Path) -> Iterator[tuple[str, BinaryIO]]:
    """The current snapshot's file, held open: pruning it then takes its name away, and not its bytes."""
    for _ in range(ATTEMPTS):
        snapshot_id = current_id(source_dir)
        if snapshot_id is None:
            raise NoSnapshot(f"Nothing has been synced into {source_dir} yet.", "There is nothing to back up.")
        with contextlib.suppress(FileNotFoundError), snapshot_path(source_dir, snapshot_id).open("rb") as file:
            yield snapshot_id, file
            return
    raise SnapshotCorrupt(
        f"Snapshot {snapshot_id} is named by {POINTER} but its file is gone.", "Run `python -m costlib sync` first."
    )


def _source_id(source_dir: Path, snapshot_id: str) -> str:
    """Opens the snapshot: a damaged one is not worth a backup. Raises SnapshotCorrupt."""
    with contextlib.closing(open_snapshot(source_dir, snapshot_id)) as snapshot:
        return snapshot.source_id


def _add_status(packed: Archive, source_dir: Path, snapshot_id: str) -> None:
    """A sync that is running here is not running where the backup is restored."""
    status = read_status(source_dir)
    if status is None:
        return
    status = replace(status, snapshot_id=snapshot_id)
    if status.state is RunState.running:
        said = "The sync was still running when the backup was made."
        status = replace(status, state=RunState.partial, message=said, remedy="Run `python -m costlib sync`.")
    packed.add_bytes(STATUS_FILE, as_text(status).encode())


def _add_file(packed: Archive, path: Path) -> None:
    """What else lies in the folder: what people saved, and small files; not locks, logs and files half written."""
    if not path.is_file() or path.name in _LEFT_OUT or path.name.startswith("."):
        return
    if path.name.endswith(_LEFT_OUT_ENDINGS):
        return
    with _copied(path) if path.suffix == ".sqlite" else path.open("rb") as file:
        packed.add(path.name, file, os.fstat(file.fileno()).st_size)


@contextlib.contextmanager
def _copied(path: Path) -> Iterator[BinaryIO]:
    """A copy of an SQLite file as it is at one instant, made by SQLite while others may write."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / path.name
        try:
            with (
                contextlib.closing(readable(path, mode="ro")) as held,
                contextlib.closing(sqlite3.connect(copy)) as target,
            ):
                held.backup(target)
        except sqlite3.Error as error:
            raise PeopleFileUnusable(f"{path} cannot be copied: {error}.", f"Move {path} away, or mend it.") from error
        with copy.open("rb") as file:
            yield file


@contextlib.contextmanager
def _whole(file: Path) -> Iterator[BinaryIO]:
    """A file for its owner's eyes that gets its name only when the block ends well.

    A killed backup leaves `.NAME.part`, which the next one writes over.
    """
    part = file.with_name(f".{file.name}.part")
    try:
        with os.fdopen(os.open(part, os.O_RDWR | os.O_CREAT, 0o600), "rb+") as out:
            _hold(out, file)
            out.truncate(0)
            try:
                yield out
                out.flush()
                os.fsync(out.fileno())
                os.replace(part, file)
            except BaseException:
                part.unlink(missing_ok=True)
                raise
    except OSError as error:
        if error.errno in NO_ROOM:
            raise DiskFull(f"No room to write {file}.", "Make room; nothing was left behind.") from error
        raise UsageError(f"{file} cannot be written: {error.strerror}.", "Name a file in a folder of yours.") from error


def _hold(out: BinaryIO, file: Path) -> None:
    try:
        fcntl.flock(out, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise SyncInProgress(f"Another backup is writing {file}.", "Wait for it, or name another file.") from None
