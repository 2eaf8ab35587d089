"""As a team lead: from the statement to the charges behind one shared dollar, in a real browser."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable
from decimal import Decimal

import pytest

from tests.browser.conftest import OpenWindow
from tests.browser.dashboard import Dashboard

pytestmark = pytest.mark.xdist_group("browser")

OpenDashboard = Callable[[str], Dashboard]


@pytest.fixture
def visit(app_url: str, open_window: OpenWindow) -> OpenDashboard:
    """`visit("/statement?…")`: a new window on that address."""
    return lambda path: Dashboard(open_window(f"{app_url}{path}"))


def money(text: str) -> Decimal:
    return Decimal(text.strip("$").replace(",", ""))


def test_two_clicks_lead_from_the_statement_to_the_rows_behind_a_shared_dollar(visit: OpenDashboard) -> None:
    start = visit("/statement?cost_center=Payments")
    table = start.table("Statement of Payments")
    names = [row[0] for row in start.rows(table)]
    start.open_row(table, names.index("Platform"))
    drawer = start.page.get_by_role("dialog")
    said = re.sub(r"\s+", " ", drawer.inner_text())
    amount = re.search(r"of the pool of \$[\d,.]+ is \$([\d,.]+)\.", said)
    assert amount
    assert "Everything that Platform holds when the rule's turn comes." in said
    with start.page.expect_download() as waiting:
        drawer.get_by_role("button", name="Download CSV").first.click()
    with open(waiting.value.path(), encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) > 20
    assert {"account", "service", "record_type"} <= set(rows[0])
    assert sum((Decimal(row["part"]) for row in rows), Decimal()).quantize(Decimal("0.01")) == money(amount[1])
    assert "line=Shared+cost" in start.page.url


def test_the_drawer_closes_with_the_keyboard_and_leaves_the_statement(visit: OpenDashboard) -> None:
    opened = visit("/statement?cost_center=Payments&line=Shared+cost%3A+Platform")
    drawer = opened.page.get_by_role("dialog")
    assert "What the pool is made of" in drawer.inner_text()
    opened.page.keyboard.press("Escape")
    drawer.wait_for(state="detached")
    opened.watched.settle()
    assert "line=" not in opened.page.url
    assert opened.metric("Statement total").startswith("$")


def test_finance_goes_from_the_matrix_to_a_statement_of_the_same_month(visit: OpenDashboard) -> None:
    everyone = visit("/shared_costs")
    assert everyone.metric("Difference") == "$0.00"
    month = everyone.page.get_by_role("combobox", name="Month").input_value()
    table = everyone.table("All cost centers")
    name, total = everyone.rows(table)[1][:2]
    everyone.open_row(table, 1)
    everyone.page.wait_for_url("**/statement**")
    everyone.watched.settle()
    assert everyone.page.get_by_role("combobox", name="Cost center").input_value() == name
    assert everyone.page.get_by_role("combobox", name="Month").input_value() == month
    assert money(everyone.metric("Statement total")) == Decimal(total).quantize(Decimal("0.01"))
