"""Commands that publish, started from a page: each in a process of its own, one of a kind at a time, not waited for.

Rules and budgets put in force, a month closed. Pages show the last good snapshot meanwhile, and the new one when it is
there; the warehouse's lock decides between kinds.
"""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from costlib.config import Settings
from costlib.ui import lasting
from costlib.ui.child_process import started

LOG_SHOWN = 1000
POLL_SECONDS = 1


@dataclass(frozen=True)
class Publication:
    """A command that somebody started: the process, and what it says."""

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
    """The last one of each folder and command, for all sessions."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._last: dict[tuple[Path, str], Publication] = {}

    def last(self, source_dir: Path, command: str) -> Publication | None:
        return self._last.get((source_dir, command))

    def start(self, settings: Settings, command: str, arguments: Sequence[str], text: str | None) -> Publication | None:
        with self._lock:
            last = self.last(settings.source_dir, command)
            if last is not None and last.is_running:
                return None
            noun = command.split()[0]
            given = [] if text is None else [_written(settings, noun, text)]
            child = started(settings, command, [*arguments, *given], f"{noun}.log")
            found = Publication(child, settings.source_dir / f"{noun}.log")
            self._last[settings.source_dir, command] = found
            return found


def _written(settings: Settings, noun: str, text: str) -> str:
    """The file that the command is given."""
    file = settings.source_dir.resolve() / f"{noun}-to-apply.toml"
    file.write_text(text, encoding="utf-8")
    return str(file)


@st.cache_resource(show_spinner=False)
def _publications() -> _Publications:
    """One for all sessions."""
    return _Publications()


def start(settings: Settings, command: str, arguments: Sequence[str], text: str | None = None) -> Publication | None:
    """Begin `costlib COMMAND ARGUMENTS`, with a file of `text` as the last argument if there is one; None while the
    same command is under way."""
    return _publications().start(settings, command, arguments, text)


def is_running(settings: Settings, command: str) -> bool:
    """Whether it is under way, whoever started it."""
    last = _publications().last(settings.source_dir, command)
    return last is not None and last.is_running


@lasting.fragment(run_every=POLL_SECONDS)
def progress(settings: Settings, command: str, words: str) -> None:
    """Redraws itself until the process ends, then the whole page, which opens the new snapshot."""
    if not is_running(settings, command):
        st.rerun()
    st.caption(f":material/hourglass_top: {words}")
