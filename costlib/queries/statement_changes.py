"""Why a cost center's statement is not what it was the month before: parts that sum to the change, to the last digit.

Own charges are told apart by record type. Cost Explorer gives no quantities by account, so a list price that changed
counts as own use; what discounts and commitments did is a part of its own. What was shared is told apart by
`costlib.allocation.changes`. Whole months are compared: shared cost cannot be cut by days.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum

from costlib.access import Scope
from costlib.allocation.changes import Cause, SharedLine, changed_rules, shared_changes
from costlib.money import difference, of_units, total, units
from costlib.periods import add_months
from costlib.queries.rule_history import MonthRules, rules_of
from costlib.queries.showback import Question, is_available, months, official, statement
from costlib.queries.sql import amount
from costlib.store.snapshot import Snapshot
from costlib.vocabulary import COMMITMENT_RECORD_TYPES, DISCOUNT_RECORD_TYPES, ChargeCategory, charge_category


class Reason(StrEnum):
    """Why a statement moved, in the order and the words in which people read it."""

    use = "Own use"
    commitments = "Discounts and commitments"
    credits = "Credits and refunds"
    fees = "Fees and tax"
    other = "Other charges"
    moved_out = Cause.given_away.value
    pool = Cause.pool.value
    share = Cause.share.value
    rule = Cause.rule.value
    adjustments = "Adjustments to closed months"


OWN = (Reason.use, Reason.commitments, Reason.credits, Reason.fees, Reason.other)
"""The reasons whose key is a record type."""

_OF_CATEGORY = {
    ChargeCategory.usage: Reason.use,
    ChargeCategory.purchase: Reason.fees,
    ChargeCategory.tax: Reason.fees,
    ChargeCategory.credit: Reason.credits,
    ChargeCategory.adjustment: Reason.other,
}


@dataclass(frozen=True)
class Contents:
    """What a statement holds, in units: own charges by record type, shared lines by rule, adjustments by month."""

    own: Mapping[str, int] = field(default_factory=dict)
    given: Mapping[str, SharedLine] = field(default_factory=dict)
    taken: Mapping[str, int] = field(default_factory=dict)
    adjustments: Mapping[str, int] = field(default_factory=dict)

    @property
    def total(self) -> int:
        given = sum(line.units for line in self.given.values())
        return sum(self.own.values()) + given + sum(self.taken.values()) + sum(self.adjustments.values())


@dataclass(frozen=True)
class Part:
    """A part of the change; `key` is a record type, a rule's id, or the month that was adjusted."""

    reason: Reason
    key: str
    amount: Decimal

    def what(self, rule_name: Callable[[str], str]) -> str:
        """What the reason is about, as people read it."""
        if self.reason in OWN:
            return self.key
        return f"{self.key}, restated" if self.reason is Reason.adjustments else rule_name(self.key)


@dataclass(frozen=True)
class StatementChange:
    """`start` and all parts add up to `end`. `same_centers`: charges find their cost center as they did before."""

    before: date
    start: Decimal
    end: Decimal
    parts: tuple[Part, ...]
    same_centers: bool = True

    @property
    def by_reason(self) -> Mapping[Reason, Decimal]:
        """The sum of the parts of each reason, in the order in which they are read; reasons without a part are out."""
        return {
            reason: total(part.amount for part in self.parts if part.reason is reason) or Decimal(0)
            for reason in Reason
            if any(part.reason is reason for part in self.parts)
        }

    @property
    def residual(self) -> Decimal:
        """What the parts leave unexplained."""
        reached = total((self.start, *(part.amount for part in self.parts)))
        return difference(self.end, reached) or Decimal(0)


def reason_of(record_type: str) -> Reason:
    """The part of own charges that a record type belongs to."""
    if record_type in DISCOUNT_RECORD_TYPES or record_type in COMMITMENT_RECORD_TYPES:
        return Reason.commitments
    if record_type == "Refund":
        return Reason.credits
    return _OF_CATEGORY[charge_category(record_type)]


def parts_of(before: Contents, after: Contents, changed: Collection[str]) -> Iterator[tuple[Reason, str, int]]:
    """What `after` is more than `before`, by reason and key, in units; parts of nothing are left out.

    What a rule takes out is its own doing only when the rule says something else than before.
    """
    yield from ((reason_of(key), key, moved) for key, moved in _differences(before.own, after.own))
    for rule_id, moved in _differences(before.taken, after.taken):
        yield Reason.rule if rule_id in changed else Reason.moved_out, rule_id, moved
    for part in shared_changes(before.given, after.given, changed):
        yield Reason(part.cause.value), part.rule_id, part.units
    for month, moved in _differences(before.adjustments, after.adjustments):
        yield Reason.adjustments, month, moved


def statement_change(snapshot: Snapshot, scope: Scope, asked: Question, cost_center: str) -> StatementChange | None:
    """Since the statement of the month before, as that one counts: as closed, or of the open books.

    None when the month before is not stored, when the metric is not available in one of the two, and for a statement
    that may not be seen.
    """
    earlier = official(snapshot, add_months(asked.month, -1), asked.metric)
    is_hidden = scope.statements is not None and cost_center not in scope.statements
    is_stored = {earlier.month, asked.month} <= {state.month for state in months(snapshot)}
    if is_hidden or not is_stored or not all(is_available(snapshot, of_month) for of_month in (earlier, asked)):
        return None
    before, after = (_contents(snapshot, scope, of_month, cost_center) for of_month in (earlier, asked))
    was, now = rules_of(snapshot, earlier.month), rules_of(snapshot, asked.month)
    found = sorted(parts_of(before, after, _changed(was, now)), key=lambda p: (list(Reason).index(p[0]), -abs(p[2])))
    return StatementChange(
        earlier.month,
        of_units(before.total),
        of_units(after.total),
        tuple(Part(reason, key, of_units(moved)) for reason, key, moved in found),
        was is None or now is None or was.centers_version == now.centers_version,
    )


def _changed(was: MonthRules | None, now: MonthRules | None) -> frozenset[str]:
    return changed_rules(was.in_force if was else (), now.in_force if now else ())


def _differences(before: Mapping[str, int], after: Mapping[str, int]) -> Iterator[tuple[str, int]]:
    for key in sorted({*before, *after}):
        if moved := after.get(key, 0) - before.get(key, 0):
            yield key, moved


def _contents(snapshot: Snapshot, scope: Scope, asked: Question, cost_center: str) -> Contents:
    own = snapshot.rows(
        f"""
        SELECT record_type, {amount(asked.metric)}
        FROM {asked.book}_charges
        WHERE billing_month = ? AND cost_center = ?
        GROUP BY record_type""",
        (asked.month, cost_center),
    )
    month, metric = asked.month, asked.metric.value
    entries = snapshot.rows(
        f"""
        SELECT mine.rule_id, mine.is_source, mine.amount, mine.driver, mine.driver_total, pools.pool
        FROM {asked.book}_entries AS mine
        JOIN (
            SELECT rule_id, SUM(amount) AS pool
            FROM {asked.book}_entries
            WHERE billing_month = ? AND metric = ? AND NOT is_source
            GROUP BY rule_id
        ) AS pools ON pools.rule_id = mine.rule_id
        WHERE mine.billing_month = ? AND mine.metric = ? AND mine.cost_center = ?""",
        (month, metric, month, metric, cost_center),
    )
    given, taken = _entries(entries)
    lines = statement(snapshot, scope, asked, cost_center).to_pylist()
    adjustments = {
        f"{line['adjusted_month']:%Y-%m}": units(line["amount"]) for line in lines if line["kind"] == "adjustment"
    }
    return Contents({str(kind): units(_known(sum_)) for kind, sum_ in own}, given, taken, adjustments)


def _entries(rows: Iterable[tuple[object, ...]]) -> tuple[dict[str, SharedLine], dict[str, int]]:
    given: dict[str, SharedLine] = {}
    taken: dict[str, int] = {}
    for rule_id, is_source, moved, driver, driver_total, pool in rows:
        if is_source:
            taken[str(rule_id)] = units(_known(moved))
        else:
            given[str(rule_id)] = SharedLine(
                units(_known(moved)), units(_known(pool)), _units_or_none(driver), _units_or_none(driver_total)
            )
    return given, taken


def _known(value: object) -> Decimal:
    return value if isinstance(value, Decimal) else Decimal(0)


def _units_or_none(value: object) -> int | None:
    return units(value) if isinstance(value, Decimal) else None
