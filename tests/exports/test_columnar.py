"""CSV made of whole columns is, byte for byte, the CSV made of rows."""

from __future__ import annotations

import io
from datetime import date
from decimal import Decimal

import pyarrow as pa
from hypothesis import example, given
from hypothesis import strategies as st

from costlib.exports import csv
from costlib.exports.columnar import lines

texts = st.text(max_size=8) | st.sampled_from(["=1", "'x", "a,b", 'q"', "\r", "\n", " =2", "", "＝1"])
amounts = (
    st.none()
    | st.decimals(-(10**27), 10**27, places=10)
    | st.sampled_from([Decimal("-0.0000000092"), Decimal("0E-10"), Decimal("1.5"), Decimal(100), Decimal("1E+20")])
)
rows = st.lists(st.tuples(texts, st.dates(date(1, 1, 1)), amounts, amounts), max_size=12)


def by_row(header: list[str], found: list[tuple[object, ...]]) -> bytes:
    file = io.BytesIO()
    csv.write(file, header, found)
    return file.getvalue()


@given(rows, st.integers(1, 5))
@example([("=x", date(2026, 1, 1), Decimal("-0.0000000092"), None), ("=x", date(2026, 1, 1), Decimal(0), None)], 2)
def test_columns_and_rows_write_the_same_bytes(found, size):
    header = ["name", "day", "a", "b"]
    kinds = [pa.string(), pa.date32(), pa.decimal128(38, 10), pa.decimal128(38, 10)]
    arrays = [pa.array([row[i] for row in found], kind) for i, kind in enumerate(kinds)]
    table = pa.table(arrays, names=header)
    written = b"".join(bytes(lines(batch)) for batch in table.to_batches(max_chunksize=size))
    assert by_row(header, []) + written == by_row(header, found)
    sliced = table.slice(1)
    part = b"".join(bytes(lines(batch)) for batch in sliced.to_batches())
    assert by_row(header, []) + part == by_row(header, found[1:])


@given(st.lists(amounts, max_size=5))
def test_a_single_column_too(found):
    table = pa.table({"a": pa.array(found, pa.decimal128(38, 10))})
    written = b"".join(bytes(lines(batch)) for batch in table.to_batches())
    assert by_row(["a"], []) + written == by_row(["a"], [(amount,) for amount in found])
