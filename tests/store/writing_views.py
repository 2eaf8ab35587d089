"""Writing saved views at the same time as others, or dying while one does. Each runs in a process of its own."""

from __future__ import annotations

import os
import signal
from datetime import datetime
from pathlib import Path

from costlib.store import people, saved_views
from costlib.store.saved_views import Person

NOON = datetime(2026, 11, 24, 12)
ME = Person("me", "Kim")


def save_many(folder: str, prefix: str, number: int) -> None:
    for i in range(number):
        saved_views.save(Path(folder), ME, f"{prefix}{i}", "services", "period=Last+month", NOON)


def rename_many(folder: str, view_id: int, prefix: str, number: int) -> None:
    for i in range(number):
        saved_views.rename(Path(folder), ME.id, view_id, f"{prefix}{i}", NOON)


def die_after_a_write_in_the_middle_of_the_next(folder: str) -> None:
    saved_views.save(Path(folder), ME, "kept", "services", "", NOON)
    with people.writing(Path(folder)) as connection:
        connection.execute("DELETE FROM saved_views")
        os.kill(os.getpid(), signal.SIGKILL)
