"""What the budgets page shows around our own budgets: a file that cannot be used, none at all, and AWS's."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import NoReturn

import pyarrow as pa
import streamlit as st

from costlib.config import Source
from costlib.store.budgets import AwsBudget
from costlib.ui import budgets_editor, cached, tables, wording
from costlib.ui.context import PageContext
from costlib.ui.tables import Column, Kind, TableView

ACTION = "budgets:ViewBudget"
POLICY = "deploy/iam/optional-budgets.json"
LONGEST_FILTER = 160
COLUMNS = (
    Column("name", "AWS budget", Kind.text, width=200, is_pinned=True),
    Column("time_unit", "Every", Kind.text, width=90),
    Column("limit", "Limit", Kind.money),
    Column("actual", "Spent", Kind.money, "As AWS Budgets says; it counts what the budget's own settings include."),
    Column("used", "Used", Kind.share, width=130),
    Column("forecast", "AWS's forecast", Kind.money, "For the end of its period."),
    Column("narrowed_to", "Narrowed to", Kind.text, width=280),
)


def banner(context: PageContext) -> None:
    """Say that the budgets file cannot be used; nothing when it can."""
    problem = cached.budgets_problem(context.snapshot)
    if problem:
        st.warning(
            f"{wording.escaped(problem)}\n\nThe last good budgets are in force, and this page shows them.",
            title="The budgets file cannot be used",
            icon=":material/savings:",
        )


def nothing_here(context: PageContext) -> NoReturn:
    """No budget is in force, or none that may be seen."""
    sees_everything = context.scope.accounts is None and context.scope.statements is None
    with st.container(border=True):
        if sees_everything:
            st.subheader("There are no budgets for this month yet", anchor=False)
            st.markdown("Say what may be spent: below, or in a file. docs/budgets.md explains every key.")
        else:
            st.subheader("No budget is open to you", anchor=False)
            st.caption("A budget is shown to whoever may see all of what it is of.")
    if sees_everything:
        with st.container(border=True):
            st.subheader("AWS Budgets", anchor=False)
            aws(context)
        with st.container(border=True):
            st.subheader("Change budgets", anchor=False)
            budgets_editor.edit(context)
    st.stop()


def aws(context: PageContext) -> None:
    """AWS's own budgets as AWS tells them, or why there are none."""
    if context.scope.accounts is not None:
        st.caption("AWS's own budgets are of the whole organization, and shown to whoever sees every account.")
        return
    found = cached.aws_budgets(context.snapshot, context.scope)
    if not found:
        st.caption(_why_none(context))
        return
    tables.show(_view(context, found), "aws_budgets")
    st.caption(
        f"As AWS Budgets told them, {wording.moment(found[0].read_at)}. Limit, spent and forecast are AWS's own; a "
        "budget may leave out taxes, credits or other charges, so it need not equal ours."
    )


def _why_none(context: PageContext) -> str:
    if context.settings.source is Source.sample:
        return "The sample organization has none. From your own account they are read with each sync, at no cost."
    missing = {right.action for right in cached.missing_rights(context.snapshot)}
    if ACTION in missing:
        return f"The role may not read them: it lacks {wording.escaped(ACTION)} ({wording.escaped(POLICY)})."
    return "The account that syncs has none of cost."


def _view(context: PageContext, found: Sequence[AwsBudget]) -> TableView:
    money = pa.decimal128(38, 10)
    values = pa.table(
        {
            "name": pa.array([b.name for b in found], pa.string()),
            "time_unit": pa.array([b.time_unit.lower() for b in found], pa.string()),
            "limit": pa.array([b.limit for b in found], money),
            "actual": pa.array([b.actual for b in found], money),
            "used": pa.array([float(b.actual / b.limit) if b.actual and b.limit else None for b in found]),
            "forecast": pa.array([b.forecast for b in found], money),
            "narrowed_to": pa.array([_narrowed(b.narrowed_to) for b in found], pa.string()),
        }
    )
    return TableView(
        values, COLUMNS, context.currency, "aws-budgets.csv", "AWS's own budgets", empty="–", is_cost=False
    )


def _narrowed(text: str) -> str:
    """AWS's filter in a line: its classic form as words, its expression as it is."""
    if not text:
        return "everything"
    told = json.loads(text)
    if all(isinstance(values, list) for values in told.values()):
        text = "; ".join(f"{name} {', '.join(map(str, values))}" for name, values in told.items())
    return text if len(text) <= LONGEST_FILTER else f"{text[: LONGEST_FILTER - 1]}…"
