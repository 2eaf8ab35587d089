"""A copy of the rules to edit: what is wrong with it by line, the file, and putting it in force."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import streamlit as st

from costlib.access import may_change_rules
from costlib.allocation.imported import rules_text
from costlib.allocation.parsing import parse_rules
from costlib.allocation.rules import AllocationRules
from costlib.errors import InvalidRules, UsageError
from costlib.queries.sandbox import SplitCharges
from costlib.ui import cached, rules_process, states, wording
from costlib.ui.context import PageContext
from costlib.ui.rules_process import Application
from costlib.ui.showback_month import FIRST_RULES

TEXT_KEY, START_KEY, NOTE_KEY = "rules_text", "rules_start", "rules_note"
MINE_KEY, STARTED_KEY = "rules_application", "rules_started"
PROBLEM_KEY = "rules_import_problem"
FILE = "allocation.toml"
HEIGHT = 420
LONGEST_NOTE = 300
POLL_SECONDS = 1
AROUND = 2
"""Lines shown before and after the one that is wrong."""


@dataclass(frozen=True)
class Tried:
    """The text of the editor, and what it says."""

    text: str
    rules: AllocationRules
    is_in_force: bool


def edit(context: PageContext) -> Tried | None:
    """The editor with what can be done about its text; None while it cannot be used."""
    starts = _starts(context)
    st.session_state.setdefault(TEXT_KEY, _text_of(next(iter(starts.values()))))
    st.selectbox("Start from", list(starts), key=START_KEY, width=420, on_change=_start_from, args=(starts,))
    _problem_of_the_import()
    text = st.text_area(
        f"A copy of {FILE}",
        key=TEXT_KEY,
        height=HEIGHT,
        persist_state="session",
        help="Nothing changes until it is put in force. docs/showback.md explains every key.",
    )
    tried = _checked(context, text or "")
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        _put_in_force(context, tried)
        st.download_button(
            "Download the file",
            (text or "").encode(),
            file_name=FILE,
            mime="application/toml",
            icon=":material/download:",
            on_click="ignore",
            key="download_rules",
        )
    _outcome(context)
    return tried


def _starts(context: PageContext) -> dict[str, str | SplitCharges]:
    """What one may begin with: the rules in force, each version before them, and what AWS has."""
    versions = cached.rule_versions(context.snapshot)
    found: dict[str, str | SplitCharges] = {}
    for place, version in enumerate(versions):
        name = (
            "The rules in force" if place == 0 else f"Version {version.version}, {wording.moment(version.applied_at)}"
        )
        found.setdefault(name, version.text)
    found = found or {"The shortest rules": FIRST_RULES}
    for split in cached.split_charge_rules(context.snapshot, context.scope):
        found[f"AWS's split charge rules of {split.cost_category}"] = split
    return found


def _start_from(starts: Mapping[str, str | SplitCharges]) -> None:
    """Replace the text by what was chosen; what AWS has that cannot be imported leaves it as it is."""
    chosen = starts[str(st.session_state[START_KEY])]
    try:
        st.session_state[TEXT_KEY] = _text_of(chosen)
    except UsageError as error:
        st.session_state[PROBLEM_KEY] = error


def _text_of(chosen: str | SplitCharges) -> str:
    return chosen if isinstance(chosen, str) else rules_text(chosen.cost_category, chosen.rules)


def _problem_of_the_import() -> None:
    error = st.session_state.pop(PROBLEM_KEY, None)
    if isinstance(error, UsageError):
        states.problem(error, "This cannot be imported")


def _checked(context: PageContext, text: str) -> Tried | None:
    try:
        rules = parse_rules(text, FILE)
    except InvalidRules as error:
        _wrong(error, text)
        return None
    versions = cached.rule_versions(context.snapshot)
    is_in_force = bool(versions) and versions[0].version == rules.version
    ways, count = wording.count(len(rules.centers), "way"), wording.count(len(rules.rules), "rule")
    same = " They say what the rules in force say." if is_in_force else ""
    st.caption(f":green[:material/check_circle:] {ways} to a cost center, {count}. Nothing is wrong with them.{same}")
    return Tried(text, rules, is_in_force)


def _wrong(error: InvalidRules, text: str) -> None:
    """The mistake, and its line among those around it."""
    rule = f", rule {error.rule}" if error.rule else ""
    st.error(
        f"{wording.escaped(error.message)}\n\n{wording.escaped(error.remedy)}",
        title=wording.escaped(f"Line {error.line}{rule}"),
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
    if not may_change_rules(context.viewer.role):
        st.caption("Finance puts rules in force. Download the file and send it to them.", width="content")
        return
    cannot = tried is None or tried.is_in_force or rules_process.running(context.settings) is not None
    with (
        st.popover("Put in force", icon=":material/gavel:", type="primary", disabled=cannot, key=_popover_key()),
        st.form("put_rules_in_force", border=False, clear_on_submit=True),
    ):
        st.markdown(
            "Every open month is computed anew by these rules and published, without a request to AWS. Each rule holds "
            "from its month `from` on; closed months stay as they are."
        )
        st.text_input("Why", key=NOTE_KEY, max_chars=LONGEST_NOTE, placeholder="It is kept with the rules")
        st.form_submit_button("Put in force", type="primary", on_click=_start, args=(context, tried))


def _popover_key() -> str:
    """Another one after each start, so that it closes."""
    return f"rules_popover_{st.session_state.get(STARTED_KEY, 0)}"


def _start(context: PageContext, tried: Tried | None) -> None:
    """Asks again whether this person may: a button that was drawn is no right."""
    note = "".join(c for c in " ".join(str(st.session_state[NOTE_KEY] or "").split()) if c.isprintable())
    if not note:
        st.toast("Say why: the note is kept with the rules.", icon=":material/edit_note:")
    elif tried is not None and may_change_rules(context.viewer.role):
        found = rules_process.start(context.settings, tried.text, note, context.viewer.name)
        if found is None:
            st.toast("Other rules are being put in force right now.", icon=":material/hourglass_top:")
        st.session_state[MINE_KEY] = found
        st.session_state[STARTED_KEY] = st.session_state.get(STARTED_KEY, 0) + 1


def _outcome(context: PageContext) -> None:
    """How far it is, or how it ended."""
    mine = st.session_state.get(MINE_KEY)
    if rules_process.running(context.settings) is not None:
        _progress(context)
    elif isinstance(mine, Application) and mine.succeeded:
        st.success(wording.escaped(mine.said), title="Published", icon=":material/check_circle:")
    elif isinstance(mine, Application):
        st.error(wording.escaped(mine.said), title="The rules were not put in force", icon=":material/error:")


@st.fragment(run_every=POLL_SECONDS)
def _progress(context: PageContext) -> None:
    """Redraws itself until the process ends, then the whole page, which opens the new snapshot."""
    if rules_process.running(context.settings) is None:
        st.rerun()
    st.caption(
        ":material/hourglass_top: Putting the rules in force. The page shows the new statements when it is done."
    )
