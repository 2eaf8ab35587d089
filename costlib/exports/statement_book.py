"""Statements as a workbook: every line with what it stands on, a row a cost center, and what the file is.

A cell holds about 15 digits of an amount: where that is not all of them, the column beside it has it whole, as text.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal

import xlsxwriter
from xlsxwriter.worksheet import Worksheet

from costlib import wording
from costlib.exports.statement_lines import Line, Section, driver_in_words
from costlib.exports.statements import SHARED, Statement, Statements
from costlib.exports.xlsx import OPTIONS, is_held
from costlib.money import plain
from costlib.wording import Currency

Value = str | Decimal | date | None
LINES = {
    "cost_center": 24,
    "part": 14,
    "line": 44,
    "usage_account_id": 16,
    "service": 34,
    "rule_id": 16,
    "adjusted_month": 14,
    "share": 12,
    "pool": 18,
    "driver": 40,
    "amount": 18,
    "amount_exact": 24,
}
TOTALS = {"cost_center": 30, "own_cost": 18, "shared_cost": 18, "adjustments": 18, "total": 18, "total_exact": 24}
CHANGES = {"cost_center": 24, "reason": 30, "what": 34, "amount": 18, "amount_exact": 24}
ABOUT = {"fact": 24, "value": 90}


def workbook(found: Statements, is_sample: bool = False) -> bytes:
    """The whole file; its bytes depend on the figures alone."""
    file = io.BytesIO()
    book = xlsxwriter.Workbook(file, {**OPTIONS, "constant_memory": False, "in_memory": True})
    book.set_properties({"created": datetime(found.month.year, found.month.month, 1)})
    _sheet(book, "Statements", LINES, _lines(found))
    _sheet(book, "Totals", TOTALS, _totals(found))
    if any(statement.change for statement in found.statements):
        _sheet(book, "Since last month", CHANGES, _changes(found))
    _sheet(book, "About", ABOUT, _about(found, is_sample))
    book.close()
    return file.getvalue()


def _sheet(book: xlsxwriter.Workbook, name: str, header: dict[str, int], rows: Iterator[Sequence[Value]]) -> None:
    sheet = book.add_worksheet(name)
    sheet.freeze_panes(1, 0)
    bold, amount = book.add_format({"bold": True}), book.add_format({"num_format": "#,##0.00########"})
    month = book.add_format({"num_format": "yyyy-mm"})
    for place, (title, width) in enumerate(header.items()):
        sheet.set_column(place, place, width)
        sheet.write_string(0, place, title, bold)
    last = 0
    for last, row in enumerate(rows, 1):
        for place, value in enumerate(row):
            if isinstance(value, Decimal):
                sheet.write_number(last, place, float(value), amount)
            elif isinstance(value, date):
                sheet.write_datetime(last, place, value, month)
            elif value is not None:
                _text(sheet, last, place, value)
    sheet.autofilter(0, 0, last, len(header) - 1)


def _text(sheet: Worksheet, row: int, place: int, text: str) -> None:
    """Text is text, whatever it begins with."""
    if text:
        sheet.write_string(row, place, text)


def _exact(amount: Decimal | None) -> str:
    """All digits of an amount that its cell cannot hold; nothing for the others."""
    return plain(amount) if amount is not None and not is_held(amount) else ""


def _lines(found: Statements) -> Iterator[Sequence[Value]]:
    money = Currency(found.currency)
    for statement in found.statements:
        for line in statement.lines:
            yield statement.cost_center, *_line(found, line, money)


def _line(found: Statements, line: Line, money: Currency) -> Sequence[Value]:
    driver = driver_in_words(line, found.rules.get(line.rule_id or ""), money)
    named = (line.section.value, line.name, line.usage_account_id, line.service, line.rule_id, line.adjusted_month)
    return *named, line.share, line.pool, driver, line.amount, _exact(line.amount)


def _totals(found: Statements) -> Iterator[Sequence[Value]]:
    for statement in found.statements:
        yield statement.cost_center, *_parts(statement), statement.total, _exact(statement.total)
    yield "All statements", None, None, found.adjustments, found.total, _exact(found.total)
    if found.bill is not None:
        yield "The month's bill", None, None, None, found.bill, _exact(found.bill)
        yield "Difference, adjustments aside", None, None, None, found.difference, _exact(found.difference)


def _parts(statement: Statement) -> Sequence[Value]:
    return statement.section(Section.own), statement.section(*SHARED), statement.section(Section.adjustment)


def _changes(found: Statements) -> Iterator[Sequence[Value]]:
    for statement in found.statements:
        change, name = statement.change, statement.cost_center
        if change is None:
            continue
        yield name, wording.month_name(change.before), "statement total", change.start, _exact(change.start)
        for part in change.parts:
            yield name, part.reason, part.what, part.amount, _exact(part.amount)
        yield name, wording.month_name(found.month), "statement total", change.end, _exact(change.end)


def _about(found: Statements, is_sample: bool) -> Iterator[Sequence[Value]]:
    yield "Month", wording.month_name(found.month)
    yield "Cost", f"{found.metric.label}, {found.currency}. {found.metric.meaning} Days are UTC."
    yield "Rules", found.rules_version
    if found.closed:
        yield "Statement id", found.closed.statement_id
        yield "Closed by", found.closed.closed_by
        yield "Closed by force", found.closed.forced_because or "no"
    else:
        yield "State", f"open; {wording.count(found.estimated_days, 'day')} estimated"
        yield "Snapshot", found.snapshot_id
        yield "As of", wording.moment(found.as_of)
    if is_sample:
        yield "Sample", "A made-up organization."
