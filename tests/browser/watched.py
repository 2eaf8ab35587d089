"""A page in a real browser that is watched: what went wrong in it, and whom it talked to.

Streamlit says on its root element whether it is connected and whether the script runs; `settle` waits for both, so that
no test sleeps and hopes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from playwright.sync_api import ConsoleMessage, Error, Page, Request, expect

IDLE = '[data-testid="stApp"][data-test-connection-state="CONNECTED"][data-test-script-state="notRunning"]'
LOOPBACK = ("127.0.0.1", "localhost", "::1")
LOCAL_SCHEMES = ("data", "blob", "about")
PATIENCE_MILLISECONDS = 30_000
LOOKING_FOR_ITS_ROOT = re.compile(r"/[^/]+/_stcore/(health|host-config)$")
"""On a deep link Streamlit's own frontend tries the page's path as its base first, and Chromium logs the 404."""


@dataclass
class Watched:
    """What a page complained of, and every address it asked for that is not on this machine."""

    page: Page
    complaints: list[str] = field(default_factory=list)
    left_the_machine: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.set_default_timeout(PATIENCE_MILLISECONDS)
        self.page.on("console", self._note_console)
        self.page.on("pageerror", self._note_error)
        self.page.on("request", self._note_request)

    def open(self, url: str) -> None:
        self.page.goto(url, wait_until="domcontentloaded")
        self.settle()

    def settle(self) -> None:
        """Wait until the script has run to its end and what it drew has loaded; fail on an exception on the page."""
        self.page.wait_for_timeout(150)  # the click that was just made has to reach the server first
        expect(self.page.locator(IDLE)).to_be_attached(timeout=PATIENCE_MILLISECONDS)
        expect(self.page.locator('[data-testid="stSkeleton"]')).to_have_count(0, timeout=PATIENCE_MILLISECONDS)
        expect(self.page.locator('[data-testid="stException"]')).to_have_count(0)

    def assert_clean(self) -> None:
        assert not self.complaints, self.complaints
        assert not self.left_the_machine, self.left_the_machine

    def _note_console(self, message: ConsoleMessage) -> None:
        url = message.location.get("url", "")
        if message.type == "error" and not LOOKING_FOR_ITS_ROOT.search(url):
            self.complaints.append(f"{message.text} ({url})")

    def _note_error(self, error: Error) -> None:
        self.complaints.append(str(error))

    def _note_request(self, request: Request) -> None:
        address = urlsplit(request.url)
        if address.scheme not in LOCAL_SCHEMES and address.hostname not in LOOPBACK:
            self.left_the_machine.append(request.url)
