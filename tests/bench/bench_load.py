"""Fifty people at once, thinking ten seconds, while syncs publish snapshots that all differ: see tests/server/crowd.py.

Once against one process, and once against three behind a sticky proxy over one data directory. The clock of a rerun
runs from the question to the last element, on the side of the one who waits. The cores are shared with the fifty
sessions, the proxy and the syncs, so that this is pessimistic.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from tests.bench.measure import SCALE, Measurement, at_least, at_most
from tests.server.crowd import Crowd, Judged, Seen, judged, visited
from tests.server.proxy import sticky_proxy
from tests.server.publishing import publisher
from tests.server.session import finished
from tests.server.several import several
from tests.server.truth import Truth

CROWD = Crowd(people=max(4, round(50 * SCALE)), thinking_seconds=max(1.0, 10 * SCALE), reruns=6)
"""Six reruns each after the first: a minute, once all have come."""
P95_SECONDS = 1.0
FIGURES_A_PAGE = 3
"""At least: the tie-out badge, the footer, and one of the page's own."""


def bench_fifty_people_one_process(folder: Path) -> Iterator[Measurement]:
    yield from _measured(1, folder)


def bench_fifty_people_three_processes(folder: Path) -> Iterator[Measurement]:
    yield from _measured(3, folder)


def _measured(processes: int, folder: Path) -> Iterator[Measurement]:
    with publisher(folder) as publishing:
        first = publishing.publish()
        truth = Truth(folder)
        with several(processes, folder, folder) as servers, sticky_proxy([server.url for server in servers]) as proxy:
            url = proxy if processes > 1 else servers[0].url
            seen = finished(visited(url, CROWD, publishing, truth.of(first).choices))
    what = f"{CROWD.people} sessions thinking {CROWD.thinking_seconds:.0f} s, " + (
        "one process" if processes == 1 else f"{processes} processes behind a sticky proxy"
    )
    yield _seconds(what, seen)
    yield from _right(what, seen, judged(seen, truth))


def _seconds(what: str, seen: Seen) -> Measurement:
    return Measurement(
        f"{what}: p95 of a rerun",
        f"{_p95(seen.reruns) * 1000:.0f} ms of {len(seen.reruns)} reruns (common {_p95(seen.common) * 1000:.0f} ms, "
        f"{len(seen.uncommon)} never asked before {_p95(seen.uncommon) * 1000:.0f} ms)",
        _p95(seen.reruns) / P95_SECONDS,
        at_most(1),
    )


def _right(what: str, seen: Seen, found: Judged) -> Iterator[Measurement]:
    """Errors are those on a page, filters that were not taken, and a snapshot older than the one seen before."""
    shown = len({page.snapshot_id for page in seen.pages})
    yield Measurement(
        f"{what}: torn reads",
        f"{len(found.torn)} of {found.pages} pages, of {found.figures:,} figures"
        + "".join(f"; {torn}" for torn in found.torn[:3]),
        len(found.torn),
        at_most(0),
    )
    each = found.figures / found.pages
    yield Measurement(f"{what}: figures compared a page", f"{each:.1f}", each, at_least(FIGURES_A_PAGE))
    yield Measurement(f"{what}: snapshots shown", f"{shown}, {seen.snapshots} published meanwhile", shown, at_least(2))
    yield Measurement(f"{what}: errors", "; ".join(seen.errors[:3]) or "none", len(seen.errors), at_most(0))


def _p95(seconds: list[float]) -> float:
    return sorted(seconds)[round(0.95 * (len(seconds) - 1))]
