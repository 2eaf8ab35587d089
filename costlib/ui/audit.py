"""The audit log as administrators read it."""

from __future__ import annotations

from datetime import timedelta

import pyarrow as pa
import streamlit as st

from costlib.access import may_read_audit_log
from costlib.store import audit
from costlib.store.audit import NEWEST
from costlib.ui import doorway, tables, wording
from costlib.ui.context import PageContext
from costlib.ui.tables import Column, Kind, TableView

SPANS = {"Last 7 days": 7, "Last 30 days": 30, "Last year": 365}


def show(context: PageContext) -> None:
    """Who did what, the newest first; nothing for whoever is no administrator."""
    if not may_read_audit_log(context.viewer.role):
        doorway.no_page_for(context.viewer)
    span = st.segmented_control("Period", list(SPANS), default="Last 30 days", key="audit_span")
    since = context.now - timedelta(days=SPANS[span or "Last 30 days"])
    found = audit.entries(context.settings.source_dir, since)
    if not found:
        st.caption("Nothing was written down in this time.")
        return
    st.caption(f"{wording.count(len(found), 'event')}, UTC; nothing here can be changed or deleted.")
    table = pa.table(
        {
            "happened_at": [entry.happened_at for entry in found],
            "event": [entry.event.label for entry in found],
            "person": [entry.person.name for entry in found],
            "about": [entry.about for entry in found],
        }
    )
    columns = (
        Column("happened_at", "When", Kind.moment),
        Column("event", "What", Kind.text),
        Column("person", "Who", Kind.text),
        Column("about", "About", Kind.text),
    )
    tables.show(TableView(table, columns, context.currency, "audit log", "Audit log", is_cost=False), "audit")
    if len(found) == NEWEST:
        st.caption(f"The newest {NEWEST:,} are shown; `python -m costlib audit` prints all.")
