"""Syncing as people see it: what it would cost, how far it is, how it ended."""

from __future__ import annotations

from decimal import Decimal

import streamlit as st

from costlib.config import Settings, Source
from costlib.store.status import RunState, Status, read_status
from costlib.ui import identity, lasting, sync_process, wording
from costlib.ui.context import utc_now
from costlib.ui.wording import Currency

POLL_SECONDS = 2
DOLLARS = Currency("USD")
"""AWS bills the API in US dollars, whatever currency the cost is in."""


def show(settings: Settings, status: Status | None) -> None:
    """Progress while a sync runs; otherwise how the last one ended, and the button for the next."""
    if sync_process.is_running(settings, status):
        progress(settings)
        return
    if failure := sync_process.early_failure(settings, status):
        st.error(wording.escaped(failure), title="The sync could not start", icon=":material/error:")
    else:
        last_outcome(status)
    with st.container(horizontal=True, vertical_alignment="center"):
        offer(settings, status)
        if status is not None and status.state is RunState.ok:
            st.caption(f"Last sync: {last_sync(status)}", width="content")


@lasting.fragment(run_every=POLL_SECONDS)
def progress(settings: Settings) -> None:
    """Redraws itself until the sync ends, then the whole page, which opens the new snapshot."""
    status = read_status(settings.source_dir)
    if not sync_process.is_running(settings, status):
        st.rerun()
    if status is None or not status.is_alive:
        st.progress(0.0, text="Starting the sync …")
        return
    st.progress(share_done(status), text=progress_text(status))


@lasting.fragment(run_every=POLL_SECONDS)
def progress_line(settings: Settings) -> None:
    """The same in one line, for pages that are about something else."""
    status = read_status(settings.source_dir)
    if not sync_process.is_running(settings, status):
        st.rerun()
    text = progress_text(status) if status is not None and status.is_alive else "starting"
    st.caption(f":material/sync: Syncing: {text}. The page shows the new data when it ends.")


def offer(settings: Settings, status: Status | None) -> None:
    """A button that opens on the price; only the button inside starts the sync. No button where a service syncs."""
    if not settings.sync_from_app:
        st.caption("A service of its own syncs; nobody does from here.", width="content")
        return
    with st.popover("Sync now", icon=":material/sync:", key="sync_popover"):
        st.markdown(price(settings, status))
        st.button(
            "Start the sync",
            type="primary",
            key="start_sync",
            icon=":material/play_arrow:",
            on_click=_start,
            args=(settings,),
        )


def price(settings: Settings, status: Status | None) -> str:
    """What the next sync should cost, as Markdown."""
    requests = status.next_sync_requests if status else None
    dollars = status.next_sync_usd if status else None
    if settings.source is Source.sample:
        would = f" At AWS it would be about {_price(requests, dollars)}." if requests is not None else ""
        return f"Syncing the sample organization is **free**: its Cost Explorer runs on this machine.{would}"
    if requests is None:
        return "Its price is not known yet. `python -m costlib sync --plan` works it out without syncing."
    return f"The next sync should make about **{_price(requests, dollars)}**. AWS charges for each request."


def last_outcome(status: Status | None) -> None:
    """How the last sync ended, with what to do if it did not end well."""
    if status is None or status.state is RunState.ok:
        return
    if status.state is RunState.running:
        st.warning(
            "Its process is gone. Nothing is lost: the next sync goes on where it stopped.",
            title=f"The sync of {wording.moment(status.started_at)} was interrupted",
            icon=":material/warning:",
        )
        return
    ended = wording.moment(status.ended_at or status.started_at)
    text = f"{wording.escaped(status.message)}\n\n{wording.escaped(status.remedy)}" if status.message else ""
    if status.state is RunState.partial:
        st.warning(text, title=f"The sync of {ended} stopped part of the way", icon=":material/warning:")
    else:
        st.error(text, title=f"The sync of {ended} failed", icon=":material/error:")


def last_sync(status: Status) -> str:
    """When it ended, what it asked and what that cost, as Markdown."""
    ended = wording.moment(status.ended_at or status.started_at)
    return f"{ended}, {_price(status.requests_done, status.cost_usd)}."


def share_done(status: Status) -> float:
    """Between 0 and 1; the number of requests expected may grow while it runs."""
    return min(1.0, status.requests_done / max(status.requests_expected, status.requests_done, 1))


def progress_text(status: Status) -> str:
    """`Charges · 120 of 300 requests · $1.20 · about 40 s left`, as Markdown."""
    parts = [
        wording.escaped(status.phase) if status.phase else "starting",
        f"{status.requests_done:,} of {max(status.requests_expected, status.requests_done):,} requests",
        wording.escaped(DOLLARS.exact(status.cost_usd)),
    ]
    if status.seconds_left is not None:
        parts.append(f"about {status.seconds_left:.0f} s left")
    return " · ".join(parts)


def _price(requests: int | None, dollars: Decimal | None) -> str:
    words = wording.count(requests or 0, "request")
    return words if dollars is None else f"{words}, {wording.escaped(DOLLARS.exact(dollars))}"


def _start(settings: Settings) -> None:
    if (viewer := identity.viewer()) is None or not settings.sync_from_app:
        return
    sync_process.start(settings, utc_now(), viewer.name)
