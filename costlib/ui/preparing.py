"""Files that the server writes for downloads: in a folder of their own beside the data, gone after a day.

A file is written by a thread while the pages go on, and has its name only when it is whole.
"""

from __future__ import annotations

import contextlib
import secrets
import shutil
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from costlib.errors import CostlibError
from costlib.store.room import room_errors

FOLDER = "exports"
KEPT = timedelta(days=1)
AT_ONCE = 2
"""Files that are written at the same time; the rest wait, so that pages stay quick."""

_turn = threading.BoundedSemaphore(AT_ONCE)


class Cancelled(Exception):
    """Nobody waits for this file any more."""


@dataclass
class Job:
    """One file in the making. `rows` passes while it is written; when `done`, it is there, or `error` says why not.

    An error that nobody expected is in the server's log, and leaves `done` without a file.
    """

    path: Path
    expected: int
    rows: int = 0
    error: CostlibError | None = None
    done: threading.Event = field(default_factory=threading.Event)
    _cancelled: threading.Event = field(default_factory=threading.Event)

    @property
    def is_ready(self) -> bool:
        return self.done.is_set() and self.error is None and self.path.is_file()

    @property
    def is_gone(self) -> bool:
        """Whether it was there and has been cleaned up, or was cancelled."""
        return self.done.is_set() and not self.path.parent.is_dir()

    @property
    def share_done(self) -> float:
        """Between 0 and 1."""
        return min(1.0, self.rows / max(self.expected, 1))

    def cancel(self) -> None:
        """Stop writing soon; what was written is removed."""
        self._cancelled.set()

    def wrote(self, rows: int) -> None:
        """Note that so many rows are written so far."""
        self.rows = rows
        if self._cancelled.is_set():
            raise Cancelled


def start(source_dir: Path, name: str, expected: int, write: Callable[[Job], None], now: datetime) -> Job:
    """Begin to write the file `name` of about `expected` rows: `write` puts a whole file at the job's path."""
    clean_up(source_dir / FOLDER, now)
    job = Job(_new_folder(source_dir) / name, expected)
    threading.Thread(target=_written, args=(job, write), name=f"export {name}", daemon=True).start()
    return job


@contextlib.contextmanager
def kept_for_now(source_dir: Path, name: str, content: bytes | memoryview) -> Iterator[Path]:
    """A file with this content, for as long as a `with` block lasts."""
    folder = _new_folder(source_dir)
    try:
        path = folder / name
        with room_errors(path):
            path.write_bytes(content)
        yield path
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _new_folder(source_dir: Path) -> Path:
    folder = source_dir / FOLDER / secrets.token_urlsafe(16)
    with room_errors(folder):
        folder.mkdir(parents=True, mode=0o700)
    return folder


def clean_up(exports: Path, now: datetime) -> None:
    """Remove what is older than a day. A download that still runs keeps its open file."""
    for folder in exports.glob("*"):
        with contextlib.suppress(FileNotFoundError):
            written = datetime.fromtimestamp(folder.stat().st_mtime, UTC).replace(tzinfo=None)
            if now - written > KEPT:
                shutil.rmtree(folder, ignore_errors=True)


def _written(job: Job, write: Callable[[Job], None]) -> None:
    try:
        with _turn:
            write(job)
    except Cancelled:
        shutil.rmtree(job.path.parent, ignore_errors=True)
    except CostlibError as error:
        job.error = error
    finally:
        job.done.set()
