"""Every page draws, light and dark, on a desk and on a phone; the pictures are left in build/screenshots."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser

from tests.browser.screenshots import PAGES, WIDTHS, Shot, take
from tests.browser.server import ROOT

pytestmark = pytest.mark.xdist_group("browser")

SHOTS = [Shot(name, path, width, dark) for name, path in PAGES.items() for width in WIDTHS for dark in (False, True)]


@pytest.mark.parametrize("shot", SHOTS, ids=lambda shot: f"{shot.name}-{shot.width}-{'dark' if shot.dark else 'light'}")
def test_a_page_fits_its_window_and_complains_of_nothing(browser: Browser, app_url: str, shot: Shot) -> None:
    file = f"{shot.name}-{shot.width}-{'dark' if shot.dark else 'light'}.png"
    watched = take(browser, app_url, shot, ROOT / "build" / "screenshots" / file)
    sideways = watched.page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth - innerWidth")
    watched.page.context.close()
    watched.assert_clean()
    assert sideways <= 0
