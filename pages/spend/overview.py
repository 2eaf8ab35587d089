"""Overview: yesterday's and this month's spend, where the month will end, and what moved, in under a minute."""

import streamlit as st

from costlib.ui import cached, cards, charts, drill, overview, rank_bars
from costlib.ui.context import page_context

context = page_context()
windows = overview.windows(context)
with st.skeleton(height=600):
    headline = cached.headline(context.snapshot, context.scope, context.filters)
    months = overview.monthly(context, windows)
    days = overview.daily(context, windows)
    services = overview.services(context, windows, drill.TOP)

overview.kpi_row(context, headline)

left, right = st.columns(2)
with left:
    cards.chart(
        context,
        "Last 13 months",
        charts.monthly_trend(months, headline.month_end_run_rate, context.currency),
        key="months",
    )
with right:
    cards.chart(context, "Last 60 days", charts.daily_spend(days, context.currency), key="days")

left, right = st.columns(2)
with left:
    cards.chart(
        context,
        "Month to date by service",
        rank_bars.rank_bars(services, {}, context.currency, "month to date by service"),
        key="services_to_date",
        note="Click a bar to open the service.",
        opens=drill.open_service,
    )
with right.container(border=True, height="stretch"):
    st.subheader("What moved this month", anchor=False)
    overview.movers(context, windows)
    st.caption(overview.movers_note(context, windows))
