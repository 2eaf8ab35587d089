"""Pictures of every page: light and dark, on a desk and on a phone.

`make screenshots` draws those that the documents show, from the sample organization; the tests draw all of them to
build/screenshots, for whoever changes a page to look at.
"""

from __future__ import annotations

import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser

from costlib.cli import main as costlib
from tests.browser import chromium
from tests.browser.server import DASHBOARD, ROOT, StreamlitServer
from tests.browser.watched import Watched

PAGES = {
    "overview": "",
    "services": "services",
    "accounts": "accounts",
    "cost_categories": "cost_categories",
    "cost_views": "cost_views",
    "commitments": "commitments",
    "changes": "changes",
    "breakdown": "breakdown",
    "statement": "statement",
    "statement_why": "statement?line=Shared+cost%3A+Platform",
    "shared_costs": "shared_costs",
    "rules": "rules",
    "category_drafts": "category_drafts",
    "budgets": "budgets?budget=Payments",
    "anomalies": "anomalies",
    "export": "export",
    "verify": "verify",
    "views": "views",
    "freshness": "freshness",
    "forecast": "forecast",
}
WIDTHS = (1440, 390)
TALLEST = 6000


@dataclass(frozen=True)
class Shot:
    """One page in a window of some width."""

    name: str
    path: str
    width: int = 1440


def take(browser: Browser, url: str, shot: Shot, file: Path, height: int | None = None) -> Watched:
    """Draw a page; as tall as its content unless `height` is given. Returns the watched page, still open."""
    context = browser.new_context(
        viewport={"width": shot.width, "height": height or 900},
        reduced_motion="reduce",
    )
    watched = Watched(context.new_page())
    watched.open(f"{url}/{shot.path}")
    if height is None:
        tall = watched.page.evaluate("document.querySelector('[data-testid=stMain]').scrollHeight")
        watched.page.set_viewport_size({"width": shot.width, "height": min(TALLEST, max(900, int(tall)))})
        watched.settle()
    picture(watched, file)
    return watched


def picture(watched: Watched, file: Path) -> None:
    """What its window shows, once it has come to rest."""
    watched.page.wait_for_timeout(500)  # charts fade in
    file.parent.mkdir(parents=True, exist_ok=True)
    watched.page.screenshot(path=file)


def main() -> int:
    """The pictures of the documents, from a sample organization synced for the purpose."""
    with tempfile.TemporaryDirectory(prefix="screenshots-") as folder:
        if code := costlib(["sync", "--source", "sample", "--data-dir", folder]):
            return code
        environment = {"COSTLIB_DATA_DIR": folder, "COSTLIB_SOURCE": "sample", "COSTLIB_AUTO_SYNC_HOURS": "0"}
        with (
            StreamlitServer(DASHBOARD, Path(folder) / "server.log", environment) as url,
            chromium.launched() as browser,
        ):
            for name in ("overview",):
                file = ROOT / "docs" / "images" / f"{name}.png"
                take(browser, url, Shot(name, PAGES[name]), file, height=1000).page.context.close()
                print(file.relative_to(ROOT))
    return 0


if __name__ == "__main__":
    sys.exit(main())
