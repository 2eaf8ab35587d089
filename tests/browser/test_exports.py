"""Finance takes figures along and holds them against what AWS says now, in a real browser."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import openpyxl
import pytest
from playwright.sync_api import expect

from costlib.cli import main as costlib
from tests.browser.conftest import OpenWindow, serving
from tests.browser.dashboard import Dashboard

pytestmark = pytest.mark.xdist_group("browser")

Visit = Callable[[str], Dashboard]


@pytest.fixture(scope="module")
def own_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder of this module's own: the server writes the files that it prepares into it."""
    folder = tmp_path_factory.mktemp("exports")
    assert costlib(["sync", "--source", "sample", "--data-dir", str(folder)]) == 0
    return folder


@pytest.fixture(scope="module")
def url(own_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    log = tmp_path_factory.mktemp("exporting") / "server.log"
    with serving(own_data, log) as url:
        yield url
    assert "Traceback" not in log.read_text(errors="replace"), log.read_text(errors="replace")


@pytest.fixture
def visit(url: str, open_window: OpenWindow) -> Visit:
    return lambda path: Dashboard(open_window(f"{url}{path}"))


def prepared(page: Dashboard, words: str) -> None:
    page.page.get_by_role("button", name=f"Prepare {words}").click()
    page.page.get_by_role("link", name="Download").wait_for()
    page.watched.settle()


def downloaded(page: Dashboard, link: str, folder: Path) -> Path:
    with page.page.expect_download() as waiting:
        page.page.get_by_role("link", name=link).click()
    file = folder / waiting.value.suggested_filename
    waiting.value.save_as(file)
    return file


def verified(page: Dashboard, file: Path, manifest: Path) -> None:
    inputs = page.page.locator("input[type=file]")
    inputs.nth(0).set_input_files(file)
    page.watched.settle()
    inputs.nth(1).set_input_files(manifest)
    page.watched.settle()


def test_a_workbook_is_exported_verified_and_an_altered_byte_is_noticed(visit: Visit, tmp_path: Path) -> None:
    page = visit("/export")
    page.page.get_by_test_id("stButtonGroup").get_by_role("radio", name="XLSX").click()
    page.watched.settle()
    rows = int(page.metric("Rows").replace(",", ""))
    prepared(page, "XLSX")
    file = downloaded(page, "Download", tmp_path)
    manifest = downloaded(page, "Its manifest", tmp_path)
    assert manifest.name == f"{file.name}.manifest.json"
    with closing(openpyxl.load_workbook(file, read_only=True)) as book:
        assert sum(1 for _ in book["Data"].iter_rows()) == rows + 1
    page.go_to("Verify")
    verified(page, file, manifest)
    expect(page.page.get_by_text("Intact and current")).to_be_visible()
    altered = tmp_path / "altered" / file.name
    altered.parent.mkdir()
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    altered.write_bytes(content)
    assert zipfile.is_zipfile(altered)
    again = visit("/verify")
    verified(again, altered, manifest)
    assert again.metric("The file") == "Altered"


def test_a_prepared_file_is_for_the_browser_that_asked_for_it(visit: Visit, url: str) -> None:
    page = visit("/export?period=Last+7+days")
    prepared(page, "CSV")
    link = page.page.get_by_role("link", name="Download").get_attribute("href")
    assert link
    mine = page.page.request.get(f"{url}/{link}")
    assert (mine.status, mine.headers["content-encoding"]) == (200, "identity")
    assert mine.body().startswith(b"charge_date,usage_account_id,service,unblended_cost\r\n")
    other = visit("/export").page.request.get(f"{url}/{link}")
    assert (other.status, "expired" in other.text()) == (404, True)


def test_the_report_of_a_month_is_taken_along(visit: Visit, tmp_path: Path) -> None:
    page = visit("/export")
    with page.page.expect_download() as waiting:
        page.page.get_by_role("button", name="Download the report").click()
    text = Path(waiting.value.path()).read_text(encoding="utf-8")
    assert waiting.value.suggested_filename.startswith("cost-report-")
    sentence = page.page.get_by_text("In unblended cost, the first").first.inner_text().replace("\u2060", "")
    assert sentence.strip() in text
