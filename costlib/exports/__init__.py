"""Tidy tables to files: CSV, workbooks, Parquet, and the manifest that says what a file is."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path

from costlib.errors import UnknownName


class Format(StrEnum):
    """What a file is written as; values are also its ending."""

    csv = "csv"
    xlsx = "xlsx"
    parquet = "parquet"

    @property
    def mime(self) -> str:
        return {
            "csv": "text/csv",
            "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            "parquet": "application/vnd.apache.parquet",
        }[self.value]


def format_of(file: Path, named: str | None = None) -> Format:
    """The format that is named, or that the file's ending says. Raises UnknownName for any other."""
    word = named or file.suffix.removeprefix(".").lower()
    try:
        return Format(word)
    except ValueError:
        raise UnknownName("format", word, [known.value for known in Format]) from None
