"""One browser and one served app a worker; a fresh, watched browser context for each window."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.browser import chromium
from tests.browser.server import DASHBOARD, StreamlitServer
from tests.browser.watched import Watched

OpenWindow = Callable[..., Watched]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with chromium.launched() as browser:
        yield browser


def serving(data_dir: Path, log: Path) -> StreamlitServer:
    """The dashboard over a data folder of the sample organization; it starts no sync by itself."""
    environment = {"COSTLIB_DATA_DIR": str(data_dir), "COSTLIB_SOURCE": "sample", "COSTLIB_AUTO_SYNC_HOURS": "0"}
    return StreamlitServer(DASHBOARD, log, environment)


@pytest.fixture(scope="session")
def app_url(sample_data_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The dashboard over the synced sample organization; its log must stay free of tracebacks."""
    log = tmp_path_factory.mktemp("app") / "server.log"
    with serving(sample_data_dir, log) as url:
        yield url
    assert "Traceback" not in log.read_text(errors="replace"), log.read_text(errors="replace")


@pytest.fixture
def open_window(browser: Browser) -> Iterator[OpenWindow]:
    """`open_window(url, width=…, height=…, dark=…)`: a window of its own, which must be clean when the test ends.

    The browser's clock is half a world away from UTC: days must not move with it.
    """
    opened: list[Watched] = []

    def window(url: str, *, width: int = 1440, height: int = 1400, dark: bool = False) -> Watched:
        context = browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme="dark" if dark else "light",
            reduced_motion="reduce",
            accept_downloads=True,
            timezone_id="Pacific/Auckland",
        )
        closing.callback(context.close)
        opened.append(Watched(context.new_page()))
        opened[-1].open(url)
        return opened[-1]

    with ExitStack() as closing:
        yield window
        for watched in opened:
            watched.assert_clean()
