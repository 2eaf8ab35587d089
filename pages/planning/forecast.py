"""Forecast: where the month will end, how sure that is, what it is made of, and how such forecasts did."""

import streamlit as st

from costlib.ui import forecast, forecast_card, forecast_tables, waiting
from costlib.ui.context import page_context

context = page_context()
with waiting.skeleton():
    context = forecast.choose(context)
    figures = forecast.ask(context)

forecast.kpi_row(context, figures)
forecast.path(context, figures)

with st.container(border=True):
    st.subheader("Months, quarter and fiscal year", anchor=False)
    forecast_tables.spans(context, figures)

with st.container(border=True):
    forecast_tables.parts(context, figures)

with st.container(border=True):
    st.subheader("The contest", anchor=False)
    forecast_card.contest(context, figures)

with st.container(border=True):
    st.subheader("Report card", anchor=False)
    forecast_card.report_card(context, figures)
