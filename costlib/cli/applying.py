"""What `rules apply` and `budgets apply` share: reading the named file, putting it in force, and keeping it.

The file that syncs read and what is in force change together. The file is written first: killed in between, the next
sync finishes what was begun, and so does the same command. The other way round, it would take the change back.
"""

from __future__ import annotations

import argparse
import contextlib
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from costlib.cli.eyes import note
from costlib.config import Settings
from costlib.errors import CostlibError, UsageError
from costlib.exports.files import whole_file
from costlib.store.audit import Event
from costlib.store.warehouse import Warehouse


@dataclass(frozen=True)
class Application:
    """A text to be put in force: the file that syncs read, the one it was given in, and how the log calls it."""

    setting: Path
    given: Path | None
    text: str
    event: Event
    about: str


def text_of(file: Path, remedy: str) -> str:
    """Raises UsageError for a file that cannot be read."""
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{file} cannot be read: {error}.", remedy) from None


def put_in_force(
    args: argparse.Namespace,
    settings: Settings,
    applied: Application,
    now: datetime,
    change: Callable[[Warehouse], bool],
) -> bool:
    """Whether `change` changed anything. The file is the new one, and the log has it, as soon as it is in force.

    Raises as `republish` does. What it raises before `change` has ended leaves the file and the rules as they were;
    after that both hold, and the next sync publishes them.
    """
    from costlib.store.republish import republish

    changed: list[bool] = []

    def together(warehouse: Warehouse) -> bool:
        with _kept(applied):
            changed.append(change(warehouse))
        return changed[0]

    try:
        return republish(settings.source_dir, settings.keep_snapshots, now, together)
    except CostlibError:
        if any(changed):
            print("In force, and not published yet: the next sync does that, or this command again.", file=sys.stderr)
        raise
    finally:
        if any(changed):
            note(args, settings, applied.event, applied.about)


@contextlib.contextmanager
def _kept(applied: Application) -> Iterator[None]:
    """The file of the setting is what is applied; what stood there before comes back if it is not put in force."""
    if applied.given is None or applied.given == applied.setting:
        yield
        return
    before = applied.setting.read_bytes() if applied.setting.exists() else None
    _write(applied.setting, applied.text.encode())
    try:
        yield
    except BaseException:
        if before is None:
            applied.setting.unlink()
        else:
            _write(applied.setting, before)
        raise


def _write(file: Path, content: bytes) -> None:
    with whole_file(file, overwrite=True) as opened:
        opened.write(content)
