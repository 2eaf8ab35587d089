"""One export in a process of its own, by us or by DuckDB's own COPY, which says at its end what it took.

Run as `python -m tests.bench.exporting ours|duckdb DATA_DIR ORDER FILE`: prints a Figures as JSON.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import duckdb

from tests.bench.generated import SNAPSHOT_ID
from tests.bench.measure import MEBIBYTE, peak_bytes

ORDERS = {
    "by day": ("charge_date", "usage_account_id", "service"),
    "by account": ("usage_account_id", "service", "charge_date"),
}
"""The charges lie by day: that is the easy order."""


@dataclass(frozen=True)
class Figures:
    """What an export took: seconds of the whole process, CPU seconds of all its threads, the most memory it held."""

    seconds: float
    cpu: float
    peak_mebibytes: float


def export_in_a_process(who: str, data_dir: Path, order: str, file: Path) -> Figures:
    """Raises CalledProcessError when it failed; its own words are on stderr. `file` is gone afterwards."""
    command = [sys.executable, "-m", __name__, who, str(data_dir), order, str(file)]
    began = time.perf_counter()
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    seconds = time.perf_counter() - began
    for left in file.parent.glob(f"{file.name}*"):
        left.unlink()
    return Figures(**{**json.loads(done.stdout), "seconds": seconds})


def _ours(data_dir: Path, keys: str, file: Path) -> None:
    from costlib.cli import main as costlib

    flags = ["--group-by", keys, "--source", "sample", "--data-dir", str(data_dir)]
    if costlib(["export", *flags, "-o", str(file)]) != 0:
        raise RuntimeError("The export failed.")


def _duckdbs(data_dir: Path, keys: str, file: Path) -> None:
    """The same rows in the same order, by a bare connection with DuckDB's own defaults."""
    path = data_dir / "sample" / "snapshots" / f"{SNAPSHOT_ID}.duckdb"
    with duckdb.connect(str(path), read_only=True) as connection:
        connection.execute(
            f"""
            COPY (
                SELECT {keys},
                       CASE WHEN COUNT(unblended_cost) = COUNT(*) THEN COALESCE(SUM(unblended_cost), 0) END
                           AS unblended_cost
                FROM charges
                GROUP BY {keys}
                ORDER BY {keys}
            ) TO '{file}' {"(FORMAT csv)" if file.suffix == ".csv" else "(FORMAT parquet, COMPRESSION zstd)"}
            """
        )


def main(argv: Sequence[str]) -> None:
    who, data_dir, order, file = argv
    {"ours": _ours, "duckdb": _duckdbs}[who](Path(data_dir), ",".join(ORDERS[order]), Path(file))
    print(json.dumps(asdict(Figures(0, time.process_time(), peak_bytes() / MEBIBYTE))))


if __name__ == "__main__":
    main(sys.argv[1:])
