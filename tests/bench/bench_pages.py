"""What a person waits for: the first useful screen on a fresh machine, and a page that is looked at again."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from unittest.mock import patch

from tests.app.pages import EVERY_PAGE, OVERVIEW, opened
from tests.bench.measure import Measurement, at_most

FIRST_SCREEN_SECONDS = 60.0
RERUN_SECONDS = 0.3
TIMES = 15


def bench_pages(folder: Path) -> Iterator[Measurement]:
    """On the sample organization, synced here as `make run` does it. People wait in wall time, so it is judged; the CPU
    time beside it tells a slow program from a busy machine."""
    environ = {"COSTLIB_SOURCE": "sample", "COSTLIB_DATA_DIR": str(folder), "COSTLIB_AUTO_SYNC_HOURS": "0"}
    with patch.dict(os.environ, environ):
        yield _first_screen()
        for page in EVERY_PAGE:
            yield _warm_reruns(page)


def _first_screen() -> Measurement:
    """A first sync, then the overview in a new process: everything is imported, opened and drawn for the first time."""
    began, cpu_before = time.perf_counter(), _cpu_of_children()
    subprocess.run([sys.executable, "-m", "costlib", "sync"], stderr=subprocess.PIPE, check=True)
    synced = time.perf_counter() - began
    subprocess.run([sys.executable, "-m", __name__], stderr=subprocess.PIPE, check=True)
    seconds, cpu = time.perf_counter() - began, _cpu_of_children() - cpu_before
    return Measurement(
        "first useful screen after install",
        f"{seconds:.1f} s ({cpu:.1f} s CPU), of which the sync took {synced:.1f} s",
        seconds / FIRST_SCREEN_SECONDS,
        at_most(1),
    )


def _warm_reruns(page: str) -> Measurement:
    """The script from app.py to the page's last element, every answer cached."""
    app = opened(page)
    app.run()
    seconds, cpu = [], []
    for _ in range(TIMES):
        began, cpu_before = time.perf_counter(), time.process_time()
        app.run()
        seconds.append(time.perf_counter() - began)
        cpu.append(time.process_time() - cpu_before)
    assert not app.exception
    return Measurement(
        f"warm rerun of {page}, p95",
        f"{_p95(seconds) * 1000:.0f} ms ({_p95(cpu) * 1000:.0f} ms CPU)",
        _p95(seconds) / RERUN_SECONDS,
        at_most(1),
    )


def _cpu_of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _p95(seconds: Sequence[float]) -> float:
    return sorted(seconds)[round(0.95 * (len(seconds) - 1))]


def main() -> None:
    app = opened(OVERVIEW)
    if app.exception or not app.metric:
        sys.exit(f"The overview shows no figures: {[e.message for e in app.exception]}")


if __name__ == "__main__":
    main()
