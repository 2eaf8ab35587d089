"""What an export of five million rows takes, in a process of its own, beside DuckDB's own COPY of the same answer."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.bench.generated import generated_snapshot
from tests.bench.measure import Measurement, at_most

ROWS = 5_000_000
MOST_MIB = 300
DIMENSIONS = ("charge_date", "usage_account_id", "service", "record_type")

COPY = """
import sys, duckdb
path, target = sys.argv[1:]
with duckdb.connect(path, read_only=True) as connection:
    connection.execute(f'''
        COPY (
            SELECT charge_date, usage_account_id, service, record_type, SUM(unblended_cost) AS unblended_cost,
                   SUM(amortized_cost) AS amortized_cost
            FROM charges
            GROUP BY charge_date, usage_account_id, service, record_type
            ORDER BY charge_date, usage_account_id, service, record_type
        ) TO '{target}' (FORMAT csv, HEADER)''')
"""


def bench_export(folder: Path) -> Iterator[Measurement]:
    """Every charge on a line of its own: nothing is smaller than what is stored."""
    path = generated_snapshot(folder / "sample", ROWS)
    copied = _run([sys.executable, "-c", COPY, str(path), str(folder / "copy.csv")])
    for format_ in ("csv", "parquet"):
        file = folder / f"export.{format_}"
        flags = ["--group-by", ",".join(DIMENSIONS), "--metric", "unblended_cost,amortized_cost", "-o", str(file)]
        command = [sys.executable, "-m", "costlib", "export", "--data-dir", str(folder), *flags]
        taken = _run(command)
        size = file.stat().st_size / 2**20
        yield Measurement(
            f"export of {ROWS // 10**6} M rows as {format_}, against DuckDB's own COPY as CSV",
            f"{taken.seconds:.1f} s ({taken.cpu:.1f} s CPU, {size:.0f} MiB), COPY {copied.seconds:.1f} s "
            f"({copied.cpu:.1f} s CPU)",
            taken.seconds / copied.seconds,
            at_most(2),
        )
        yield Measurement(
            f"export of {ROWS // 10**6} M rows as {format_}: peak memory",
            f"{taken.peak:.0f} MiB of the whole process",
            taken.peak / MOST_MIB,
            at_most(1),
        )


@dataclass(frozen=True)
class Cost:
    """What a process took: seconds, of CPU too, and the peak of its resident memory in MiB."""

    seconds: float
    cpu: float
    peak: float


LAUNCHER = """
import json, resource, subprocess, sys, time
began = time.perf_counter()
subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
seconds, used = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
print(json.dumps([seconds, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024]))
"""
"""A process counts the memory of the one that started it as its own peak, so a small one starts it."""


def _run(command: Sequence[str]) -> Cost:
    environ = {**os.environ, "COSTLIB_SOURCE": "sample"}
    launched = [sys.executable, "-c", LAUNCHER, *command]
    return Cost(*json.loads(subprocess.run(launched, env=environ, stdout=subprocess.PIPE, check=True).stdout))
