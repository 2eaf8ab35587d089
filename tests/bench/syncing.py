"""One sync in a process of its own, which says at its end what it took.

Run as `python -m tests.bench.syncing URL FOLDER NOW HISTORY_MONTHS`: prints a Figures as JSON.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from unittest.mock import patch

from costlib.config import Settings
from costlib.ingest import sync as sync_module
from costlib.ingest.client import CostExplorer, connect
from costlib.ingest.credentials import SAMPLE_ENVIRON
from costlib.store.snapshot import publish
from costlib.store.status import Status
from tests.bench.measure import MEBIBYTE, peak_bytes


@dataclass(frozen=True)
class Figures:
    """What a sync took. CPU is user + system time of all threads, in seconds.

    `cpu` is the process's, interpreter start and publishing included; `cpu_by_phase` leaves both out.
    """

    groups: int
    requests: int
    ties_out: bool
    wall: float
    cpu: float
    cpu_by_phase: dict[str, float]
    publish_wall: float
    plain_copy_wall: float
    stored_mebibytes: float
    peak_mebibytes: float

    @property
    def cpu_to_publish(self) -> float:
        """From the first request to the checkpoint before publishing."""
        return sum(self.cpu_by_phase.values())


def sync_in_a_process(url: str, folder: Path, now: datetime, history_months: int) -> Figures:
    """Raises CalledProcessError when the sync failed; its own words are on stderr."""
    command = [sys.executable, "-m", __name__, url, str(folder), now.isoformat(), str(history_months)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    return Figures(**json.loads(done.stdout))


class _Phases:
    """CPU seconds between one phase's begin and the next one's."""

    def __init__(self) -> None:
        self.cpu: dict[str, float] = {}
        self._now, self._since = "", time.process_time()

    def show(self, status: Status) -> None:
        if status.phase != self._now:
            self.turn(status.phase)

    def turn(self, phase: str) -> None:
        now = time.process_time()
        self.cpu[self._now or "Start"] = self.cpu.get(self._now or "Start", 0.0) + now - self._since
        self._now, self._since = phase, now


def measured_sync(url: str, folder: Path, now: datetime, history_months: int) -> Figures:
    """Sync here and now: the figures are of this process since it began."""
    settings = Settings(
        data_dir=folder,
        history_months=history_months,
        requests_per_second=10_000,
        max_requests_per_run=1_000_000,
        max_dollars_per_month=Decimal(1_000_000),
    )

    def client(run_id: str, before_request: Callable[[], None]) -> CostExplorer:
        return connect(settings, endpoint_url=url, environ=SAMPLE_ENVIRON, run_id=run_id, before_request=before_request)

    phases, publish_wall = _Phases(), 0.0

    def timed_publish(source_dir: Path, warehouse: Path, snapshot_id: str, keep: int) -> Path:
        nonlocal publish_wall
        phases.turn("Publish")
        began = time.perf_counter()
        path = publish(source_dir, warehouse, snapshot_id, keep)
        publish_wall = time.perf_counter() - began
        return path

    began = time.perf_counter()
    with patch.object(sync_module, "publish", timed_publish):
        result = sync_module.sync(settings, client, "bench", lambda: now, phases.show)
    wall, cpu, peak = time.perf_counter() - began, time.process_time(), peak_bytes()
    warehouse = settings.source_dir / "warehouse.duckdb"
    return Figures(
        result.rows,
        result.requests,
        result.ties_out,
        wall,
        cpu,
        phases.cpu,
        publish_wall,
        _plain_copy(warehouse),
        warehouse.stat().st_size / MEBIBYTE,
        peak / MEBIBYTE,
    )


def _plain_copy(path: Path) -> float:
    """Seconds of a copy of the file that has reached the disk."""
    copy = path.with_suffix(".copy")
    began = time.perf_counter()
    shutil.copyfile(path, copy)
    with copy.open("rb+") as file:
        os.fsync(file.fileno())
    seconds = time.perf_counter() - began
    copy.unlink()
    return seconds


def main(argv: Sequence[str]) -> None:
    url, folder, now, months = argv
    print(json.dumps(asdict(measured_sync(url, Path(folder), datetime.fromisoformat(now), int(months)))))


if __name__ == "__main__":
    main(sys.argv[1:])
