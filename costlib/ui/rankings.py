"""Which columns the tables of cost have, and what they are called on the screen and in the file."""

from __future__ import annotations

import re

import pyarrow as pa

from costlib.periods import Period
from costlib.ui import wording
from costlib.ui.context import PageContext
from costlib.ui.tables import Column, Kind, TableView
from costlib.vocabulary import dimension as named

CHANGE_PARTS = (
    Column("new", "New", Kind.money, "Cost nothing before. A new credit or refund is below zero."),
    Column("gone", "Gone", Kind.money, "Costs nothing now. A credit or refund that ended is above zero."),
    Column("grew", "Grew", Kind.money, "Costs more than before."),
    Column("shrank", "Shrank", Kind.money, "Costs less than before."),
)
_NOT_IN_FILE_NAMES = re.compile(r"[^A-Za-z0-9]+")


def ranked(context: PageContext, table: pa.Table, dimension: str, words: str, is_narrow: bool = False) -> TableView:
    """`table` as from ranking: name, amount, share, comparison, trend, and the id of accounts.

    A narrow one has the name, the amount and the change.
    """
    metric = context.filters.metric
    is_account = dimension == "usage_account_id"
    label = named("usage_account_name" if is_account else dimension).label
    first = "usage_account_name" if is_account else dimension
    columns = [Column(first, label, Kind.name, width=260), Column(metric, "Amount", Kind.money)]
    sources = {first: "name", metric: "amount", f"previous_{metric}": "previous", "usage_account_id": "key"}
    if not is_narrow:
        columns.append(Column("share", "Share", Kind.share, "Of the positive amounts together."))
    columns += _comparison(context, table, metric, is_narrow)
    if not is_narrow:
        columns.append(Column("trend", "Trend", Kind.trend, "Daily cost over the period", width=140))
    if is_account:
        columns.append(Column("usage_account_id", "Account id", Kind.text))
    names = [column.name for column in columns]
    values = pa.table([table.column(sources.get(name, name)) for name in names], names=names)
    return TableView(values, tuple(columns), context.currency, file_name(words), f"Cost by {label.lower()}")


def _comparison(context: PageContext, table: pa.Table, metric: str, is_narrow: bool) -> list[Column]:
    """Nothing when there is nothing to compare with: columns of "not available" would only push the rest away."""
    if context.compared is None or table.column("previous").null_count == table.num_rows:
        return []
    span = wording.span(context.compared)
    change = Column("change", "Change", Kind.money, f"Since {span}")
    if is_narrow:
        return [change]
    before = Column(f"previous_{metric}", "Before", Kind.money, span)
    return [before, change, Column("change_ratio", "Change %", Kind.percent, f"Since {span}, of the amount then")]


def changed(context: PageContext, table: pa.Table, by: str, before: Period, words: str) -> TableView:
    """`table` as from changes: name, change, both amounts, the four parts of the change, and the id of accounts."""
    metric = context.filters.metric
    is_account = by == "usage_account_id"
    first = "usage_account_name" if is_account else by
    label = wording.one_line(named(first).label)
    change = [
        Column("change", "Change", Kind.money),
        Column("change_ratio", "Change %", Kind.percent, "Of the amount before"),
    ]
    then = [Column(f"previous_{metric}", "Before", Kind.money, wording.span(before)), *CHANGE_PARTS]
    if table.column("change").null_count == table.num_rows:
        change, then = [], []
    now = Column(metric, "Now", Kind.money)
    columns = [Column(first, label, Kind.name, width=260), *change, now, *then]
    columns += [Column("usage_account_id", "Account id", Kind.text)] if is_account else []
    sources = {first: "name", metric: "amount", f"previous_{metric}": "previous", "usage_account_id": "key"}
    names = [column.name for column in columns]
    values = pa.table([table.column(sources.get(name, name)) for name in names], names=names)
    return TableView(values, tuple(columns), context.currency, file_name(words), f"Changes by {label.lower()}")


def days(context: PageContext, table: pa.Table, words: str, opens: bool = False) -> TableView:
    """`table` as from cost_over_time without a key: the newest day first, and whether it is final.

    Days that a click opens are written so that they can also be sorted by their head.
    """
    metric = context.filters.metric
    columns = (
        Column("charge_date", "Day", Kind.opening_day if opens else Kind.day),
        Column(metric, "Amount", Kind.money),
        Column("is_estimated", "Estimated", Kind.flag, "AWS may still change it."),
    )
    values = pa.table(
        [table.column("period_start"), table.column("amount"), table.column("is_estimated")],
        names=[column.name for column in columns],
    ).sort_by([("charge_date", "descending")])
    return TableView(values, columns, context.currency, file_name(words), "Cost by day")


def file_name(words: str) -> str:
    """`checkout-services-2026-10-24-2026-11-22.csv`: safe on every system."""
    return f"{_NOT_IN_FILE_NAMES.sub('-', words).strip('-').lower()[:120]}.csv"
