"""`python -m costlib report`: a file, and its five sentences on stderr."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path

import pytest

from costlib.cli import main
from costlib.periods import Period
from tests.queries.snapshots import Charge, Organization, amounts, published

DAYS = list(Period(date(2026, 2, 1), date(2026, 3, 20)))
ORGANIZATION = Organization(
    [Charge(day, "111", "EC2", "Usage", amounts(str(day.month))) for day in DAYS], as_of=datetime(2026, 3, 20, 6)
)
Report = Callable[..., str]


@pytest.fixture
def report(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Report:
    """What `report` says on stderr; stdout stays empty. Files are named relative to the working folder."""
    data = tmp_path / "data"
    with published(ORGANIZATION, data):
        (source,) = data.iterdir()
        source.rename(data / "sample")
    (tmp_path / "out").mkdir()
    monkeypatch.chdir(tmp_path / "out")

    def run(*flags: str, exit_code: int = 0) -> str:
        assert main(["report", "--data-dir", str(data), *flags]) == exit_code
        captured = capsys.readouterr()
        assert captured.out == ""
        return captured.err

    return run


def test_a_report_is_one_file_and_its_sentences_are_told(report: Report) -> None:
    told = report("--month", "2026-03", "-o", "march.html").splitlines()
    assert told[0] == "march.html:"
    assert told[1].startswith(
        "  In unblended cost, the first 18 days of March 2026 came to $54.00: $18.00 (50.0%) more"
    )
    assert len(told) == 6
    page = Path("march.html").read_text(encoding="utf-8")
    assert "Sample data" in page
    assert all(sentence.strip() in page.replace("&#39;", "'") for sentence in told[1:])


def test_the_same_month_of_the_same_snapshot_makes_the_same_bytes(report: Report) -> None:
    report("--month", "2026-02", "-o", "one.html")
    report("--month", "2026-02", "-o", "two.html")
    assert Path("one.html").read_bytes() == Path("two.html").read_bytes()


def test_another_metric_is_named(report: Report) -> None:
    assert "In net amortized cost" in report("--month", "2026-02", "--metric", "net_amortized_cost", "-o", "a.html")
    assert "Did you mean 'blended_cost'" in report(
        "--month", "2026-02", "--metric", "blendet_cost", "-o", "b.html", exit_code=2
    )


@pytest.mark.parametrize("month", ["2026-3", "2026-13", "March", "2026-03-01", "1999-01"])
def test_what_is_not_a_month_is_refused_with_an_example(report: Report, month: str) -> None:
    assert "YYYY-MM" in report("--month", month, "-o", "a.html", exit_code=2)
    assert not Path("a.html").exists()


def test_a_month_that_is_not_stored_leaves_no_file(report: Report) -> None:
    assert "Nothing is stored for 2025-01-01" in report("--month", "2025-01", "-o", "a.html", exit_code=2)
    assert not Path("a.html").exists()


def test_an_existing_file_is_kept_without_force(report: Report) -> None:
    Path("a.html").write_text("mine")
    assert "--force" in report("--month", "2026-02", "-o", "a.html", exit_code=2)
    assert Path("a.html").read_text() == "mine"
    report("--month", "2026-02", "-o", "a.html", "--force")
    assert Path("a.html").read_text().startswith("<!DOCTYPE html>")
