"""What a bench measured, and whether it is within its budget.

A bench is a function `bench_…(folder: Path)` in a module `tests/bench/bench_….py`; it gets an empty folder of its own
and returns one Measurement or several. Budgets are ratios of two things measured in the same run, so that a slow or
busy machine gives the same verdict as a fast one.
"""

from __future__ import annotations

import operator
import os
import resource
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

MEBIBYTE = 2**20
SCALE = float(os.environ.get("BENCH_SCALE") or 1)
"""Of the benches that take minutes: with BENCH_SCALE=0.1 they try themselves in seconds."""


@dataclass(frozen=True)
class Budget:
    """A limit on a ratio, from one side."""

    sign: str
    limit: float

    def holds(self, ratio: float) -> bool:
        within = operator.le if self.sign == "≤" else operator.ge
        return bool(within(ratio, self.limit))

    def __str__(self) -> str:
        return f"{self.sign} {self.limit:g}"


def at_most(limit: float) -> Budget:
    return Budget("≤", limit)


def at_least(limit: float) -> Budget:
    return Budget("≥", limit)


@dataclass(frozen=True)
class Measurement:
    """One row of the table: `measured` is for people ("41 requests, 39 would do"), `ratio` is judged."""

    what: str
    measured: str
    ratio: float
    budget: Budget

    @property
    def ok(self) -> bool:
        return self.budget.holds(self.ratio)


Bench: TypeAlias = Callable[[Path], Measurement | Iterable[Measurement]]


def peak_bytes() -> int:
    """The most memory this process ever held. Linux passes a parent's peak on to `ru_maxrss`, but not to VmHWM."""
    status = Path("/proc/self/status")
    if status.exists():
        fields = dict(line.split(":", 1) for line in status.read_text().splitlines())
        return int(fields["VmHWM"].split()[0]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
