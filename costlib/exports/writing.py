"""One door for all formats: batches in, a file out, with its rows and sums counted on the way."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import BinaryIO, Protocol

import pyarrow as pa
import pyarrow.compute as pc

from costlib.exports import Format, csv
from costlib.exports.columnar import lines
from costlib.exports.manifest import Manifest
from costlib.money import EXACT


class Writer(Protocol):
    """A file being written."""

    def write(self, batch: pa.RecordBatch) -> None:
        """Add rows."""

    def close(self, manifest: Manifest) -> None:
        """Finish it, saying what it is where the format has room for that; only the hash is not known yet."""

    def abandon(self) -> None:
        """Let go of what the writer holds, for a file that will not be finished."""


class CsvWriter:
    """CSV has no room for facts: they are in the manifest alone."""

    def __init__(self, file: BinaryIO, names: list[str]) -> None:
        self._file = file
        csv.write(file, names, ())

    def write(self, batch: pa.RecordBatch) -> None:
        self._file.write(lines(batch))

    def close(self, manifest: Manifest) -> None:
        """Nothing is left to write."""

    def abandon(self) -> None:
        """Nothing is held."""


class Counted:
    """Batches as they pass: how many rows, and the exact sum of each metric; None once a row lacks it."""

    def __init__(self, metrics: Iterable[str]) -> None:
        self.row_count = 0
        self.sums: dict[str, Decimal | None] = {metric: Decimal(0) for metric in metrics}

    def add(self, batch: pa.RecordBatch) -> None:
        self.row_count += batch.num_rows
        for metric, held in self.sums.items():
            column = batch.column(metric)
            if held is None or column.null_count:
                self.sums[metric] = None
            elif batch.num_rows:
                self.sums[metric] = EXACT.add(held, pc.sum(column).as_py())


@dataclass(frozen=True)
class Columns:
    """What a file's columns are; `created` is the time that a format insists on, and is the data's, not the clock's."""

    schema: pa.Schema
    created: datetime


def open_writer(format: Format, file: BinaryIO, columns: Columns) -> Writer:  # noqa: A002
    """The writer of a format over an open binary file, which stays open."""
    from costlib.exports.parquet import ParquetWriter
    from costlib.exports.xlsx import XlsxWriter

    match format:
        case Format.csv:
            return CsvWriter(file, columns.schema.names)
        case Format.xlsx:
            return XlsxWriter(file, columns.schema, columns.created)
        case Format.parquet:
            return ParquetWriter(file, columns.schema)


def hash_of(file: Path) -> str:
    """The SHA-256 of a file's bytes."""
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()
