"""How a finished file is handed over: a link that streams it, or a button where the server has no such link."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import streamlit as st

from costlib.ui import downloads, wording

HELD_AT_MOST = 100 * 1024**2
"""Bytes that a button may hold in memory, where the server cannot stream."""
_UNITS = ("bytes", "kB", "MB", "GB")


def file(path: Path, rows: int, command: str) -> None:
    """The file, its size, and how long it can be had."""
    size = path.stat().st_size
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        _link(path, f"Download {path.name}", is_first=True)
        st.caption(f"{wording.count(rows, 'row')}, {size_words(size)}. Kept for a day.", width="content")
    if not downloads.is_served() and size > HELD_AT_MOST:
        st.info(
            "This server was started with `streamlit run app.py`, which holds a download in memory. "
            f"For a file of {size_words(size)} start it with `python -m costlib.ui.serve`, or use the command below.",
            title="Too large for this server",
            icon=":material/memory:",
        )


def size_words(size: int) -> str:
    """`812 bytes`, `1.4 MB`."""
    amount, unit = float(size), 0
    while amount >= 1000 and unit < len(_UNITS) - 1:
        amount, unit = amount / 1000, unit + 1
    return f"{amount:.0f} {_UNITS[unit]}" if not unit or amount >= 100 else f"{amount:.1f} {_UNITS[unit]}"


def _link(path: Path, label: str, is_first: bool = False) -> None:
    browser = st.context.cookies.get(downloads.COOKIE)
    kind: Literal["primary", "secondary"] = "primary" if is_first else "secondary"
    if downloads.is_served() and browser:
        st.link_button(
            wording.escaped(label), downloads.link(path, path.name, browser), icon=":material/download:", type=kind
        )
    elif path.stat().st_size <= HELD_AT_MOST:
        st.download_button(
            wording.escaped(label),
            data=path.read_bytes,
            file_name=path.name,
            on_click="ignore",
            icon=":material/download:",
            type=kind,
            key=f"download_{path.suffix}",
        )
