"""The executive report of a month, offered as a file."""

from __future__ import annotations

from datetime import date

import streamlit as st

from costlib.config import Source
from costlib.exports.report import file_name, rendered
from costlib.exports.sentences import sentences
from costlib.ui import cached, offers, wording
from costlib.ui.context import PageContext


def show(context: PageContext) -> None:
    """Choose a month, read its sentences, take the file along."""
    with st.container(border=True):
        st.subheader("Report of a month", anchor=False)
        months = cached.reportable_months(context.snapshot)
        if not months:
            st.caption("No month has a complete day yet.")
            return
        month = st.selectbox("Month", months, format_func=wording.month_name, key="report_month", width=220)
        _month(context, month if month in months else months[0])


def _month(context: PageContext, month: date) -> None:
    report = cached.month_report(context.snapshot, context.scope, context.filters, month)
    for sentence in sentences(report):
        st.markdown(wording.escaped(sentence))
    is_sample = context.settings.source is Source.sample
    gap = report.tie_out.absolute_difference
    by = f" by {wording.escaped(context.currency.exact(gap))}" if gap is not None else ""
    name = file_name(report)
    failing = f"Download anyway: does not tie out{by}" if report.tie_out.differing_days else None
    st.download_button(
        failing or "Download the report",
        data=offers.written_down(context, name, lambda: rendered(report, is_sample)),
        file_name=name,
        mime="text/html",
        on_click="ignore",
        icon=":material/warning:" if failing else ":material/download:",
        key="report_download",
        help="One HTML file with figures and charts. It needs no network, and prints on A4.",
    )
    st.caption("The filters and the cost metric above hold for it too; the period is the month.")
