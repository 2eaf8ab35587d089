"""How a finished file is handed over: a link that streams it, or a button where the server has no such link."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Literal

import streamlit as st

from costlib.store import audit
from costlib.store.audit import Entry, Event
from costlib.ui import downloads, identity, lasting, wording
from costlib.ui.context import PageContext, utc_now

HELD_AT_MOST = 100 * 1024**2
"""Bytes that a button may hold in memory, where the server cannot stream."""
_UNITS = ("bytes", "kB", "MB", "GB")


def files(paths: Sequence[Path], labels: Sequence[str], about: str) -> None:
    """The files side by side, the first one first."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        for place, (path, label) in enumerate(zip(paths, labels, strict=True)):
            _link(path, label, "primary" if place == 0 else "secondary")
        st.caption(wording.escaped(about), width="content")
    if not downloads.is_served() and any(path.stat().st_size > HELD_AT_MOST for path in paths):
        st.info(
            "This server was started with `streamlit run app.py`, which holds a download in memory. "
            "Start it with `python -m costlib.ui.serve`, or use the command below.",
            title="Too large for this server",
            icon=":material/memory:",
        )


def written_down(context: PageContext, name: str, make: Callable[[], bytes]) -> Callable[[], bytes]:
    """What a button hands over under this name, made when somebody takes it, which is in the audit log then."""
    source_dir, person = context.settings.source_dir, context.viewer.person

    def taken() -> bytes:
        content = make()
        about = f"{name}, SHA-256 {sha256(content).hexdigest()}"
        audit.record(source_dir, Entry(utc_now(), Event.exported, person, about))
        return content

    return lasting.while_it_holds(taken)


def size_words(size: int) -> str:
    """`812 bytes`, `1.4 MB`."""
    amount, unit = float(size), 0
    while amount >= 1000 and unit < len(_UNITS) - 1:
        amount, unit = amount / 1000, unit + 1
    return f"{amount:.0f} {_UNITS[unit]}" if not unit or amount >= 100 else f"{amount:.1f} {_UNITS[unit]}"


def _link(path: Path, label: str, kind: Literal["primary", "secondary"]) -> None:
    browser = downloads.session_of(st.context.cookies)
    if downloads.is_served() and browser:
        address = downloads.link(path, path.name, browser, identity.still())
        st.link_button(label, address, icon=":material/download:", type=kind)
    elif path.stat().st_size <= HELD_AT_MOST:
        st.download_button(
            label,
            data=lasting.while_it_holds(path.read_bytes),
            file_name=path.name,
            on_click="ignore",
            icon=":material/download:",
            type=kind,
            key=f"download_{path.suffix}",
        )
