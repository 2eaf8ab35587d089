"""The figures of a month's report, put together from the questions that the pages ask."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from costlib.access import Scope
from costlib.errors import UsageError
from costlib.exports.month import Bar, Line, MonthReport, MonthTieOut, Unallocated, share
from costlib.money import total
from costlib.periods import DAY, Comparison, Granularity, Period, add_months, compared_period, month_of
from costlib.queries import ranking
from costlib.queries.filters import Filters, require_stored
from costlib.queries.freshness import tie_out_summary
from costlib.queries.series import cost_over_time
from costlib.store.snapshot import Snapshot
from costlib.vocabulary import CHARGE_CATEGORIES, UNALLOCATED, ChargeCategory, CostMetric, dimension
from costlib.wording import month_name

if TYPE_CHECKING:
    import pyarrow as pa

MONTHS_SHOWN = 13
KINDS = ("Charges", "Tax", "Credits", "Refunds")


def month_report(snapshot: Snapshot, scope: Scope, filters: Filters, month: date) -> MonthReport:
    """The report of the month that `month` lies in; the filters' own period plays no part.

    Its complete days are counted, and compared with as many days of the month before and of the same month last year.
    Raises UsageError for a month that is not stored or has no complete day yet.
    """
    whole = month_of(month)
    counted = _complete_days(snapshot, whole)
    before, year_before = (_compared(counted, c) for c in (Comparison.last_month, Comparison.last_year))
    now = replace(filters, period=counted)
    totals = ranking.total(snapshot, scope, now, before)
    accounts = ranking.ranking(snapshot, scope, now, "usage_account_id", before)
    return MonthReport(
        month=whole,
        counted=counted,
        before=before,
        year_before=year_before,
        metric=filters.metric,
        currency=snapshot.currency,
        total=totals.amount,
        total_before=totals.previous,
        total_year_before=ranking.total(snapshot, scope, now, year_before).previous,
        services=list(_lines(ranking.ranking(snapshot, scope, now, "service", before))),
        accounts=list(_lines(accounts)),
        kinds=_kinds(ranking.ranking(snapshot, scope, now, "record_type", before), is_compared=totals.previous),
        labels=[_unallocated(snapshot, scope, now, label) for label in snapshot.labels],
        months=_months(snapshot, scope, now),
        days=_bars(snapshot, scope, replace(filters, period=_stored(snapshot, whole), granularity=Granularity.daily)),
        tie_out=_tie_out(snapshot, scope, whole, filters.metric),
        narrowed_to=[*_scope_words(scope), *_filter_words(filters, accounts)],
        snapshot_id=snapshot.snapshot_id,
        as_of=snapshot.as_of,
    )


def reportable_months(snapshot: Snapshot) -> list[date]:
    """The first days of the months that have a complete day, the newest first."""
    stored = snapshot.period
    last = min(snapshot.complete_through, stored.last_day)
    months = [month_of(last)] if last >= stored.start else []
    while months and months[-1].start > stored.start:
        months.append(month_of(months[-1].start - DAY))
    return [month.start for month in months]


def _complete_days(snapshot: Snapshot, month: Period) -> Period:
    require_stored(snapshot, month)
    stored = _stored(snapshot, month)
    end = min(stored.end, snapshot.complete_through + DAY)
    if end <= stored.start:
        raise UsageError(
            f"{month_name(month.start)} has no complete day yet: the last one is {snapshot.complete_through}.",
            f"Ask for {add_months(month.start, -1):%Y-%m}, or sync again tomorrow.",
        )
    return Period(stored.start, end)


def _stored(snapshot: Snapshot, month: Period) -> Period:
    return month.clip(snapshot.period) or month


def _compared(counted: Period, comparison: Comparison) -> Period:
    found = compared_period(counted, comparison)
    assert found is not None
    return found


def _lines(table: pa.Table) -> Iterator[Line]:
    names, amounts, previous = (table.column(name).to_pylist() for name in ("name", "amount", "previous"))
    return (Line(*values) for values in zip(names, amounts, previous, strict=True))


def _kinds(table: pa.Table, is_compared: Decimal | None) -> list[Line]:
    """Charges, tax, credits and refunds; what the selection has none of is 0."""
    found: dict[str, list[Line]] = {kind: [] for kind in KINDS}
    for line in _lines(table):
        found[_kind(line.name)].append(line)
    return [
        Line(
            kind,
            total(line.amount for line in lines),
            None if is_compared is None else total(line.previous for line in lines),
        )
        for kind, lines in found.items()
    ]


def _kind(record_type: str) -> str:
    if CHARGE_CATEGORIES.get(record_type) is ChargeCategory.credit:
        return "Credits"
    return {"Tax": "Tax", "Refund": "Refunds"}.get(record_type, "Charges")


def _unallocated(snapshot: Snapshot, scope: Scope, filters: Filters, label: str) -> Unallocated:
    values = list(_lines(ranking.ranking(snapshot, scope, filters, label)))
    nobodys = next((line for line in values if line.name == UNALLOCATED), Line(UNALLOCATED, Decimal(0), None))
    return Unallocated(_label_words(label), nobodys.amount, share(nobodys, values))


def _months(snapshot: Snapshot, scope: Scope, filters: Filters) -> list[Bar]:
    """The month and the twelve before it, as far back as is stored."""
    counted = filters.period
    period = Period(add_months(counted.start.replace(day=1), 1 - MONTHS_SHOWN), counted.end).clip(snapshot.period)
    return _bars(snapshot, scope, replace(filters, period=period or counted, granularity=Granularity.monthly))


def _bars(snapshot: Snapshot, scope: Scope, filters: Filters) -> list[Bar]:
    table = cost_over_time(snapshot, scope, filters)
    names = ("period_start", "amount", "is_estimated", "is_complete")
    return [Bar(*values) for values in zip(*(table.column(name).to_pylist() for name in names), strict=True)]


def _tie_out(snapshot: Snapshot, scope: Scope, month: Period, metric: CostMetric) -> MonthTieOut:
    found = tie_out_summary(snapshot, scope, month, metric)
    return MonthTieOut(found.days, found.differing_days, found.control, found.absolute_difference, found.is_told)


def _scope_words(scope: Scope) -> Iterator[str]:
    if scope.accounts is not None:
        yield f"only {scope.in_words} of this view"


def _filter_words(filters: Filters, accounts: pa.Table) -> Iterator[str]:
    """What the filters keep and leave out, in words."""
    names = dict(zip(accounts.column("key").to_pylist(), accounts.column("name").to_pylist(), strict=True))
    for name, values in filters.conditions:
        words = [names.get(v, v) for v in values] if name == "usage_account_id" else [v or UNALLOCATED for v in values]
        yield f"only {_label_words(name)} {', '.join(words)}"
    yield from (f"without {kind}" for kind in filters.left_out)


def _label_words(name: str) -> str:
    """`cost category Team`, `tag env`, `service`, `account`."""
    kind = {"COST_CATEGORY": "cost category ", "TAG": "tag "}.get(dimension(name).api_type)
    if kind:
        return f"{kind}{dimension(name).label}"
    return "account" if name == "usage_account_id" else dimension(name).label.lower()
