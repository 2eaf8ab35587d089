"""A dashboard with sign-in, and tabs of people who have signed in: over real HTTP and WebSockets, without a browser."""

from __future__ import annotations

import json
import socket
import time
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.web.server.starlette.starlette_app_utils import create_signed_value, generate_xsrf_token_string
from websockets.asyncio.client import ClientConnection, connect

from costlib.ui.downloads import COOKIE
from tests.browser.server import DASHBOARD, StreamlitServer
from tests.server.session import Drawn

SECRET = "s3cret" * 8
USER, XSRF = "_streamlit_user", "_streamlit_xsrf"


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

    def fetched(self, path: str, cookies: Mapping[str, str]) -> tuple[int, bytes]:
        request = urllib.request.Request(f"{self.url}/{path.lstrip('/')}", headers={"Cookie": _header(cookies)})
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read()


@contextmanager
def dashboard(folder: Path, data_dir: Path) -> Iterator[Place]:
    """Serve a data folder; `access.toml` in `folder` says who may see what. The log stays free of tracebacks."""
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
        "COSTLIB_DATA_DIR": str(data_dir),
        "COSTLIB_SOURCE": "sample",
        "COSTLIB_AUTO_SYNC_HOURS": "0",
        "COSTLIB_ACCESS_FILE": str(folder / "access.toml"),
    }
    with StreamlitServer(DASHBOARD, folder / "log", environment, port) as url:
        yield Place(url, data_dir / "sample", folder / "access.toml")
    said = (folder / "log").read_text(errors="replace")
    assert "Traceback" not in said, said


@dataclass
class Seen(Drawn):
    """What one run sent, and what in it can be clicked, followed, or redraws itself."""

    buttons: dict[str, str] = field(default_factory=dict)
    links: dict[str, str] = field(default_factory=dict)
    redrawn: list[str] = field(default_factory=list)
    page: str = ""
    session: str = ""
    messages: list[ForwardMsg] = field(default_factory=list)

    def add(self, message: ForwardMsg, size: int) -> None:
        super().add(message, size)
        self.messages.append(message)
        match message.WhichOneof("type"):
            case "new_session":
                self.page = message.new_session.page_script_hash
                self.session = message.new_session.initialize.session_id
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
        self._hash = self._session = ""

    async def run(self, *, query: str = "", click: str = "", fragment: str = "") -> Seen:
        asked = BackMsg()
        asked.rerun_script.query_string = query
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
                self._hash, self._session = seen.page or self._hash, seen.session or self._session
                assert not seen.exceptions
                return seen

    async def file(self, deferred: str) -> str:
        """The address of a download that is made when it is clicked."""
        asked = BackMsg()
        asked.backend_operation_request.request_id = deferred
        asked.backend_operation_request.session_id = self._session
        asked.backend_operation_request.deferred_file.file_id = deferred
        await self._connection.send(asked.SerializeToString())
        while True:
            message = ForwardMsg.FromString(bytes(await self._connection.recv(decode=False)))
            if message.WhichOneof("type") == "backend_operation_response":
                answer = message.backend_operation_response
                assert not answer.error_msg, answer.error_msg
                return answer.deferred_file.url


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
