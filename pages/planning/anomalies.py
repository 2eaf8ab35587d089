"""Anomalies: what cost more or less than expected, since when, of what, whose it is, and what people said of it."""

import streamlit as st

from costlib.ui import anomalies, anomaly_tables, anomaly_triage, waiting
from costlib.ui.context import page_context

context = page_context()
with waiting.skeleton():
    board = anomalies.board(context)

anomalies.figures(context, board)
anomalies.listing(context, board)

incident = anomalies.chosen(board)
if incident is not None:
    anomalies.picture(context, board, incident)
    left, right = st.columns(2)
    with left:
        anomaly_tables.drivers(context, board, incident)
    with right:
        anomaly_triage.panel(context, board, incident)

left, right = st.columns(2)
with left:
    anomaly_tables.by_aws(context, board)
with right:
    anomaly_tables.data_anomalies(context)
anomaly_tables.muted(context)
