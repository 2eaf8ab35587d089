"""Many people at once: real sessions over WebSockets that look, think, and look again, while syncs publish snapshots.

Four looks in five are at what everybody looks at, one is at filters that nobody used before, whose answers are kept for
nobody. Each person comes by a link that nobody used before, as from a mail, and chooses in the widgets from then on.
"""

from __future__ import annotations

import asyncio
import itertools
import random
import time
import urllib.request
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from tests.server.asks import Ask, Choices, common, unmet
from tests.server.publishing import Publisher
from tests.server.session import Drawn, Session, session
from tests.server.truth import Page, Truth

SHARE_OF_COMMON = 0.8


@dataclass(frozen=True)
class Crowd:
    """How many people, how long they think between two looks, and how often each looks again after the first time."""

    people: int = 50
    thinking_seconds: float = 10.0
    reruns: int = 6


@dataclass
class Seen:
    """Seconds of every rerun, the pages as they came, and what went wrong."""

    common: list[float] = field(default_factory=list)
    uncommon: list[float] = field(default_factory=list)
    pages: list[Page] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    snapshots: int = 0

    @property
    def reruns(self) -> list[float]:
        return [*self.common, *self.uncommon]

    def note(self, ask: Ask, drawn: Drawn) -> Page:
        page = Page.of(ask, drawn)
        self.pages.append(page)
        self.errors += [*drawn.exceptions, *unmet(ask, drawn)]
        return page


@dataclass(frozen=True)
class Judged:
    """What came of comparing every figure of every page with the snapshot that the page names."""

    pages: int
    figures: int
    torn: list[str]


def judged(seen: Seen, truth: Truth) -> Judged:
    """After everybody has gone, so that it slows nobody down."""
    torn = [truth.torn(page) for page in seen.pages]
    figures = sum(len(truth.figures(page)) for page in seen.pages)
    return Judged(len(seen.pages), figures, list(itertools.chain.from_iterable(torn)))


async def visited(url: str, crowd: Crowd, publisher: Publisher, choices: Choices) -> Seen:
    """Everybody comes, and snapshots are published, one after the other, until the last one has gone."""
    seen, over, numbers = Seen(), asyncio.Event(), itertools.count()
    publishing = asyncio.create_task(_publish(publisher, crowd, seen, over))
    people = (_Person(choices, numbers, number, seen).visit(url, crowd) for number in range(crowd.people))
    await asyncio.gather(*people)
    over.set()
    await publishing
    return seen


@asynccontextmanager
async def browser(url: str) -> AsyncIterator[Session]:
    """A session that sends the cookie that the page came with, so that a proxy knows where it belongs."""
    cookie = await asyncio.to_thread(_cookie, url)
    async with session(url, additional_headers={"Cookie": cookie}) as visitor:
        yield visitor


class _Person:
    def __init__(self, choices: Choices, numbers: Iterator[int], number: int, seen: Seen) -> None:
        self._choices, self._numbers, self._seen = choices, numbers, seen
        self._dice = random.Random(number)
        self._newest = ""

    async def visit(self, url: str, crowd: Crowd) -> None:
        """Come at a moment of their own; the first look is not a rerun."""
        await asyncio.sleep(self._dice.uniform(0, crowd.thinking_seconds))
        async with browser(url) as visitor:
            await self._look(visitor, self._uncommon())
            for _ in range(crowd.reruns):
                await asyncio.sleep(self._dice.uniform(0.5, 1.5) * crowd.thinking_seconds)
                await self._look_again(visitor)

    async def _look_again(self, visitor: Session) -> None:
        is_common = self._dice.random() < SHARE_OF_COMMON
        ask = common(self._dice) if is_common else self._uncommon()
        began = time.perf_counter()
        drawn = await visitor.run(ask.page, ask.query, ask.chosen)
        (self._seen.common if is_common else self._seen.uncommon).append(time.perf_counter() - began)
        self._note(ask, drawn)

    async def _look(self, visitor: Session, ask: Ask) -> None:
        self._note(ask, await visitor.run(ask.page, ask.query))

    def _note(self, ask: Ask, drawn: Drawn) -> None:
        """Nobody may be shown an older snapshot than the one before."""
        named = self._seen.note(ask, drawn).snapshot_id or ""
        if named < self._newest:
            self._seen.errors.append(f"snapshot {named} was shown after {self._newest}")
        self._newest = max(named, self._newest)

    def _uncommon(self) -> Ask:
        return self._choices.never_asked(next(self._numbers), self._dice)


async def _publish(publisher: Publisher, crowd: Crowd, seen: Seen, over: asyncio.Event) -> None:
    """One sync after the other, with a pause, as long as there are people."""
    while not over.is_set():
        await asyncio.sleep(crowd.thinking_seconds / 2)
        await asyncio.to_thread(publisher.publish)
        seen.snapshots += 1


def _cookie(url: str) -> str:
    with urllib.request.urlopen(url, timeout=60) as answer:
        given = [value.partition(";")[0] for value in answer.headers.get_all("Set-Cookie") or ()]
    return "; ".join(given)
