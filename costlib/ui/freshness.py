"""The parts of the freshness page: syncs, tie-out, restatements, what AWS was asked and what it refused."""

from __future__ import annotations

import streamlit as st

from costlib.access import EVERYTHING
from costlib.config import Source
from costlib.ui import cached, cards, sync_panel, tables, wording
from costlib.ui.calendars import tie_out_calendar
from costlib.ui.context import PageContext
from costlib.ui.rankings import file_name
from costlib.ui.sync_panel import DOLLARS
from costlib.ui.tables import Column, Kind, TableView

RESTATEMENTS_SHOWN = 500

RUN_COLUMNS = (
    Column("started_at", "Started (UTC)", Kind.moment),
    Column("ended_at", "Ended (UTC)", Kind.moment),
    Column("state", "State", Kind.text),
    Column("requests", "Requests", Kind.number),
    Column("request_cost_usd", "Price", Kind.money),
    Column("row_count", "Rows", Kind.number),
    Column("restatements", "Restated", Kind.number),
    Column("message", "Message", Kind.text),
)
RESTATEMENT_COLUMNS = (
    Column("restated_at", "Noticed (UTC)", Kind.moment),
    Column("charge_date", "Day", Kind.day),
    Column("usage_account_name", "Account", Kind.text),
    Column("service", "Service", Kind.text),
    Column("record_type", "Record type", Kind.text),
    Column("was_estimated", "Was estimated", Kind.flag, "The day was not final when we had read it."),
    Column("kind", "What", Kind.text),
    Column("old", "Old", Kind.money),
    Column("new", "New", Kind.money),
    Column("difference", "Difference", Kind.money),
    Column("usage_account_id", "Account id", Kind.text),
)
RIGHT_COLUMNS = (
    Column("action", "IAM action", Kind.text),
    Column("feature", "What it would bring", Kind.text),
    Column("noticed_at", "Noticed (UTC)", Kind.moment),
)


def kpi_row(context: PageContext) -> None:
    """How old the data is, what this month's requests cost, and what the next sync will."""
    asked = cached.requests_this_month(context.snapshot)
    status, snapshot = context.status, context.snapshot
    synced = status.checked_at if status and status.checked_at else snapshot.as_of
    month = wording.month(snapshot.as_of.date())
    price = DOLLARS.exact(status.next_sync_usd) if status and status.next_sync_usd is not None else "not known"
    expected = status.next_sync_requests if status else None
    with st.grid(4, min_column_width=220, gap="small"):
        stored = f"stored from {wording.day(snapshot.period.start)}"
        cards.kpi("Data through", wording.weekday(snapshot.complete_through), versus=stored)
        cards.kpi("Last synced", wording.ago(synced, context.now), versus=wording.moment(synced))
        cards.kpi(f"Requests in {month}", DOLLARS.exact(asked.usd), versus=_billed(context, asked.requests))
        ahead = "price not known yet" if expected is None else f"about {_billed(context, expected)}"
        cards.kpi("Next sync", price, versus=ahead)


def tie_out(context: PageContext) -> None:
    """Whether each day adds up to AWS's own total; the days themselves only for somebody who may see every account."""
    found, money = context.tie_out, context.currency
    if context.scope != EVERYTHING:
        with st.container(border=True):
            st.subheader("Tie-out by day", anchor=False)
            st.caption(
                "AWS's totals are of all accounts together, so the days are shown to those who may see them all."
            )
        return
    table = cached.tie_out(context.snapshot, context.scope, context.filters.metric)
    stored, control, gap = (wording.escaped(money.whole(a)) for a in (found.stored, found.control, found.difference))
    note = f"Charges {stored}, AWS's own total {control}, difference {gap}."
    cards.chart(context, "Tie-out by day", tie_out_calendar(table, money), key="tie_out", note=note)


def differing_days(context: PageContext) -> None:
    """The days that do not tie out, as a table; nothing when there are none."""
    if context.scope != EVERYTHING or context.tie_out.ties_out:
        return
    table = cached.tie_out(context.snapshot, context.scope, context.filters.metric)
    columns = (
        Column("charge_date", "Day", Kind.day),
        Column("stored", "Charges", Kind.money),
        Column("control", "AWS's total", Kind.money),
        Column("difference", "Difference", Kind.money),
    )
    values = table.filter(table.column("differs")).select([column.name for column in columns])
    with st.container(border=True):
        st.subheader("Days that do not tie out", anchor=False)
        view = TableView(values, columns, context.currency, file_name("days that do not tie out"), "Days that differ")
        tables.show(view, "differing")
        st.caption(
            "Sync again after AWS's next refresh; if a day stays here, re-read it with `python -m costlib sync --full`."
        )


def restatements(context: PageContext) -> None:
    """What AWS changed after we had read it, settled days first."""
    with st.container(border=True):
        st.subheader("Restatements", anchor=False)
        table = cached.restatements(context.snapshot, context.scope, RESTATEMENTS_SHOWN, context.filters.metric)
        if context.scope.goes_by_charge:
            st.caption("AWS's changes are kept by account, without labels: those of your cost centers are not listed.")
        if not table.num_rows:
            st.caption("AWS has changed nothing that had been read before.")
            return
        settled = table.num_rows - sum(table.column("was_estimated").to_pylist())
        st.caption(
            f"{wording.count(table.num_rows, 'charge')} changed after we had read "
            f"{'it' if table.num_rows == 1 else 'them'}; {settled:,} on days that AWS had called final."
            + (f" The newest {RESTATEMENTS_SHOWN} are shown." if table.num_rows == RESTATEMENTS_SHOWN else "")
        )
        values = table.select([column.name for column in RESTATEMENT_COLUMNS])
        name, alt = file_name("restatements"), "Restatements"
        view = TableView(values, RESTATEMENT_COLUMNS, context.currency, name, alt, empty="–")
        tables.show(view, "restatements")
        st.caption(context.fine_print)


def runs(context: PageContext) -> None:
    """The last syncs that are in the snapshot."""
    with st.container(border=True):
        st.subheader("Last syncs", anchor=False)
        values = cached.runs(context.snapshot).select([column.name for column in RUN_COLUMNS])
        view = TableView(values, RUN_COLUMNS, DOLLARS, file_name("syncs"), "The last syncs", is_cost=False)
        tables.show(view, "runs")


def missing_rights(context: PageContext) -> None:
    """Optional IAM actions that the role lacks."""
    with st.container(border=True):
        st.subheader("Optional rights", anchor=False)
        table = cached.missing_rights(context.snapshot)
        if not table.num_rows:
            st.caption("No optional right is missing.")
            return
        st.caption("Everything else works without them. Add an action to the role's policy to get what it brings.")
        values = table.select([column.name for column in RIGHT_COLUMNS])
        name, alt = file_name("missing rights"), "Missing rights"
        tables.show(TableView(values, RIGHT_COLUMNS, DOLLARS, name, alt, is_cost=False), "rights")


def sync(context: PageContext) -> None:
    """The button, or the progress of the sync that runs."""
    sync_panel.show(context.settings, context.status)


def _billed(context: PageContext, requests: int) -> str:
    """The sample's requests have a price, for show; nobody pays it."""
    words = wording.count(requests, "request")
    return f"{words}, not billed: sample" if context.settings.source is Source.sample else words
