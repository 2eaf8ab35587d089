"""How fast stored charges are read from the command line."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from statistics import median

from costlib.periods import add_months, month_start
from tests.bench.generated import TODAY, generated_snapshot
from tests.bench.measure import Measurement, at_most

FEW = 6_000_000
TIMES = 7


def bench_query_command(folder: Path) -> Measurement:
    """The whole process, interpreter start included; the file is in the page cache, as after a sync."""
    generated_snapshot(folder / "sample", FEW)
    period = ["--start", str(add_months(month_start(TODAY), -13)), "--end", str(month_start(TODAY))]
    flags = ["--data-dir", str(folder), "--group-by", "charge_date,service", *period]
    command = [sys.executable, "-m", "costlib", "query", *flags]
    environ = {**os.environ, "COSTLIB_SOURCE": "sample"}
    seconds, lines = [], 0
    for _ in range(TIMES):
        began = time.perf_counter()
        done = subprocess.run(command, env=environ, stdout=subprocess.PIPE, check=True)
        seconds.append(time.perf_counter() - began)
        lines = done.stdout.count(b"\n")
    return Measurement(
        f"query: 13 months by day and service, {FEW // 10**6} M charges",
        f"{median(seconds):.2f} s ({min(seconds):.2f} to {max(seconds):.2f}), {lines:,} lines",
        median(seconds),
        at_most(1),
    )
