"""Every page draws, light and dark, on a desk and on a phone; the pictures are left in build/screenshots."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser

from tests.browser.screenshots import PAGES, WIDTHS, Shot, picture, take
from tests.browser.server import ROOT

pytestmark = pytest.mark.xdist_group("browser")

BACKGROUND = "getComputedStyle(document.querySelector('[data-testid=stApp]')).backgroundColor"
SIDEWAYS = "document.querySelector('[data-testid=stMain]').scrollWidth - innerWidth"
FOLDER = ROOT / "build" / "screenshots"


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", PAGES)
def test_a_page_fits_its_window_and_complains_of_nothing(browser: Browser, app_url: str, name: str, width: int) -> None:
    """It is opened once: when people's machines turn dark in the evening, it must follow."""
    watched = take(browser, app_url, Shot(name, PAGES[name], width), FOLDER / f"{name}-{width}-light.png")
    sideways = [watched.page.evaluate(SIDEWAYS)]
    watched.page.emulate_media(color_scheme="dark")
    watched.settle()
    picture(watched, FOLDER / f"{name}-{width}-dark.png")
    sideways.append(watched.page.evaluate(SIDEWAYS))
    background = watched.page.evaluate(
        "getComputedStyle(document.querySelector('[data-testid=stApp]')).backgroundColor"
    )
    watched.page.context.close()
    watched.assert_clean()
    assert max(sideways) <= 0
    assert max(int(part) for part in background[4:-1].split(",")) < 60, background
