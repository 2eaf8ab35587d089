"""No file that leaves makes a spreadsheet run what somebody called an account, a service or a tag."""

from __future__ import annotations

import csv as python_csv
from contextlib import closing
from datetime import date, datetime
from pathlib import Path

import openpyxl
import pytest

from costlib.access import EVERYTHING
from costlib.cli import main as costlib
from costlib.exports import Format
from costlib.periods import Period
from costlib.queries.exporting import ExportRequest, write_export
from costlib.queries.filters import Filters
from costlib.vocabulary import CostMetric
from tests.queries.snapshots import Charge, Organization, amounts, published

LABEL = "cost_category:=Team"
STARTS = ["=", "+", "-", "@", "\t", "\r", "\n", " =", "\xa0=", "＝", "|"]
"""Those that a spreadsheet runs, after what it skips; full-width ones and pipes run in none that is known."""
TEXTS = [f"{start}cmd|'/C calc'!A0" for start in STARTS]
RUNS = ("=", "+", "-", "@", "\t", "\r", "\n")
REQUEST = ExportRequest(
    ("service", "usage_account_name", LABEL),
    (CostMetric.unblended_cost,),
    Filters(Period(date(2026, 3, 1), date(2026, 4, 1))),
)
CHARGES = [
    Charge(date(2026, 3, 1 + i), str(i), text, "Usage", amounts("-1.5"), (text,)) for i, text in enumerate(TEXTS)
]
ORGANIZATION = Organization(CHARGES, labels=(LABEL,), accounts={str(i): text for i, text in enumerate(TEXTS)})


@pytest.fixture
def exported(shelf: Path, tmp_path: Path):
    def export(format: Format) -> Path:  # noqa: A002
        file = tmp_path / f"out.{format}"
        with published(ORGANIZATION, shelf) as snapshot:
            write_export(snapshot, EVERYTHING, REQUEST, file, format, generated_at=datetime(2026, 4, 1))
        return file

    return export


def test_no_field_of_a_csv_file_begins_a_formula(exported) -> None:
    with exported(Format.csv).open(encoding="utf-8", newline="") as file:
        header, *rows = python_csv.reader(file)
    texts = [*header, *(field for row in rows for field in row[:3])]
    assert len(rows) == len(TEXTS)
    assert not [text for text in texts if text.lstrip(" \xa0").startswith(RUNS)]
    assert {row[3] for row in rows} == {"-1.5"}


def test_no_cell_of_a_workbook_is_a_formula_or_a_link(exported) -> None:
    with closing(openpyxl.load_workbook(exported(Format.xlsx))) as book:
        cells = [cell for sheet in book.worksheets for row in sheet.iter_rows() for cell in row]
    assert {cell.value for cell in cells} >= {text for text in TEXTS if text[0] not in "\t\r\n"}
    assert not [cell for cell in cells if cell.data_type == "f" or cell.hyperlink]


def test_the_command_line_prints_no_formula(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with published(ORGANIZATION, tmp_path):
        (source_dir,) = tmp_path.iterdir()
        source_dir.rename(tmp_path / "sample")
        assert costlib(["query", "--group-by", "service", "--data-dir", str(tmp_path)]) == 0
    rows = list(python_csv.reader(capsys.readouterr().out.splitlines()))
    assert len(rows) > len(TEXTS) - 3
    assert not [row for row in rows if row and row[0].lstrip(" \xa0").startswith(RUNS)]
