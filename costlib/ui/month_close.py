"""Closing a month from the page of all cost centers: what still speaks against it, and the button for finance."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import streamlit as st

from costlib.access import may_close_months
from costlib.periods import add_months
from costlib.queries.showback import MonthState
from costlib.ui import cached, lasting, publications, wording
from costlib.ui.context import PageContext
from costlib.ui.publications import Publication
from costlib.ui.shared_costs import Everything
from costlib.ui.showback_month import in_words

COMMAND = "close"
MEANWHILE = "Closing the month. The page shows the frozen statements when it is done."
MINE_KEY = "close_of_mine"
REASON_KEY = "close_reason"
LONGEST_REASON = 300


def panel(context: PageContext, found: Everything) -> None:
    """How the last closing of this session ended; for finance, the way to close the month that is shown."""
    _outcome(context)
    if found.month.state.is_closed or not may_close_months(context.viewer.role):
        return
    missing = list(_missing(context, found))
    against = list(_against(found))
    month = wording.escaped(found.month.words)
    busy = publications.is_running(context.settings, COMMAND)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        with st.popover(f"Close {month}", icon=":material/lock:", disabled=bool(missing) or busy, key=_key(found)):
            _form(context, found.month.month, against)
        st.caption(missing[0] if missing else "Closing freezes these statements for ever.", width="content")


def _missing(context: PageContext, found: Everything) -> Iterator[str]:
    """Why the month cannot be closed at all."""
    month = found.month
    if not month.is_over:
        yield f"{month.words} can be closed when all of its days are complete."
    if found.aws is None:
        yield "Whoever closes a month must see all of its statements."
    following = _next_to_close(cached.showback_months(context.snapshot))
    if following is not None and following != month.month:
        yield f"Months are closed in their order: {in_words(following)} is next."


def _next_to_close(stored: tuple[MonthState, ...]) -> date | None:
    """The month after the last closed one; None when none is closed yet, so that any may be the first."""
    closed = [state.month for state in stored if state.is_closed]
    return add_months(max(closed), 1) if closed else None


def _against(found: Everything) -> Iterator[str]:
    """What a reason must be given for."""
    days = found.month.state.estimated_days
    if days:
        yield f"{wording.count(days, 'day')} {'is' if days == 1 else 'are'} still estimated by AWS."
    if found.aws is not None and not found.aws.ties_out:
        yield f"{wording.count(found.aws.differing_days, 'day')} do not tie out to AWS's own total."


def _form(context: PageContext, month: date, against: list[str]) -> None:
    with st.form("close_month", border=False):
        st.markdown(
            f"The statements of **{in_words(month)}** are frozen as they are now. What AWS restates in it later is an "
            "adjustment in the month that is open then. This cannot be undone."
        )
        if against:
            st.warning("\n\n".join(against), icon=":material/warning:")
            st.text_input(
                "Close it anyway, because", key=REASON_KEY, max_chars=LONGEST_REASON, placeholder="It is kept"
            )
        st.form_submit_button(
            "Close by force" if against else "Close",
            icon=":material/lock:",
            type="primary",
            on_click=_start,
            args=(context, month, bool(against)),
        )


def _start(context: PageContext, month: date, is_forced: bool) -> None:
    """Asks again whether this person may: a button that was drawn is no right."""
    if not may_close_months(context.viewer.role) or not lasting.holds(context.viewer):
        return
    arguments = [f"{month:%Y-%m}", f"--by={context.viewer.name}"]
    if is_forced:
        arguments.append(f"--force={st.session_state.get(REASON_KEY) or ''}")
    started = publications.start(context.settings, COMMAND, arguments)
    if started is not None:
        st.session_state[MINE_KEY] = started


def _key(found: Everything) -> str:
    """Another one for each month, and after each start, so that it closes."""
    mine = st.session_state.get(MINE_KEY)
    return f"close_{found.month.month}_{id(mine) if mine else ''}"


def _outcome(context: PageContext) -> None:
    """How far the closing is, or how it ended."""
    mine = st.session_state.get(MINE_KEY)
    if not isinstance(mine, Publication):
        return
    if mine.is_running:
        publications.progress(context.settings, COMMAND, MEANWHILE)
    elif mine.succeeded:
        st.success(wording.escaped(mine.said.splitlines()[-1]), icon=":material/lock:")
    else:
        st.error(wording.escaped(mine.said), title="The month was not closed", icon=":material/error:")
