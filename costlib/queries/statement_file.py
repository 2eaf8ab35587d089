"""The figures of a file of statements, put together from the questions that the pages ask."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

from costlib.access import Scope
from costlib.errors import UsageError
from costlib.exports.statement_lines import By, Names, lines_of
from costlib.exports.statements import Change, ChangePart, Closed, Statement, Statements
from costlib.queries.options import options
from costlib.queries.rule_history import MonthRules, rules_of
from costlib.queries.showback import Book, MonthState, Question, bill, is_available, months, statement
from costlib.queries.statement_changes import statement_change
from costlib.queries.statement_history import history, year_to_date
from costlib.store.snapshot import Snapshot
from costlib.wording import one_line

Rows = Sequence[Mapping[str, Any]]


def statements(snapshot: Snapshot, scope: Scope, asked: Question, cost_center: str | None = None) -> Statements:
    """One cost center's statement, or all that may be seen, the largest first.

    As closed, accounts are named by their ids, and nothing is compared with months that may still move.
    Raises UsageError when there is no such statement, or the metric is not available for the month.
    """
    state = next((found for found in months(snapshot) if found.month == asked.month), None)
    if state is None or not is_available(snapshot, asked):
        raise UsageError(f"{asked.metric.label} cost is not available for {asked.month:%Y-%m}.", "Name another metric.")
    rules, rows = rules_of(snapshot, asked.month), statement(snapshot, scope, asked, cost_center).to_pylist()
    if not rows:
        whose = f"{cost_center!r} has no statement" if cost_center else "There is no statement"
        raise UsageError(f"{whose} of {asked.month:%Y-%m}.", "List them with `showback --matrix`.")
    is_closed = asked.book is Book.as_closed
    found = list(_statements(snapshot, scope, asked, rows, _names(snapshot, scope, asked, rules)))
    return Statements(
        month=asked.month,
        metric=asked.metric,
        currency=snapshot.currency,
        statements=sorted(found, key=lambda one: (-(one.total or 0), one.cost_center)),
        rules=rules.by_id if rules else {},
        rules_version=rules.version.version if rules else "",
        bill=bill(snapshot, scope, asked) if cost_center is None else None,
        closed=_closed(state) if is_closed else None,
        snapshot_id=snapshot.snapshot_id,
        as_of=snapshot.as_of,
        estimated_days=0 if is_closed else state.estimated_days,
    )


def _closed(state: MonthState) -> Closed:
    return Closed(state.statement_id or "", state.closed_by or "", state.forced_because)


def _names(snapshot: Snapshot, scope: Scope, asked: Question, rules: MonthRules | None) -> Names:
    accounts = {} if asked.book is Book.as_closed else options(snapshot, scope).account_labels
    return Names(accounts, rules.by_id if rules else {}, rules.label_of if rules else one_line)


def _statements(snapshot: Snapshot, scope: Scope, asked: Question, rows: Rows, names: Names) -> Iterator[Statement]:
    compares = asked.book is Book.now
    for cost_center, own in groupby(rows, key=lambda row: str(row["cost_center"])):
        lines = lines_of(list(own), By.both, names)
        if not compares:
            yield Statement(cost_center, lines)
            continue
        to_date = year_to_date(history(snapshot, scope, asked.metric, cost_center), asked.month)
        yield Statement(cost_center, lines, _change(snapshot, scope, asked, cost_center, names), to_date)


def _change(snapshot: Snapshot, scope: Scope, asked: Question, cost_center: str, names: Names) -> Change | None:
    found = statement_change(snapshot, scope, asked, cost_center)
    if found is None:
        return None
    parts = [ChangePart(part.reason.value, part.what(names.rule_name), part.amount) for part in found.parts]
    return Change(found.before, found.start, found.end, parts)
