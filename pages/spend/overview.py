"""Overview: yesterday's and this month's spend, where the month will end, and what moved, in under a minute."""

import streamlit as st

from costlib.ui import anomalies, cached, cards, charts, overview, waiting
from costlib.ui.context import page_context

context = page_context()
windows = overview.windows(context)
with waiting.skeleton():
    headline = cached.headline(context.snapshot, context.scope, context.filters)
    ahead = overview.outlook(context)
    months = overview.monthly(context, windows)
    days = overview.daily(context, windows)

overview.kpi_row(context, headline, ahead)
overview.track_record(context, ahead)
anomalies.reminder(context)

left, right = st.columns(2)
with left:
    cards.chart(
        context,
        "Last 13 months",
        charts.monthly_trend(months, overview.month_end(headline, ahead), context.currency),
        key="months",
    )
with right:
    cards.chart(context, "Last 60 days", charts.daily_spend(days, context.currency), key="days")

left, right = st.columns(2)
with left:
    overview.ranking_to_date(context, windows)
with right.container(border=True, height="stretch"):
    st.subheader("What moved this month", anchor=False)
    overview.movers(context, windows)
    st.caption(overview.movers_note(context, windows))
