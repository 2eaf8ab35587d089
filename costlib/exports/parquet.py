"""Parquet with exact amounts: DECIMAL(38,10), days as dates, written batch by batch."""

from __future__ import annotations

from typing import BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from costlib.exports.manifest import Manifest


class ParquetWriter:
    """Writes one file; its own metadata say what the manifest says, but for the hash of the file itself."""

    def __init__(self, file: BinaryIO, schema: pa.Schema) -> None:
        self._writer = pq.ParquetWriter(file, schema, compression="zstd")

    def write(self, batch: pa.RecordBatch) -> None:
        self._writer.write_batch(batch)

    def close(self, manifest: Manifest) -> None:
        """Finish the file with what it is."""
        self._writer.add_key_value_metadata(manifest.facts())
        self._writer.close()

    def abandon(self) -> None:
        """Finish the file that nobody will see: the library knows no other end."""
        self._writer.close()
