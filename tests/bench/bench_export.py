"""Exports of five million rows, each a process of its own, against DuckDB's own COPY of the same rows in that order."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from statistics import median

from costlib.exports import Format
from tests.bench.exporting import ORDERS, Figures, export_in_a_process
from tests.bench.generated import generated_snapshot
from tests.bench.measure import Measurement, at_most

ROWS = 5_000_000
MEBIBYTES = 300
TIMES = 3


def bench_export(folder: Path) -> Iterator[Measurement]:
    """Ours and DuckDB's take turns, so that both meet the same busy machine."""
    rows = round(ROWS * float(os.environ.get("BENCH_SCALE", "1")))
    generated_snapshot(folder / "sample", rows)
    for order in ORDERS:
        for written in (Format.csv, Format.parquet):
            what = f"export of {rows / 1e6:g} M rows as {written}, {order}"
            ours, copies = _in_turn(folder, written, order)
            yield _memory(what, ours)
            yield _speed(what, ours, copies)


def _in_turn(folder: Path, written: Format, order: str) -> tuple[list[Figures], list[Figures]]:
    found: dict[str, list[Figures]] = {"ours": [], "duckdb": []}
    for _ in range(TIMES):
        for who, figures in found.items():
            figures.append(export_in_a_process(who, folder, order, folder / f"out.{written}"))
            print(f"  {written} {order}, {who}: {figures[-1]}", file=sys.stderr, flush=True)
    return found["ours"], found["duckdb"]


def _memory(what: str, ours: list[Figures]) -> Measurement:
    peak = max(figures.peak_mebibytes for figures in ours)
    return Measurement(f"{what}: peak memory", f"{peak:.0f} MiB", peak / MEBIBYTES, at_most(1))


def _speed(what: str, ours: list[Figures], copies: list[Figures]) -> Measurement:
    seconds, copy_seconds = (median(figures.seconds for figures in them) for them in (ours, copies))
    cpu, copy_cpu = (median(figures.cpu for figures in them) for them in (ours, copies))
    return Measurement(
        f"{what}: against COPY",
        f"{seconds:.1f} s ({cpu:.1f} s CPU), COPY {copy_seconds:.1f} s ({copy_cpu:.1f} s CPU)",
        seconds / copy_seconds,
        at_most(2),
    )
