"""Windows are fetched side by side, however fast they are answered."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path

from costlib.config import Settings
from costlib.ingest.client import Answer
from costlib.ingest.cube import Window, cube_question
from costlib.ingest.fetch import fetch
from costlib.ingest.run import Run
from costlib.periods import Period
from costlib.store.warehouse import open_warehouse, sync_lock
from tests.ingest.syncing import NOON


class Instant:
    """Cost Explorer at its fastest: every answer is empty and there at once."""

    def ask(self, operation: str, parameters: Mapping[str, object]) -> Answer:
        return Answer({"ResultsByTime": []}, NOON, 0, 1)


def test_many_windows_that_are_answered_at_once_all_come_through(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, max_concurrent_requests=2)
    days = [date(2026, 1, 1) + timedelta(n) for n in range(60)]
    windows = [Window(cube_question("Tax", None), Period(day, day + timedelta(1)), 1) for day in days]
    with sync_lock(tmp_path), open_warehouse(tmp_path) as warehouse:
        run = Run(warehouse, settings, lambda: NOON, lambda _: None)
        brought = {window for window, _ in fetch(windows, Instant(), run, "Test")}
    assert brought == set(windows)
