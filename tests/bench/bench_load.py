"""Fifty people at once: real sessions over WebSockets, thinking ten seconds, while syncs publish snapshots.

Four in five look at what everybody looks at, one in five at filters that nobody used before, whose answers are kept for
nobody. The clock of a rerun runs from the question to the last element, on the side of the one who waits.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

from tests.bench.measure import Measurement, at_most
from tests.browser.server import DASHBOARD, StreamlitServer
from tests.server.session import Session, session

PEOPLE, THINKING_SECONDS, RERUNS = 50, 10.0, 6
"""Six reruns each after the first: a minute, once all have come."""
P95_SECONDS = 1.0
COMMON = ("", "services", "accounts", "cost_categories", "changes", "statement")
_days = itertools.count()


@dataclass
class Seen:
    """Seconds of every rerun, how many bytes were sent, and errors that reached a page."""

    common: list[float] = field(default_factory=list)
    uncommon: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    snapshots: int = 0


def bench_fifty_people_while_syncs_publish(folder: Path) -> Iterator[Measurement]:
    """One process. Its cores are shared with the fifty sessions and with the syncs, so that this is pessimistic."""
    environ = {"COSTLIB_SOURCE": "sample", "COSTLIB_DATA_DIR": str(folder), "COSTLIB_AUTO_SYNC_HOURS": "0"}
    _sync(folder)
    with StreamlitServer(DASHBOARD, folder / "server.log", environ) as url:
        seen = asyncio.run(_everybody(url, folder))
    reruns = [*seen.common, *seen.uncommon]
    what = f"{PEOPLE} sessions thinking {THINKING_SECONDS:.0f} s, {seen.snapshots} snapshots published meanwhile"
    yield Measurement(
        f"{what}: p95 of a rerun",
        f"{_p95(reruns) * 1000:.0f} ms of {len(reruns)} reruns (common {_p95(seen.common) * 1000:.0f} ms, "
        f"never asked before {_p95(seen.uncommon) * 1000:.0f} ms)",
        _p95(reruns) / P95_SECONDS,
        at_most(1),
    )
    yield Measurement(f"{what}: errors on a page", "; ".join(seen.errors[:3]) or "none", len(seen.errors), at_most(0))


async def _everybody(url: str, folder: Path) -> Seen:
    seen, over = Seen(), asyncio.Event()
    publishing = asyncio.create_task(_publish(folder, seen, over))
    await asyncio.gather(*(_somebody(url, number, seen) for number in range(PEOPLE)))
    over.set()
    await publishing
    return seen


async def _somebody(url: str, number: int, seen: Seen) -> None:
    """Comes at a moment of their own, looks at a page, thinks, looks at another; the first look is not a rerun."""
    dice = random.Random(number)
    await asyncio.sleep(dice.uniform(0, THINKING_SECONDS))
    async with session(url) as visitor:
        await visitor.run("")
        for _ in range(RERUNS):
            await asyncio.sleep(dice.uniform(0.5, 1.5) * THINKING_SECONDS)
            await _look(visitor, dice, seen)


async def _look(visitor: Session, dice: random.Random, seen: Seen) -> None:
    is_common = dice.random() < 0.8
    page, query = dice.choice(COMMON), "" if is_common else _never_asked()
    began = time.perf_counter()
    drawn = await visitor.run(page, query)
    (seen.common if is_common else seen.uncommon).append(time.perf_counter() - began)
    seen.errors.extend(drawn.exceptions)


def _never_asked() -> str:
    """Days that nobody chose before."""
    number = next(_days)
    last = date.today() - timedelta(days=3 + number // 60)
    first = last - timedelta(days=20 + number % 60)
    return f"period=Custom+dates&dates={first.isoformat()}&dates={last.isoformat()}"


async def _publish(folder: Path, seen: Seen, over: asyncio.Event) -> None:
    """One sync after the other, with a pause, as long as there are people."""
    while not over.is_set():
        await asyncio.sleep(THINKING_SECONDS)
        await asyncio.to_thread(_sync, folder)
        seen.snapshots += 1


def _sync(folder: Path) -> None:
    command = [sys.executable, "-m", "costlib", "sync", "--source", "sample", "--data-dir", str(folder)]
    subprocess.run(command, stderr=subprocess.PIPE, check=True, env=os.environ)


def _p95(seconds: list[float]) -> float:
    return sorted(seconds)[round(0.95 * (len(seconds) - 1))]
