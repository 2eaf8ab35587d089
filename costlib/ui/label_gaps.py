"""The parts of the cost categories page that show what has no value yet: by month, by label, and what to label next."""

from __future__ import annotations

from decimal import Decimal

import pyarrow as pa
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from costlib.periods import Granularity
from costlib.queries.labels import Coverage
from costlib.ui import cached, cards, coverage_chart, drill, rankings, tables, wording
from costlib.ui.context import PageContext
from costlib.ui.labels import TARGET_READS, Shown, readings, slug
from costlib.ui.tables import Column, Kind, TableView
from costlib.vocabulary import UNALLOCATED

QUEUE = 25


def by_month(context: PageContext, shown: Shown, place: DeltaGenerator) -> None:
    """Coverage of all kept months, whatever the period of the filter bar is."""
    filters = context.over(context.snapshot.period, Granularity.monthly)
    table = cached.coverage_by_month(context.snapshot, context.scope, filters, shown.label)
    drawing = coverage_chart.coverage_bars(table, context.snapshot.complete_through, context.currency, shown.name)
    with place:
        cards.chart(context, "Coverage by month", drawing, key="coverage_by_month", note="All stored months.")


def all_labels(context: PageContext, shown: Shown, place: DeltaGenerator) -> None:
    """Every tracked label against the target; a click on a name shows it."""
    found = cached.coverage_of_all(context.snapshot, context.scope, context.filters)
    names = readings(context.snapshot.labels)
    columns = (
        Column("name", "Name", Kind.name, width=120),
        Column("coverage", "Coverage", Kind.share, "Of the charges above zero."),
        Column("target", f"Target {TARGET_READS}", Kind.text, width=80),
        Column("short_by", "Still to label", Kind.money, f"To reach {TARGET_READS}."),
        Column("unallocated", UNALLOCATED, Kind.money, "Credits included."),
    )
    table = pa.table(
        {
            "name": pa.array([names[c.label] for c in found], pa.string()),
            "coverage": pa.array([None if c.share is None else float(c.share) for c in found], pa.float64()),
            "target": pa.array([_met(c) for c in found], pa.string()),
            "short_by": _money([None if c.short_by is None else max(c.short_by, Decimal(0)) for c in found]),
            "unallocated": _money([c.unallocated for c in found]),
        }
    )
    view = TableView(table, columns, context.currency, _file(context, "coverage"), "Coverage of every tracked label")
    with place.container(border=True, height="stretch"):
        st.subheader("All tracked labels", anchor=False)
        tables.show(view, "all_labels", lambda row: _open_label(found[row].label))
        st.caption(context.fine_print)


def queue(context: PageContext, shown: Shown) -> None:
    """What to label next: the largest pairs without a value, down to their total."""
    table = cached.work_queue(context.snapshot, context.scope, context.filters, shown.label, QUEUE)
    with st.container(border=True):
        st.subheader("What to label next", anchor=False)
        if not table.num_rows:
            st.caption(f"Every charge has a value of {wording.escaped(shown.name)}.")
            return
        st.markdown(_what_it_takes(context, shown, table))
        tables.show(_queue_view(context, shown, table), "work_queue", lambda row: _open_pair(context, table, row))
        st.caption(f"The running total ends in what is {UNALLOCATED.lower()}. {context.fine_print}")


def _queue_view(context: PageContext, shown: Shown, table: pa.Table) -> TableView:
    rest = [f"{wording.count(n, 'other pair')}" for n in table.column("pairs").to_pylist()]
    accounts = [name or rest[i] for i, name in enumerate(table.column("usage_account_name").to_pylist())]
    metric = context.filters.metric
    columns = (
        Column("usage_account_name", "Account", Kind.name, width=170),
        Column("service", "Service", Kind.text, width=260),
        Column(metric, "Amount", Kind.money),
        Column("share", "Share", Kind.share, "Of what is unallocated."),
        Column(f"running_{metric}", "Running total", Kind.money),
        Column("usage_account_id", "Account id", Kind.text),
    )
    values = pa.table(
        {
            "usage_account_name": pa.array(accounts, pa.string()),
            "service": table.column("service"),
            metric.value: table.column("amount"),
            "share": table.column("share"),
            f"running_{metric}": table.column("running_total"),
            "usage_account_id": table.column("usage_account_id"),
        }
    )
    words = slug(context, shown, "to-label")
    return TableView(values, columns, context.currency, rankings.file_name(words), "Account and service pairs to label")


def _what_it_takes(context: PageContext, shown: Shown, table: pa.Table) -> str:
    """One sentence: how far the first pairs bring the coverage."""
    found, money = shown.coverage, context.currency
    total = wording.escaped(money.exact(found.unallocated))
    if found.short_by is None:
        return f"{total} has no value."
    if found.meets_target is not False:
        return f"{total} has no value. Coverage is at the target of {TARGET_READS} already."
    running = table.column("running_total").to_pylist()[:QUEUE]
    enough = next((i for i, amount in enumerate(running, 1) if amount is not None and amount >= found.short_by), None)
    missing = wording.escaped(money.exact(found.short_by))
    if enough is None:
        return f"{total} has no value; {missing} of it must get one to reach the target of {TARGET_READS}."
    pairs = "the first pair" if enough == 1 else f"the first {enough} pairs"
    return f"{total} has no value. Labeling **{pairs}** brings coverage to the target of {TARGET_READS}."


def _open_label(label: str) -> None:
    """Show another label, before its box is drawn."""
    st.session_state["label"] = label


def _open_pair(context: PageContext, table: pa.Table, row: int) -> None:
    """Go to the account's service; the last row, if it is the rest, leads nowhere."""
    account, service = (table.column(name)[row].as_py() for name in ("usage_account_id", "service"))
    if account:
        drill.open_account_service(context.account_names.get(account, account), service)


def _met(found: Coverage) -> str | None:
    return {True: "met", False: "missed", None: None}[found.meets_target]


def _money(amounts: list[Decimal | None]) -> pa.Array:
    return pa.array(amounts, pa.decimal128(38, 10))


def _file(context: PageContext, what: str) -> str:
    period = context.filters.period
    return rankings.file_name(f"{what}-{period.start}-{period.last_day}")
