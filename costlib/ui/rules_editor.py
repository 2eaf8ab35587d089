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
from costlib.ui import cached, putting_in_force, states, wording
from costlib.ui.context import PageContext
from costlib.ui.putting_in_force import Subject
from costlib.ui.showback_month import FIRST_RULES

TEXT_KEY, START_KEY = "rules_text", "rules_start"
PROBLEM_KEY = "rules_import_problem"
FILE = "allocation.toml"
HEIGHT = 420
RULES = Subject(
    "rules",
    may_change_rules,
    "Every open month is computed anew by these rules and published, without a request to AWS. Each rule holds "
    "from its month `from` on; closed months stay as they are.",
    "Putting the rules in force. The page shows the new statements when it is done.",
)


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
    states.problem_of(PROBLEM_KEY, "This cannot be imported")
    text = st.text_area(
        f"A copy of {FILE}",
        key=TEXT_KEY,
        height=HEIGHT,
        persist_state="session",
        help="Nothing changes until it is put in force. docs/showback.md explains every key.",
    )
    tried = _checked(context, text or "")
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        putting_in_force.button(context, RULES, tried.text if tried and not tried.is_in_force else None)
        st.download_button(
            "Download the file",
            (text or "").encode(),
            file_name=FILE,
            mime="application/toml",
            icon=":material/download:",
            on_click="ignore",
            key="download_rules",
        )
    putting_in_force.outcome(context, RULES)
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


def _checked(context: PageContext, text: str) -> Tried | None:
    try:
        rules = parse_rules(text, FILE)
    except InvalidRules as error:
        where = f", rule {error.rule}" if error.rule else ""
        putting_in_force.mistake(error, error.line, where, text)
        return None
    versions = cached.rule_versions(context.snapshot)
    is_in_force = bool(versions) and versions[0].version == rules.version
    ways, count = wording.count(len(rules.centers), "way"), wording.count(len(rules.rules), "rule")
    same = " They say what the rules in force say." if is_in_force else ""
    st.caption(f":green[:material/check_circle:] {ways} to a cost center, {count}. Nothing is wrong with them.{same}")
    return Tried(text, rules, is_in_force)
