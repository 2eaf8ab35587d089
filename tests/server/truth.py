"""What each published snapshot holds, by SQL over its file, and what of a drawn page is not of the snapshot it names.

A page is torn when one of its figures is another snapshot's: its large figures, the sum of its table, the highest point
of its chart, AWS's total behind the tie-out badge, and the moment that its footers name.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa

from costlib.access import EVERYTHING
from costlib.periods import DAY, Comparison, Granularity, Period, Preset, compared_period, month_of, preset_period
from costlib.queries.options import options
from costlib.queries.showback import Question, statement
from costlib.store.snapshot import Snapshot, open_snapshot
from costlib.ui import wording
from costlib.ui.wording import Currency
from tests.server.asks import NOTHING, Ask, Choices
from tests.server.publishing import TRUTH
from tests.server.session import Drawn

HALF_A_CENT = Decimal("0.005")
_NAMED = re.compile(r"Snapshot (\S+)\.$", re.MULTILINE)
_CONTROL = re.compile(r"add up to AWS's own total, (\S+)\. Snapshot")
_AS_OF = re.compile(r"as of (\d[^·\n]*? UTC)")
_HIGHEST = re.compile(r"^Stacked chart: cost by (?:service|account)\..* Highest: (.+?) \(", re.MULTILINE)
_STATEMENT = re.compile(r"^Statement of (.+), (\w+ \d{4})$", re.MULTILINE)


@dataclass(frozen=True)
class Figure:
    """One figure as the page says it, and as it is in the snapshot that the page names."""

    what: str
    said: object
    true: object


class Sum(NamedTuple):
    """Of a table's column of costs, each rounded to the cent."""

    amount: Decimal
    rows: int

    def is_of(self, amount: Decimal) -> bool:
        return abs(self.amount - amount) <= self.rows * HALF_A_CENT


@dataclass
class Page:
    """What is kept of a drawn page until it is judged: texts, metrics and the sums of tables."""

    ask: Ask
    text: str
    metrics: dict[str, str] = field(default_factory=dict)
    sums: list[Sum] = field(default_factory=list)

    @classmethod
    def of(cls, ask: Ask, drawn: Drawn) -> Page:
        return cls(ask, drawn.text, dict(drawn.metrics), [_sum(data, ask.metric.value) for data in drawn.tables])

    @property
    def snapshot_id(self) -> str | None:
        found = _NAMED.search(self.text)
        return found.group(1) if found else None


class Truth:
    """The published snapshots of a folder (`publishing.Publisher`), each opened when a page first names it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / TRUTH
        self.of = cache(self._of)

    def _of(self, snapshot_id: str) -> Held:
        return Held(open_snapshot(self._folder, snapshot_id))

    def figures(self, page: Page) -> list[Figure]:
        """Every figure of the page that the snapshot it names can be asked for."""
        if page.snapshot_id is None:
            return [Figure("the snapshot's name", None, "on every page")]
        return list(_figures(page, self.of(page.snapshot_id)))

    def torn(self, page: Page) -> list[str]:
        """What is not of the snapshot that the page names."""
        return [
            f"{page.ask.page or 'overview'}?{page.ask.query} says {figure.what} {figure.said}, snapshot "
            f"{page.snapshot_id} {figure.true}"
            for figure in self.figures(page)
            if figure.said != figure.true
        ]


class Held:
    """One snapshot's sums."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot
        self.currency = Currency(snapshot.currency)
        found = options(snapshot, EVERYTHING)
        self._ids = {name: key for key, name in found.account_labels.items()}
        self.choices = Choices(snapshot.period, list(self._ids), found.services)
        self.last_day = min(max(snapshot.complete_through, snapshot.period.start), snapshot.period.last_day)

    def period(self, ask: Ask) -> Period:
        standard = preset_period(Preset.last_30_days, self.last_day)
        return ask.period or standard.clip(self.snapshot.period) or self.snapshot.period

    def by_day(self, ask: Ask, period: Period) -> dict[date, Decimal]:
        """What the ask's selection cost on each day that has a charge."""
        kept = [("usage_account_id", [self._ids[name] for name in ask.accounts]), ("service", list(ask.services))]
        where = "".join(f" AND {column} IN ({', '.join('?' * len(values))})" for column, values in kept if values)
        sql = (
            f"SELECT charge_date, SUM({ask.metric.value}) FROM charges WHERE charge_date >= ? AND charge_date < ?"
            f"{where} GROUP BY charge_date"
        )
        parameters = [period.start, period.end, *(value for _, values in kept for value in values)]
        return dict(self.snapshot.rows(sql, parameters))  # type: ignore[arg-type]

    def total(self, ask: Ask, period: Period) -> Decimal | None:
        """None where nothing was charged."""
        days = self.by_day(ask, period)
        return sum(days.values(), Decimal(0)) if days else None

    def control(self, ask: Ask) -> Decimal:
        ((amount,),) = self.snapshot.rows(f"SELECT SUM({ask.metric.value}) FROM daily_totals")
        return amount  # type: ignore[return-value]

    def statement_total(self, ask: Ask, cost_center: str, month: date) -> Decimal:
        lines = statement(self.snapshot, EVERYTHING, Question(month, ask.metric), cost_center)
        return sum(lines.column("amount").to_pylist(), Decimal(0))


def _figures(page: Page, held: Held) -> Iterator[Figure]:
    said = _CONTROL.search(page.text)
    yield Figure("AWS's total", said and said.group(1), _text(held, held.control(page.ask)))
    for moment in sorted(set(_AS_OF.findall(page.text))):
        yield Figure("as of", moment, wording.moment(held.snapshot.as_of))
    yield from _FIGURES[page.ask.page](page, held)


def _of_overview(page: Page, held: Held) -> Iterator[Figure]:
    last, month = held.last_day, month_of(held.last_day)
    before = month_of(month.start - DAY)
    periods = {
        "Last complete day": Period(last, last + DAY),
        "Month to date": Period(month.start, last + DAY),
        "Last month": before,
    }
    for label, period in periods.items():
        yield from _metric(page, held, f"{label} ·", period)


def _of_drill_down(page: Page, held: Held) -> Iterator[Figure]:
    period = held.period(page.ask)
    days = held.by_day(page.ask, period)
    yield Figure("that nothing matches", NOTHING in page.text, not days)
    yield from _metric(page, held, "Total, ", period)
    yield from _table(page, sum(days.values(), Decimal(0)) if days else None)
    if days and page.ask.granularity is Granularity.daily:
        said = _HIGHEST.search(page.text)
        yield Figure("the highest day", said and said.group(1), held.currency.exact(max(days.values())))


def _of_cost_categories(page: Page, held: Held) -> Iterator[Figure]:
    yield from _table(page, held.total(page.ask, held.period(page.ask)))


def _of_changes(page: Page, held: Held) -> Iterator[Figure]:
    period = held.period(page.ask)
    yield from _metric(page, held, "Now ·", period)
    before = compared_period(period, Comparison.previous_period)
    if before and before.start >= held.snapshot.period.start:
        yield from _metric(page, held, "Before ·", before)


def _of_statement(page: Page, held: Held) -> Iterator[Figure]:
    found = _STATEMENT.search(page.text)
    if not found:
        yield Figure("the statement's name", None, "on the page")
        return
    month = datetime.strptime(found.group(2), "%B %Y").date()
    total = held.statement_total(page.ask, found.group(1), month)
    yield Figure("Statement total", page.metrics.get("Statement total"), _text(held, total))


_FIGURES = {
    "": _of_overview,
    "services": _of_drill_down,
    "accounts": _of_drill_down,
    "cost_categories": _of_cost_categories,
    "changes": _of_changes,
    "statement": _of_statement,
}


def _metric(page: Page, held: Held, label: str, period: Period) -> Iterator[Figure]:
    """The large figure whose label begins so; there is none where nothing was charged."""
    amount = held.total(page.ask, period)
    if amount is not None:
        said = next((body for name, body in page.metrics.items() if name.startswith(label)), None)
        yield Figure(label.strip(" ·,"), said, _text(held, amount))


def _table(page: Page, amount: Decimal | None) -> Iterator[Figure]:
    if amount is not None:
        said = page.sums[0] if page.sums else Sum(Decimal(0), 0)
        yield Figure("the sum of the table", said.amount, said.amount if said.is_of(amount) else amount)


def _text(held: Held, amount: Decimal) -> str:
    return wording.escaped(held.currency.exact(amount))


def _sum(data: bytes, column: str) -> Sum:
    """Nothing for a table without that column."""
    table = pa.ipc.open_stream(io.BytesIO(data)).read_all()
    values = table[column].to_pylist() if column in table.schema.names else []
    return Sum(sum((Decimal(str(value)) for value in values), Decimal(0)), len(values))
