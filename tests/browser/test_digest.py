"""The digest in a browser without a network: it asks for nothing, fits a phone, and follows light and dark."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from costlib.alerts.digest import digest_message
from costlib.alerts.figures import DigestFigures
from costlib.alerts.message import Frame
from tests.alerts.digests import FIGURES, LEADS, named
from tests.alerts.test_digest import HOSTILE

pytestmark = pytest.mark.xdist_group("browser")


@pytest.mark.parametrize("figures", [FIGURES, LEADS, named(HOSTILE)], ids=["everything", "a lead's", "hostile"])
@pytest.mark.parametrize("width", [700, 390])
def test_the_digest_asks_for_nothing_and_fits(
    browser: Browser, tmp_path: Path, figures: DigestFigures, width: int
) -> None:
    path = tmp_path / "digest.html"
    path.write_text(
        digest_message(figures, Frame("https://costs.example.com", is_sample=True)).as_html, encoding="utf-8"
    )
    context = browser.new_context(viewport={"width": width, "height": 900}, offline=True)
    page = context.new_page()
    asked: list[str] = []
    said: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    page.on("dialog", lambda dialog: said.append(dialog.message))
    page.goto(path.as_uri())
    assert page.get_by_role("heading", level=1).is_visible()
    assert page.get_by_role("link", name="Open the dashboard").is_visible()
    assert page.evaluate("document.documentElement.scrollWidth") == width
    assert asked == [path.as_uri()]
    assert said == []
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_can_be_read_in_light_and_dark(browser: Browser, tmp_path: Path, scheme: str) -> None:
    path = tmp_path / "digest.html"
    path.write_text(digest_message(FIGURES, Frame()).as_html, encoding="utf-8")
    context = browser.new_context(color_scheme="dark" if scheme == "dark" else "light", offline=True)
    page = context.new_page()
    page.goto(path.as_uri())
    colors = page.evaluate(
        "[...document.querySelectorAll('.text, .soft, .up, .down')].map(e => [getComputedStyle(e).color, "
        "getComputedStyle(e.closest('.card') || e.closest('.sheet')).backgroundColor])"
    )
    assert colors
    assert min(contrast(*pair) for pair in colors) >= 4.5
    context.close()


def contrast(one: str, other: str) -> float:
    """WCAG's ratio of two colours such as `rgb(1, 2, 3)`."""
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def luminance(color: str) -> float:
    parts = [int(part) / 255 for part in color.removeprefix("rgb(").removesuffix(")").split(",")]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
