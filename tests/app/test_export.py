"""The export page: what it says the file holds is in the file, and the command beside it writes the same bytes."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import time
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from costlib.access import EVERYTHING, Scope
from costlib.exports import Format
from costlib.exports.manifest import manifest_path, read_manifest
from costlib.periods import Period
from costlib.queries.exporting import ExportRequest
from costlib.queries.filters import Filters
from costlib.ui import identity
from costlib.ui.identity import Viewer
from costlib.ui.wish import Wish, within
from costlib.ui.wording import Currency
from costlib.vocabulary import CostMetric
from tests.app.conftest import UseOrganization
from tests.app.pages import EXPORT, ROOT, SERVICES, metric, opened, said
from tests.queries.snapshots import Charge, Organization, amounts

DAYS = list(Period(date(2026, 2, 1), date(2026, 3, 19)))
AWKWARD = "a,\"b\" 'c' $d=e *f*"
LABELS = ("cost_category:Team", "tag:a,b=c")


def organization_of(days: Sequence[date] = DAYS) -> Organization:
    rows = [Charge(day, "111", "EC2", "Usage", amounts(f"{day.day}.123456789"), ("red", "")) for day in days]
    rows += [Charge(day, "222", AWKWARD, "Usage", amounts("2"), ("", "x")) for day in days]
    rows += [Charge(day, "222", "S3", "Credit", amounts("-0.5"), ("", "x")) for day in days[::3]]
    rows += [Charge(days[-1], "222", "Tax", "Tax", amounts("3"), ("", ""))]
    return Organization(rows, labels=LABELS, accounts={"111": "One"})


def failing() -> Organization:
    rows = organization_of()
    control = [list(row) for row in rows.control()]
    control[-2][2] = control[-2][2] - amounts("0.02")[0]  # type: ignore[operator]
    rows.daily_totals = control
    return rows


def prepared(app: AppTest, source: Path) -> Path:
    """Press the button, wait for the file, and find it where the server keeps it."""
    app.button(key="prepare_export").click().run()
    deadline = time.monotonic() + 20
    while not any(button.proto.label == "Download" for button in app.get("download_button")):
        assert time.monotonic() < deadline, said(app)
        time.sleep(0.05)
        app.run()
    files = [path for path in (source / "exports").glob("*/costs-*") if not path.name.endswith(".json")]
    return max(files, key=lambda path: path.stat().st_mtime_ns)


def by_command(app: AppTest, source: Path, folder: Path) -> Path:
    """What the command on the page writes."""
    python, flag, module, *arguments = shlex.split(app.code[0].value.replace("\\\n", " "))
    assert (python, flag, module) == ("python", "-m", "costlib")
    folder.mkdir()
    command = [sys.executable, "-m", "costlib", *arguments, "--data-dir", str(source.parent)]
    subprocess.run(command, cwd=folder, env={**os.environ, "PYTHONPATH": str(ROOT)}, check=True, capture_output=True)
    (file,) = (path for path in folder.iterdir() if not path.name.endswith(".json"))
    return file


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"period": "Last 7 days", "columns": ["Month", "Cost category: Team", "Tag: a,b=c"]},
        {"services": [AWKWARD, "S3"], "without_credits": "true", "columns": ["Service"], "metric": "Amortized"},
        {"accounts": "One", "without_tax": "true", "without_refunds": "true", "without_support": "true"},
        {"record_types": "Tax", "columns": ["Account"], "format": "XLSX"},
        {"cost_category:Team": ["red", "Unallocated"], "format": "XLSX", "columns": ["Service", "Month"]},
        {"tag:a,b=c": "x", "format": "Parquet"},
    ],
    ids=["as it opens", "labels", "awkward names", "one account", "a workbook", "one label", "Parquet"],
)
def test_the_file_and_the_command_are_the_same_bytes(
    organization: UseOrganization,
    tmp_path: Path,
    query: dict[str, str | list[str]],
) -> None:
    source = organization(organization_of())
    app = opened(EXPORT, query)
    assert not app.exception
    assert "not understood" not in said(app)
    rows = int(metric(app, "Rows").replace(",", ""))
    file = prepared(app, source)
    assert file.read_bytes() == by_command(app, source, tmp_path / "out").read_bytes()
    manifest = read_manifest(manifest_path(file).read_text(encoding="utf-8"), file.name)
    assert manifest.row_count == rows > 0
    assert all(amount is not None for amount in manifest.sums.values())
    total = manifest.sums[manifest.metrics[0]]
    assert metric(app, f"{CostMetric(manifest.metrics[0]).label} total") == Currency("USD").exact(total)


def test_a_narrower_scope_is_in_the_file_and_in_the_command(
    organization: UseOrganization, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = organization(organization_of())
    monkeypatch.setattr(identity, "viewer", lambda: Viewer("Team lead", Scope(frozenset({"222"}))))
    app = opened(EXPORT)
    assert "AWS has no such total" in said(app)
    assert "usage_account_id=222" in app.code[0].value
    file = prepared(app, source)
    assert {line.split(b",")[1] for line in file.read_bytes().splitlines()[1:]} == {b"222"}
    assert file.read_bytes() == by_command(app, source, tmp_path / "out").read_bytes()
    manifest = read_manifest(manifest_path(file).read_text(encoding="utf-8"), file.name)
    assert manifest.scope == "1 account"


def test_the_total_ties_out_and_says_so(organization: UseOrganization) -> None:
    organization(organization_of())
    app = opened(EXPORT)
    assert "ties out to AWS's total" in said(app)
    assert app.button(key="prepare_export").label == "Prepare CSV"
    assert len(app.dataframe[0].value) == 8


def test_a_failing_tie_out_is_stated_on_the_button_and_under_every_table(organization: UseOrganization) -> None:
    organization(failing())
    app = opened(EXPORT)
    assert app.button(key="prepare_export").label == "Export anyway: does not tie out by \\$0\\.02"
    assert "does not tie out: $0.02" in said(app)
    labels = [button.proto.label for button in opened(SERVICES).get("download_button")]
    assert labels == ["Download anyway: does not tie out by \\$0\\.02"]


def test_a_report_of_a_month_that_does_not_tie_out_says_so_on_its_button(organization: UseOrganization) -> None:
    organization(failing())
    app = opened(EXPORT)
    assert [b.proto.label for b in app.get("download_button")] == ["Download anyway: does not tie out by \\$0\\.02"]
    app.selectbox(key="report_month").set_value(date(2026, 2, 1)).run()
    assert [b.proto.label for b in app.get("download_button")] == ["Download the report"]


def test_a_period_whose_days_tie_out_can_be_exported_without_a_warning(organization: UseOrganization) -> None:
    organization(failing())
    app = opened(EXPORT, {"period": "Last month"})
    assert app.button(key="prepare_export").label == "Prepare CSV"


def test_filters_that_keep_nothing_make_a_file_of_a_header(organization: UseOrganization) -> None:
    source = organization(organization_of())
    app = opened(EXPORT, {"services": "Tax", "record_types": "Credit"})
    assert metric(app, "Rows") == "0"
    assert "a header without rows" in said(app)
    assert prepared(app, source).read_bytes() == b"charge_date,usage_account_id,service,unblended_cost\r\n"


def test_columns_that_are_not_held_together_are_named_and_the_page_stays(organization: UseOrganization) -> None:
    organization(organization_of())
    app = opened(EXPORT, {"columns": ["Region", "Account id"]})
    assert not app.exception
    assert "No stored lens holds region" in said(app)
    assert app.multiselect(key="columns").value == ["region", "usage_account_id"]
    assert "Report of a month" in said(app)


def test_another_wish_needs_another_file(organization: UseOrganization) -> None:
    source = organization(organization_of())
    app = opened(EXPORT)
    prepared(app, source)
    app.multiselect(key="columns").set_value(["service"]).run()
    assert [b.key for b in app.button if b.key == "prepare_export"]
    app.multiselect(key="columns").set_value(["charge_date", "usage_account_id", "service"]).run()
    assert not [b.key for b in app.button if b.key == "prepare_export"], "the first file is still there"


def test_a_file_is_gone_after_a_day(organization: UseOrganization) -> None:
    source = organization(organization_of())
    prepared(opened(EXPORT), source)
    (old,) = (source / "exports").iterdir()
    assert len(list(old.iterdir())) == 2, "the file and its manifest"
    yesterday = time.time() - timedelta(days=1, minutes=1).total_seconds()
    os.utime(old, (yesterday, yesterday))
    prepared(opened(EXPORT), source)
    assert not old.exists()


def test_the_report_of_a_month_is_told_and_offered(organization: UseOrganization) -> None:
    organization(organization_of())
    app = opened(EXPORT)
    assert "In unblended cost, the first 18 days of March 2026 came to" in said(app)
    app.selectbox(key="report_month").set_value(date(2026, 2, 1)).run()
    assert "In unblended cost, February 2026 came to" in said(app)
    assert [b.proto.label for b in app.get("download_button")] == ["Download the report"]


def test_a_command_narrows_to_what_scope_and_filters_have_in_common() -> None:
    filters = Filters(Period(date(2026, 3, 1), date(2026, 3, 19)), accounts=("1", "2"))

    def accounts(scope: Scope) -> tuple[str, ...]:
        wish = Wish(ExportRequest((), (CostMetric.unblended_cost,), within(filters, scope)), Format.csv)
        words = shlex.split(wish.command.replace("\\\n", " "))
        return tuple(word.removeprefix("usage_account_id=") for word in words if word.startswith("usage_account_id="))

    assert accounts(Scope(frozenset({"2", "3"}))) == ("2",)
    assert accounts(Scope(frozenset({"3"}))) == ("none",)
    assert accounts(EVERYTHING) == ("1", "2")
    assert within(Filters(filters.period), Scope(frozenset({"3"}))).accounts == ("3",)
