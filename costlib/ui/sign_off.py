"""Accepting and disputing on the statement page: the whole statement, and each line in its drawer.

A word is kept with the amount that it was said about. Each is said in a callback, so that the page is drawn with it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

import streamlit as st

from costlib.errors import CostlibError
from costlib.exports.statement_lines import By, Line
from costlib.money import total
from costlib.store import sign_offs
from costlib.store.sign_offs import LONGEST_COMMENT, SignOff, State, Subject
from costlib.ui import cached, lasting, states, wording
from costlib.ui.context import PageContext, utc_now
from costlib.ui.showback_month import ShownMonth
from costlib.ui.sign_off_words import Standing, badge, key_of, said_by, sentence, standing
from costlib.ui.statement_lines import lines_of

PROBLEM_KEY = "sign_off_problem"
WHOLE_STATEMENT = "The whole statement"


@dataclass(frozen=True)
class Asked:
    """What somebody may sign off now: the subject, how people read it, and what it comes to."""

    subject: Subject
    name: str
    amount: Decimal | None

    @property
    def key(self) -> str:
        """Names the widgets."""
        subject = self.subject
        return f"sign_off_{subject.kind}_{subject.key}_{subject.cost_center}_{subject.month}"


def of_statement(context: PageContext, shown: ShownMonth, cost_center: str, lines: Sequence[Line]) -> None:
    """The state of the whole statement, what may be said of it, and each line that somebody spoke of."""
    subject = Subject(shown.month, cost_center, shown.asked.metric.value)
    asked = Asked(subject, WHOLE_STATEMENT, total(line.amount for line in lines))
    words = _words(context, shown, cost_center)
    if words is None:
        return
    current = standings(context, shown, cost_center, words)
    with st.container(border=True, gap="small"):
        _row(context, asked, current, words)
        for found in current:
            if not found.word.subject.is_whole:
                line = f"**{wording.escaped(found.word.name)}** {_money(context, found.amount_now)}"
                st.markdown(f"{line}  \n{sentence(found, context.currency)}")
        states.problem_of(PROBLEM_KEY, "This was not kept")


def of_line(context: PageContext, shown: ShownMonth, cost_center: str, line: Line) -> None:
    """The same for one line, within its drawer."""
    subject = Subject(shown.month, cost_center, shown.asked.metric.value, *key_of(line))
    words = _words(context, shown, cost_center)
    if words is None:
        return
    mine = [word for word in words if word.subject == subject]
    with st.container(border=True, gap="small"):
        current = standings(context, shown, cost_center, mine)
        _row(context, Asked(subject, line.label, line.amount), current, mine)
        states.problem_of(PROBLEM_KEY, "This was not kept")


def standings(
    context: PageContext, shown: ShownMonth, cost_center: str, words: Sequence[SignOff]
) -> tuple[Standing, ...]:
    """How the last word on each subject of a statement stands against the statement as it is now."""
    last = sign_offs.last_words(words)
    if not last:
        return ()
    table = cached.statement(context.snapshot, context.scope, shown.asked, cost_center)
    lines = lines_of(context, shown, table, By.both)
    return tuple(standing(word, lines) for word in last)


def _words(context: PageContext, shown: ShownMonth, cost_center: str) -> tuple[SignOff, ...] | None:
    """All about this statement in this metric, the newest first; None when the file cannot be read, which is said."""
    try:
        found = sign_offs.history(context.settings.source_dir, shown.month, (cost_center,))
    except CostlibError as error:
        states.problem(error, "Sign-offs cannot be shown")
        return None
    return tuple(word for word in found if word.subject.metric == shown.asked.metric)


def _row(context: PageContext, asked: Asked, current: Sequence[Standing], words: Sequence[SignOff]) -> None:
    """The state, and the buttons."""
    found = next((found for found in current if found.word.subject == asked.subject), None)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        if found is None:
            what = "this statement" if asked.subject.is_whole else "this line"
            st.markdown(f":gray-badge[:material/draw: Not signed off] Nobody has accepted or disputed {what} yet.")
        else:
            st.markdown(sentence(found, context.currency))
        _answer(context, asked, found, len(words))
        _history(context, words)


def _answer(context: PageContext, asked: Asked, found: Standing | None, said: int) -> None:
    """What may be said; it closes once it was, because another one takes its place."""
    key = asked.key
    with (
        st.popover("Accept or dispute", icon=":material/draw:", key=f"{key}_popover_{said}"),
        st.form(f"{key}_form", border=False, clear_on_submit=True),
    ):
        st.markdown(f"**{wording.escaped(asked.name)}** · {_money(context, asked.amount)}")
        st.text_area(
            "Comment",
            key=f"{key}_comment",
            max_chars=LONGEST_COMMENT,
            height=90,
            placeholder="A dispute needs one: what is wrong?",
        )
        with st.container(horizontal=True, gap="small"):
            for label, state in (("Accept", State.accepted), ("Dispute", State.disputed)):
                _button(context, asked, label, state)
            if found is not None:
                _button(context, asked, "Withdraw", State.withdrawn)


def _button(context: PageContext, asked: Asked, label: str, state: State) -> None:
    icons = {State.accepted: "check", State.disputed: "flag", State.withdrawn: "undo"}
    st.form_submit_button(
        label,
        key=f"{asked.key}_{state}",
        icon=f":material/{icons[state]}:",
        type="primary" if state is State.accepted else "secondary",
        on_click=_say,
        args=(context, asked, state),
    )


def _say(context: PageContext, asked: Asked, state: State) -> None:
    if not lasting.holds(context.viewer):
        return
    comment = str(st.session_state.get(f"{asked.key}_comment") or "")
    snapshot_id = context.snapshot.snapshot_id
    person = context.viewer.person
    word = SignOff(asked.subject, asked.name, state, comment, person, utc_now(), asked.amount, snapshot_id)
    try:
        sign_offs.say(context.settings.source_dir, word)
    except CostlibError as error:
        st.session_state[PROBLEM_KEY] = error


def _history(context: PageContext, words: Sequence[SignOff]) -> None:
    if not words:
        return
    with st.popover(f"History ({len(words)})", icon=":material/history:", type="tertiary"):
        for word in words:
            what = f"**{wording.escaped(word.name)}**, {_money(context, word.amount)}"
            st.markdown(f"{badge(word.state)} {what}  \n{said_by(word)}")


def _money(context: PageContext, amount: Decimal | None) -> str:
    return wording.escaped(context.currency.exact(amount))
