"""The lines of one statement as people read them: own cost, each shared line with its share, and their total."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

import pyarrow as pa

from costlib.allocation.rules import Method, Rule
from costlib.money import plain, ratio, total
from costlib.ui import wording
from costlib.ui.context import PageContext
from costlib.ui.rankings import file_name
from costlib.ui.showback_month import ShownMonth, in_words
from costlib.ui.tables import Column, Kind, TableView
from costlib.ui.wording import Currency

MONEY = pa.decimal128(38, 10)


class By(StrEnum):
    """How own cost is told apart; values are what people read."""

    service = "Service"
    account = "Account"
    both = "Account and service"


class Section(StrEnum):
    """What a line is; values are what people read."""

    own = "Own cost"
    shared = "Shared cost"
    moved_out = "Moved out"
    adjustment = "Adjustment"


@dataclass(frozen=True)
class Line:
    """One line: where its amount comes from, and for a shared one the share of which pool it is."""

    section: Section
    name: str
    amount: Decimal | None
    usage_account_id: str | None = None
    service: str | None = None
    rule_id: str | None = None
    adjusted_month: date | None = None
    driver: Decimal | None = None
    driver_total: Decimal | None = None
    pool: Decimal | None = None

    @property
    def share(self) -> Decimal | None:
        return ratio(self.driver, self.driver_total) if self.driver is not None and self.driver_total else None

    @property
    def label(self) -> str:
        """What it is called in the list of lines and in a link."""
        return f"{self.section}: {self.name}"


def lines_of(context: PageContext, shown: ShownMonth, table: pa.Table, by: By) -> tuple[Line, ...]:
    """The lines of one cost center's `statement`: own cost summed up `by`, the rest as it is."""
    rows = table.to_pylist()
    own: dict[tuple[str, str], list[Decimal | None]] = {}
    for row in rows:
        if row["kind"] == "direct":
            own.setdefault(_own_key(row, by), []).append(row["amount"])
    found = [_own_line(context, by, key, total(amounts)) for key, amounts in own.items()]
    found.sort(key=lambda line: (-abs(line.amount or Decimal(0)), line.name))
    return (*found, *(_line(shown, row) for row in rows if row["kind"] != "direct"))


def section_total(lines: Sequence[Line], *sections: Section) -> Decimal | None:
    """What the lines of some sections come to."""
    return total(line.amount for line in lines if line.section in sections)


def driver_in_words(line: Line, rule: Rule | None, currency: Currency) -> str:
    """What a share is computed from: `$23,340.39 of $161,523.49`, `1 of 6`, `34% agreed`."""
    if line.section is Section.moved_out:
        return "taken out by the rule"
    if rule is not None and rule.method is Method.fixed_charge:
        return "agreed amount"
    if line.driver is None or line.driver_total is None:
        return ""
    if rule is not None and rule.method is Method.fixed:
        return f"{plain(line.driver)}% agreed"
    if line.driver == 1 and line.driver_total == int(line.driver_total):
        return f"1 of {int(line.driver_total)}, in equal parts"
    return f"{currency.exact(line.driver)} of {currency.exact(line.driver_total)}"


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


def _own_key(row: Mapping[str, str], by: By) -> tuple[str, str]:
    account = row["usage_account_id"] if by is not By.service else ""
    return account, row["service"] if by is not By.account else ""


def _own_line(context: PageContext, by: By, key: tuple[str, str], amount: Decimal | None) -> Line:
    account, service = key
    named = context.account_names.get(account, account)
    name = {By.service: service, By.account: named, By.both: f"{named} › {service}"}[by]
    return Line(Section.own, wording.one_line(name), amount, account or None, service or None)


def _line(shown: ShownMonth, row: Mapping[str, object]) -> Line:
    amount = row["amount"] if isinstance(row["amount"], Decimal) else None
    month = row["adjusted_month"]
    if isinstance(month, date):
        return Line(Section.adjustment, f"{in_words(month)}, restated", amount, adjusted_month=month)
    rule_id = str(row["rule_id"])
    rule = shown.rules.by_id.get(rule_id) if shown.rules else None
    section = Section.moved_out if _is_source(row, rule) else Section.shared
    driver, whole, pool = (value if isinstance(value := row[n], Decimal) else None for n in DRIVER)
    return Line(
        section, shown.rule_name(rule_id), amount, rule_id=rule_id, driver=driver, driver_total=whole, pool=pool
    )


DRIVER = ("driver", "driver_total", "pool")


def _is_source(row: Mapping[str, object], rule: Rule | None) -> bool:
    """A line without a driver is the source's, but for fixed charges, which have none at all."""
    if row["driver"] is not None:
        return False
    return rule is None or rule.method is not Method.fixed_charge or rule.source.cost_center == row["cost_center"]
