"""Starting the dashboard on nothing, and syncing from it: each over a data folder and a server of its own."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from costlib.store.snapshot import current_id
from tests.browser.conftest import OpenWindow, serving
from tests.browser.dashboard import Dashboard

pytestmark = pytest.mark.xdist_group("browser")

SYNC_MILLISECONDS = 240_000


def start_the_sync(window: Dashboard) -> None:
    window.page.get_by_role("button", name="Sync now").click()
    window.page.get_by_role("button", name="Start the sync").click()


def test_a_cold_link_to_a_page_opens_that_page(tmp_path: Path, sample_data_dir: Path, open_window: OpenWindow) -> None:
    with serving(sample_data_dir, tmp_path / "server.log") as url:
        window = Dashboard(open_window(f"{url}/services?metric=Amortized"))
        assert window.page.get_by_role("dialog").count() == 0
        assert "Amortized: " in window.text()


def test_sync_now_says_its_price_shows_its_progress_and_ends_with_the_new_snapshot(
    tmp_path: Path, sample_data_dir: Path, open_window: OpenWindow
) -> None:
    data = tmp_path / "data"
    shutil.copytree(sample_data_dir, data)
    before = current_id(data / "sample")
    with serving(data, tmp_path / "server.log") as url:
        window = Dashboard(open_window(f"{url}/freshness"))
        syncs = window.row_count(window.table("The last syncs"))
        window.page.get_by_role("button", name="Sync now").click()
        price = window.page.get_by_test_id("stPopoverBody").inner_text()
        assert "free" in price
        assert "$" in price
        window.page.get_by_role("button", name="Start the sync").click()
        window.page.get_by_test_id("stProgress").wait_for()
        window.page.get_by_role("button", name="Sync now").wait_for(timeout=SYNC_MILLISECONDS)
        window.watched.settle()
        assert current_id(data / "sample") != before
        window.wait_for_rows(window.table("The last syncs"), syncs + 1)


def test_an_empty_dashboard_says_what_to_do_and_fills_itself_when_asked(
    tmp_path: Path, open_window: OpenWindow
) -> None:
    with serving(tmp_path / "data", tmp_path / "server.log") as url:
        window = Dashboard(open_window(url))
        assert "Nothing has been synced yet" in window.text()
        assert "python -m costlib sync" in window.text()
        start_the_sync(window)
        window.page.get_by_text("Last complete day").wait_for(timeout=SYNC_MILLISECONDS)
        window.watched.settle()
        assert "Ties out" in window.text()
