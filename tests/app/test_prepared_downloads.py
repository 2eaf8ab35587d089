"""A prepared file reaches the browser that asked for it, streamed, for an hour, and nobody else."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, MutableMapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette

from costlib.ui import downloads
from costlib.ui.downloads import COOKIE, LIFETIME, Desk

START = datetime(2026, 3, 20, 6)


@dataclass
class Clock:
    now: datetime = START

    def __call__(self) -> datetime:
        return self.now


@dataclass(frozen=True)
class Answer:
    """What a browser gets; `chunks` are the pieces in which the body came."""

    status: int
    headers: Mapping[str, str]
    chunks: list[bytes]

    @property
    def body(self) -> bytes:
        return b"".join(self.chunks)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(downloads, "DESK", Desk(clock))
    return clock


@pytest.fixture
def server() -> Iterator[Starlette]:
    was_served = downloads.is_served()
    yield Starlette(routes=downloads.routes(), middleware=downloads.middleware())
    if not was_served:
        downloads._SERVED.clear()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "x.csv"
    path.write_bytes(b"1,5\r\n" * 200_000)
    return path


def asked(server: Starlette, path: str, browser: str | None = None, **headers: str) -> Answer:
    """One GET over ASGI, as uvicorn would make it."""
    sent: list[MutableMapping[str, Any]] = []
    raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    if browser:
        raw.append((b"cookie", f"{COOKIE}={browser}".encode()))

    async def receive() -> MutableMapping[str, Any]:
        await asyncio.Event().wait()
        raise AssertionError("a GET has no body")

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    scope: dict[str, Any] = {
        "type": "http",
        "method": "GET",
        "path": f"/{path}",
        "raw_path": path.encode(),
        "headers": raw,
    }
    scope |= {"scheme": "http", "query_string": b"", "root_path": "", "http_version": "1.1", "extensions": {}}
    asyncio.run(server(scope, receive, send))
    found = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return Answer(sent[0]["status"], found, [message.get("body", b"") for message in sent[1:]])


def test_the_browser_that_asked_gets_the_file_in_pieces(clock: Clock, server: Starlette, file: Path) -> None:
    answer = asked(server, downloads.link(file, "costs März.csv", "mine"), "mine", accept_encoding="gzip")
    assert answer.status == 200
    assert answer.body == file.read_bytes()
    assert max(map(len, answer.chunks)) < 100_000, "the file is not held in memory"
    assert "attachment" in answer.headers["content-disposition"]
    assert "costs%20M%C3%A4rz.csv" in answer.headers["content-disposition"]
    assert answer.headers["content-length"] == str(file.stat().st_size)
    assert answer.headers["cache-control"] == "no-store"


def test_nobody_else_gets_it(clock: Clock, server: Starlette, file: Path) -> None:
    link = downloads.link(file, "x.csv", "mine")
    for word, browser in ((link, "other"), (link, None), ("download/guessed", "mine"), ("download/..%2fx", "mine")):
        answer = asked(server, word, browser)
        assert (answer.status, b"1,5" in answer.body) == (404, False)


def test_a_link_ends_after_an_hour(clock: Clock, server: Starlette, file: Path) -> None:
    link = downloads.link(file, "x.csv", "mine")
    clock.now = START + LIFETIME - timedelta(seconds=1)
    assert asked(server, link, "mine").status == 200
    clock.now = START + LIFETIME
    answer = asked(server, link, "mine")
    assert answer.status == 404
    assert b"has expired" in answer.body
    assert downloads.link(file, "x.csv", "mine") != link


def test_a_link_stays_the_same_over_reruns_and_differs_between_browsers(clock: Clock, file: Path) -> None:
    assert downloads.link(file, "x.csv", "mine") == downloads.link(file, "x.csv", "mine")
    assert downloads.link(file, "x.csv", "mine") != downloads.link(file, "x.csv", "other")


def test_a_file_that_was_cleaned_up_is_gone(clock: Clock, server: Starlette, file: Path) -> None:
    link = downloads.link(file, "x.csv", "mine")
    file.unlink()
    assert asked(server, link, "mine").status == 404


def test_a_new_browser_is_given_a_cookie_and_a_known_one_keeps_its_own(server: Starlette) -> None:
    cookies = {asked(server, "download/x").headers["set-cookie"] for _ in range(2)}
    assert len(cookies) == 2
    for cookie in cookies:
        assert cookie.startswith(f"{COOKIE}=")
        assert cookie.endswith("; Path=/; HttpOnly; SameSite=Lax")
    assert "set-cookie" not in asked(server, "download/x", "mine").headers


def test_of_a_sign_in_that_is_split_over_cookies_each_counts() -> None:
    """The first of them is the same for everybody whose cookie is as large."""
    known = {COOKIE: "mine", "_streamlit_user": "chunks-2", "_streamlit_user_1": "kim", "_streamlit_user_2": "and more"}
    mine = downloads.session_of(known)
    assert mine == downloads.session_of({**known, "_streamlit_user_tokens": "refreshed", "other": "x"})
    for others in ({"_streamlit_user_1": "lee"}, {"_streamlit_user_2": "and less"}, {COOKIE: "another"}):
        assert downloads.session_of({**known, **others}) != mine
    assert downloads.session_of({COOKIE: "mine"}) == "mine"
    assert downloads.session_of({"_streamlit_user": "kim"}) is None


def test_a_link_ends_when_whoever_it_is_for_may_not_see_it_any_more(
    clock: Clock, server: Starlette, file: Path
) -> None:
    answers = [True]
    link = downloads.link(file, "x.csv", "mine", lambda: answers[-1])
    assert asked(server, link, "mine").status == 200
    answers.append(False)
    assert asked(server, link, "mine").status == 404
    assert downloads.link(file, "x.csv", "mine", lambda: True) == link
    assert asked(server, link, "mine").status == 200
