"""Tables on standard output: CSV, JSON, or aligned for people."""

from __future__ import annotations

import io
import json
import sys
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TextIO

from costlib.exports import csv
from costlib.money import plain

NOT_AVAILABLE = "n/a"

Row = Sequence[object]


@dataclass(frozen=True)
class Heading:
    """The names of the columns; the first `texts` of them are words, the rest amounts."""

    names: Sequence[str]
    texts: int


def standard_output() -> TextIO:
    """Standard output in UTF-8 and with the line ends it is given, whatever the locale says."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8", newline="")
    return sys.stdout


def _print_csv(out: TextIO, heading: Heading, rows: Iterable[Row]) -> None:
    csv.write_text(out, heading.names, rows, "\n")


def _print_json(out: TextIO, heading: Heading, rows: Iterable[Row]) -> None:
    separator = "["
    for row in rows:
        record = {name: _json_value(value) for name, value in zip(heading.names, row, strict=True)}
        out.write(f"{separator}\n{json.dumps(record, ensure_ascii=False)}")
        separator = ","
    out.write("[]\n" if separator == "[" else "\n]\n")


def _json_value(value: object) -> str | None:
    if value is None:
        return None
    return plain(value) if isinstance(value, Decimal) else value.isoformat() if isinstance(value, date) else str(value)


def _print_table(out: TextIO, heading: Heading, rows: Iterable[Row]) -> None:
    """Aligned columns, decimal points below each other; holds the whole answer in memory."""
    answer = list(rows)
    texts = heading.texts
    columns = [
        _column(name, [row[i] for row in answer], "" if i < texts else NOT_AVAILABLE)
        for i, name in enumerate(heading.names)
    ]
    for line in zip(*(_aligned(column, to_the_right=i >= texts) for i, column in enumerate(columns)), strict=True):
        out.write("  ".join(line).rstrip(" ") + "\n")


def _column(name: str, values: Sequence[object], missing: str) -> list[str]:
    """Its name and cells; a word that is `missing` is nothing, an amount is not available."""
    amounts = [plain(value) for value in values if isinstance(value, Decimal)]
    digits = max((len(amount.partition(".")[2]) for amount in amounts), default=0)
    return [_one_line(name), *(_shown(value, digits, missing) for value in values)]


def _shown(value: object, digits: int, missing: str) -> str:
    if value is None:
        return missing
    return f"{value:.{digits}f}" if isinstance(value, Decimal) else _one_line(str(value))


def _one_line(text: str) -> str:
    """Control characters of a name must not move the terminal's cursor."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def _aligned(column: Sequence[str], to_the_right: bool) -> list[str]:
    """Header, a rule and the cells, all of the widest one's width."""
    width = max(map(_width, column))
    padding = [" " * (width - _width(text)) for text in column]
    cells = [pad + text if to_the_right else text + pad for text, pad in zip(column, padding, strict=True)]
    return [cells[0], "-" * width, *cells[1:]]


def _width(text: str) -> int:
    """Columns on a terminal: East Asian wide characters take two, combining ones none."""
    if text.isascii():
        return len(text)
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


PRINTERS: Mapping[str, Callable[[TextIO, Heading, Iterable[Row]], None]] = {
    "csv": _print_csv,
    "json": _print_json,
    "table": _print_table,
}
