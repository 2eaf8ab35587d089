"""Statements to take along: a workbook to compute with, a page to print or to send."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from costlib.config import Source
from costlib.exports.statement_book import workbook
from costlib.exports.statement_html import rendered
from costlib.exports.statements import Statements, file_name
from costlib.ui import cached, offers
from costlib.ui.context import PageContext
from costlib.ui.showback_month import ShownMonth

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
HELP = "Every line with its rule, driver and share. A closed month's file is the same for ever."


def offer(context: PageContext, shown: ShownMonth, cost_center: str | None = None) -> None:
    """Buttons for one cost center's statement of the month, or for all that may be seen."""
    is_sample = context.settings.source is Source.sample

    def written(write: Callable[[Statements, bool], bytes]) -> Callable[[], bytes]:
        return lambda: write(
            cached.statement_file(context.snapshot, context.scope, shown.asked, cost_center), is_sample
        )

    name = file_name(shown.month, cost_center, shown.state.is_closed)
    with st.container(horizontal=True, gap="small"):
        for label, ending, mime, write in (("XLSX", "xlsx", XLSX, workbook), ("HTML", "html", "text/html", rendered)):
            st.download_button(
                f"{'Statement' if cost_center else 'Statements'} as {label}",
                data=offers.written_down(context, f"{name}.{ending}", written(write)),
                file_name=f"{name}.{ending}",
                mime=mime,
                on_click="ignore",
                icon=":material/download:",
                key=f"statement_{ending}",
                help=HELP,
            )
