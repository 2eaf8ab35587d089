"""The CSV of `csv`, byte for byte, made of whole columns: an Arrow batch in, its lines out.

A row at a time, Python takes longer to write a row than DuckDB to find it. Texts repeat, so each distinct one is
written once; amounts become text in Arrow, except the few that Arrow would write with an exponent.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable

import pyarrow as pa
import pyarrow.compute as pc

from costlib.exports.csv import FILE_LINE_END, cell
from costlib.money import plain


def lines(batch: pa.RecordBatch) -> memoryview | bytes:
    """The rows of a batch as CSV lines, to be written as they are."""
    if not batch.num_rows:
        return b""
    if batch.num_columns == 1:
        return _one_column(batch.column(0))
    columns = [_texts(column) for column in batch.columns]
    columns[-1] = pc.binary_join_element_wise(columns[-1], pa.scalar(FILE_LINE_END), pa.scalar(""))
    return _bytes(pc.binary_join_element_wise(*columns, pa.scalar(",")))


def _one_column(column: pa.Array) -> bytes:
    """Python's csv quotes an empty field that stands alone, or a reader would take the line for no row."""
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator=FILE_LINE_END).writerows([cell(value)] for value in column.to_pylist())
    return text.getvalue().encode()


def _bytes(texts: pa.Array) -> memoryview:
    """The texts one after the other, without a copy: an Arrow column of text is just that."""
    _, offsets, data = texts.buffers()
    ends = memoryview(offsets).cast("i")
    return memoryview(data)[ends[texts.offset] : ends[texts.offset + len(texts)]]


def _texts(column: pa.Array) -> pa.Array:
    if pa.types.is_decimal(column.type):
        return _amounts(column)
    return _once_each(column, lambda value: _quoted(cell(value)))


def _amounts(column: pa.Array) -> pa.Array:
    """`plain` of every amount; nothing where there is none."""
    texts = pc.cast(column, pa.string())
    texts = pc.utf8_rtrim(pc.utf8_rtrim(texts, "0"), ".")
    odd = pc.or_(pc.equal(column, 0), pc.match_substring(texts, "E"))
    if column.type.scale == 0 or pc.any(odd).as_py():
        rewritten = pa.array([plain(value) for value in column.filter(odd).to_pylist()], pa.string())
        texts = pc.replace_with_mask(texts, pc.fill_null(odd, False), rewritten)
    return pc.fill_null(texts, "")


def _once_each(column: pa.Array, written: Callable[[object], str]) -> pa.Array:
    """`written` of every value, computed once for each distinct one."""
    encoded = column.dictionary_encode(null_encoding="encode")
    texts = pa.array([written(value) for value in encoded.dictionary.to_pylist()], pa.string())
    return texts.take(encoded.indices)


def _quoted(field: str) -> str:
    """A field that stands beside others, quoted as Python's csv does it."""
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator=FILE_LINE_END).writerow([field, ""])
    return text.getvalue().removesuffix("," + FILE_LINE_END)
