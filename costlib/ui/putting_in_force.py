"""Under the text of an editor: the line that is wrong, and for finance putting the text in force with a note."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st

from costlib.access import Role
from costlib.errors import UsageError
from costlib.ui import lasting, publications, wording
from costlib.ui.context import PageContext
from costlib.ui.publications import Publication

LONGEST_NOTE = 300
AROUND = 2
"""Lines shown before and after the one that is wrong."""


@dataclass(frozen=True)
class Subject:
    """What is edited, as in `costlib rules apply`; who may change it, what it does, and what is said while it does."""

    noun: str
    may_change: Callable[[Role | None], bool]
    about: str
    meanwhile: str

    @property
    def command(self) -> str:
        return f"{self.noun} apply"

    @property
    def note_key(self) -> str:
        return f"{self.noun}_note"

    @property
    def mine_key(self) -> str:
        """Of what this session has started."""
        return f"{self.noun}_application"

    @property
    def started_key(self) -> str:
        return f"{self.noun}_started"

    def popover_key(self) -> str:
        """Another one after each start, so that it closes."""
        return f"{self.noun}_popover_{st.session_state.get(self.started_key, 0)}"


def mistake(error: UsageError, line: int, where: str, text: str) -> None:
    """What is wrong, and its line among those around it; `where` says in which entry."""
    st.error(
        f"{wording.escaped(error.message)}\n\n{wording.escaped(error.remedy)}",
        title=wording.escaped(f"Line {line}{where}"),
        icon=":material/error:",
    )
    st.code(_lines_around(text, line), language=None, wrap_lines=True)


def _lines_around(text: str, line: int) -> str:
    lines = text.split("\n")
    first, last = max(1, line - AROUND), min(len(lines), line + AROUND)
    width = len(str(last))
    return "\n".join(f"{'→' if n == line else ' '} {n:>{width}}  {lines[n - 1]}" for n in range(first, last + 1))


def button(context: PageContext, subject: Subject, text: str | None) -> None:
    """For finance: asks for a note, and starts the command that publishes. None is a text that cannot be applied."""
    if not subject.may_change(context.viewer.role):
        st.caption(f"Finance puts {subject.noun} in force. Download the file and send it to them.", width="content")
        return
    cannot = text is None or publications.is_running(context.settings, subject.command)
    with (
        st.popover("Put in force", icon=":material/gavel:", type="primary", disabled=cannot, key=subject.popover_key()),
        st.form(f"put_{subject.noun}_in_force", border=False, clear_on_submit=True),
    ):
        st.markdown(subject.about)
        st.text_input(
            "Why", key=subject.note_key, max_chars=LONGEST_NOTE, placeholder=f"It is kept with the {subject.noun}"
        )
        st.form_submit_button("Put in force", type="primary", on_click=_start, args=(context, subject, text))


def _start(context: PageContext, subject: Subject, text: str | None) -> None:
    """Asks again whether this person may, and still may: a button that was drawn is no right."""
    raw = " ".join(str(st.session_state[subject.note_key] or "").split())
    note = "".join(c for c in raw if c.isprintable())
    if not note:
        st.toast(f"Say why: the note is kept with the {subject.noun}.", icon=":material/edit_note:")
    elif text is not None and subject.may_change(context.viewer.role) and lasting.holds(context.viewer):
        arguments = [f"--note={note}", f"--by={context.viewer.name}"]
        found = publications.start(context.settings, subject.command, arguments, text)
        if found is None:
            st.toast(f"Other {subject.noun} are being put in force right now.", icon=":material/hourglass_top:")
        st.session_state[subject.mine_key] = found
        st.session_state[subject.started_key] = st.session_state.get(subject.started_key, 0) + 1


def outcome(context: PageContext, subject: Subject) -> None:
    """How far it is, or how it ended."""
    mine = st.session_state.get(subject.mine_key)
    if publications.is_running(context.settings, subject.command):
        publications.progress(context.settings, subject.command, subject.meanwhile)
    elif isinstance(mine, Publication) and mine.succeeded:
        st.success(wording.escaped(mine.said), title="Published", icon=":material/check_circle:")
    elif isinstance(mine, Publication):
        st.error(wording.escaped(mine.said), title=f"The {subject.noun} were not put in force", icon=":material/error:")
