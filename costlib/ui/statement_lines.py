"""The lines of one statement as a table of the page: own cost, each shared line with its share, and their total."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

import pyarrow as pa

from costlib.allocation.rules import Rule
from costlib.exports import statement_lines
from costlib.exports.statement_lines import By, Line, Names, Section, driver_in_words, section_total
from costlib.money import total
from costlib.ui.context import PageContext
from costlib.ui.rankings import file_name
from costlib.ui.showback_month import ShownMonth
from costlib.ui.tables import Column, Kind, TableView

MONEY = pa.decimal128(38, 10)


def lines_of(context: PageContext, shown: ShownMonth, table: pa.Table, by: By) -> tuple[Line, ...]:
    """The lines of one cost center's `statement`: own cost summed up `by`, the rest as it is."""
    rules: Mapping[str, Rule] = shown.rules.by_id if shown.rules else {}
    return statement_lines.lines_of(table.to_pylist(), by, Names(context.account_names, rules, shown.rule_name))


COLUMNS = (
    Column("line", "Line", Kind.name, width=215),
    Column("amount", "Amount", Kind.money, width=103),
    Column("share", "Share", Kind.share, "The part of the pool: driver of driver total.", width=110),
    Column("pool", "Pool", Kind.money, "All that the rule moved this month.", width=115),
    Column("driver", "Driver", Kind.text, "What the share is computed from.", width=230),
    Column("part", "Part", Kind.text, width=105),
)


def table_of(
    context: PageContext, shown: ShownMonth, cost_center: str, lines: Sequence[Line]
) -> tuple[TableView, tuple[Line | None, ...]]:
    """The statement as a table that ends in its total, and the line that each row stands for: None is a sum."""
    rows = list(_rows(context, shown, lines))
    values = pa.table(
        [
            pa.array([row[0] for row in rows], pa.string()),
            *(pa.array([row[i] for row in rows], pa.decimal128(38, 10)) for i in (1, 2, 3)),
            *(pa.array([row[i] for row in rows], pa.string()) for i in (4, 5)),
        ],
        names=[column.name for column in COLUMNS],
    )
    view = TableView(
        values,
        COLUMNS,
        context.currency,
        file_name(f"statement {cost_center} {shown.month:%Y-%m} {context.filters.metric}"),
        f"Statement of {cost_center}, {shown.words}",
        empty="",
        whole=True,
    )
    return view, tuple(row[6] for row in rows)


Row = tuple[str, Decimal | None, Decimal | None, Decimal | None, str, str, Line | None]


def _rows(context: PageContext, shown: ShownMonth, lines: Sequence[Line]) -> Iterator[Row]:
    groups: tuple[tuple[str, tuple[Section, ...]], ...] = (
        ("Own cost, total", (Section.own,)),
        ("Shared cost, total", (Section.shared, Section.moved_out)),
        ("Adjustments, total", (Section.adjustment,)),
    )
    rules: Mapping[str, Rule] = shown.rules.by_id if shown.rules else {}
    for name, sections in groups:
        members = [line for line in lines if line.section in sections]
        for line in members:
            driver = driver_in_words(line, rules.get(line.rule_id or ""), context.currency)
            yield line.name, line.amount, _rounded(line.share), line.pool, driver, line.section, line
        if members or Section.own in sections:
            yield name, section_total(lines, *sections), None, None, "", "Sum", None
    yield "Statement total", total(line.amount for line in lines), None, None, "", "Total", None


def _rounded(share: Decimal | None) -> Decimal | None:
    return None if share is None else share.quantize(Decimal("1e-10"))
