"""CSV: golden bytes, harmless in a spreadsheet, the same text back."""

from __future__ import annotations

import csv as standard_csv
import io
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal

import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from costlib.exports import csv

FORMULAS = [
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\n=1",
    " =1",
    "  -2+3",
    "＝1",
    '=HYPERLINK("http://x","y")',
]


def written(header: Sequence[str], rows: Sequence[Sequence[object]]) -> bytes:
    file = io.BytesIO()
    csv.write(file, header, rows)
    return file.getvalue()


def read_back(data: bytes) -> tuple[list[str], list[list[str]]]:
    header, rows = csv.read(io.StringIO(data.decode("utf-8"), newline=""))
    return header, list(rows)


def test_a_file_is_these_bytes() -> None:
    rows = [
        ("EC2", date(2026, 3, 1), Decimal("-0.0000000092"), True, datetime(2026, 3, 1, 12, 30)),
        ('a,"b"\nc', None, Decimal("12.5000000000"), False, None),
        ("=1+1", date(2026, 3, 2), Decimal("0E-10"), None, None),
        ("'tis", None, Decimal("12345678901234567890.0000000001"), None, None),
        ("Zürich 服务 $", None, Decimal("1E+3"), None, None),
    ]
    assert (
        written(["service", "charge_date", "unblended_cost", "is_estimated", "at"], rows)
        == (
            "service,charge_date,unblended_cost,is_estimated,at\r\n"
            "EC2,2026-03-01,-0.0000000092,true,2026-03-01T12:30:00Z\r\n"
            '"a,""b""\nc",,12.5,false,\r\n'
            "'=1+1,2026-03-02,0,,\r\n"
            "''tis,,12345678901234567890.0000000001,,\r\n"
            "Zürich 服务 $,,1000,,\r\n"
        ).encode()
    )


@pytest.mark.parametrize("text", FORMULAS)
def test_a_text_that_a_spreadsheet_would_run_is_guarded(text: str) -> None:
    assert csv.guarded(text) == f"'{text}"
    assert csv.unguarded(csv.guarded(text)) == text


@pytest.mark.parametrize("text", ["", "EC2", "a=b", "Amazon - S3", "$x", "1-2", " x", "(=1)"])
def test_a_harmless_text_is_written_as_it_is(text: str) -> None:
    assert csv.guarded(text) == text


def test_a_negative_amount_is_a_number_not_a_formula() -> None:
    assert csv.cell(Decimal("-1.50")) == "-1.5"
    assert csv.cell(-3) == "-3"
    assert csv.cell("-1.50") == "'-1.50"


TEXTS = st.one_of(st.text(), st.text("=+-@'\t\r\n,\"$ ;a\u2028\x00", max_size=6))


@given(st.lists(st.lists(TEXTS, min_size=3, max_size=3), max_size=5), st.lists(TEXTS, min_size=3, max_size=3))
@example([["a\rb", "\n", "\r\n"]], ["", "'", "''"])
def test_any_text_comes_back_and_none_is_a_formula(rows: list[list[str]], header: list[str]) -> None:
    data = written(header, rows)
    assert read_back(data) == (header, rows)
    for row in standard_csv.reader(io.StringIO(data.decode(), newline="")):
        assert not any(field.lstrip(" ").startswith(tuple("=+-@\t\r\n")) for field in row)


@given(st.lists(st.lists(TEXTS, min_size=2, max_size=2), max_size=5))
@example([["a\rb", "\n"]])
def test_any_text_comes_back_from_lines_that_end_in_a_newline_too(rows: list[list[str]]) -> None:
    file = io.StringIO(newline="")
    csv.write_text(file, ["a", "b"], rows, "\n")
    assert file.getvalue().startswith("a,b\n")
    header, found = csv.read(io.StringIO(file.getvalue(), newline=""))
    assert (header, list(found)) == (["a", "b"], rows)


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**27), max_value=10**27, places=10))
def test_any_amount_comes_back_exactly(amount: Decimal) -> None:
    _, ((field,),) = read_back(written(["unblended_cost"], [[amount]]))
    assert Decimal(field) == amount
    assert "e" not in field.lower()


def test_a_table_downloads_as_the_bytes_it_shows() -> None:
    table = pa.table(
        {
            "service": pa.array(["EC2", "=x", None]),
            "charge_date": pa.array([date(2026, 3, 1), None, None], pa.date32()),
            "amount": pa.array([Decimal("1.5"), None, Decimal("-2")], pa.decimal128(38, 10)),
            "share": pa.array([0.25, None, -1.0]),
        }
    )
    assert csv.table_bytes(table) == (
        b"service,charge_date,amount,share\r\nEC2,2026-03-01,1.5,0.25\r\n'=x,,,\r\n,,-2,-1.0\r\n"
    )
    assert csv.table_bytes(table.slice(0, 0)) == b"service,charge_date,amount,share\r\n"


def test_an_empty_file_reads_as_nothing() -> None:
    header, rows = csv.read(io.StringIO("", newline=""))
    assert (header, list(rows)) == ([], [])
