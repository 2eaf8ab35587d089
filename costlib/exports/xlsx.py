"""Workbooks that finance can compute with: typed cells, a frozen header, and a sheet that says what they are.

A cell holds a binary number of about 15 digits, an amount up to 38. Each amount that a cell cannot hold exactly is
also listed, as text, on a sheet of its own, so that nothing is lost and everybody can see where. The bytes depend on
the data and the question alone: the time of writing is not in them. Rows go to disk as they come: memory stays flat.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa
import xlsxwriter
from xlsxwriter.worksheet import Worksheet

from costlib.errors import UsageError
from costlib.exports.about import TOTALS_HEADER, statements, totals
from costlib.exports.manifest import Manifest
from costlib.money import plain

DATA, ABOUT, EXACT = "Data", "About", "Exact amounts"
MOST_ROWS = 1_048_576
LONGEST_TEXT = 32_767
WIDTHS = {"date": 12, "amount": 18, "text": 32}
EXACT_HEADER = ("sheet", "row", "column", "amount")
OPTIONS = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
    "default_date_format": "yyyy-mm-dd",
}


def is_held(amount: Decimal) -> bool:
    """Whether a cell gives the amount back exactly: as the workbook writes it, read by any program."""
    return Decimal(repr(float(f"{float(amount):.16G}"))) == amount


class Pages:
    """Sheets of one header; one that is full goes on in another: `Data`, `Data 2` …"""

    def __init__(self, book: xlsxwriter.Workbook, name: str, begin: Callable[[Worksheet], None]) -> None:
        self._book, self._name, self._begin = book, name, begin
        self._sheets: list[Worksheet] = []
        self._row = MOST_ROWS - 1

    def next_row(self) -> tuple[Worksheet, int]:
        """Where the next row goes; the header is row 0."""
        if self._row + 1 >= MOST_ROWS:
            self.add_sheet()
        self._row += 1
        return self._sheets[-1], self._row

    def add_sheet(self) -> None:
        number = len(self._sheets) + 1
        sheet = self._book.add_worksheet(self._name if number == 1 else f"{self._name} {number}")
        sheet.freeze_panes(1, 0)
        self._begin(sheet)
        self._sheets.append(sheet)
        self._row = 0

    def filled(self) -> Iterator[tuple[Worksheet, int]]:
        """Each sheet with its last row."""
        return ((sheet, self._row if sheet is self._sheets[-1] else MOST_ROWS - 1) for sheet in self._sheets)


class XlsxWriter:
    """Writes one workbook, row by row."""

    def __init__(self, file: BinaryIO, schema: pa.Schema, created: datetime) -> None:
        self._book = xlsxwriter.Workbook(file, OPTIONS)
        self._book.set_properties({"created": created})
        self._names = schema.names
        self._kinds = [_kind(field.type) for field in schema]
        self._bold = self._book.add_format({"bold": True})
        self._formats = {
            "amount": self._book.add_format({"num_format": "#,##0.00########"}),
            "date": self._book.add_format({"num_format": "yyyy-mm-dd"}),
            "text": None,
        }
        self._data = Pages(self._book, DATA, self._begin_data)
        self._data.add_sheet()
        self._about = self._book.add_worksheet(ABOUT)
        self._exact = Pages(self._book, EXACT, self._begin_exact)
        self._not_held = 0

    def write(self, batch: pa.RecordBatch) -> None:
        for row in zip(*(column.to_pylist() for column in batch.columns), strict=True):
            self._write_row(*self._data.next_row(), row)

    def close(self, manifest: Manifest) -> None:
        """Finish the workbook: what it is, and the amounts that its cells cannot hold."""
        for sheet, last in self._data.filled():
            sheet.autofilter(0, 0, last, len(self._names) - 1)
        self._write_about(manifest)
        self._book.close()

    def abandon(self) -> None:
        """Remove the files in which the library keeps the rows of its sheets until the end."""
        for sheet in self._book.worksheets():
            sheet.row_data_fh.close()
            Path(sheet.row_data_filename).unlink(missing_ok=True)

    def _begin_data(self, sheet: Worksheet) -> None:
        for place, (name, kind) in enumerate(zip(self._names, self._kinds, strict=True)):
            sheet.set_column(place, place, max(WIDTHS[kind], min(len(name), 40) + 2), self._formats[kind])
            self._write_text(sheet, 0, place, name, bold=True)

    def _write_row(self, sheet: Worksheet, row: int, values: Sequence[object]) -> None:
        for place, value in enumerate(values):
            if isinstance(value, Decimal):
                sheet.write_number(row, place, float(value), self._formats["amount"])
                if not is_held(value):
                    self._write_exact((sheet.get_name(), row + 1, self._names[place]), value)
            elif isinstance(value, date):
                sheet.write_datetime(row, place, value, self._formats["date"])
            elif value is not None:
                self._write_text(sheet, row, place, str(value))

    def _write_text(self, sheet: Worksheet, row: int, place: int, text: str, bold: bool = False) -> None:
        """Text is text, whatever it begins with."""
        if len(text) > LONGEST_TEXT:
            raise UsageError(
                f"A name of {len(text):,} characters does not fit a cell, which holds {LONGEST_TEXT:,}.",
                "Export as CSV or Parquet.",
            )
        sheet.write_string(row, place, text, self._bold if bold else None)

    def _write_about(self, manifest: Manifest) -> None:
        """The facts, a row each; below them the totals, exact and so as text."""
        sheet = self._about
        for place, width in enumerate((24, 32, 32, 32, 36)):
            sheet.set_column(place, place, width)
        facts = [*statements(manifest), *self._notes()]
        for row, (name, text) in enumerate(facts):
            self._write_text(sheet, row, 0, name, bold=True)
            self._write_text(sheet, row, 1, shortened(text))
        self._write_table(sheet, len(facts) + 1, [TOTALS_HEADER, *totals(manifest)])

    def _write_table(self, sheet: Worksheet, top: int, rows: Sequence[Sequence[str]]) -> None:
        for row, texts in enumerate(rows, top):
            for place, text in enumerate(texts):
                self._write_text(sheet, row, place, text, bold=row == top)

    def _notes(self) -> Iterator[tuple[str, str]]:
        if self._not_held:
            yield (
                "Digits",
                f"{self._not_held:,} amounts have more digits than a cell holds: the sheet {EXACT!r} has them as"
                " text. CSV and Parquet hold every digit.",
            )

    def _begin_exact(self, sheet: Worksheet) -> None:
        for place, (name, width) in enumerate(zip(EXACT_HEADER, (12, 10, 24, 32), strict=True)):
            sheet.set_column(place, place, width)
            self._write_text(sheet, 0, place, name, bold=True)

    def _write_exact(self, where: tuple[str, int, str], amount: Decimal) -> None:
        """List an amount that its cell, by sheet, row and column, cannot hold."""
        self._not_held += 1
        sheet, row = self._exact.next_row()
        of_sheet, number, column = where
        self._write_text(sheet, row, 0, of_sheet)
        sheet.write_number(row, 1, number)
        self._write_text(sheet, row, 2, column)
        self._write_text(sheet, row, 3, plain(amount))


def shortened(text: str) -> str:
    """What fits a cell of a long list of facts; the manifest has all of it."""
    return text if len(text) <= LONGEST_TEXT else f"{text[: LONGEST_TEXT - 1]}…"


def _kind(of: pa.DataType) -> str:
    if pa.types.is_decimal(of):
        return "amount"
    return "date" if pa.types.is_date(of) else "text"
