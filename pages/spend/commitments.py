"""Commitments: Savings Plans and reservations, what of them was used day by day, and whether the charges agree."""

from costlib.ui import commitments
from costlib.ui.context import page_context

context = page_context()
found = commitments.held(context)
commitments.notes(context, found)
commitments.kpi_row(context, found)
commitments.parts(context, found)
commitments.coverage(context, found)
commitments.months(context, found)
commitments.services(context, found)
