"""Starting `costlib sync` beside the pages: one child at a time, never waited for.

Pages do not sync. They start the command line's own sync as a process of its own, which outlives this one; the
warehouse's lock decides if two start at once. What it does is read from status.json.
"""

from __future__ import annotations

import subprocess
import threading
from datetime import datetime, timedelta
from pathlib import Path

import streamlit as st

from costlib.config import Settings, Source
from costlib.store.status import Status
from costlib.ui.child_process import started

LOG_FILE = "sync.log"
LOG_SHOWN = 1000
SCHEDULE = "the app's schedule"
"""Who starts a sync that nobody asked for."""
RETRY = timedelta(hours=1)
"""A sync that failed is not started again by itself before this; a person may at any time."""


class _Children:
    """The syncs that this process started, by the folder they write."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._children: dict[Path, subprocess.Popen[bytes]] = {}
        self._started: dict[Path, datetime] = {}

    def is_alive(self, source_dir: Path) -> bool:
        child = self._children.get(source_dir)
        return child is not None and child.poll() is None

    def failed_at(self, source_dir: Path) -> datetime | None:
        """When the last one was started, if it ended with an error."""
        child = self._children.get(source_dir)
        return self._started[source_dir] if child is not None and child.poll() else None

    def start(self, settings: Settings, now: datetime, by: str, not_since: datetime | None = None) -> None:
        """Start one unless one is alive, or (with `not_since`) was started after that moment."""
        with self._lock:
            begun = self._started.get(settings.source_dir)
            is_recent = begun is not None and not_since is not None and begun > not_since
            if self.is_alive(settings.source_dir) or is_recent:
                return
            self._started[settings.source_dir] = now
            self._children[settings.source_dir] = started(settings, "sync", [f"--by={by}"], LOG_FILE)


@st.cache_resource(show_spinner=False)
def _children() -> _Children:
    """One for all sessions."""
    return _Children()


def start(settings: Settings, now: datetime, by: str) -> None:
    """Start a sync for somebody, unless one that this process started is still running, or syncs are not the app's.

    It notes itself who began.
    """
    if settings.sync_from_app:
        _children().start(settings, now, by)


def start_if_due(settings: Settings, status: Status | None, now: datetime) -> None:
    """Start a sync when the last successful one is older than `auto_sync_hours`."""
    if is_due(settings, status, now) and not is_running(settings, status):
        _children().start(settings, now, SCHEDULE, not_since=now - _retry(settings))


def is_running(settings: Settings, status: Status | None) -> bool:
    """Whether a sync is under way, started here (it may not have written its status yet) or elsewhere."""
    return (status is not None and status.is_alive) or _children().is_alive(settings.source_dir)


def early_failure(settings: Settings, status: Status | None) -> str | None:
    """What the last sync started here said, if it failed before it could write its status."""
    failed_at = _children().failed_at(settings.source_dir)
    if failed_at is None or (status is not None and status.started_at > failed_at):
        return None
    log = (settings.source_dir / LOG_FILE).read_text(encoding="utf-8", errors="replace")
    return failure_in(log)


def failure_in(log: str) -> str:
    """The sentence with which a command ended; of anything else, such as a traceback, only where it is."""
    _, said, sentence = f"\n{log}".rpartition("\ncostlib: ")
    return (
        sentence.strip()[-LOG_SHOWN:] if said else f"It ended with an error of its own: {LOG_FILE} in the data folder."
    )


def is_due(settings: Settings, status: Status | None, now: datetime) -> bool:
    """Whether to start one unasked. The first sync of a real source costs its owner money, so its owner starts it."""
    if not settings.sync_from_app or not settings.auto_sync_hours:
        return False
    if status is None or status.checked_at is None:
        return settings.source is Source.sample and _may_try(settings, status, now)
    is_old = now - status.checked_at > timedelta(hours=settings.auto_sync_hours)
    return is_old and _may_try(settings, status, now)


def _may_try(settings: Settings, status: Status | None, now: datetime) -> bool:
    return status is None or now - status.started_at > _retry(settings)


def _retry(settings: Settings) -> timedelta:
    return min(RETRY, timedelta(hours=settings.auto_sync_hours))
