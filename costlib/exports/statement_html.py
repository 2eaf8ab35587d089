"""Statements as one HTML file: no script, nothing fetched, the same bytes for the same figures."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from costlib import wording
from costlib.exports.report import Badge, Figure, template
from costlib.exports.statement_lines import Line, Section, driver_in_words
from costlib.exports.statements import SHARED, Change, Statement, Statements
from costlib.money import difference
from costlib.wording import Currency

TEMPLATE = "statements.html.j2"


@dataclass(frozen=True)
class SharedRow:
    """A line that a rule made, as people read it."""

    name: str
    description: str
    share: str
    pool: str
    driver: str
    amount: str


@dataclass(frozen=True)
class Part:
    """One statement as people read it. `changes` are (reason, what, amount)."""

    name: str
    figures: Sequence[Figure]
    own: Sequence[tuple[str, str]]
    own_total: str
    shared: Sequence[SharedRow]
    shared_total: str
    adjustments: Sequence[tuple[str, str]]
    total: str
    changes: Sequence[tuple[str, str, str]]


def rendered(found: Statements, is_sample: bool = False) -> bytes:
    """The whole file, UTF-8; `is_sample` says on it that the organization is made up."""
    return template(TEMPLATE).render(_content(found), is_sample=is_sample).encode()


def _content(found: Statements) -> Mapping[str, object]:
    money = Currency(found.currency)
    one = found.statements[0].cost_center if len(found.statements) == 1 else None
    return {
        "title": wording.month_name(found.month),
        "heading": one or "All cost centers",
        "metric": found.metric,
        "currency": found.currency,
        "badges": [_badge(found)],
        "matrix": [] if one else list(_matrix(found, money)),
        "statements": [_part(found, statement, money) for statement in found.statements],
        "rules_version": found.rules_version,
        "closed": found.closed,
        "snapshot_id": found.snapshot_id,
        "as_of": wording.moment(found.as_of),
    }


def _badge(found: Statements) -> Badge:
    if found.closed:
        return Badge(f"Closed · statement {found.closed.statement_id}", "good")
    if found.estimated_days:
        return Badge(f"Open · {wording.count(found.estimated_days, 'day')} estimated", "open")
    return Badge("Open", "open")


def _matrix(found: Statements, money: Currency) -> Iterator[tuple[str, Sequence[str], bool]]:
    """A row a cost center, then what they come to, beside the bill: (name, amounts, is a sum)."""
    for statement in found.statements:
        yield statement.cost_center, _amounts(statement, money), False
    sums = [sum((s.section(*of) for s in found.statements), Decimal(0)) for of in _COLUMNS]
    yield "All statements", [money.exact(amount) for amount in (*sums, found.total)], True
    if found.bill is not None:
        yield "The month's bill", ["", "", "", money.exact(found.bill)], True
        yield "Difference, adjustments aside", ["", "", "", money.exact(found.difference)], True


_COLUMNS: tuple[tuple[Section, ...], ...] = ((Section.own,), SHARED, (Section.adjustment,))


def _amounts(statement: Statement, money: Currency) -> Sequence[str]:
    return [*(money.exact(statement.section(*of)) for of in _COLUMNS), money.exact(statement.total)]


def _part(found: Statements, statement: Statement, money: Currency) -> Part:
    own = [line for line in statement.lines if line.section is Section.own]
    shared = [line for line in statement.lines if line.section in SHARED]
    adjusted = [line for line in statement.lines if line.section is Section.adjustment]
    return Part(
        name=statement.cost_center,
        figures=list(_figures(statement, money)),
        own=[(line.name, money.exact(line.amount)) for line in own],
        own_total=money.exact(statement.section(Section.own)),
        shared=[_shared(found, line, money) for line in shared],
        shared_total=money.exact(statement.section(*SHARED)),
        adjustments=[(line.name, money.exact(line.amount)) for line in adjusted],
        total=money.exact(statement.total),
        changes=list(_changes(found, statement.change, money)),
    )


def _figures(statement: Statement, money: Currency) -> Iterator[Figure]:
    change = statement.change
    moved = money.change(difference(change.end, change.start)) if change else ""
    since = f"{moved} against {wording.month_name(change.before)}" if change else ""
    yield Figure("Total", money.exact(statement.total), since)
    yield Figure("Own cost", money.exact(statement.section(Section.own)), "")
    yield Figure("Shared cost", money.exact(statement.section(*SHARED)), "")
    if statement.year_to_date is not None:
        yield Figure("Year to date", money.exact(statement.year_to_date), "as closed, or as they stand")


def _shared(found: Statements, line: Line, money: Currency) -> SharedRow:
    rule = found.rules.get(line.rule_id or "")
    share = "" if line.share is None else wording.percent(line.share, 2).lstrip("+")
    about = rule.description if rule else ""
    driver = driver_in_words(line, rule, money)
    return SharedRow(line.name, about, share, money.exact(line.pool), driver, money.exact(line.amount))


def _changes(found: Statements, change: Change | None, money: Currency) -> Iterator[tuple[str, str, str]]:
    if change is None:
        return
    yield wording.month_name(change.before), "statement total", money.exact(change.start)
    for part in change.parts:
        yield part.reason, part.what, money.change(part.amount)
    yield wording.month_name(found.month), "statement total", money.exact(change.end)
