"""From the overview's badge to an anomaly, to its rows, and acknowledged: gone from the badge."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from costlib.store.people import FILE
from tests.browser.conftest import OpenWindow, serving
from tests.browser.dashboard import Dashboard

pytestmark = pytest.mark.xdist_group("browser")

OpenDashboard = Callable[[str], Dashboard]


@pytest.fixture
def visit(sample_data_dir: Path, tmp_path: Path, open_window: OpenWindow) -> Iterator[OpenDashboard]:
    """`visit("/…")`: a window on a dashboard of its own, because what is said of an anomaly stays."""
    data = tmp_path / "data"
    shutil.copytree(sample_data_dir, data)
    (data / "sample" / FILE).unlink(missing_ok=True)
    with serving(data, tmp_path / "server.log") as url:
        yield lambda path: Dashboard(open_window(f"{url}{path}"))


def test_an_anomaly_leads_to_its_rows_and_once_acknowledged_is_gone_from_the_badge(visit: OpenDashboard) -> None:
    overview = visit("/")
    waiting = int(re.search(r"(\d+) open anomal", overview.text())[1])  # type: ignore[index]
    overview.page.get_by_role("link", name="Look at it").click()
    overview.watched.settle()
    page = overview
    assert page.metric("Open, not looked at") == str(waiting)
    came_to = re.search(r"came to (\$[\d,.]+) on", page.text())
    assert came_to
    page.page.get_by_role("button", name="See the rows behind it").click()
    page.watched.settle()
    assert page.metric("Total") == came_to[1]
    page.page.go_back()
    page.watched.settle()
    page.go_to("Anomalies")
    page.page.get_by_label("Comment").fill("Somebody is on it")
    page.page.get_by_role("button", name="Acknowledge").click()
    page.watched.settle()
    assert "Somebody is on it" in page.text()
    assert page.metric("Open, not looked at") == str(waiting - 1)
    page.go_to("Overview")
    left = re.search(r"(\d+) open anomal", page.text())
    assert (int(left[1]) if left else 0) == waiting - 1


def test_a_click_on_a_name_opens_that_incident(visit: OpenDashboard) -> None:
    page = visit("/anomalies")
    page.page.get_by_text("All", exact=True).click()
    page.watched.settle()
    table = page.table("Incidents")
    names = [row[0] for row in page.rows(table)]
    assert len(names) > 1
    page.open_row(table, 1)
    page.watched.settle()
    assert page.page.get_by_role("heading", name=re.compile(re.escape(names[1]))).is_visible()
    assert "incident=" in page.page.url
