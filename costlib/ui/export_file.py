"""The file itself: the button that has it written, its progress, and the links when it is there.

One file a session; it is kept in the session and not bound to a page, so that writing goes on while somebody looks
around.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st

from costlib.exports import Format
from costlib.exports.manifest import manifest_path
from costlib.queries.exporting import write_export
from costlib.store import audit
from costlib.store.audit import Entry, Event
from costlib.ui import lasting, offers, preparing, states, wording
from costlib.ui.context import PageContext, utc_now
from costlib.ui.identity import Viewer
from costlib.ui.preparing import Job
from costlib.ui.wish import Wish

FORMAT_WORDS = {Format.csv: "CSV", Format.xlsx: "XLSX", Format.parquet: "Parquet"}
POLL_SECONDS = 1
_JOB = "export_job"


@dataclass(frozen=True)
class Prepared:
    """What a file was prepared for, and for whom: another wish, newer data, or other eyes need another file."""

    wish: Wish
    viewer: Viewer
    snapshot_id: str
    job: Job


def show(context: PageContext, wish: Wish, rows: int, failing: str | None) -> None:
    """The button, the progress, or the links."""
    prepared = _prepared(context, wish)
    if prepared is None:
        st.button(
            f"Export anyway: {wording.escaped(failing)}" if failing else f"Prepare {FORMAT_WORDS[wish.format]}",
            type="primary",
            icon=":material/warning:" if failing else ":material/draft:",
            key="prepare_export",
            on_click=_prepare,
            args=(context, wish, rows),
        )
    elif not prepared.job.done.is_set():
        _progress(prepared.job)
    elif prepared.job.is_ready:
        path = prepared.job.path
        about = f"{wording.count(prepared.job.rows, 'row')}, {offers.size_words(path.stat().st_size)}. Kept for a day."
        offers.files([path, manifest_path(path)], ["Download", "Its manifest"], about)
    else:
        _failed(prepared.job)


def _prepared(context: PageContext, wish: Wish) -> Prepared | None:
    """What this session has for exactly this wish, unless it has been cleaned up since."""
    found = st.session_state.get(_JOB)
    if not isinstance(found, Prepared):
        return None
    if (found.wish, found.viewer, found.snapshot_id) != (wish, context.viewer, context.snapshot.snapshot_id):
        return None
    return None if found.job.is_gone else found


def _prepare(context: PageContext, wish: Wish, rows: int) -> None:
    """Start writing; what this session was waiting for before, nobody waits for any more."""
    _cancel()
    if not lasting.holds(context.viewer):
        return
    job = preparing.start(context.settings.source_dir, wish.file_name, rows, _writing(context, wish), utc_now())
    st.session_state[_JOB] = Prepared(wish, context.viewer, context.snapshot.snapshot_id, job)


def _writing(context: PageContext, wish: Wish) -> Callable[[Job], None]:
    snapshot, scope, generated_at = context.snapshot, context.scope, utc_now()
    source_dir, person = context.settings.source_dir, context.viewer.person

    def write(job: Job) -> None:
        manifest = write_export(
            snapshot,
            scope,
            wish.request,
            job.path,
            wish.format,
            generated_at=generated_at,
            passed=job.wrote,
        )
        about = f"{job.path.name}, SHA-256 {manifest.sha256}"
        audit.record(source_dir, Entry(utc_now(), Event.exported, person, about))

    return write


@lasting.fragment(run_every=POLL_SECONDS)
def _progress(job: Job) -> None:
    """Redraws itself until the file is there, then the whole page."""
    if job.done.is_set():
        st.rerun()
    st.progress(job.share_done, text=f"Writing: {job.rows:,} of {wording.count(job.expected, 'row')}")
    st.button("Cancel", key="cancel_export", on_click=_cancel)


def _cancel() -> None:
    prepared = st.session_state.pop(_JOB, None)
    if isinstance(prepared, Prepared):
        prepared.job.cancel()


def _failed(job: Job) -> None:
    if job.error is not None:
        states.problem(job.error)
    else:
        st.error("The server's log says why.", title="The file could not be written", icon=":material/error:")
    st.button("Try again", key="retry_export", on_click=_cancel)
