"""Signed in over a real connection: what outlives a page is for whoever it was made for, while they may."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import time
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.web.server.starlette.starlette_app_utils import create_signed_value, generate_xsrf_token_string
from websockets.asyncio.client import ClientConnection, connect

from costlib.store.audit import Event, entries
from costlib.store.status import RunState, Status, write_status
from costlib.ui.downloads import COOKIE
from tests.app.test_sign_in import ACCESS
from tests.browser.server import DASHBOARD, StreamlitServer
from tests.queries.snapshots import published
from tests.queries.two_accounts import two_accounts
from tests.server.session import Drawn, finished

pytestmark = pytest.mark.xdist_group("server")
SECRET = "s3cret" * 8
USER, XSRF = "_streamlit_user", "_streamlit_xsrf"
PHASE = "Reading the charges"
TRIES = 200


@dataclass(frozen=True)
class Place:
    """A running dashboard with sign-in, its data and its access file."""

    url: str
    source_dir: Path
    access: Path

    def cookies(self, person: str, *, browser: str = "mine", lives: float = 3600) -> dict[str, str]:
        """Those of a browser in which somebody has signed in."""
        now = time.time()
        claims = {"email": f"{person}@example.com", "sub": person, "iat": now - 10, "exp": now + lives}
        value = json.dumps({**claims, "origin": self.url, "is_logged_in": True, "provider": "default"})
        return {COOKIE: browser, USER: create_signed_value(SECRET, USER, value).decode()}

    def fetched(self, path: str, cookies: Mapping[str, str]) -> tuple[int, str]:
        request = urllib.request.Request(f"{self.url}/{path}", headers={"Cookie": _header(cookies)})
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    folder = tmp_path_factory.mktemp("signed_in")
    with published(two_accounts(), folder / "data"):
        pass
    (source,) = (folder / "data").iterdir()
    source_dir = source.rename(folder / "data" / "sample")
    (folder / ".streamlit").mkdir()
    port = _free_port()
    (folder / ".streamlit" / "secrets.toml").write_text(
        f"""[auth]
redirect_uri = "http://127.0.0.1:{port}/oauth2callback"
cookie_secret = "{SECRET}"
client_id = "dashboard"
client_secret = "planted"
server_metadata_url = "http://127.0.0.1:{port}/nobody-signs-in-here"
"""
    )
    environment = {
        "HOME": str(folder),
        "COSTLIB_DATA_DIR": str(folder / "data"),
        "COSTLIB_SOURCE": "sample",
        "COSTLIB_AUTO_SYNC_HOURS": "0",
        "COSTLIB_ACCESS_FILE": str(folder / "access.toml"),
    }
    (folder / "access.toml").write_text(ACCESS)
    with StreamlitServer(DASHBOARD, folder / "log", environment, port) as url:
        yield Place(url, source_dir, folder / "access.toml")
    said = (folder / "log").read_text(errors="replace")
    assert "Traceback" not in said, said


@pytest.fixture(autouse=True)
def everybody_may_look(place: Place) -> None:
    place.access.write_text(ACCESS)


@dataclass
class Seen(Drawn):
    """What one run sent, and what in it can be clicked, followed, or redraws itself."""

    buttons: dict[str, str] = field(default_factory=dict)
    links: dict[str, str] = field(default_factory=dict)
    redrawn: list[str] = field(default_factory=list)
    page: str = ""

    def add(self, message: ForwardMsg, size: int) -> None:
        super().add(message, size)
        match message.WhichOneof("type"):
            case "new_session":
                self.page = message.new_session.page_script_hash
            case "auto_rerun":
                self.redrawn.append(message.auto_rerun.fragment_id)
            case "delta":
                element = message.delta.new_element
                self.buttons[element.button.label] = element.button.id
                self.links[element.link_button.label] = element.link_button.url


class Tab:
    """A tab of somebody's browser on one page."""

    def __init__(self, connection: ClientConnection, page: str) -> None:
        self._connection, self._page = connection, page
        self._hash = ""

    async def run(self, *, click: str = "", fragment: str = "") -> Seen:
        asked = BackMsg()
        asked.rerun_script.page_name = "" if fragment else self._page
        asked.rerun_script.page_script_hash = self._hash if fragment else ""
        asked.rerun_script.fragment_id = fragment
        asked.rerun_script.is_auto_rerun = bool(fragment)
        if click:
            state = asked.rerun_script.widget_states.widgets.add()
            state.id, state.trigger_value = click, True
        await self._connection.send(asked.SerializeToString())
        seen = Seen()
        while True:
            content = bytes(await self._connection.recv(decode=False))
            message = ForwardMsg.FromString(content)
            seen.add(message, len(content))
            is_over = message.WhichOneof("type") == "script_finished"
            if is_over and message.script_finished != ForwardMsg.FINISHED_EARLY_FOR_RERUN:
                self._hash = seen.page or self._hash
                assert not seen.exceptions
                return seen


@asynccontextmanager
async def tab(place: Place, page: str, cookies: Mapping[str, str]) -> AsyncIterator[Tab]:
    address = place.url.replace("http://", "ws://") + "/_stcore/stream"
    token = generate_xsrf_token_string()
    options: dict[str, Any] = {
        "origin": place.url,
        "max_size": None,
        "subprotocols": ["streamlit", token],
        "additional_headers": {"Cookie": _header({**cookies, XSRF: token})},
    }
    async with connect(address, **options) as connection:
        yield Tab(connection, page)


def _header(cookies: Mapping[str, str]) -> str:
    return "; ".join(f"{name}={value}" for name, value in cookies.items())


def _free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


async def _prepared(place: Place, cookies: Mapping[str, str]) -> str:
    """The link to the file that the export page made of what is chosen there."""
    async with tab(place, "export", cookies) as page:
        seen = await page.run()
        seen = await page.run(click=seen.buttons["Prepare CSV"])
        for _ in range(TRIES):
            if "Download" in seen.links:
                return seen.links["Download"]
            await asyncio.sleep(0.05)
            seen = await page.run()
    raise AssertionError(f"There is no link: {seen.text}")


def test_a_prepared_link_is_nobody_elses_on_the_same_browser(place: Place) -> None:
    kim = place.cookies("kim")
    link = finished(_prepared(place, kim))
    status, text = place.fetched(link, kim)
    assert status == 200
    assert "111111111111" in text
    assert "222222222222" not in text
    signed_out = {COOKIE: kim[COOKIE]}
    others = [signed_out, place.cookies("ada"), place.cookies("lee"), place.cookies("kim", browser="another")]
    again = place.cookies("kim", lives=1800)
    for cookies in (*others, again, {USER: kim[USER]}, {}):
        status, text = place.fetched(link, cookies)
        assert status == 404
        assert "111111111111" not in text
    written = [entry for entry in entries(place.source_dir) if entry.event is Event.exported]
    assert [(entry.person.name, "SHA-256" in entry.about) for entry in written] == [("kim@example.com", True)]


def test_a_prepared_link_ends_with_the_rule(place: Place) -> None:
    kim = place.cookies("kim")
    link = finished(_prepared(place, kim))
    place.access.write_text(ACCESS.replace('"111111111111"', '"222222222222"'))
    assert place.fetched(link, kim)[0] == 404
    place.access.write_text(ACCESS)
    assert place.fetched(link, kim)[0] == 200


@pytest.fixture
def syncing(place: Place) -> Iterator[None]:
    """A sync runs, and its progress redraws itself on every page."""
    write_status(place.source_dir, Status(RunState.running, "run", os.getpid(), datetime(2026, 3, 20), phase=PHASE))
    yield
    (place.source_dir / "status.json").unlink()


def test_what_redraws_itself_sees_that_a_rule_was_withdrawn(place: Place, syncing: None) -> None:
    async def visit() -> None:
        async with tab(place, "freshness", place.cookies("kim")) as page:
            (fragment,) = (await page.run()).redrawn
            assert PHASE in (await page.run(fragment=fragment)).text
            place.access.write_text(ACCESS.replace("kim@", "lee@"))
            seen = await page.run(fragment=fragment)
            assert "You have no access yet" in seen.text
            assert PHASE not in seen.text

    finished(visit())


def test_what_redraws_itself_sees_that_others_may_be_seen_now(place: Place, syncing: None) -> None:
    async def visit() -> None:
        async with tab(place, "accounts", place.cookies("kim")) as page:
            (fragment,) = (await page.run()).redrawn
            assert "sees 1 account" not in (await page.run(fragment=fragment)).text
            place.access.write_text(ACCESS.replace('"111111111111"', '"222222222222", "111111111111"'))
            assert "sees 2 accounts" in (await page.run(fragment=fragment)).text

    finished(visit())


def test_what_redraws_itself_and_a_prepared_link_end_with_the_session(place: Place, syncing: None) -> None:
    lives = 10.0
    ends, kim = time.monotonic() + lives, place.cookies("kim", lives=lives)

    async def visit() -> str:
        link = await _prepared(place, kim)
        async with tab(place, "freshness", kim) as page:
            (fragment,) = (await page.run()).redrawn
            assert PHASE in (await page.run(fragment=fragment)).text
            assert place.fetched(link, kim)[0] == 200
            await asyncio.sleep(max(0.0, ends + 0.1 - time.monotonic()))
            seen = await page.run(fragment=fragment)
            assert "Your session has ended" in seen.text
            assert PHASE not in seen.text
        return link

    assert place.fetched(finished(visit()), kim)[0] == 404
