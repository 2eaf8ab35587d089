"""Putting rules in force from a page: `costlib rules apply` in a process of its own, one at a time, not waited for."""

from __future__ import annotations

import subprocess
import threading
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from costlib.config import Settings
from costlib.ui.child_process import started

LOG_FILE = "rules.log"
RULES_FILE = "rules-to-apply.toml"
LOG_SHOWN = 1000


@dataclass(frozen=True)
class Application:
    """Rules that somebody is putting in force, or did: the process, and what it says."""

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


class _Applications:
    """The last one of each folder, for all sessions."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._last: dict[Path, Application] = {}

    def last(self, source_dir: Path) -> Application | None:
        return self._last.get(source_dir)

    def start(self, settings: Settings, text: str, note: str, by: str) -> Application | None:
        with self._lock:
            last = self.last(settings.source_dir)
            if last is not None and last.is_running:
                return None
            file = settings.source_dir.resolve() / RULES_FILE
            file.write_text(text, encoding="utf-8")
            child = started(settings, "rules apply", [f"--note={note}", f"--by={by}", str(file)], LOG_FILE)
            found = Application(child, settings.source_dir / LOG_FILE)
            self._last[settings.source_dir] = found
            return found


@st.cache_resource(show_spinner=False)
def _applications() -> _Applications:
    """One for all sessions."""
    return _Applications()


def start(settings: Settings, text: str, note: str, by: str) -> Application | None:
    """Begin to put `text` in force; None while another application is under way."""
    return _applications().start(settings, text, note, by)


def running(settings: Settings) -> Application | None:
    """The one that is under way, whoever started it."""
    last = _applications().last(settings.source_dir)
    return last if last is not None and last.is_running else None
