"""Commitments: Savings Plans and reservations, what of them was used day by day, and whether the charges agree."""

from costlib.ui import commitments, waiting
from costlib.ui.context import page_context

context = page_context()
holding = commitments.held(context)
commitments.notes(context, holding)
with waiting.skeleton():
    figures = commitments.ask(context, holding)
commitments.kpi_row(context, figures)
commitments.parts(context, figures)
commitments.coverage(context, figures)
commitments.months(context, figures)
commitments.services(context, figures)
