"""What a page shows when it cannot show cost: why, and the way out. Each function draws and stops the run."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import NoReturn

import streamlit as st

from costlib.config import Settings, Source
from costlib.errors import CostlibError, NoSnapshot
from costlib.store.status import Status
from costlib.ui import sync_panel, wording
from costlib.ui.url_values import Field, Unknown, unknown_values

LONGEST_VALUE = 80
FIRST_STEPS = """\
python -m costlib doctor        # what works, and what to do about the rest
python -m costlib sync --plan   # the price of the first sync
python -m costlib sync"""


def settings_cannot_be_used(error: CostlibError) -> NoReturn:
    """The settings are wrong: nothing can be opened."""
    problem(error, "The settings cannot be used")
    st.stop()


def no_data(settings: Settings, status: Status | None, error: CostlibError) -> NoReturn:
    """There is no snapshot, or none that can be read."""
    if isinstance(error, NoSnapshot):
        _nothing_synced_yet(settings, status)
    else:
        problem(error, "The data cannot be read")
        sync_panel.show(settings, status)
    st.stop()


def problem(error: CostlibError, title: str = "This cannot be shown") -> None:
    """An expected error, in the one way pages show them."""
    st.error(
        f"{wording.escaped(error.message)}\n\n{wording.escaped(error.remedy)}", title=title, icon=":material/error:"
    )


def problem_of(key: str, title: str) -> None:
    """The error that a callback has left under `key` of the session, once; nothing without one."""
    error = st.session_state.pop(key, None)
    if isinstance(error, CostlibError):
        problem(error, title)


def nothing_matches() -> None:
    """The filters keep no charge."""
    with st.container(border=True, horizontal_alignment="center"):
        st.subheader("No charges match these filters", anchor=False, text_alignment="center")
        st.caption("Choose a longer period, or clear some filters.", text_alignment="center")


def unknown_in_the_link(unknown: Sequence[Unknown]) -> None:
    """Say which values of the link were left out; nothing when all are known."""
    if not unknown:
        return
    lines = [
        f"- {found.label}: “{wording.escaped(found.value[:LONGEST_VALUE])}” is not known"
        + (f"; did you mean “{wording.escaped(found.near)}”?" if found.near else ".")
        for found in unknown
    ]
    st.warning(
        "\n".join([*lines, "", "What is not known was left out; the rest of the link holds."]),
        title="Part of this link is not understood",
        icon=":material/link_off:",
    )


def unknown_value_in_the_link(key: str, label: str, values: Collection[str]) -> None:
    """The same for the one parameter of a box that stands by itself."""
    unknown_in_the_link(unknown_values({key: st.query_params.get_all(key)}, [Field(key, label, values)]))


def _nothing_synced_yet(settings: Settings, status: Status | None) -> None:
    with st.container(border=True):
        st.subheader("Nothing has been synced yet", anchor=False)
        if settings.source is Source.sample:
            st.markdown(
                "This dashboard reads a local copy of cost data. Its sample organization is made up, has its own Cost "
                "Explorer on this machine, and is synced in about half a minute: here, or with this command."
            )
            st.code("python -m costlib sync", language="bash")
        else:
            st.markdown(
                "This dashboard reads a local copy of your AWS cost data. AWS charges for each request, so the first "
                "sync is yours to start. In a terminal:"
            )
            st.code(FIRST_STEPS, language="bash")
        sync_panel.show(settings, status)
