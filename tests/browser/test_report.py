"""The executive report in a browser without a network: it asks for nothing, fits a phone, and prints."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from costlib.exports.report import rendered
from tests.exports.months import report
from tests.exports.test_report import hostile_report

pytestmark = pytest.mark.xdist_group("browser")


@pytest.mark.parametrize("file", [rendered(report()), hostile_report()], ids=["plain", "hostile"])
@pytest.mark.parametrize("width", [1440, 390])
def test_the_report_asks_for_nothing_and_fits(browser: Browser, tmp_path: Path, file: bytes, width: int) -> None:
    path = tmp_path / "report.html"
    path.write_bytes(file)
    context = browser.new_context(viewport={"width": width, "height": 900}, offline=True)
    page = context.new_page()
    asked: list[str] = []
    said: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("dialog", lambda dialog: said.append(dialog.message))
    page.goto(path.as_uri())
    assert page.get_by_role("heading", name="March 2026").is_visible()
    assert page.get_by_role("img").count() == 2
    assert page.evaluate("document.documentElement.scrollWidth") == width
    assert page.pdf().startswith(b"%PDF")
    assert asked == [path.as_uri()]
    assert said == []
    context.close()
