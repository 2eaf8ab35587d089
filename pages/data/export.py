"""Export: what the filters show as a file that proves itself, and the report of a month."""

from costlib.ui import exporting, report_card
from costlib.ui.context import page_context

context = page_context()
exporting.show(context, exporting.choose(context))
report_card.show(context)
