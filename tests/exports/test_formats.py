"""One export in every format, read by everybody's reader: the same rows and the same totals, to the last digit."""

from __future__ import annotations

import csv as python_csv
import hashlib
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import duckdb
import openpyxl
import pandas as pd
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from costlib.access import EVERYTHING
from costlib.errors import UsageError
from costlib.exports import Format
from costlib.exports.manifest import Manifest, Tie, manifest_path, read_manifest
from costlib.exports.reading import read_rows
from costlib.exports.xlsx import ABOUT, DATA, EXACT, is_held
from costlib.periods import Period
from costlib.queries.breakdown import breakdown_rows
from costlib.queries.exporting import ExportRequest, write_export
from costlib.queries.filters import Filters
from costlib.store.snapshot import Snapshot, open_current
from costlib.vocabulary import COST_METRICS, CostMetric
from tests.queries.snapshots import Charge, Organization, amounts, published

NOW = datetime(2026, 11, 25, 12)
METRICS = (CostMetric.unblended_cost, CostMetric.net_amortized_cost)
LARGE = "12345678901234567.1234567891"
NASTY = ["=HYPERLINK(1)", "'quoted", "a,b", 'say "x"', "line\nbreak", " =2", "_x0041_", "tab\there", "Ünï 漢字", "-1"]
DAY_AND_SERVICE = ("charge_date", "service")
MONTH_OF_NASTY = Period(date(2026, 3, 1), date(2026, 4, 1))


@pytest.fixture
def snapshot(sample_data_dir: Path) -> Iterator[Snapshot]:
    opened = open_current(sample_data_dir / "sample")
    yield opened
    opened.close()


@pytest.fixture
def recent(snapshot: Snapshot) -> Filters:
    """The last two months of the sample: enough to hold every kind of charge."""
    return Filters(Period(date(2026, 10, 1), snapshot.period.end))


def export(snapshot: Snapshot, folder: Path, format: Format, request: ExportRequest) -> tuple[Path, Manifest]:  # noqa: A002
    file = folder / f"out.{format}"
    return file, write_export(snapshot, EVERYTHING, request, file, format, generated_at=NOW, overwrite=True)


def asked(snapshot: Snapshot, request: ExportRequest) -> list[tuple[object, ...]]:
    return list(breakdown_rows(snapshot, EVERYTHING, request.filters, request.dimensions, request.metrics))


def sheets(file: Path) -> dict[str, list[tuple[object, ...]]]:
    """Every sheet's rows, as openpyxl reads them."""
    with closing(openpyxl.load_workbook(file, read_only=True)) as book:
        return {sheet.title: list(sheet.iter_rows(values_only=True)) for sheet in book.worksheets}


@contextmanager
def nasty(shelf: Path) -> Iterator[Snapshot]:
    """Names that break files, and amounts that a cell cannot hold."""
    charges = [
        Charge(date(2026, 3, 1 + i), "111", name, "Usage", amounts(LARGE if i % 2 else "-0.0000000092"))
        for i, name in enumerate(NASTY)
    ]
    control = [(c.charge_date, c.record_type, *c.amounts, NOW) for c in charges]
    with published(Organization(charges, rows={"control_totals": control}), shelf) as snapshot:
        yield snapshot


def test_every_reader_finds_the_totals_that_the_manifest_states(
    snapshot: Snapshot, recent: Filters, tmp_path: Path
) -> None:
    dimensions = ("charge_date", "usage_account_id", "service", "cost_category:Team")
    request = ExportRequest(dimensions, METRICS, recent)
    totals: dict[str, Decimal] = {}
    file, manifest = export(snapshot, tmp_path, Format.csv, request)
    with file.open(encoding="utf-8", newline="") as opened:
        totals["csv"] = sum((Decimal(row["unblended_cost"]) for row in python_csv.DictReader(opened)), Decimal(0))
    frame = pd.read_csv(file, dtype=str)
    totals["pandas"] = sum(map(Decimal, frame["unblended_cost"]), Decimal(0))
    ((totals["duckdb"],),) = duckdb.execute(
        f"SELECT SUM(unblended_cost) FROM read_csv('{file}', types={{'unblended_cost': 'DECIMAL(38,10)'}})"
    ).fetchall()
    file, _ = export(snapshot, tmp_path, Format.parquet, request)
    column = pq.read_table(file).column("unblended_cost")
    assert str(column.type) == "decimal128(38, 10)"
    totals["pyarrow"] = sum(column.to_pylist(), Decimal(0))
    file, _ = export(snapshot, tmp_path, Format.xlsx, request)
    totals["openpyxl"] = sum((Decimal(str(row[4])) for row in sheets(file)[DATA][1:]), Decimal(0))
    assert set(totals.values()) == {manifest.sums["unblended_cost"]}
    assert manifest.row_count == len(frame)


@pytest.mark.parametrize("format", list(Format))
def test_an_export_reads_back_as_the_rows_that_were_asked_for(shelf: Path, tmp_path: Path, format: Format) -> None:  # noqa: A002
    with nasty(shelf) as snapshot:
        request = ExportRequest(DAY_AND_SERVICE, METRICS, Filters(MONTH_OF_NASTY))
        file, _ = export(snapshot, tmp_path, format, request)
        assert list(read_rows(file, format, [True, False], 2)) == asked(snapshot, request)


@pytest.mark.parametrize("format", list(Format))
def test_the_same_question_to_the_same_snapshot_gives_the_same_bytes(
    snapshot: Snapshot,
    recent: Filters,
    tmp_path: Path,
    format: Format,  # noqa: A002
) -> None:
    request = ExportRequest(("service",), COST_METRICS, recent)
    file, first = export(snapshot, tmp_path, format, request)
    content = file.read_bytes()
    _, second = export(snapshot, tmp_path, format, request)
    assert file.read_bytes() == content
    assert first == second
    assert first.sha256 == hashlib.sha256(content).hexdigest()


@pytest.mark.parametrize("first", ["charge_date", "billing_month"])
def test_months_one_by_one_are_the_rows_of_the_whole(snapshot: Snapshot, tmp_path: Path, first: str) -> None:
    period = Period(date(2026, 1, 11), snapshot.period.end)
    request = ExportRequest((first, "record_type"), METRICS, Filters(period))
    file, _ = export(snapshot, tmp_path, Format.csv, request)
    assert list(read_rows(file, Format.csv, [True, False], 2)) == asked(snapshot, request)


def test_a_workbook_has_typed_cells_a_frozen_header_and_says_what_it_is(shelf: Path, tmp_path: Path) -> None:
    with nasty(shelf) as snapshot:
        request = ExportRequest(DAY_AND_SERVICE, METRICS, Filters(MONTH_OF_NASTY).without(["tax"]))
        file, _ = export(snapshot, tmp_path, Format.xlsx, request)
    with closing(openpyxl.load_workbook(file)) as book:
        sheet = book[DATA]
        assert sheet.freeze_panes == "A2"
        assert [cell.value for cell in sheet[1]] == [*DAY_AND_SERVICE, *METRICS]
        assert [{cell.data_type for cell in sheet[column][1:]} for column in "ABC"] == [{"d"}, {"s"}, {"n"}]
    about = {row[0]: row[1:] for row in sheets(file)[ABOUT]}
    assert {name: about[name][0] for name in ("Columns", "First day", "Last day", "Left out", "Snapshot", "Rows")} == {
        "Columns": "Day, Service",
        "First day": "2026-03-01",
        "Last day": "2026-03-10",
        "Left out": "tax",
        "Snapshot": "s1",
        "Rows": "10",
    }
    total = "61728394506172835.6172838995"
    assert about["Metric"] == ("Total of the rows", "AWS's own total", "Difference", "Tie-out")
    assert about["Unblended"] == (total, total, "0", "ties out")
    assert EXACT in str(about["Digits"][0])
    assert {row[3] for row in sheets(file)[EXACT][1:]} == {LARGE}


@given(st.decimals(-(10**27), 10**27, places=10))
def test_an_amount_is_held_by_a_cell_or_known_not_to_be(amount: Decimal) -> None:
    assert is_held(amount) == (Decimal(str(float(f"{float(amount):.16G}"))) == amount)
    assert is_held(Decimal("99999.1234567891"))


def test_a_full_sheet_goes_on_in_another(shelf: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("costlib.exports.xlsx.MOST_ROWS", 4)
    with nasty(shelf) as snapshot:
        request = ExportRequest(DAY_AND_SERVICE, METRICS, Filters(MONTH_OF_NASTY))
        file, manifest = export(snapshot, tmp_path, Format.xlsx, request)
        assert list(read_rows(file, Format.xlsx, [True, False], 2)) == asked(snapshot, request)
    data = [name for name in sheets(file) if name.startswith(DATA)]
    assert data == [DATA, f"{DATA} 2", f"{DATA} 3", f"{DATA} 4"]
    with closing(openpyxl.load_workbook(file)) as book:
        assert [book[name].auto_filter.ref for name in data] == ["A1:D4", "A1:D4", "A1:D4", "A1:D2"]
    assert manifest.row_count == len(NASTY)


def test_a_name_too_long_for_a_cell_is_refused_and_leaves_no_file(shelf: Path, tmp_path: Path) -> None:
    charge = Charge(date(2026, 3, 1), "111", "x" * 40_000, "Usage", amounts("1"))
    with published(Organization([charge]), shelf) as snapshot:
        request = ExportRequest(("service",), METRICS, Filters(MONTH_OF_NASTY))
        with pytest.raises(UsageError, match="does not fit a cell"):
            export(snapshot, tmp_path, Format.xlsx, request)
    assert list(tmp_path.iterdir()) == []


def test_the_manifest_states_the_question_and_can_be_read_back(
    snapshot: Snapshot, recent: Filters, tmp_path: Path
) -> None:
    labels = (("cost_category:Team", ("Unallocated", "Data")),)
    filters = Filters(recent.period, services=("AWS Lambda",), labels=labels).without(["tax", "credits"])
    file, manifest = export(snapshot, tmp_path, Format.csv, ExportRequest(("billing_month",), METRICS, filters))
    held = read_manifest(manifest_path(file).read_text(encoding="utf-8"), "m")
    assert held == manifest
    assert held.where == {"service": ("AWS Lambda",), "cost_category:Team": ("Unallocated", "Data")}
    assert held.left_out == ("tax", "credits")
    assert (held.snapshot_id, held.generated_at) == (snapshot.snapshot_id, NOW)


@pytest.mark.parametrize("filters", ["none", "record types", "label", "without tax"])
def test_what_aws_has_a_total_for_is_tied_to_it(
    snapshot: Snapshot, recent: Filters, tmp_path: Path, filters: str
) -> None:
    chosen = {
        "none": recent,
        "record types": Filters(recent.period, record_types=("Usage", "Credit")),
        "label": Filters(recent.period, labels=(("cost_category:Team", ("Data", "Unallocated")),)),
        "without tax": recent.without(["tax"]),
    }[filters]
    _, manifest = export(snapshot, tmp_path, Format.csv, ExportRequest(("service",), COST_METRICS, chosen))
    for metric, tie in manifest.tie_out.items():
        assert tie.ties_out is True
        assert tie.stored == tie.control == manifest.sums[metric]


def test_a_tie_out_that_fails_is_stated(shelf: Path, tmp_path: Path) -> None:
    charge = Charge(date(2026, 3, 1), "111", "EC2", "Usage", amounts("1"))
    control = [(date(2026, 3, 1), False, *amounts("1.02"))]
    with published(Organization([charge], daily_totals=control), shelf) as snapshot:
        request = ExportRequest(("service",), METRICS, Filters(MONTH_OF_NASTY))
        file, manifest = export(snapshot, tmp_path, Format.xlsx, request)
    assert manifest.failing["unblended_cost"].difference == Decimal("-0.02")
    about = {row[0]: row[1:] for row in sheets(file)[ABOUT]}
    assert about["Unblended"] == ("1", "1.02", "-0.02", "DOES NOT TIE OUT")


def test_a_total_that_aws_never_stated_is_not_zero(shelf: Path, tmp_path: Path) -> None:
    charge = Charge(date(2026, 3, 1), "111", "EC2", "Usage", amounts("1"))
    with published(Organization([charge]), shelf) as snapshot:
        request = ExportRequest(("service",), METRICS, Filters(MONTH_OF_NASTY, record_types=("Usage",)))
        _, manifest = export(snapshot, tmp_path, Format.csv, request)
    assert manifest.tie_out["unblended_cost"] == Tie(Decimal(1), None, None)


names = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=6)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(names, st.decimals(-(10**12), 10**12, places=10)), max_size=6, unique_by=lambda row: row[0]))
def test_any_names_and_amounts_round_trip_in_csv_and_parquet(
    shelf: Path, tmp_path: Path, found: list[tuple[str, Decimal]]
) -> None:
    charges = [Charge(date(2026, 3, 1), "1", name, "Usage", amounts(str(amount))) for name, amount in found]
    with published(Organization(charges), shelf) as snapshot:
        request = ExportRequest(("service",), METRICS, Filters(MONTH_OF_NASTY))
        for format in (Format.csv, Format.parquet):  # noqa: A001
            file, _ = export(snapshot, tmp_path, format, request)
            assert list(read_rows(file, format, [False], 1)) == asked(snapshot, request)
