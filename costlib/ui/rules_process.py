"""From a page, rules or budgets put in force: `costlib rules apply` or `costlib budgets apply` in a process of its own,
one at a time of each, not waited for."""

from __future__ import annotations

import subprocess
import threading
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from costlib.config import Settings
from costlib.ui.child_process import started

LOG_SHOWN = 1000


@dataclass(frozen=True)
class What:
    """What is put in force: the command that does it, the file that it is given, and where its words go."""

    command: str
    file: str
    log: str


RULES = What("rules apply", "rules-to-apply.toml", "rules.log")
BUDGETS = What("budgets apply", "budgets-to-apply.toml", "budgets.log")


@dataclass(frozen=True)
class Application:
    """What somebody is putting in force, or did: the process, and what it says."""

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
    """The last one of each folder and kind, for all sessions."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._last: dict[tuple[Path, What], Application] = {}

    def last(self, source_dir: Path, what: What) -> Application | None:
        return self._last.get((source_dir, what))

    def start(self, settings: Settings, text: str, note: str, by: str, what: What) -> Application | None:
        with self._lock:
            last = self.last(settings.source_dir, what)
            if last is not None and last.is_running:
                return None
            file = settings.source_dir.resolve() / what.file
            file.write_text(text, encoding="utf-8")
            child = started(settings, what.command, [f"--note={note}", f"--by={by}", str(file)], what.log)
            found = Application(child, settings.source_dir / what.log)
            self._last[settings.source_dir, what] = found
            return found


@st.cache_resource(show_spinner=False)
def _applications() -> _Applications:
    """One for all sessions."""
    return _Applications()


def start(settings: Settings, text: str, note: str, by: str, what: What = RULES) -> Application | None:
    """Begin to put `text` in force; None while another application is under way."""
    return _applications().start(settings, text, note, by, what)


def running(settings: Settings, what: What = RULES) -> Application | None:
    """The one that is under way, whoever started it."""
    last = _applications().last(settings.source_dir, what)
    return last if last is not None and last.is_running else None
