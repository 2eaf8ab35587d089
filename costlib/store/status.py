"""`status.json`: what the running or last sync says of itself, swapped whole so that a reader never sees half of it."""

from __future__ import annotations

import json
import math
import os
import secrets
from collections.abc import Callable
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar

from costlib.store.room import NO_ROOM

T = TypeVar("T")

STATUS_FILE = "status.json"


class RunState(StrEnum):
    """How a sync stands; `partial` kept its progress and can be taken up again."""

    running = "running"
    ok = "ok"
    partial = "partial"
    failed = "failed"


@dataclass(frozen=True)
class Status:
    """One sync, seen from outside. Times are UTC without a zone; `seconds_left` is an estimate."""

    state: RunState
    run_id: str
    pid: int
    started_at: datetime
    ended_at: datetime | None = None
    snapshot_id: str | None = None
    checked_at: datetime | None = None
    message: str = ""
    remedy: str = ""
    phase: str = ""
    requests_done: int = 0
    requests_expected: int = 0
    cost_usd: Decimal = Decimal(0)
    seconds_left: float | None = None
    next_sync_requests: int | None = None
    next_sync_usd: Decimal | None = None

    @property
    def is_alive(self) -> bool:
        """Whether the process that says `running` still exists on this machine."""
        if self.state is not RunState.running:
            return False
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return False
        except PermissionError:
            return True
        return True


def read_status(source_dir: Path) -> Status | None:
    """The last status written; None if there is none or it cannot be read (it is narration, not a record)."""
    try:
        raw = json.loads((source_dir / STATUS_FILE).read_text(encoding="utf-8"))
        return Status(**{f.name: _READERS[f.name](raw[f.name]) for f in fields(Status) if f.name in raw})
    except (OSError, ValueError, TypeError, ArithmeticError):
        return None


def _text(raw: Any) -> str:
    if not isinstance(raw, str):
        raise TypeError
    return raw


def _count(raw: Any) -> int:
    """A number of requests, or a process: what counts in no machine is no count."""
    if isinstance(raw, bool) or not isinstance(raw, int) or not 0 <= raw < 2**31:
        raise ValueError
    return raw


def _time(raw: Any) -> datetime:
    found = datetime.fromisoformat(_text(raw))
    if found.tzinfo is not None:
        raise ValueError
    return found


def _amount(raw: Any) -> Decimal:
    found = Decimal(_text(raw))
    if not found.is_finite():
        raise ValueError
    return found


def _seconds(raw: Any) -> float:
    if isinstance(raw, bool) or not isinstance(raw, int | float) or not math.isfinite(raw):
        raise ValueError
    return float(raw)


def _optional(kind: Callable[[Any], T]) -> Callable[[Any], T | None]:
    return lambda raw: None if raw is None else kind(raw)


_READERS: dict[str, Callable[[Any], Any]] = {
    "state": RunState,
    "run_id": _text,
    "pid": _count,
    "started_at": _time,
    "ended_at": _optional(_time),
    "snapshot_id": _optional(_text),
    "checked_at": _optional(_time),
    "message": _text,
    "remedy": _text,
    "phase": _text,
    "requests_done": _count,
    "requests_expected": _count,
    "cost_usd": _amount,
    "seconds_left": _optional(_seconds),
    "next_sync_requests": _optional(_count),
    "next_sync_usd": _optional(_amount),
}


def write_status(source_dir: Path, status: Status) -> None:
    """Swap the file; a crash leaves the old or the new one, whole. A full disk leaves the old one: this is narration,
    and what it tells of meets the full disk itself, or is done already."""
    try:
        write_whole(source_dir / STATUS_FILE, as_text(status).encode())
    except OSError as error:
        if error.errno not in NO_ROOM:
            raise


def as_text(status: Status) -> str:
    """What the file holds."""
    return json.dumps(asdict(status), default=str, indent=1)


def write_whole(path: Path, content: bytes) -> None:
    """Write beside `path`, fsync, then rename over it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    name = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    # Whoever the umask lets read the folder may read it: the service that syncs need not be the one that serves.
    handle = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(name, path)
    except BaseException:
        name.unlink(missing_ok=True)
        raise
