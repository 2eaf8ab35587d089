"""Freshness: how new the data is, whether it adds up to AWS's totals, what AWS changed, and what asking cost."""

from costlib.ui import freshness
from costlib.ui.context import page_context

context = page_context()
freshness.kpi_row(context)
freshness.sync(context)
freshness.tie_out(context)
freshness.differing_days(context)
freshness.restatements(context)
freshness.runs(context)
freshness.missing_rights(context)
