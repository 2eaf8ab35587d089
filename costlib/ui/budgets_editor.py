"""A copy of the budgets to edit: what is wrong with it by line, the file, and for finance putting it in force."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from costlib.access import may_change_budgets
from costlib.budgets.budget import Budgets
from costlib.budgets.parsing import FILE, parse_budgets
from costlib.errors import InvalidBudgets
from costlib.ui import cached, rules_process, wording
from costlib.ui.context import PageContext
from costlib.ui.rules_process import BUDGETS, Application

TEXT_KEY, NOTE_KEY = "budgets_text", "budgets_note"
MINE_KEY, STARTED_KEY = "budgets_application", "budgets_started"
HEIGHT = 300
LONGEST_NOTE = 300
POLL_SECONDS = 1
AROUND = 2
"""Lines shown before and after the one that is wrong."""
FIRST = """\
# budgets.toml
[[budget]]
id = "bill"
name = "The whole bill"
total = true               # or: cost_center, service, usage_account_id, "cost_category:Team" = "value"
amount = 10000.00
"""


@dataclass(frozen=True)
class Tried:
    """The text of the editor, and what it says."""

    text: str
    budgets: Budgets
    is_in_force: bool


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
    tried = _checked(text or "", versions[0].version if versions else None)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        _put_in_force(context, tried)
        st.download_button(
            "Download the file",
            (text or "").encode(),
            file_name=FILE,
            mime="application/toml",
            icon=":material/download:",
            on_click="ignore",
            key="download_budgets",
        )
    _outcome(context)
    if versions:
        newest = versions[0]
        note = f" · {wording.escaped(newest.note)}" if newest.note else ""
        by, at = wording.escaped(newest.applied_by), wording.moment(newest.applied_at)
        st.caption(f"In force: version {newest.version} · by {by} · {at}{note}")


def _checked(text: str, in_force: str | None) -> Tried | None:
    try:
        budgets = parse_budgets(text, FILE)
    except InvalidBudgets as error:
        _wrong(error, text)
        return None
    is_in_force = budgets.version == in_force
    same = " They say what the budgets in force say." if is_in_force else ""
    count = wording.count(len(budgets.budgets), "budget")
    st.caption(f":green[:material/check_circle:] {count}. Nothing is wrong with them.{same}")
    return Tried(text, budgets, is_in_force)


def _wrong(error: InvalidBudgets, text: str) -> None:
    """The mistake, and its line among those around it."""
    budget = f", budget {error.budget}" if error.budget else ""
    st.error(
        f"{wording.escaped(error.message)}\n\n{wording.escaped(error.remedy)}",
        title=wording.escaped(f"Line {error.line}{budget}"),
        icon=":material/error:",
    )
    st.code(_lines_around(text, error.line), language=None, wrap_lines=True)


def _lines_around(text: str, line: int) -> str:
    lines = text.split("\n")
    first, last = max(1, line - AROUND), min(len(lines), line + AROUND)
    width = len(str(last))
    return "\n".join(f"{'→' if n == line else ' '} {n:>{width}}  {lines[n - 1]}" for n in range(first, last + 1))


def _put_in_force(context: PageContext, tried: Tried | None) -> None:
    """For finance: asks for a note, and starts the command that publishes."""
    if not may_change_budgets(context.viewer.role):
        st.caption("Finance puts budgets in force. Download the file and send it to them.", width="content")
        return
    cannot = tried is None or tried.is_in_force or rules_process.running(context.settings, BUDGETS) is not None
    with (
        st.popover("Put in force", icon=":material/gavel:", type="primary", disabled=cannot, key=_popover_key()),
        st.form("put_budgets_in_force", border=False, clear_on_submit=True),
    ):
        st.markdown("They hold at once, and are published without a request to AWS. Earlier versions are kept.")
        st.text_input("Why", key=NOTE_KEY, max_chars=LONGEST_NOTE, placeholder="It is kept with the budgets")
        st.form_submit_button("Put in force", type="primary", on_click=_start, args=(context, tried))


def _popover_key() -> str:
    """Another one after each start, so that it closes."""
    return f"budgets_popover_{st.session_state.get(STARTED_KEY, 0)}"


def _start(context: PageContext, tried: Tried | None) -> None:
    """Asks again whether this person may: a button that was drawn is no right."""
    note = "".join(c for c in " ".join(str(st.session_state[NOTE_KEY] or "").split()) if c.isprintable())
    if not note:
        st.toast("Say why: the note is kept with the budgets.", icon=":material/edit_note:")
    elif tried is not None and may_change_budgets(context.viewer.role):
        found = rules_process.start(context.settings, tried.text, note, context.viewer.name, BUDGETS)
        if found is None:
            st.toast("Other budgets are being put in force right now.", icon=":material/hourglass_top:")
        st.session_state[MINE_KEY] = found
        st.session_state[STARTED_KEY] = st.session_state.get(STARTED_KEY, 0) + 1


def _outcome(context: PageContext) -> None:
    """How far it is, or how it ended."""
    mine = st.session_state.get(MINE_KEY)
    if rules_process.running(context.settings, BUDGETS) is not None:
        _progress(context)
    elif isinstance(mine, Application) and mine.succeeded:
        st.success(wording.escaped(mine.said), title="Published", icon=":material/check_circle:")
    elif isinstance(mine, Application):
        st.error(wording.escaped(mine.said), title="The budgets were not put in force", icon=":material/error:")


@st.fragment(run_every=POLL_SECONDS)
def _progress(context: PageContext) -> None:
    """Redraws itself until the process ends, then the whole page, which opens the new snapshot."""
    if rules_process.running(context.settings, BUDGETS) is None:
        st.rerun()
    st.caption(":material/hourglass_top: Putting the budgets in force. The page shows them when it is done.")
