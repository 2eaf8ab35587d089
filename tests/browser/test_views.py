"""Saved views in a browser: what one session keeps, another opens. Over copies of the data, for views are written."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.browser.conftest import OpenWindow, serving
from tests.browser.dashboard import Dashboard

pytestmark = pytest.mark.xdist_group("browser")

OpenDashboard = Callable[..., Dashboard]


@pytest.fixture
def visit(tmp_path: Path, sample_data_dir: Path, open_window: OpenWindow) -> Iterator[OpenDashboard]:
    """`visit("/services?…")`: a session of its own, in a browser context of its own, on one server."""
    data = tmp_path / "data"
    shutil.copytree(sample_data_dir, data)
    with serving(data, tmp_path / "server.log") as url:
        yield lambda path="", **window: Dashboard(open_window(f"{url}{path.removeprefix(url)}", **window))


def save_as(window: Dashboard, name: str) -> None:
    """With the keyboard, once the name is being typed."""
    window.page.get_by_role("button", name="Views", exact=True).click()
    window.page.get_by_label("Save this page with its filters as").fill(name)
    window.page.keyboard.press("Enter")
    window.page.get_by_text(f"Saved as “{name}”").wait_for()
    window.watched.settle()
    window.page.keyboard.press("Escape")


def open_view(window: Dashboard, name: str) -> None:
    window.page.get_by_role("button", name="Views", exact=True).click()
    window.page.get_by_test_id("stPopoverBody").get_by_role("button", name=name).click()
    window.page.wait_for_url("**/services?**")
    window.watched.settle()


def filters(window: Dashboard) -> dict[str, str]:
    """What the boxes above a page are set to."""
    labels = ("Period", "Compare with", "Granularity", "Cost", "Service")
    return {label: window.page.get_by_role("combobox", name=label, exact=True).input_value() for label in labels}


def parameters(window: Dashboard) -> set[str]:
    return set(window.page.url.partition("?")[2].split("&"))


@pytest.fixture
def saved(visit: OpenDashboard) -> Dashboard:
    """A session that has set filters in bar, popover and path, and kept them as a view."""
    services = visit("/services")
    services.choose("Period", "Last 90 days")
    services.choose("Cost", "Net amortized")
    services.choose("Granularity", "Weekly")
    services.keep_only("Record types", "Usage")
    services.choose("Service", "Amazon Relational Database Service")
    save_as(services, "Databases")
    return services


def test_a_view_that_was_saved_opens_in_another_session_with_the_same_filters(
    saved: Dashboard, visit: OpenDashboard
) -> None:
    for start in ("/", "/services", "/accounts?period=Last+month&metric=Amortized&without_tax=true"):
        other = visit(start)
        open_view(other, "Databases")
        assert filters(other) == filters(saved)
        assert parameters(other) == parameters(saved)
        assert other.metric("Total") == saved.metric("Total")
        assert "Only usage" in other.text() or "Only Usage" in other.text()
    other.choose("Granularity", "Monthly")
    assert filters(other) == {**filters(saved), "Granularity": "Monthly"}
    assert other.metric("Total") == saved.metric("Total")


def test_the_session_that_saved_it_comes_back_to_it(saved: Dashboard) -> None:
    before = saved.text()
    saved.choose("Period", "Last month")
    saved.choose("Cost", "Unblended")
    assert saved.text() != before
    open_view(saved, "Databases")
    assert saved.text() == before


def test_the_link_of_a_view_shows_it_to_whoever_gets_it(saved: Dashboard, visit: OpenDashboard) -> None:
    saved.go_to("Saved views")
    saved.page.get_by_role("button", name="More").click()
    address = saved.page.get_by_test_id("stCode").inner_text().strip()
    other = visit(address)
    assert filters(other)["Service"] == "Amazon Relational Database Service"
    assert parameters(other) >= {"period=Last+90+days", "record_types=Usage"}


def test_the_start_page_is_only_for_whoever_comes_without_a_link(saved: Dashboard, visit: OpenDashboard) -> None:
    saved.go_to("Saved views")
    saved.choose("Opening the dashboard shows", "View: Databases")
    begun = visit("/", width=390, height=900)
    assert "Databases" not in begun.page.url
    assert begun.metric("Total").startswith("$")
    assert parameters(begun) >= {"period=Last+90+days", "record_types=Usage"}
    overview = visit("/?metric=Amortized")
    assert overview.metric("Month to date").startswith("$")
    overview.go_to("Freshness")
    overview.go_to("Overview")
    assert overview.metric("Month to date").startswith("$")
