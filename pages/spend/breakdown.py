"""Breakdown: any dimension against any other, as a pivot, over time, as areas, or adding up over the month."""

from costlib.ui import breakdown
from costlib.ui.context import page_context

context = page_context()
choice = breakdown.choose(context)
breakdown.show(context, choice)
