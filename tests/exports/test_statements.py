"""Files of statements: they add up to the bill, explain each line, hold no live name, and stay as they were closed."""

from __future__ import annotations

import io
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from costlib.access import EVERYTHING, Scope
from costlib.errors import UsageError
from costlib.exports.statement_book import workbook
from costlib.exports.statement_html import rendered
from costlib.exports.statements import Statements, file_name
from costlib.money import total
from costlib.queries.showback import Book, Question, bill, statement
from costlib.queries.statement_file import statements
from costlib.store.snapshot import open_current
from costlib.vocabulary import COST_METRICS, CostMetric
from tests.exports.test_report import HOSTILE, LEADS_OUT, Page
from tests.queries.ruled import CHARGES, FEBRUARY, JANUARY, RULES, charge, close, put_rules, restate, ruled
from tests.queries.snapshots import Charge

TINY = "0.0000000001"


def sheet(file: bytes, name: str) -> list[dict[str, Any]]:
    book = openpyxl.load_workbook(io.BytesIO(file))
    header, *rows = book[name].iter_rows(values_only=True)
    return [dict(zip(map(str, header), row, strict=True)) for row in rows]


def whole(row: dict[str, Any], column: str = "amount") -> Decimal:
    """What the cell says, or the text beside it that has every digit."""
    return Decimal(row[f"{column}_exact"] or str(row[column]))


def opened_file(source: Path, scope: Scope = EVERYTHING, cost_center: str | None = None) -> Statements:
    with closing(open_current(source)) as snapshot:
        return statements(snapshot, scope, Question(FEBRUARY), cost_center)


@pytest.mark.parametrize("metric", COST_METRICS)
def test_a_workbook_of_all_statements_sums_to_the_bill_to_the_last_digit(tmp_path: Path, metric: str) -> None:
    odd = [*CHARGES, charge("2026-02-14", "A", f"123456789012.{TINY[2:]}"), charge("2026-02-14", "B", TINY)]
    with ruled(tmp_path, odd) as (snapshot, _):
        asked = Question(FEBRUARY, CostMetric(metric))
        file = workbook(statements(snapshot, EVERYTHING, asked))
        truth = bill(snapshot, EVERYTHING, asked)
        exact = {str(row["cost_center"]) for row in statement(snapshot, EVERYTHING, asked).to_pylist()}
    assert total(whole(row) for row in sheet(file, "Statements")) == truth
    totals = {row["cost_center"]: whole(row, "total") for row in sheet(file, "Totals")}
    assert totals.pop("All statements") == totals.pop("The month's bill") == truth
    assert totals.pop("Difference, adjustments aside") == 0
    assert set(totals) == exact
    assert total(totals.values()) == truth


def test_a_shared_line_has_its_rule_share_pool_and_driver(tmp_path: Path) -> None:
    with ruled(tmp_path) as (_, source):
        found = opened_file(source, cost_center="A")
    rows = {row["line"]: row for row in sheet(workbook(found), "Statements")}
    support = rows["AWS Support"]
    assert (support["rule_id"], support["share"], support["pool"], support["amount"]) == ("support", 0.4, 30, 12)
    assert support["driver"] == "$160.00 of $400.00"
    page = Page(rendered(found)).text
    assert "The support fee follows use." in page
    for said in ("40.00%", "$30.00", "$12.00", "1 of 2, in equal parts", "$192.00", "$317.00"):
        assert said in page


def test_the_parts_of_the_change_lead_from_the_month_before_to_the_total(tmp_path: Path) -> None:
    with ruled(tmp_path) as (_, source):
        found = opened_file(source)
    for one in found.statements:
        assert one.change is not None
        assert one.change.start + sum((part.amount for part in one.change.parts), Decimal()) == one.change.end
        assert one.change.end == one.total
    rows = [row for row in sheet(workbook(found), "Since last month") if row["cost_center"] == "A"]
    assert total(whole(row) for row in rows[:-1]) == whole(rows[-1]) == 192


def test_a_page_of_all_statements_ends_in_the_bill_and_a_difference_of_nothing(tmp_path: Path) -> None:
    with ruled(tmp_path) as (_, source):
        page = Page(rendered(opened_file(source), is_sample=True)).text
    assert "The month's bill\n$480.00" in page.replace("\n\n", "\n")
    assert "Difference, adjustments aside" in page
    assert "Sample data: a made-up organization" in page


def test_the_same_figures_make_the_same_bytes(tmp_path: Path) -> None:
    with ruled(tmp_path) as (_, source):
        assert workbook(opened_file(source)) == workbook(opened_file(source))
        assert rendered(opened_file(source)) == rendered(opened_file(source))


def test_names_stay_text_in_every_file(tmp_path: Path) -> None:
    hostile = [*HOSTILE, "=1+1", "@SUM(A1)", "+cmd|' /C calc'!A0", "-2+3"]
    charges = [Charge(FEBRUARY, "1", name, "Usage", CHARGES[0].amounts, (name,)) for name in hostile]
    with ruled(tmp_path, charges) as (_, source):
        found = opened_file(source)
    page = Page(rendered(found))
    assert not {"script", "img", "iframe", "a"} & {tag for tag, _ in page.elements}
    assert not any(name in LEADS_OUT or name.startswith("on") for _, attributes in page.elements for name in attributes)
    book = openpyxl.load_workbook(io.BytesIO(workbook(found)))
    kinds = {cell.data_type for rows in book for row in rows.iter_rows() for cell in row}
    assert "f" not in kinds
    services = {row["service"] for row in sheet(workbook(found), "Statements")}
    assert {"=1+1", "@SUM(A1)", "+cmd|' /C calc'!A0", "-2+3"} <= services


def test_a_file_as_closed_has_the_same_bytes_whatever_comes_after(tmp_path: Path) -> None:
    with ruled(tmp_path) as (_, source):
        close(source, JANUARY)
        before = [write(as_closed(source)) for write in (workbook, rendered)]
        restate(source, "2026-01-11", "B", "-77")
        put_rules(source, RULES.replace('"even"', '"proportional"'), note="anew")
        assert [write(as_closed(source)) for write in (workbook, rendered)] == before
        later = opened_file(source)
    assert b"Nothing changes it any more" in before[1]
    assert "January 2026, restated" in Page(rendered(later)).text
    assert later.adjustments == -77
    assert later.difference == 0


def as_closed(source: Path) -> Statements:
    with closing(open_current(source)) as snapshot:
        return statements(snapshot, EVERYTHING, Question(JANUARY, book=Book.as_closed))


def test_a_lead_takes_the_own_statement_along_and_nobody_elses(tmp_path: Path) -> None:
    with ruled(tmp_path) as (_, source):
        lead = Scope(frozenset({"1"}), frozenset({"A"}))
        found = opened_file(source, lead)
        assert [one.cost_center for one in found.statements] == ["A"]
        assert found.bill is None
        with pytest.raises(UsageError, match="'B' has no statement of 2026-02"):
            opened_file(source, lead, "B")


def test_a_file_is_named_by_whose_it_is_its_month_and_whether_it_is_final() -> None:
    assert file_name(JANUARY, None, is_closed=False) == "statements-2026-01"
    assert file_name(JANUARY, "R&D / ../x", is_closed=True) == "statement-R-D------x-2026-01-as-closed"
