"""A copy of the budgets to edit: what is wrong with it by line, the file, and for finance putting it in force."""

from __future__ import annotations

import streamlit as st

from costlib.access import may_change_budgets
from costlib.budgets.parsing import FILE, parse_budgets
from costlib.errors import InvalidBudgets
from costlib.ui import cached, putting_in_force, wording
from costlib.ui.context import PageContext
from costlib.ui.putting_in_force import Subject

TEXT_KEY = "budgets_text"
HEIGHT = 300
BUDGETS = Subject(
    "budgets",
    may_change_budgets,
    "They hold at once, and are published without a request to AWS. Earlier versions are kept.",
    "Putting the budgets in force. The page shows them when it is done.",
)
FIRST = """\
# budgets.toml
[[budget]]
id = "bill"
name = "The whole bill"
total = true               # or: cost_center, service, usage_account_id, "cost_category:Team" = "value"
amount = 10000.00
"""


def edit(context: PageContext) -> None:
    """The text with what can be done about it; for whoever sees every budget."""
    if context.scope.accounts is not None or context.scope.statements is not None:
        st.caption("The text holds every budget, so it is open to whoever sees everything. Finance changes budgets.")
        return
    versions = cached.budget_versions(context.snapshot, context.scope)
    st.session_state.setdefault(TEXT_KEY, versions[0].text if versions else FIRST)
    text = st.text_area(
        f"A copy of {FILE}",
        key=TEXT_KEY,
        height=HEIGHT,
        persist_state="session",
        help="Nothing changes until it is put in force. docs/budgets.md explains every key.",
    )
    fit = _checked(text or "", versions[0].version if versions else None)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        putting_in_force.button(context, BUDGETS, fit)
        st.download_button(
            "Download the file",
            (text or "").encode(),
            file_name=FILE,
            mime="application/toml",
            icon=":material/download:",
            on_click="ignore",
            key="download_budgets",
        )
    putting_in_force.outcome(context, BUDGETS)
    if versions:
        newest = versions[0]
        note = f" · {wording.escaped(newest.note)}" if newest.note else ""
        by, at = wording.escaped(newest.applied_by), wording.moment(newest.applied_at)
        st.caption(f"In force: version {newest.version} · by {by} · {at}{note}")


def _checked(text: str, in_force: str | None) -> str | None:
    """The text, if it can be put in force."""
    try:
        budgets = parse_budgets(text, FILE)
    except InvalidBudgets as error:
        where = f", budget {error.budget}" if error.budget else ""
        putting_in_force.mistake(error, error.line, where, text)
        return None
    is_in_force = budgets.version == in_force
    same = " They say what the budgets in force say." if is_in_force else ""
    count = wording.count(len(budgets.budgets), "budget")
    st.caption(f":green[:material/check_circle:] {count}. Nothing is wrong with them.{same}")
    return None if is_in_force else text
