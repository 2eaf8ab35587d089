"""What a session takes of the server's memory, and that an hour of reruns takes no more and more of it.

Fifty sessions are opened; then some of them look 360 times each without thinking, what an hour is at a look in ten
seconds, at what everybody looks at and at filters that nobody used before, while snapshots are published.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.bench.measure import MEBIBYTE, SCALE, Measurement, at_least, at_most
from tests.server.fast import FastMotion, Held, Hour
from tests.server.publishing import publisher
from tests.server.session import finished
from tests.server.several import several
from tests.server.truth import Truth

HOUR = Hour(reruns=max(40, round(360 * SCALE)))
SESSION_MEBIBYTES = 2.0
FLAT = 1.1
"""The last quarter of the hour against the second: in the first, what is kept of answers and snapshots fills up."""


def bench_load_memory_of_an_hour(folder: Path) -> Iterator[Measurement]:
    with publisher(folder) as publishing:
        choices = Truth(folder).of(publishing.publish()).choices
        with several(1, folder, folder) as (server,):
            held: Held = finished(FastMotion(server, HOUR, publishing, choices).run())
    each = (held.opened - held.before) / HOUR.sessions / MEBIBYTE
    yield Measurement(
        f"memory of a session, {HOUR.sessions} open",
        f"{each:.2f} MiB over {_mebibytes(held.before)}",
        each / SESSION_MEBIBYTES,
        at_most(1),
    )
    yield _flat(held)
    yield Measurement("snapshots published meanwhile", f"{held.snapshots}", held.snapshots, at_least(2))
    yield Measurement("errors meanwhile", "; ".join(held.errors[:3]) or "none", len(held.errors), at_most(0))


def _flat(held: Held) -> Measurement:
    quarters = _quarters(held.meanwhile)
    return Measurement(
        f"memory over an hour of {HOUR.busy} busy sessions, its quarters",
        f"{', '.join(_mebibytes(quarter) for quarter in quarters)}; {len(held.meanwhile):,} reruns, "
        f"{_mebibytes(held.after)} when all have gone",
        quarters[3] / quarters[1],
        at_most(FLAT),
    )


def _quarters(values: Sequence[int]) -> list[float]:
    """The median of each."""
    size = len(values) // 4
    return [statistics.median(values[place * size : (place + 1) * size]) for place in range(4)]


def _mebibytes(value: float) -> str:
    return f"{value / MEBIBYTE:.0f} MiB"
