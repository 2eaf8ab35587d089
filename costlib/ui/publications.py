"""Commands that publish, started from a page: each in a process of its own, one at a time, not waited for.

Rules put in force, a month closed. Pages show the last good snapshot meanwhile, and the new one when it is there.
"""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from costlib.config import Settings
from costlib.ui.child_process import started

LOG_FILE = "publishing.log"
LOG_SHOWN = 1000


@dataclass(frozen=True)
class Publication:
    """A command that somebody started, or had started: the process, and what it says."""

    child: subprocess.Popen[bytes]
    log: Path

    @property
    def is_running(self) -> bool:
        return self.child.poll() is None

    @property
    def succeeded(self) -> bool:
        return self.child.poll() == 0

    @property
    def said(self) -> str:
        return self.log.read_text(encoding="utf-8", errors="replace").strip()[-LOG_SHOWN:]


class _Publications:
    """The last one of each folder, for all sessions."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._last: dict[Path, Publication] = {}

    def last(self, source_dir: Path) -> Publication | None:
        return self._last.get(source_dir)

    def start(self, settings: Settings, command: str, arguments: Sequence[str]) -> Publication | None:
        with self._lock:
            last = self.last(settings.source_dir)
            if last is not None and last.is_running:
                return None
            child = started(settings, command, arguments, LOG_FILE)
            found = Publication(child, settings.source_dir / LOG_FILE)
            self._last[settings.source_dir] = found
            return found


@st.cache_resource(show_spinner=False)
def _publications() -> _Publications:
    """One for all sessions."""
    return _Publications()


def start(settings: Settings, command: str, arguments: Sequence[str]) -> Publication | None:
    """Begin `costlib COMMAND ARGUMENTS`; None while another one is under way."""
    return _publications().start(settings, command, arguments)


def running(settings: Settings) -> Publication | None:
    """The one that is under way, whoever started it."""
    last = _publications().last(settings.source_dir)
    return last if last is not None and last.is_running else None
