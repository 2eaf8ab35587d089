"""A dispute, a close and a restatement, as the lead and finance live through them, in a real browser."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from contextlib import closing
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from playwright.sync_api import Locator

from costlib.access import EVERYTHING
from costlib.cli.sync import SAMPLE_SOURCE_ID
from costlib.periods import add_months, month_start
from costlib.queries.showback import Question, statement
from costlib.sample.organization import sample_organization
from costlib.sample.server import SampleEndpoint
from costlib.store.snapshot import open_current
from tests.browser.conftest import OpenWindow, serving
from tests.browser.dashboard import Dashboard
from tests.ingest.syncing import sync_from

pytestmark = pytest.mark.xdist_group("browser")

CLOSE_MILLISECONDS = 60_000
RESTATED = Decimal("-123.45")
COMMENT = "Platform is not ours since the migration."


@pytest.fixture
def folder(sample_data_dir: Path, tmp_path: Path) -> Path:
    shutil.copytree(sample_data_dir, tmp_path / "data")
    return tmp_path / "data"


@pytest.fixture
def url(folder: Path, tmp_path: Path) -> Iterator[str]:
    with serving(folder, tmp_path / "server.log") as url:
        yield url


def month_and_next(today: date) -> tuple[date, date]:
    """A month that is final for certain, and the one after it."""
    month = add_months(month_start(today), -2)
    return month, add_months(month, 1)


def link(page: str, month: date, key: str, more: str = "") -> str:
    return f"/{page}?{key}={month:%B+%Y}{more}"


def synced_on(folder: Path) -> date:
    with closing(open_current(folder / "sample")) as snapshot:
        return snapshot.as_of.date()


def restate(folder: Path, month: date, today: date) -> None:
    """AWS takes something off one of Payments' own charges of the month, and the next sync has it.

    Payments' share of shared cost goes with its use, so that its statement moves by more than that.
    """
    with closing(open_current(folder / "sample")) as snapshot:
        lines = statement(snapshot, EVERYTHING, Question(month), "Payments").to_pylist()
    own = next(line for line in lines if line["kind"] == "direct" and line["amount"] > 1000)
    with SampleEndpoint(sample_organization(today)) as endpoint:
        endpoint.restate(
            charge_date=month.replace(day=10),
            usage_account_id=own["usage_account_id"],
            service=own["service"],
            record_type="Usage",
            delta=RESTATED,
        )
        now = datetime(today.year, today.month, today.day, 23, 59)
        assert sync_from(endpoint, folder, now=now, source_id=SAMPLE_SOURCE_ID).restatements == 1


def dispute_platform(lead: Dashboard) -> None:
    table = lead.table("Statement of Payments")
    lead.open_row(table, [row[0] for row in lead.rows(table)].index("Platform"))
    drawer = lead.page.get_by_role("dialog")
    drawer.get_by_role("button", name="Accept or dispute").click()
    said: Locator = lead.page.get_by_role("textbox", name="Comment").last
    said.fill(COMMENT)
    lead.page.get_by_role("button", name="Dispute", exact=True).click()
    drawer.get_by_text("Disputed").first.wait_for()


def test_a_disputed_line_is_seen_the_month_closed_and_its_restatement_an_adjustment(
    url: str, folder: Path, open_window: OpenWindow
) -> None:
    today = synced_on(folder)
    month, following = month_and_next(today)
    payments = "&cost_center=Payments"
    lead = Dashboard(open_window(url + link("statement", month, "month", payments)))
    was = lead.metric("Statement total")
    dispute_platform(lead)

    finance = Dashboard(open_window(url + link("shared_costs", month, "month_of_all")))
    assert "Open disputes (1)" in finance.text()
    assert COMMENT in finance.text()
    finance.page.get_by_role("button", name=f"Close {month:%B %Y}").click()
    finance.page.get_by_role("button", name="Close", exact=True).click()
    finance.page.get_by_text(re.compile(f"Closed {month:%Y-%m} as statement")).wait_for(timeout=CLOSE_MILLISECONDS)
    finance.page.get_by_text("Closed · statement").first.wait_for()

    restate(folder, month, today)

    closed = Dashboard(open_window(url + link("statement", month, "month", payments)))
    assert closed.metric("Statement total") == was
    assert "is closed, so this statement stays" in closed.text()
    adjusted = Dashboard(open_window(url + link("statement", following, "month", payments)))
    carried = adjusted.metric("Adjustments")
    assert carried.startswith("−$")
    assert f"comes to {carried} for Payments" in closed.text()
    everyone = Dashboard(open_window(url + link("shared_costs", following, "month_of_all")))
    assert everyone.metric("Adjustments in them") == "−$123.45"
    assert everyone.metric("Difference") == "$0.00"
    versus = Dashboard(open_window(url + link("shared_costs", month, "month_of_all")))
    assert versus.row_count(versus.table("As closed and now")) >= 1
    assert versus.metric("Restated since closing") == "−$123.45"
