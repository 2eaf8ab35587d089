"""Triage on the anomalies page: what an incident was, who looks after it, and all that was said of it.

A word is said in a callback, so that the page is drawn with it.
"""

from __future__ import annotations

import streamlit as st

from costlib.errors import CostlibError
from costlib.queries.anomalies import Incident
from costlib.store import triage
from costlib.store.triage import LONGEST_COMMENT, LONGEST_OWNER, Triaged, Verdict, Word
from costlib.ui import anomaly_words, lasting, states, wording
from costlib.ui.anomalies import Board
from costlib.ui.context import PageContext, utc_now

PROBLEM_KEY = "triage_problem"

_BUTTONS = {
    Verdict.acknowledged: "It is real, and somebody is on it.",
    Verdict.expected: "It happened, and it was meant to.",
    Verdict.false_alarm: "Nothing happened: this should not have been told.",
    Verdict.comment: "Keep the comment or the owner; the state stays as it is.",
}


def panel(context: PageContext, board: Board, incident: Incident) -> None:
    """Where it stands, what may be said, and what was said."""
    standing = board.standing[incident.incident_id]
    with st.container(border=True, height="stretch"):
        st.subheader("Triage", anchor=False)
        st.markdown(_stands(board, incident, standing))
        _form(context, incident, standing)
        states.problem_of(PROBLEM_KEY, "This was not kept")
        for word in standing.words:
            st.markdown(anomaly_words.said(word))


def _stands(board: Board, incident: Incident, standing: Triaged) -> str:
    owner = wording.escaped(board.owner(incident)) or "nobody"
    why = "" if standing.owner or not incident.cost_center else ", the cost center with the largest part"
    return f"{anomaly_words.badge(standing.verdict)} Owner: **{owner}**{why}."


def _form(context: PageContext, incident: Incident, standing: Triaged) -> None:
    key = f"triage_{incident.incident_id}"
    with st.form(f"{key}_form", border=False, clear_on_submit=True):
        st.text_input("New owner", key=f"{key}_owner", max_chars=LONGEST_OWNER, placeholder="Leave empty to keep")
        st.text_area("Comment", key=f"{key}_comment", max_chars=LONGEST_COMMENT, height=80)
        with st.container(horizontal=True, gap="small"):
            for verdict, about in _BUTTONS.items():
                _button(context, incident, verdict, about)
            if standing.verdict is not None:
                _button(context, incident, Verdict.withdrawn, "Nobody has said anything: it is open again.")


def _button(context: PageContext, incident: Incident, verdict: Verdict, about: str) -> None:
    labels = {Verdict.acknowledged: "Acknowledge", Verdict.withdrawn: "Take back", Verdict.comment: "Only comment"}
    st.form_submit_button(
        labels.get(verdict, anomaly_words.VERDICTS[verdict]),
        key=f"triage_{incident.incident_id}_say_{verdict}",
        icon=f":material/{anomaly_words.ICONS[verdict]}:",
        type="primary" if verdict is Verdict.acknowledged else "secondary",
        help=about,
        on_click=_say,
        args=(context, incident.incident_id, verdict),
    )


def _say(context: PageContext, incident_id: str, verdict: Verdict) -> None:
    if not lasting.holds(context.viewer):
        return
    owner = str(st.session_state.get(f"triage_{incident_id}_owner") or "")
    comment = str(st.session_state.get(f"triage_{incident_id}_comment") or "")
    word = Word(incident_id, verdict, owner, comment, context.viewer.person, utc_now())
    try:
        triage.say(context.settings.source_dir, word)
    except CostlibError as error:
        st.session_state[PROBLEM_KEY] = error
