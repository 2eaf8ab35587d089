"""Three servers behind a sticky proxy over one data folder, and whether each page is of one snapshot."""

from __future__ import annotations

import asyncio
import itertools
import os
import random
import re
import urllib.error
from collections.abc import Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from costlib.ui.downloads import COOKIE
from tests.browser.server import ROOT
from tests.server.asks import COMMON, Ask, unmet
from tests.server.crowd import Crowd, judged, visited
from tests.server.proxy import ranked, sticky_proxy
from tests.server.publishing import Publisher, publisher
from tests.server.session import Drawn, finished, session
from tests.server.several import Served, several
from tests.server.test_server import answer
from tests.server.truth import Page, Truth

pytestmark = pytest.mark.xdist_group("server")
SERVERS = 3


@dataclass(frozen=True)
class Behind:
    """A proxy, the servers behind it, and whoever publishes what they show."""

    proxy: str
    servers: list[Served]
    publisher: Publisher
    truth: Truth
    first: str
    """The id of the snapshot that was there when they started."""

    def browser_of(self, place: int) -> dict[str, str]:
        """A cookie that leads to this server."""
        urls = [server.url for server in self.servers]
        words = (f"browser{number}" for number in itertools.count())
        return {"Cookie": next(f"{COOKIE}={w}" for w in words if ranked(urls, w.encode())[0] == urls[place])}


@pytest.fixture(scope="module")
def behind(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Behind]:
    folder = tmp_path_factory.mktemp("several")
    with publisher(folder, "tiny") as publishing:
        first = publishing.publish()
        with (
            several(SERVERS, folder, folder) as servers,
            sticky_proxy([server.url for server in servers]) as proxy,
        ):
            yield Behind(proxy, servers, publishing, Truth(folder), first)


def drawn(url: str, ask: Ask, cookie: dict[str, str]) -> Drawn:
    async def visit() -> Drawn:
        async with session(url, additional_headers=cookie) as visitor:
            return await visitor.run(ask.page, ask.query)

    return finished(visit())


def test_every_page_is_of_one_snapshot_while_snapshots_are_published(behind: Behind) -> None:
    crowd = Crowd(people=4, thinking_seconds=0.5, reruns=4)
    choices = behind.truth.of(behind.first).choices
    seen = finished(visited(behind.proxy, crowd, behind.publisher, choices))
    found = judged(seen, behind.truth)
    assert (found.torn, seen.errors) == ([], [])
    assert found.pages == 20
    assert found.figures >= 3 * found.pages
    assert len({page.snapshot_id for page in seen.pages}) > 1, "snapshots were published and nobody saw them"


def test_a_torn_page_would_be_found(behind: Behind) -> None:
    """With the figures of another snapshot, under the name of another one, and without a name."""
    older = [looked(behind, page) for page in COMMON]
    behind.publisher.publish()
    newer = [looked(behind, page) for page in COMMON]
    for before, after in zip(older, newer, strict=True):
        assert before.snapshot_id != after.snapshot_id
        assert (behind.truth.torn(before), behind.truth.torn(after)) == ([], [])
        names = str(after.snapshot_id), str(before.snapshot_id)
        assert behind.truth.torn(replace(after, metrics=before.metrics, sums=before.sums)), after.ask
        assert behind.truth.torn(replace(after, text=after.text.replace(*names))), after.ask
        assert behind.truth.torn(replace(after, text=after.text.replace(names[0], ""))), after.ask


def looked(behind: Behind, page: str) -> Page:
    ask = Ask(page)
    return Page.of(ask, drawn(behind.proxy, ask, {}))


def test_filters_that_a_page_does_not_take_would_be_found(behind: Behind) -> None:
    choices = behind.truth.of(behind.first).choices
    dice = random.Random(1)
    asks = [choices.never_asked(number, dice) for number in (5, 11)]
    pages = [drawn(behind.proxy, ask, {}) for ask in asks]
    assert [unmet(ask, page) for ask, page in zip(asks, pages, strict=True)] == [[], []]
    assert all(unmet(ask, page) for ask, page in zip(asks, reversed(pages), strict=True))


def test_windows_that_were_left_open_hold_no_old_snapshot(behind: Behind) -> None:
    """The buttons of a page know the snapshot that they were drawn from, until the window is closed."""
    server, windows = behind.servers[2], 3

    async def visit() -> list[str]:
        async with AsyncExitStack() as left_open:
            for _ in range(windows):
                behind.publisher.publish()
                visitor = await left_open.enter_async_context(session(server.url))
                assert not (await visitor.run("statement")).exceptions
            return snapshots_open(server)

    assert len(finished(visit())) == 2 < windows


def snapshots_open(server: Served) -> list[str]:
    links = {os.readlink(fd) for fd in Path(f"/proc/{server.process.pid}/fd").iterdir()}
    return [link for link in links if ".duckdb" in link]


def test_a_prepared_file_comes_through_the_proxy_and_from_no_other_server(behind: Behind) -> None:
    cookie = behind.browser_of(1)
    link = finished(prepared(behind.proxy, cookie))
    status, headers, text = answer(behind.proxy, f"/{link}", **cookie)
    assert (status, text.split(",")[0]) == (200, "charge_date")
    assert "attachment" in headers["content-disposition"]
    assert [answer(server.url, f"/{link}", **cookie)[0] for server in behind.servers] == [404, 200, 404]


async def prepared(url: str, cookie: dict[str, str]) -> str:
    """The link to an export that was asked for with the button."""
    async with asyncio.timeout(60), session(url, additional_headers=cookie) as visitor:
        await visitor.run("export")
        page = await visitor.run("export", "", {"prepare_export": True})
        while not (found := re.search(r"download/[\w-]+", page.text)):
            page = await visitor.run("export")
        return found.group()


def test_the_documented_proxy_goes_by_the_same_cookie_and_says_what_the_server_must_know() -> None:
    """A WebSocket passes, a session's origin is its host, and cookies are marked Secure."""
    written = " ".join((ROOT / "deploy" / "nginx" / "showback.conf").read_text().split())
    assert f"hash $cookie_{COOKIE} consistent;" in written
    for header in ("Host $http_host", "Upgrade $http_upgrade", "X-Forwarded-Proto $scheme"):
        assert f"proxy_set_header {header};" in written
    assert "proxy_http_version 1.1;" in written


def test_when_one_server_dies_its_people_go_to_another_and_nobody_else_notices(behind: Behind) -> None:
    """The last one of this module: a server is missing afterwards."""
    ask = Ask("services")

    async def visit() -> None:
        async with session(behind.proxy, additional_headers=behind.browser_of(0)) as neighbour:
            before = await neighbour.run(ask.page, ask.query)
            behind.servers[1].process.kill()
            behind.servers[1].process.wait()
            after = await neighbour.run(ask.page, ask.query)
        assert before.metrics == after.metrics

    finished(visit())
    moved = Page.of(ask, drawn(behind.proxy, ask, behind.browser_of(1)))
    assert behind.truth.torn(moved) == []
    assert len(behind.truth.figures(moved)) >= 4
    ready = [answer(behind.proxy, "/readyz", **behind.browser_of(place))[0] for place in range(SERVERS)]
    assert ready == [200] * SERVERS
    with pytest.raises(urllib.error.URLError, match="refused"):
        answer(behind.servers[1].url, "/readyz")
    for server in behind.servers:
        assert "Traceback" not in server.log.read_text(), server.log.read_text()
