"""The dashboard as somebody uses it: choose, click, read, download. Knows the words of the pages, not their code."""

from __future__ import annotations

import re
from pathlib import Path

from playwright.sync_api import FloatRect, Locator, Page, expect

from tests.browser.watched import Watched

AGO = re.compile(r"synced (just now|[\d,]+ \w+ ago)")
READ_GRID = """
table => [...table.querySelectorAll("[role=row]")]
    .map(row => [...row.querySelectorAll("[role=gridcell]")].map(cell => cell.textContent))
    .filter(row => row.length)
"""
HEADER_HEIGHT, ROW_HEIGHT = 35, 35


class Dashboard:
    """One window on the dashboard."""

    def __init__(self, watched: Watched) -> None:
        self.watched = watched

    @property
    def page(self) -> Page:
        return self.watched.page

    @property
    def main(self) -> Locator:
        return self.page.get_by_test_id("stMain")

    def text(self) -> str:
        """Everything that can be read, but for how long ago the data was synced."""
        return AGO.sub("synced", self.main.inner_text())

    def go_to(self, page: str) -> None:
        self.page.get_by_test_id("stSidebarNav").get_by_role("link", name=page).click()
        self.watched.settle()

    def choose(self, label: str, value: str) -> None:
        """Pick one value of a select box, as with a keyboard: type, then take what is offered."""
        box = self.page.get_by_role("combobox", name=label, exact=True)
        box.click()
        box.fill(value)
        self.page.get_by_role("option", name=value, exact=True).click()
        self.watched.settle()

    def keep_only(self, label: str, value: str) -> None:
        """Narrow a list in the Filters popover to one value."""
        self.page.get_by_role("button", name="Filters").click()
        self.choose(label, value)
        self.page.keyboard.press("Escape")
        self.page.keyboard.press("Escape")
        self.watched.settle()

    def metric(self, label: str) -> str:
        """The value under a label such as `Total`."""
        shown = self.page.get_by_test_id("stMetric").filter(has_text=label).first
        return shown.get_by_test_id("stMetricValue").inner_text()

    def table(self, name: str) -> Locator:
        """The first table whose name has these words."""
        return self.page.get_by_test_id("stDataFrame").filter(has=self.page.get_by_role("region", name=name)).first

    def headers(self, table: Locator) -> list[str]:
        return table.locator("[role=columnheader]").all_text_contents()

    def row_count(self, table: Locator) -> int:
        """All rows, seen or not; the header is counted as one by the browser."""
        return int(table.locator("[role=grid]").get_attribute("aria-rowcount") or 0) - 1

    def wait_for_rows(self, table: Locator, count: int) -> None:
        """Wait until the table has so many rows: the snapshot that a sync publishes comes with the next rerun."""
        expect(table.locator("[role=grid]")).to_have_attribute("aria-rowcount", str(count + 1), timeout=30_000)

    def rows(self, table: Locator) -> list[list[str]]:
        """The rows that the table shows without scrolling, cell by cell, as assistive technology hears them.

        They are drawn on a canvas; their words are in the grid that the canvas stands for.
        """
        table.locator("[role=gridcell]").first.wait_for(state="attached")
        before: list[list[str]] | None = None
        while before != (now := table.evaluate(READ_GRID)):
            before = now
            self.page.wait_for_timeout(200)
        return now

    def open_row(self, table: Locator, number: int) -> None:
        """Click the name in a row; the table is drawn on a canvas, so by its place."""
        table.scroll_into_view_if_needed()
        place = self._resting_place(table.locator("canvas").first)
        self.page.mouse.click(place["x"] + 60, place["y"] + HEADER_HEIGHT + (number + 0.5) * ROW_HEIGHT)
        self.watched.settle()

    def _resting_place(self, element: Locator) -> FloatRect:
        """Where an element is once charts above it have been drawn and push it no more."""
        before: FloatRect | None = None
        while before != (now := element.bounding_box()) or now is None:
            before = now
            self.page.wait_for_timeout(200)
        return now

    def download(self, number: int = 0) -> Path:
        """The CSV under the page's n-th table."""
        with self.page.expect_download() as waiting:
            self.page.get_by_role("button", name="Download CSV").nth(number).click()
        return Path(waiting.value.path())
