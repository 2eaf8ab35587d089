"""What a person waits for: the first useful screen on a fresh machine, each page looked at again, and its answers.

Each page is driven whole, from app.py to its last element, on the sample organization and on ten million charges. The
SQL that it asks is noted on the way, and asked once more of bare DuckDB: what its answers cost is set beside that.
"""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from unittest.mock import patch

import duckdb
import pyarrow as pa
import streamlit as st
from streamlit.testing.v1 import AppTest

from costlib.store.snapshot import Snapshot, current_id, snapshot_path
from tests.app.pages import ACCOUNTS, EVERY_PAGE, OVERVIEW, SERVICES, opened
from tests.bench.generated import generated_snapshot
from tests.bench.measure import Measurement, at_most

FIRST_SCREEN_SECONDS = 60.0
RERUN_SECONDS = 0.3
WARM, COLD = 15, 5
MANY = 10_000_000
YEAR = {"period": "Last 13 months", "granularity": "Monthly"}
LOOKED_AT = [*((page, {}) for page in EVERY_PAGE), (SERVICES, YEAR), (ACCOUNTS, YEAR)]

Asked = tuple[str, tuple[object, ...]]
"""SQL and the values of its `?`."""


@dataclass(frozen=True)
class Timed:
    """A page of one data folder; seconds. `cold` runs have no answer kept yet, `warm` ones all of them."""

    warm: Sequence[float]
    warm_cpu: Sequence[float]
    cold: Sequence[float]
    bare: Sequence[float]
    queries: int

    @property
    def answers(self) -> float:
        """What the questions of the page took: a run without its answers, less one with them."""
        return max(0.0, median(self.cold) - median(self.warm))


def bench_pages_on_the_sample(folder: Path) -> Iterator[Measurement]:
    """Synced here as `make run` does it. People wait in wall time, so it is judged; the CPU time beside it tells a slow
    program from a busy machine."""
    with _looking_at(folder):
        yield _first_screen()
        for page, query in LOOKED_AT:
            yield _rerun(page, query, _timed(folder, page, query), "sample")


def bench_pages_of_many_charges(folder: Path) -> Iterator[Measurement]:
    """Ten million charges: what is kept is no slower, and what is not takes little more than its SQL."""
    generated_snapshot(folder / "sample", MANY)
    size = f"{MANY // 10**6} M charges"
    with _looking_at(folder):
        for page, query in LOOKED_AT:
            timed = _timed(folder, page, query)
            yield _rerun(page, query, timed, size)
            yield Measurement(
                f"answers of {_name(page, query)}, {size}",
                f"{timed.answers * 1000:.0f} ms for {timed.queries} queries, {_ms(timed.bare)} in bare DuckDB",
                timed.answers / max(median(timed.bare), 0.001),
                at_most(2),
            )


@contextmanager
def _looking_at(folder: Path) -> Iterator[None]:
    environ = {"COSTLIB_SOURCE": "sample", "COSTLIB_DATA_DIR": str(folder), "COSTLIB_AUTO_SYNC_HOURS": "0"}
    with patch.dict(os.environ, environ):
        yield


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


def _rerun(page: str, query: Mapping[str, str], timed: Timed, size: str) -> Measurement:
    return Measurement(
        f"warm rerun of {_name(page, query)}, {size}, p95",
        f"{_p95(timed.warm) * 1000:.0f} ms, p50 {_ms(timed.warm)} ({_ms(timed.warm_cpu)} CPU); its "
        f"{timed.queries} queries {_ms(timed.bare)} in bare DuckDB",
        _p95(timed.warm) / RERUN_SECONDS,
        at_most(1),
    )


def _timed(folder: Path, page: str, query: Mapping[str, str]) -> Timed:
    app = opened(page, query)
    assert not app.exception
    asked = _asked(app)
    cold = [_seconds(lambda: _run_anew(app)) for _ in range(COLD)]
    app.run()
    warm, cpu = [], []
    for _ in range(WARM):
        before = time.process_time()
        warm.append(_seconds(app.run))
        cpu.append(time.process_time() - before)
    return Timed(warm, cpu, cold, _bare(folder, asked), len(asked))


def _run_anew(app: AppTest) -> None:
    st.cache_data.clear()
    app.run()


def _asked(app: AppTest) -> list[Asked]:
    """The SQL of a run without any answer kept."""
    asked: list[Asked] = []
    rows, table = Snapshot.rows, Snapshot.table

    def noted_rows(self: Snapshot, sql: str, parameters: Sequence[object] = ()) -> Iterator[tuple[object, ...]]:
        asked.append((sql, tuple(parameters)))
        return rows(self, sql, parameters)

    def noted_table(self: Snapshot, sql: str, parameters: Sequence[object] = ()) -> pa.Table:
        asked.append((sql, tuple(parameters)))
        return table(self, sql, parameters)

    with patch.object(Snapshot, "rows", noted_rows), patch.object(Snapshot, "table", noted_table):
        _run_anew(app)
    return asked


def _bare(folder: Path, asked: Sequence[Asked]) -> list[float]:
    """The same SQL in a connection with DuckDB's own defaults, over a copy: the app has the file open with its own."""
    source = folder / "sample"
    copy = folder / "bare.duckdb"
    if not copy.exists():
        shutil.copyfile(snapshot_path(source, str(current_id(source))), copy)
    with closing(duckdb.connect(str(copy), read_only=True)) as connection:
        return [_seconds(lambda: _ask_all(connection, asked)) for _ in range(COLD)]


def _ask_all(connection: duckdb.DuckDBPyConnection, asked: Sequence[Asked]) -> None:
    for sql, parameters in asked:
        connection.sql(sql, params=list(parameters)).to_arrow_table()


def _name(page: str, query: Mapping[str, str]) -> str:
    return page if not query else f"{page}, 13 months"


def _seconds(do: Callable[[], object]) -> float:
    began = time.perf_counter()
    do()
    return time.perf_counter() - began


def _ms(seconds: Sequence[float]) -> str:
    return f"{median(seconds) * 1000:.0f} ms"


def _p95(seconds: Sequence[float]) -> float:
    return sorted(seconds)[round(0.95 * (len(seconds) - 1))]


def _cpu_of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def main() -> None:
    app = opened(OVERVIEW)
    if app.exception or not app.metric:
        sys.exit(f"The overview shows no figures: {[e.message for e in app.exception]}")


if __name__ == "__main__":
    main()
