"""`python -m costlib export`: the same rows as `query`, in a file."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path

import pytest

from costlib.cli import main
from costlib.exports import csv
from tests.queries.snapshots import Charge, Organization, amounts, published

CHARGES = [
    Charge(date(2026, 3, 1), "111", "EC2", "Usage", amounts("1.50")),
    Charge(date(2026, 3, 2), "111", "@S3", "Credit", amounts("-0.0000000092", net_amortized_cost=None)),
]
CONTROL = [(c.charge_date, c.record_type, *c.amounts, datetime(2026, 3, 3)) for c in CHARGES]
ORGANIZATION = Organization(CHARGES, rows={"control_totals": CONTROL})
Export = Callable[..., str]


@pytest.fixture
def export(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Export:
    """What `export` says on stderr; stdout stays empty. Files are named relative to the working folder."""
    data = tmp_path / "data"
    with published(ORGANIZATION, data):
        (source,) = data.iterdir()
        source.rename(data / "sample")
    (tmp_path / "out").mkdir()
    monkeypatch.chdir(tmp_path / "out")

    def run(*flags: str, exit_code: int = 0) -> str:
        assert main(["export", "--data-dir", str(data), *flags]) == exit_code
        captured = capsys.readouterr()
        assert captured.out == ""
        return captured.err

    return run


def test_an_export_is_a_csv_file_and_says_how_much_is_in_it(export: Export) -> None:
    said = export("--group-by", "charge_date,service", "--metric", "unblended_cost,net_amortized_cost", "-o", "a.csv")
    assert said.splitlines()[0] == (
        "a.csv: 2 rows; unblended_cost 1.4999999908 USD, ties out; net_amortized_cost not available in every row"
    )
    assert Path("a.csv").read_bytes() == (
        b"charge_date,service,unblended_cost,net_amortized_cost\r\n"
        b"2026-03-01,EC2,1.5,1.5\r\n"
        b"2026-03-02,'@S3,-0.0000000092,\r\n"
    )
    with Path("a.csv").open(encoding="utf-8", newline="") as file:
        _, rows = csv.read(file)
        assert [row[1] for row in rows] == ["EC2", "@S3"]


def test_an_export_takes_the_flags_of_query(export: Export) -> None:
    said = export("--where", "record_type=Usage", "--start", "2026-03-01", "--end", "2026-03-02", "-o", "a.csv")
    assert said.startswith("a.csv: 1 row; unblended_cost 1.5 USD, ")
    assert Path("a.csv").read_bytes() == b"unblended_cost\r\n1.5\r\n"


def test_an_existing_file_is_kept_without_force(export: Export) -> None:
    Path("a.csv").write_text("mine")
    assert "--force" in export("-o", "a.csv", exit_code=2)
    assert Path("a.csv").read_text() == "mine"
    export("-o", "a.csv", "--force")
    assert Path("a.csv").read_text().startswith("unblended_cost")


def test_an_export_that_cannot_be_made_leaves_no_file(export: Export) -> None:
    assert "Did you mean 'service'" in export("--group-by", "servce", "-o", "a.csv", exit_code=2)
    assert "region" in export("--group-by", "region", "-o", "a.csv", exit_code=2)
    assert os.listdir() == []


def test_an_export_of_nothing_is_a_header(export: Export) -> None:
    said = export("--group-by", "service", "--where", "service=none", "-o", "a.csv")
    assert said.startswith("a.csv: 0 rows; unblended_cost 0 USD, AWS has no total for these filters\n")
    assert Path("a.csv").read_bytes() == b"service,unblended_cost\r\n"


def test_a_sum_that_does_not_tie_out_is_said_and_is_the_exit_code(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    control = [(date(2026, 3, 1), False, *amounts("1.52")), (date(2026, 3, 2), False, *amounts("0"))]
    with published(Organization(CHARGES[:1], daily_totals=control), tmp_path):
        (source,) = tmp_path.iterdir()
        source.rename(tmp_path / "sample")
    file = tmp_path / "a.csv"
    assert main(["export", "--data-dir", str(tmp_path), "-o", str(file)]) == 1
    assert "does NOT tie out: AWS's total differs by -0.02" in capsys.readouterr().err
    assert file.exists()
