"""Putting a backup back: everything is unpacked, checked and opened beside the folder, which is then exchanged for it.

What was there before is never written to and never deleted: it is left beside the restored folder, under another name.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from costlib.errors import BackupUnusable, DiskFull, UsageError
from costlib.store.archive import BackedUp, unpack
from costlib.store.room import NO_ROOM
from costlib.store.snapshot import POINTER, open_snapshot, snapshot_path
from costlib.store.status import write_whole
from costlib.store.warehouse import FILE, LOCK, open_warehouse, sync_lock

_AT_FDCWD, _RENAME_EXCHANGE = -100, 2


@dataclass(frozen=True)
class Restored:
    """What was restored, and where what was there before lies now, if there was anything."""

    facts: BackedUp
    before: Path | None


def restore(file: Path, source: str, source_dir: Path, now: datetime, replace_it: bool) -> Restored:
    """Make `source_dir` what it was when `file` was written.

    Raises UsageError when it holds something and `replace_it` is false or the backup is another source's,
    BackupUnusable, DiskFull, SchemaTooNew, and SyncInProgress while a sync writes there. Nothing is changed then.
    """
    is_taken = _holds_something(source_dir)
    if is_taken and not replace_it:
        raise UsageError(
            f"{source_dir} is not empty.", "Name another --data-dir, or add --force: what is there is kept beside it."
        )
    with _file_errors(file, source_dir), sync_lock(source_dir):
        fresh = source_dir.with_name(f"{source_dir.name}.restoring-{now:%Y%m%dT%H%M%S%f}")
        try:
            facts = _prepare(file, source, fresh)
        except BaseException:
            shutil.rmtree(fresh, ignore_errors=True)
            raise
        before = _swap(source_dir, fresh, now) if is_taken else None
        if before is None:
            _put(source_dir, fresh)
    _write_through([source_dir.parent])
    return Restored(facts, before)


@contextlib.contextmanager
def _file_errors(file: Path, source_dir: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in NO_ROOM:
            raise DiskFull(f"No room to restore {file}.", "Make room; nothing was changed.") from error
        raise UsageError(f"{source_dir} cannot be written: {error.strerror}.", "Look at its owner.") from error


def _holds_something(source_dir: Path) -> bool:
    return source_dir.exists() and any(path.name != LOCK for path in source_dir.iterdir())


def _prepare(file: Path, source: str, fresh: Path) -> BackedUp:
    """The backup as a folder that the program can use, written through to the disk."""
    fresh.mkdir()
    facts = unpack(file, fresh)
    if facts.source != source:
        raise UsageError(
            f"{file} is a backup of the source {facts.source}, not of {source}.", f"Add --source {facts.source}."
        )
    snapshot = snapshot_path(fresh, facts.snapshot_id)
    if not snapshot.is_file():
        raise BackupUnusable(f"{file} holds no snapshot.", "Take another backup; nothing was changed.")
    snapshot.rename(fresh / FILE)
    with open_warehouse(fresh) as warehouse:
        warehouse.checkpoint()
    shutil.copyfile(fresh / FILE, snapshot)
    open_snapshot(fresh, facts.snapshot_id).close()
    write_whole(fresh / POINTER, facts.snapshot_id.encode())
    _write_through([*fresh.rglob("*"), fresh])
    return facts


def _put(source_dir: Path, fresh: Path) -> None:
    """There is nothing to lose: an empty folder with our lock in it."""
    shutil.rmtree(source_dir)
    fresh.rename(source_dir)


def _swap(source_dir: Path, fresh: Path, now: datetime) -> Path:
    """Exchange the two folders; killed at any instant, each is whole under one name or the other."""
    before = source_dir.with_name(f"{source_dir.name}.before-restore-{now:%Y%m%dT%H%M%S%f}")
    if _exchange(source_dir, fresh):
        fresh.rename(before)
        return before
    source_dir.rename(before)
    try:
        fresh.rename(source_dir)
    except OSError:
        before.rename(source_dir)
        raise
    return before


def _exchange(one: Path, other: Path) -> bool:
    """Exchange two folders in one step; False where the system cannot."""
    exchange = getattr(ctypes.CDLL(None), "renameat2", None)
    if exchange is None:
        return False
    return bool(exchange(_AT_FDCWD, os.fsencode(one), _AT_FDCWD, os.fsencode(other), _RENAME_EXCHANGE) == 0)


def _write_through(paths: Iterable[Path]) -> None:
    """So that a power cut cannot leave names without their content."""
    for path in paths:
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
