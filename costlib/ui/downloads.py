"""Files prepared on the server, streamed from disk to the browser that asked for them, at any size.

Streamlit's own download button holds a file in memory. Here a page gets a link instead: to a random word that names
one file, for an hour, for one browser and whoever is signed in there, while they still see the same. The server
(server.py) has the route, and gives each browser a cookie to be known by; a server without the route, such as
`streamlit run app.py` or a test's, is told apart by `is_served`.
"""

from __future__ import annotations

import re
import secrets
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path

from starlette.datastructures import MutableHeaders
from starlette.middleware import Middleware
from starlette.requests import HTTPConnection, Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from costlib.ui.context import utc_now

COOKIE = "costlib_browser"
SIGNED_IN = re.compile(r"_streamlit_user(_+\d+)?")
"""Streamlit's own signed cookies of whoever is signed in: others after each sign-in, none after signing out."""
LIFETIME = timedelta(hours=1)
GONE = "This download has expired, or was prepared for another browser. Prepare it again on the Export page."


@dataclass(frozen=True)
class Grant:
    """One file that one browser may fetch until `expires` (UTC), while the same person is signed in there and `holds`.

    `holds` says whether they still see what they saw: their session may be over, and their rules changed.
    """

    path: Path
    name: str
    browser: str
    expires: datetime
    holds: Callable[[], bool]


def always() -> bool:
    """For what nobody can lose."""
    return True


class Desk:
    """Hands out words for files, and files for words."""

    def __init__(self, now: Callable[[], datetime] = utc_now) -> None:
        self._now = now
        self._lock = threading.Lock()
        self._grants: dict[str, Grant] = {}

    def word_for(self, path: Path, name: str, browser: str, holds: Callable[[], bool] = always) -> str:
        """A word that nobody can guess; the same as before while it lasts, so that a rerun does not change the link."""
        now = self._now()
        with self._lock:
            self._grants = {word: grant for word, grant in self._grants.items() if grant.expires > now}
            for word, grant in self._grants.items():
                if (grant.path, grant.name, grant.browser) == (path, name, browser):
                    self._grants[word] = replace(grant, holds=holds)
                    return word
            word = secrets.token_urlsafe(32)
            self._grants[word] = Grant(path, name, browser, now + LIFETIME, holds)
            return word

    def file_for(self, word: str, browser: str | None) -> Grant | None:
        """The file, for the browser it was prepared for, in time, if it is still there."""
        with self._lock:
            grant = self._grants.get(word)
        if grant is None or browser is None or grant.expires <= self._now():
            return None
        is_theirs = secrets.compare_digest(grant.browser.encode(), browser.encode()) and grant.holds()
        return grant if is_theirs and grant.path.is_file() else None


def session_of(cookies: Mapping[str, str]) -> str | None:
    """What a browser and whoever is signed in there are known by; None for a browser without our cookie.

    Of a large sign-in cookie the first says only into how many others it is split.
    """
    browser = cookies.get(COOKIE)
    signed_in = "\n".join(cookies[name] for name in sorted(cookies) if SIGNED_IN.fullmatch(name))
    return f"{browser} {sha256(signed_in.encode()).hexdigest()}" if browser and signed_in else browser


DESK = Desk()
_SERVED = threading.Event()


def routes() -> list[Route]:
    """For the server: `/download/WORD`."""
    _SERVED.set()
    return [Route("/download/{word}", _download, methods=["GET", "HEAD"])]


def middleware() -> list[Middleware]:
    """For the server: a cookie for each browser."""
    return [Middleware(KnownBrowser)]


def is_served() -> bool:
    """Whether this server has the route."""
    return _SERVED.is_set()


def link(path: Path, name: str, browser: str, holds: Callable[[], bool] = always) -> str:
    """Where `browser` can fetch the file while it `holds`, relative to a page's address."""
    return f"download/{DESK.word_for(path, name, browser, holds)}"


def _download(request: Request) -> Response:
    grant = DESK.file_for(request.path_params["word"], session_of(request.cookies))
    if grant is None:
        return PlainTextResponse(GONE, status_code=404, headers={"Cache-Control": "no-store"})
    headers = {
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
        "Content-Encoding": "identity",  # or the server would compress it again for every download
    }
    return FileResponse(grant.path, filename=grant.name, media_type="application/octet-stream", headers=headers)


class KnownBrowser:
    """Gives a browser that has none a random cookie, which no script can read and no other site can send."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or COOKIE in HTTPConnection(scope).cookies:
            await self._app(scope, receive, send)
            return

        async def send_with_cookie(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).append("Set-Cookie", _cookie(is_secure=scope["scheme"] == "https"))
            await send(message)

        await self._app(scope, receive, send_with_cookie)


def _cookie(is_secure: bool) -> str:
    secure = "; Secure" if is_secure else ""
    return f"{COOKIE}={secrets.token_urlsafe(32)}; Path=/; HttpOnly; SameSite=Lax{secure}"
