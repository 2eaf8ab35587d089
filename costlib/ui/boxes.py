"""Select boxes whose value is in the link.

The browser fetches the code that draws one; each has its place before, so that what stands below does not move then.
Whatever a browser sends is checked: Streamlit's own limits are only kept by honest browsers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal, TypeVar

import streamlit as st

T = TypeVar("T")
Width = int | Literal["stretch"]

HEIGHT = 64
"""Pixels of a box with its label above it."""


def one_of(
    label: str,
    key: str,
    values: Sequence[T],
    usual: T,
    reads: Callable[[T], str] = str,
    width: Width = "stretch",
    **about: Any,
) -> T:
    """The value that is chosen, `usual` until one is; `about` is what else `st.selectbox` takes."""
    picked = _drawn(label, key, values, reads, width, index=values.index(usual), **about)
    return usual if picked is None else picked


def one_or_none(
    label: str,
    key: str,
    values: Sequence[T],
    placeholder: str,
    reads: Callable[[T], str] = str,
    width: Width = "stretch",
    **about: Any,
) -> T | None:
    """The value that is chosen; None, which reads `placeholder`, until one is."""
    return _drawn(label, key, values, reads, width, index=None, placeholder=placeholder, **about)


def _drawn(
    label: str, key: str, values: Sequence[T], reads: Callable[[T], str], width: Width, **about: Any
) -> T | None:
    with st.container(height=HEIGHT, border=False, width=width):
        picked: T | None = st.selectbox(label, values, format_func=reads, key=key, bind="query-params", **about)
    return picked if picked in values else None
