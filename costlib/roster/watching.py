"""The access file as it stands now: read again when it has changed, and the last good one while it cannot be used.

What was good is kept for as long as the process lives. A process that starts with a file that cannot be used has no
rules, and so shows nobody anything.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from costlib.errors import CostlibError, InvalidRoster
from costlib.roster.parsing import parse_roster
from costlib.roster.rules import Roster

NOBODY = Roster(())


@dataclass(frozen=True)
class Standing:
    """The rules in force, a name for their content (`''` before any were good), and what is wrong with the file."""

    roster: Roster = NOBODY
    version: str = ""
    problem: CostlibError | None = None


@dataclass
class WatchedRoster:
    """One file, for all sessions of a process."""

    file: Path
    _standing: Standing = field(default_factory=Standing)
    _stamp: tuple[int, int, int] | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def standing(self) -> Standing:
        """The rules that hold now. A look at the file's stamp; its content is read only when that has moved."""
        with self._lock:
            stamp = self._look()
            if stamp is None or stamp != self._stamp:
                self._standing = self._read()
                self._stamp = stamp
            return self._standing

    def _look(self) -> tuple[int, int, int] | None:
        try:
            found = self.file.stat()
        except OSError:
            return None
        return found.st_mtime_ns, found.st_size, found.st_ino

    def _read(self) -> Standing:
        try:
            text = read_text(self.file)
            return Standing(parse_roster(text, str(self.file)), version_of(text))
        except CostlibError as problem:
            return Standing(self._standing.roster, self._standing.version, problem)


def read_roster(file: Path) -> Roster:
    """The rules of a file, once. Raises InvalidRoster."""
    return parse_roster(read_text(file), str(file))


def read_text(file: Path) -> str:
    """Raises InvalidRoster for a file that is not there, or is no text."""
    try:
        return file.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise InvalidRoster(
            str(file), 1, 0, "there is no such file", "Write one (docs/sign-in.md), or name it: access_file."
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidRoster(str(file), 1, 0, f"it cannot be read: {error}", "Mend the file.") from error


def version_of(text: str) -> str:
    """A short name for the content."""
    return sha256(text.encode()).hexdigest()[:12]
