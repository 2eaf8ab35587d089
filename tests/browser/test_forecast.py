"""An executive's way: where the month will end, then the forecast behind it, then whether it can be believed."""

from __future__ import annotations

import pytest

from tests.browser.conftest import OpenWindow
from tests.browser.dashboard import Dashboard

pytestmark = pytest.mark.xdist_group("browser")


def test_from_the_overviews_month_end_to_the_forecast_and_its_report_card(
    app_url: str, open_window: OpenWindow
) -> None:
    window = Dashboard(open_window(f"{app_url}/"))
    expected = window.metric("Month end")
    assert expected.startswith("$")
    assert "past dates" in window.text()
    window.page.get_by_role("link", name="Forecast and report card").click()
    window.page.wait_for_url("**/forecast*")
    window.page.get_by_role("heading", name="Report card").wait_for()
    window.watched.settle()
    assert window.metric("Month end") == expected
    card = window.rows(window.table("How past forecasts did"))
    assert {row[0] for row in card} == {"Ours, backtest"}
    assert all(row[3] in ("run", "walk", "crawl", "below crawl") for row in card)
    figure = expected.lstrip("$").replace(",", "")
    contest = window.rows(window.table("Every model"))
    assert contest[0][0].endswith("✓ used")
    assert contest[0][1] == figure
    parts = window.rows(window.table("Forecast of the month's end by service"))
    assert parts[-1][:2] == ["Total", figure]
