"""What people come for, in a real browser, over the sample organization synced through the real path."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable
from decimal import Decimal

import pytest

from tests.browser.conftest import OpenWindow
from tests.browser.dashboard import Dashboard

pytestmark = pytest.mark.xdist_group("browser")

AMOUNT = re.compile(r"-?\d+(\.\d+)?")
CENT = Decimal("0.01")

OpenDashboard = Callable[[str], Dashboard]


@pytest.fixture
def visit(app_url: str, open_window: OpenWindow) -> OpenDashboard:
    """`visit("/services?…")`: a new window on that address."""
    return lambda path: Dashboard(open_window(f"{app_url}{path}"))


def figures(window: Dashboard) -> list[list[str]]:
    """Name, amount, share, before, change and change in percent; columns further right may need scrolling to."""
    return [row[:6] for row in window.rows(window.table("Cost by"))]


def dollars(cell: str) -> str:
    """A table's amount as a figure writes it; a table has no fraction of a cent."""
    amount = Decimal(cell)
    assert amount == amount.quantize(CENT)
    return f"${amount:,.2f}"


def test_the_start_page_answers_an_executive_at_once(visit: OpenDashboard) -> None:
    overview = visit("/")
    for label in ("Last complete day", "Month to date", "Month end", "Last month"):
        assert overview.metric(label).startswith("$")
    for said in ("Sample data", "Ties out", "Data through", "What moved this month"):
        assert said in overview.text()


def test_a_filter_narrows_what_is_shown_and_is_in_the_link(visit: OpenDashboard) -> None:
    services = visit("/services")
    everything = services.metric("Total")
    services.keep_only("Record types", "Tax")
    assert "record_types=Tax" in services.page.url
    assert "Only Tax" in services.text()
    assert services.metric("Total") != everything
    assert [row[0] for row in services.rows(services.table("Cost by service"))] == ["Tax"]


def test_a_link_shows_the_same_view_in_a_new_window(visit: OpenDashboard) -> None:
    services = visit("/services")
    services.choose("Period", "Last month")
    services.choose("Granularity", "Weekly")
    services.choose("Cost", "Net amortized")
    services.choose("Service", "Amazon Relational Database Service")
    address = services.page.url.removeprefix(services.page.url.split("/services")[0])
    again = visit(address)
    assert "Net amortized" in services.text()
    assert "Weekly cost" in services.text()
    assert again.text() == services.text()
    assert figures(again) == figures(services)


def test_a_click_opens_a_service_then_one_of_its_accounts_and_the_way_back_leads_back(visit: OpenDashboard) -> None:
    services = visit("/services")
    before = services.text()
    table = services.table("Cost by service")
    name, amount = services.rows(table)[0][:2]
    services.open_row(table, 0)
    assert services.page.get_by_role("combobox", name="Service").input_value() == name
    assert Decimal(services.metric("Total").strip("$").replace(",", "")) == Decimal(amount)
    accounts = services.table("Cost by account")
    services.open_row(accounts, 0)
    assert "service_account=" in services.page.url
    assert "Record types" in services.text() or "By record type" in services.text()
    services.page.get_by_role("button", name="All services").click()
    services.watched.settle()
    assert services.text() == before


def test_a_bar_of_the_overview_opens_its_service(visit: OpenDashboard) -> None:
    overview = visit("/")
    bars = overview.page.get_by_test_id("stPlotlyChart").nth(2)
    bars.scroll_into_view_if_needed()
    overview.page.wait_for_timeout(500)  # the chart takes clicks once it has been laid out
    bars.locator(".barlayer .point path").first.click(force=True)
    overview.page.wait_for_url("**/services?**")
    overview.watched.settle()
    assert overview.page.get_by_role("combobox", name="Service").input_value()


def test_three_clicks_lead_from_the_overview_to_a_day_of_an_account_and_back(visit: OpenDashboard) -> None:
    overview = visit("/")
    page, bars = overview.page, overview.page.get_by_test_id("stPlotlyChart").nth(2)
    amount = bars.locator(".annotation-text").nth(1).text_content()
    bars.scroll_into_view_if_needed()
    page.wait_for_timeout(500)  # the chart takes clicks once it has been laid out
    bars.locator(".barlayer .point path").first.click(force=True)
    page.wait_for_url("**/services?**")
    overview.watched.settle()
    totals = [overview.metric("Total")]
    assert totals == [amount]
    accounts = overview.table("Cost by account")
    totals.append(dollars(overview.rows(accounts)[0][1]))
    overview.open_row(accounts, 0)
    assert overview.metric("Total") == totals[-1]
    days = overview.table("Cost by day")
    totals.append(dollars(overview.rows(days)[1][1]))
    overview.open_row(days, 1)
    assert "day=" in page.url
    assert overview.metric("Total") == totals[-1]
    of_the_day = overview.rows(overview.table("Cost by record type"))
    assert of_the_day[-1][0] == "Total"
    assert dollars(of_the_day[-1][1]) == totals[-1]
    for total in totals[-2::-1]:
        page.go_back()
        overview.watched.settle()
        assert overview.metric("Total") == total
    page.go_back()
    overview.watched.settle()
    assert overview.metric("Month to date").startswith("$")


def test_crumbs_and_boxes_lead_to_a_day_and_back_with_the_keyboard_alone(visit: OpenDashboard) -> None:
    services = visit("/services?service=AWS+Lambda&service_account=platform-prod")
    before = services.metric("Total")
    day = services.rows(services.table("Cost by day"))[2][0].split()[0]
    services.page.get_by_role("combobox", name="Day").focus()
    services.page.keyboard.type(day)
    services.page.keyboard.press("Enter")
    services.watched.settle()
    assert f"day={day}" in services.page.url
    services.page.get_by_role("button", name="platform-prod").focus()
    services.page.keyboard.press("Enter")
    services.watched.settle()
    assert services.metric("Total") == before
    assert "day=" not in services.page.url


def test_a_bar_of_a_day_opens_the_day(visit: OpenDashboard) -> None:
    services = visit("/services?service=AWS+Lambda&service_account=platform-prod&period=Last+7+days")
    bars = services.page.get_by_test_id("stPlotlyChart").first
    services.page.wait_for_timeout(500)  # the chart takes clicks once it has been laid out
    bars.locator(".barlayer .point path").first.click(force=True)
    services.page.wait_for_url("**day=**")
    services.watched.settle()
    day = services.page.url.split("day=")[1][:10]
    services.page.get_by_role("button", name="platform-prod").click()
    services.watched.settle()
    assert day == services.rows(services.table("Cost by day"))[-1][0].split()[0]


def test_a_breakdown_is_its_link_and_a_click_on_a_name_opens_it(visit: OpenDashboard) -> None:
    breakdown = visit("/breakdown?period=Last+90+days")
    breakdown.choose("Rows", "Account")
    breakdown.choose("Columns", "Team")
    breakdown.choose("Chart", "Treemap")
    pivot = breakdown.rows(breakdown.table("Cost by account by team"))
    assert dollars(pivot[-1][1]) == breakdown.metric("Total")
    again = visit(f"/breakdown?{breakdown.page.url.partition('?')[2]}")
    assert again.text() == breakdown.text()
    breakdown.open_row(breakdown.table("Cost by account by team"), 0)
    breakdown.page.wait_for_url("**/accounts?**")
    breakdown.watched.settle()
    assert breakdown.metric("Total") == dollars(pivot[0][1])
    assert "(90 days)" in breakdown.text()


@pytest.mark.parametrize("path", ["/services", "/accounts", "/services?service=Amazon+Relational+Database+Service"])
def test_a_download_holds_exactly_what_the_table_shows(visit: OpenDashboard, path: str) -> None:
    page = visit(path)
    table = page.table("Cost by")
    shown = page.rows(table)
    with page.download().open(encoding="utf-8", newline="") as file:
        header, *rows = list(csv.reader(file))
    assert len(rows) == page.row_count(table)
    money = [i for i, column in enumerate(header) if column.endswith("_cost") or column == "change"]
    for on_screen, in_file in zip(shown, rows, strict=False):
        assert on_screen[0] in in_file
        seen = {Decimal(cell) for cell in on_screen if AMOUNT.fullmatch(cell)}
        assert {Decimal(in_file[i]).quantize(CENT) for i in money} <= seen, (on_screen, in_file)
    total = sum((Decimal(row[header.index("unblended_cost")]) for row in rows), Decimal())
    assert f"${total.quantize(CENT):,}" == page.metric("Total")


def test_everything_can_be_reached_with_the_keyboard(visit: OpenDashboard) -> None:
    services = visit("/services")
    wanted = {
        "Overview",
        "Accounts",
        "Freshness",
        "Period",
        "Compare with",
        "Granularity",
        "Cost",
        "Filters",
        "Download CSV",
    }
    met: list[str] = []
    for _ in range(120):
        services.page.keyboard.press("Tab")
        met.append(
            services.page.evaluate("(e => e.getAttribute('aria-label') || e.innerText || '')(document.activeElement)")
        )
    missing = {name for name in wanted if not any(name in label for label in met)}
    assert not missing, met


def test_a_period_can_be_chosen_with_the_keyboard_alone(visit: OpenDashboard) -> None:
    services = visit("/services")
    services.page.get_by_role("combobox", name="Period").focus()
    services.page.keyboard.type("Last 7")
    services.page.keyboard.press("Enter")
    services.watched.settle()
    assert "(7 days)" in services.text()
    assert "period=Last+7+days" in services.page.url


def test_a_link_with_an_unknown_value_says_so_and_shows_the_rest(visit: OpenDashboard) -> None:
    services = visit("/services?period=Last+month&metric=Unblendet&services=No+such+service")
    assert "Part of this link is not understood" in services.text()
    assert "did you mean “Unblended”" in services.text()
    assert services.metric("Total").startswith("$")


def test_the_filters_follow_from_page_to_page(visit: OpenDashboard) -> None:
    services = visit("/services")
    services.choose("Period", "Last 90 days")
    services.choose("Cost", "Amortized")
    services.go_to("Accounts")
    assert "(90 days)" in services.text()
    assert "Amortized: " in services.text()
    assert "metric=Amortized" in services.page.url
