"""Workbooks that finance can compute with: typed cells, a frozen header, and a sheet that says what they are.

A cell holds a binary number of about 15 digits, an amount up to 38. Each amount that a cell cannot hold exactly is
also listed, as text, on a sheet of its own, so that nothing is lost and everybody can see where. The bytes depend on
the data and the question alone: the time of writing is not in them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa
import xlsxwriter
from xlsxwriter.worksheet import Worksheet

from costlib.errors import UsageError
from costlib.money import plain

DATA, ABOUT, EXACT = "Data", "About", "Exact amounts"
MOST_ROWS = 1_048_576
LONGEST_TEXT = 32_767
MOST_EXACT = MOST_ROWS - 1
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


class XlsxWriter:
    """Writes one workbook row by row; a data sheet that is full goes on in another."""

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
        self._sheets: list[Worksheet] = []
        self._row = MOST_ROWS
        self._not_held: list[tuple[str, int, str, Decimal]] = []

    def write(self, batch: pa.RecordBatch) -> None:
        for row in zip(*(column.to_pylist() for column in batch.columns), strict=True):
            if self._row >= MOST_ROWS:
                self._add_sheet()
            self._write_row(row)
            self._row += 1

    def close(self, facts: Mapping[str, str]) -> None:
        """Finish the workbook: what it is, and the amounts that its cells cannot hold."""
        if not self._sheets:
            self._add_sheet()
        for sheet in self._sheets:
            sheet.autofilter(0, 0, min(self._row, MOST_ROWS) - 1, len(self._names) - 1)
        self._write_about(facts)
        if self._not_held:
            self._write_exact()
        self._book.close()

    def abandon(self) -> None:
        """Remove the files in which the library keeps the rows of its sheets until the end."""
        for sheet in self._book.worksheets():
            sheet.row_data_fh.close()
            Path(sheet.row_data_filename).unlink(missing_ok=True)

    def _add_sheet(self) -> None:
        number = len(self._sheets) + 1
        sheet = self._book.add_worksheet(DATA if number == 1 else f"{DATA} {number}")
        sheet.freeze_panes(1, 0)
        for place, (name, kind) in enumerate(zip(self._names, self._kinds, strict=True)):
            sheet.set_column(place, place, max(WIDTHS[kind], min(len(name), 40) + 2), self._formats[kind])
            self._write_text(sheet, 0, place, name, bold=True)
        self._sheets.append(sheet)
        self._row = 1

    def _write_row(self, row: tuple[object, ...]) -> None:
        sheet = self._sheets[-1]
        for place, value in enumerate(row):
            if isinstance(value, Decimal):
                sheet.write_number(self._row, place, float(value), self._formats["amount"])
                if not is_held(value):
                    self._not_held.append((sheet.get_name(), self._row + 1, self._names[place], value))
            elif isinstance(value, date):
                sheet.write_datetime(self._row, place, value, self._formats["date"])
            elif value is not None:
                self._write_text(sheet, self._row, place, str(value))

    def _write_text(self, sheet: Worksheet, row: int, place: int, text: str, bold: bool = False) -> None:
        """Text is text, whatever it begins with."""
        if len(text) > LONGEST_TEXT:
            raise UsageError(
                f"A name of {len(text):,} characters does not fit a cell, which holds {LONGEST_TEXT:,}.",
                "Export as CSV or Parquet.",
            )
        sheet.write_string(row, place, text, self._bold if bold else None)

    def _write_about(self, facts: Mapping[str, str]) -> None:
        sheet = self._book.add_worksheet(ABOUT)
        sheet.set_column(0, 0, 24, self._bold)
        sheet.set_column(1, 1, 100)
        for row, (name, text) in enumerate([*facts.items(), *self._notes()]):
            self._write_text(sheet, row, 0, name, bold=True)
            self._write_text(sheet, row, 1, text[:LONGEST_TEXT])

    def _notes(self) -> Iterator[tuple[str, str]]:
        if self._not_held:
            yield (
                "digits",
                f"{len(self._not_held):,} amounts have more digits than a cell holds: the sheet {EXACT!r} has them as"
                " text. CSV and Parquet hold every digit.",
            )

    def _write_exact(self) -> None:
        if len(self._not_held) > MOST_EXACT:
            raise UsageError(
                f"{len(self._not_held):,} amounts have more digits than a cell holds.", "Export as CSV or Parquet."
            )
        sheet = self._book.add_worksheet(EXACT)
        sheet.freeze_panes(1, 0)
        for place, (name, width) in enumerate(zip(EXACT_HEADER, (12, 10, 24, 32), strict=True)):
            sheet.set_column(place, place, width)
            self._write_text(sheet, 0, place, name, bold=True)
        for row, (of_sheet, number, column, amount) in enumerate(self._not_held, 1):
            self._write_text(sheet, row, 0, of_sheet)
            sheet.write_number(row, 1, number)
            self._write_text(sheet, row, 2, column)
            self._write_text(sheet, row, 3, plain(amount))


def _kind(of: pa.DataType) -> str:
    if pa.types.is_decimal(of):
        return "amount"
    return "date" if pa.types.is_date(of) else "text"
