"""CSV that spreadsheets cannot mistake for formulas and programs can read back exactly.

RFC 4180: UTF-8 without a byte order mark, a header, commas, CRLF (files) and double quotes around what needs them.
Days are ISO, times ISO in UTC, amounts plain decimals at full precision, "not available" is an empty field.

A text that a spreadsheet would run as a formula (it begins with = + - @, a tab or a line end, blanks before it not
counted) is written with an apostrophe before it, and so is a text that begins with an apostrophe itself. To restore the
text, drop one leading apostrophe: `read` does. Numbers are never touched: they cannot be formulas, and `-1.5` is one.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Any, BinaryIO, TextIO

from costlib.money import plain

if TYPE_CHECKING:
    import pyarrow as pa

GUARD = "'"
FORMULA_STARTS = frozenset("=+-@\t\r\n＝＋－＠")
"""What makes Excel, LibreOffice or Google Sheets take a cell for a formula; the wide forms do in East Asian locales."""
FILE_LINE_END = "\r\n"


def write(file: BinaryIO, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Stream a header and rows of str, Decimal, int, bool, date, datetime or None into `file`, which stays open."""
    text = io.TextIOWrapper(file, encoding="utf-8", newline="")
    write_text(text, header, rows, FILE_LINE_END)
    text.detach()


def write_text(file: TextIO, header: Sequence[str], rows: Iterable[Sequence[object]], line_end: str) -> None:
    """The same into an open text file that translates no line ends."""
    writer = csv.writer(file if line_end == FILE_LINE_END else _LineEnds(file, line_end), lineterminator=FILE_LINE_END)
    writer.writerow([guarded(name) for name in header])
    writer.writerows([cell(value) for value in row] for row in rows)


def record(values: Sequence[object]) -> bytes:
    """One row of a file, for rows that come one by one."""
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator=FILE_LINE_END).writerow([cell(value) for value in values])
    return text.getvalue().encode()


class _LineEnds:
    """Writes each record with another line end. Python's csv quotes only the line ends that it is told to write, and a
    lone CR in a text needs its quotes whatever the records end with."""

    def __init__(self, file: TextIO, line_end: str) -> None:
        self._file, self._line_end = file, line_end

    def write(self, record: str) -> int:
        return self._file.write(record.removesuffix(FILE_LINE_END) + self._line_end)


def table_bytes(table: pa.Table) -> bytes:
    """A whole Arrow table as a CSV file, for downloads."""
    columns = [column.to_pylist() for column in table.columns]
    file = io.BytesIO()
    write(file, table.column_names, zip(*columns, strict=True))
    return file.getvalue()


def read(file: TextIO) -> tuple[list[str], Iterator[list[str]]]:
    """The header and the rows of a file that `write` wrote, opened with `newline=""`; every text as it was."""
    rows = ([unguarded(field) for field in row] for row in csv.reader(file, strict=True))
    return next(rows, []), rows


def cell(value: object) -> str:
    """One value as CSV shows it: str, Decimal, int, float, bool, date, datetime (UTC) or None."""
    return _CELLS.get(type(value), str)(value)


@lru_cache(maxsize=10_000)
def guarded(text: str) -> str:
    """`text`, with an apostrophe before it if a spreadsheet would run it, or if it begins with one.

    Remembers the last texts: a file repeats few of them very often.
    """
    is_formula = text.lstrip(" \xa0")[:1] in FORMULA_STARTS
    return GUARD + text if is_formula or text.startswith(GUARD) else text


def unguarded(field: str) -> str:
    """The text that `guarded` was given."""
    return field.removeprefix(GUARD)


_CELLS: dict[type, Callable[[Any], str]] = {
    type(None): lambda _: "",
    str: guarded,
    Decimal: plain,
    bool: lambda value: "true" if value else "false",
    datetime: lambda value: f"{value.isoformat(timespec='seconds')}Z",
    date: date.isoformat,
}
