"""An hour's worth of reruns in fast motion: sessions that do not think, and what memory the server holds meanwhile."""

from __future__ import annotations

import asyncio
import itertools
import random
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path

from tests.server.asks import COMMON, Ask, Choices, common, unmet
from tests.server.crowd import SHARE_OF_COMMON, browser
from tests.server.publishing import Publisher
from tests.server.session import Session
from tests.server.several import Served


@dataclass(frozen=True)
class Hour:
    """`waiting` sessions only look once; `busy` ones look `reruns` times each: 360 are an hour of thinking 10 s."""

    waiting: int = 44
    busy: int = 6
    reruns: int = 360

    @property
    def sessions(self) -> int:
        return self.waiting + self.busy


@dataclass
class Held:
    """Bytes that the server held: before anybody came, with every session open, after each look of the busy ones, and
    when all have gone."""

    before: int = 0
    opened: int = 0
    meanwhile: list[int] = field(default_factory=list)
    after: int = 0
    snapshots: int = 0
    errors: list[str] = field(default_factory=list)


def resident_bytes(pid: int) -> int:
    """What a process holds of memory, with its part of what it shares with others (Pss)."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))


class FastMotion:
    """One hour at one server, while snapshots are published one after the other."""

    def __init__(self, server: Served, hour: Hour, publisher: Publisher, choices: Choices) -> None:
        self._server, self._hour, self._publisher, self._choices = server, hour, publisher, choices
        self._numbers = itertools.count()
        self._held = Held()

    async def run(self) -> Held:
        """What is drawn first in a process (imports, answers that all share) is not any session's memory."""
        await self._draw_everything()
        self._held.before = self._resident()
        async with AsyncExitStack() as sessions:
            visitors = [
                await sessions.enter_async_context(browser(self._server.url)) for _ in range(self._hour.sessions)
            ]
            for number, visitor in enumerate(visitors):
                await self._look(visitor, common(random.Random(number)))
            self._held.opened = self._resident()
            await self._all_busy(visitors[: self._hour.busy])
        self._held.after = self._resident()
        return self._held

    async def _draw_everything(self) -> None:
        async with browser(self._server.url) as visitor:
            for page in COMMON:
                await visitor.run(page)

    async def _all_busy(self, visitors: list[Session]) -> None:
        over = asyncio.Event()
        publishing = asyncio.create_task(self._publish(over))
        await asyncio.gather(*(self._one_busy(visitor, random.Random(place)) for place, visitor in enumerate(visitors)))
        over.set()
        await publishing

    async def _one_busy(self, visitor: Session, dice: random.Random) -> None:
        for _ in range(self._hour.reruns):
            is_common = dice.random() < SHARE_OF_COMMON
            ask = common(dice) if is_common else self._choices.never_asked(next(self._numbers), dice)
            await self._look(visitor, ask)
            self._held.meanwhile.append(self._resident())

    async def _look(self, visitor: Session, ask: Ask) -> None:
        drawn = await visitor.run(ask.page, ask.query, ask.chosen)
        self._held.errors += [*drawn.exceptions, *unmet(ask, drawn)]

    async def _publish(self, over: asyncio.Event) -> None:
        while not over.is_set():
            await asyncio.to_thread(self._publisher.publish)
            self._held.snapshots += 1

    def _resident(self) -> int:
        return resident_bytes(self._server.process.pid)
