"""Cost categories and tags: how much carries a value, which ones, what to label next, and AWS's own rules."""

import streamlit as st

from costlib.ui import definitions, label_gaps, labels
from costlib.ui.context import page_context

context = page_context()
shown = labels.choose(context)
labels.kpi_row(context, shown)
labels.over_time(context, shown)
labels.values(context, shown)

left, right = st.columns([4, 5])
label_gaps.by_month(context, shown, left)
label_gaps.all_labels(context, shown, right)

labels.crossed(context, shown)
label_gaps.queue(context, shown)

definitions.show(context, shown)
