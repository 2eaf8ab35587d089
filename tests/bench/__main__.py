"""Run the benches and print their table: `make bench`, or `make bench BENCH=word` for those with the word in the name.

Exits with 1 when a measurement is over its budget, and with 2 when there was nothing to run.
"""

from __future__ import annotations

import importlib
import pkgutil
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import tests.bench
from tests.bench.measure import Bench, Measurement

HEADER = ("what", "measured", "ratio", "budget", "ok")


def discovered(word: str) -> Iterator[tuple[str, Bench]]:
    """Every `bench_…` function of every `bench_…` module, by name."""
    for module in sorted(m.name for m in pkgutil.iter_modules(tests.bench.__path__) if m.name.startswith("bench_")):
        members = dict(vars(importlib.import_module(f"tests.bench.{module}")))
        for name, bench in members.items():
            if name.startswith("bench_") and callable(bench) and word in f"{module}.{name}":
                yield name, bench


def measurements(bench: Bench) -> tuple[Measurement, ...]:
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        result = bench(Path(folder))
        return (result,) if isinstance(result, Measurement) else tuple(result)


def table(rows: Iterable[Measurement]) -> str:
    """The table as text, each column as wide as its widest cell."""
    cells = [HEADER, *((r.what, r.measured, f"{r.ratio:.3g}", str(r.budget), "yes" if r.ok else "NO") for r in rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(HEADER))]
    lines = [" | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in cells]
    lines.insert(1, "-|-".join("-" * width for width in widths))
    return "\n".join(lines)


def main(argv: Sequence[str]) -> int:
    rows: list[Measurement] = []
    for name, bench in discovered(argv[0] if argv else ""):
        print(f"{name} …", file=sys.stderr, flush=True)
        rows.extend(measurements(bench))
    if not rows:
        print("No bench has that in its name.", file=sys.stderr)
        return 2
    print(table(rows))
    return 0 if all(row.ok for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
