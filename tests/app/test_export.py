"""The export page: what it says the file holds is in the file, and the command beside it writes the same bytes."""

from __future__ import annotations

import os
import shlex
import time
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from costlib.access import EVERYTHING, Scope
from costlib.cli import main
from costlib.periods import Period
from costlib.queries.filters import Filters
from costlib.ui import identity
from costlib.ui.export_request import ExportRequest
from costlib.ui.identity import Viewer
from costlib.vocabulary import CostMetric
from tests.app.conftest import UseOrganization
from tests.app.pages import EXPORT, SERVICES, metric, opened, said
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


def prepared(app: AppTest, source: Path) -> bytes:
    """Press the button, wait for the file, and read it where the server keeps it."""
    app.button(key="prepare_export").click().run()
    deadline = time.monotonic() + 20
    while not (ready := [b for b in app.get("download_button") if "Download costs" in b.proto.label]):
        assert time.monotonic() < deadline, said(app)
        time.sleep(0.05)
        app.run()
    assert ready
    (file,) = (source / "exports").glob("*/costs-*")
    return file.read_bytes()


def by_command(app: AppTest, source: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> bytes:
    """What the command on the page writes."""
    python, flag, module, *arguments = shlex.split(app.code[0].value.replace("\\\n", " "))
    assert (python, flag, module) == ("python", "-m", "costlib")
    folder.mkdir()
    monkeypatch.chdir(folder)
    assert main([*arguments, "--data-dir", str(source.parent)]) == 0
    (file,) = folder.glob("costs-*")
    return file.read_bytes()


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"period": "Last 7 days", "columns": ["Month", "Cost category: Team", "Tag: a,b=c"]},
        {"services": [AWKWARD, "S3"], "without_credits": "true", "columns": ["Service"], "metric": "Amortized"},
        {"accounts": "One", "without_tax": "true", "without_refunds": "true", "without_support": "true"},
        {"record_types": "Tax", "columns": ["Account"]},
    ],
    ids=["as it opens", "labels", "awkward names", "one account", "one record type"],
)
def test_the_file_and_the_command_are_the_same_bytes(
    organization: UseOrganization,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    query: dict[str, str | list[str]],
) -> None:
    source = organization(organization_of())
    app = opened(EXPORT, query)
    assert not app.exception
    assert "not understood" not in said(app)
    rows = int(metric(app, "Rows").replace(",", ""))
    file = prepared(app, source)
    assert file.count(b"\r\n") == rows + 1 > 1
    assert file == by_command(app, source, tmp_path / "out", monkeypatch)


def test_a_narrower_scope_is_in_the_file_and_in_the_command(
    organization: UseOrganization, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = organization(organization_of())
    monkeypatch.setattr(identity, "viewer", lambda: Viewer("Team lead", Scope(frozenset({"222"}))))
    app = opened(EXPORT)
    file = prepared(app, source)
    assert b"111" not in file.replace(b"-11", b"")
    assert "part of what ties out" in said(app)
    assert f"{sum(day.day for day in DAYS)}" not in said(app)
    assert file == by_command(app, source, tmp_path / "out", monkeypatch)


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


def test_a_period_whose_days_tie_out_can_be_exported_without_a_warning(organization: UseOrganization) -> None:
    organization(failing())
    app = opened(EXPORT, {"period": "Last month"})
    assert app.button(key="prepare_export").label == "Prepare CSV"


def test_filters_that_keep_nothing_make_a_file_of_a_header(organization: UseOrganization) -> None:
    source = organization(organization_of())
    app = opened(EXPORT, {"services": "Tax", "record_types": "Credit"})
    assert metric(app, "Rows") == "0"
    assert "a header without rows" in said(app)
    assert prepared(app, source) == b"charge_date,usage_account_id,service,unblended_cost\r\n"


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
    period = Period(date(2026, 3, 1), date(2026, 3, 19))
    wish = ExportRequest((), (CostMetric.unblended_cost,), Filters(period, accounts=("1", "2")), "csv")
    assert "usage_account_id=2" in wish.command(Scope(frozenset({"2", "3"})))
    assert "usage_account_id=1" not in wish.command(Scope(frozenset({"2", "3"})))
    assert "usage_account_id=none" in wish.command(Scope(frozenset({"3"})))
    assert "usage_account_id=1" in wish.command(EVERYTHING)
