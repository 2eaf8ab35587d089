"""Exported files, read back: rows of words, days and exact amounts, one after the other, whatever the format."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import openpyxl
import pyarrow.parquet as pq
from openpyxl.utils.escape import unescape
from openpyxl.workbook import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from costlib.errors import ManifestUnreadable
from costlib.exports import Format, csv

Row = tuple[object, ...]


def read_rows(file: Path, format: Format, dates: Sequence[bool], words: int) -> Iterator[Row]:  # noqa: A002
    """The rows of a file that was exported: the first `words` columns are text, or days where `dates` says so; the
    rest are amounts, None where not available.

    Raises ManifestUnreadable when it is no such file any more.
    """
    kinds: list[Callable[[object], object]] = [_day if is_date else _text for is_date in dates]
    try:
        for row in _READERS[format](file):
            values = zip(row, [*kinds, *([_amount] * (len(row) - words))], strict=True)
            yield tuple(kind(value) for value, kind in values)
    except (ValueError, ArithmeticError, TypeError, KeyError, OSError, EOFError, ImportError, SyntaxError) as error:
        raise ManifestUnreadable(
            f"{file} cannot be read as {format}: {error}.", "Get an unharmed copy, or export it again."
        ) from error


def _csv(file: Path) -> Iterator[Sequence[object]]:
    with file.open(encoding="utf-8", newline="") as opened:
        _, rows = csv.read(opened)
        yield from rows


def _parquet(file: Path) -> Iterator[Sequence[object]]:
    for batch in pq.ParquetFile(file).iter_batches(50_000):
        yield from zip(*(column.to_pylist() for column in batch.columns), strict=True)


def _xlsx(file: Path) -> Iterator[Sequence[object]]:
    """Cells, with the amounts that cells cannot hold put in from their own sheet."""
    from costlib.exports.xlsx import DATA, EXACT

    try:
        opened = openpyxl.load_workbook(file, read_only=True)
    except zipfile.BadZipFile as error:
        raise ValueError(str(error)) from error
    with closing(opened) as book:
        exact = _exact(row for sheet in _pages(book, EXACT) for row in sheet.iter_rows(min_row=2, values_only=True))
        for sheet in _pages(book, DATA):
            yield from _rows(sheet.title, sheet.iter_rows(values_only=True), exact)


def _pages(book: Workbook, name: str) -> Iterator[Worksheet]:
    """The sheets of a name, and those it goes on in."""
    return (sheet for sheet in book.worksheets if sheet.title == name or sheet.title.startswith(f"{name} "))


Exact = Mapping[tuple[str, int], Mapping[str, str]]
"""(sheet, row) → column → the amount that its cell cannot hold."""


def _rows(sheet: str, rows: Iterator[Sequence[object]], exact: Exact) -> Iterator[Sequence[object]]:
    header = [str(name) for name in next(rows)]
    for number, row in enumerate(rows, 2):
        held = exact.get((sheet, number), {})
        yield [held.get(name, _unescaped(value)) for name, value in zip(header, row, strict=True)]


def _unescaped(value: object) -> object:
    """A workbook writes characters that XML cannot hold as `_x0001_`, and such a text itself with its `_` escaped."""
    return unescape(value) if isinstance(value, str) else value


def _exact(rows: Iterator[Sequence[object]]) -> Exact:
    found: dict[tuple[str, int], dict[str, str]] = {}
    for sheet, number, column, amount in rows:
        found.setdefault((str(sheet), int(str(number))), {})[str(column)] = str(amount)
    return found


def _text(value: object) -> str:
    return "" if value is None else str(value)


def _day(value: object) -> date:
    if isinstance(value, datetime):
        return value.date()
    return value if isinstance(value, date) else date.fromisoformat(str(value))


def _amount(value: object) -> Decimal | None:
    if value is None or value == "":
        return None
    return value if isinstance(value, Decimal) else Decimal(str(value))


_READERS: Mapping[Format, Callable[[Path], Iterator[Sequence[object]]]] = {
    Format.csv: _csv,
    Format.xlsx: _xlsx,
    Format.parquet: _parquet,
}
