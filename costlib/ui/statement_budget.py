"""The budget of a statement's cost center, in a line: what it was, what came of it, and by how much they differ."""

from __future__ import annotations

import streamlit as st

from costlib.budgets.budget import Every
from costlib.queries.budgets import BudgetOfMonth
from costlib.ui import cached, wording
from costlib.ui.context import PageContext
from costlib.ui.statement import Shown


def line(context: PageContext, shown: Shown) -> None:
    """Says so when the cost center has no budget for the month in this cost metric: a line of its own in any case, so
    that nothing below it moves."""
    found = cached.budget_of_cost_center(
        context.snapshot,
        context.scope,
        shown.cost_center,
        shown.month.month,
        shown.month.asked.metric,
        context.settings.fiscal_year_start_month,
    )
    text = words(context, found) if found else f"No budget for {shown.month.words} in this cost."
    st.caption(f":material/savings: {text}")


def words(context: PageContext, found: BudgetOfMonth) -> str:
    """`Budget of November 2026: $29,800.00 …, actual $23,893.77, $5,906.23 under it.` as Markdown."""
    exact, variance = context.currency.exact, found.variance
    of = wording.span(found.agreed.period)
    if found.budget.every is Every.month:
        of = wording.month_name(found.agreed.period.start)
    carried = context.currency.change(found.carried.amount)
    with_carried = f" ({exact(found.agreed.amount)} agreed, {carried} carried over)" if found.budget.rollover else ""
    text = f"Budget of {of}: {exact(found.amount)}{with_carried}, actual {exact(found.actual)}"
    if variance is None:
        return wording.escaped(f"{text}, variance not available.")
    side = "over" if variance > 0 else "under"
    return f"{wording.escaped(text)}, **{wording.escaped(exact(abs(variance)))} {side} it**."
