"""Room for a select box: the browser fetches the code that draws one, and what stands below must not move then."""

from __future__ import annotations

from typing import Literal

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

HEIGHT = 64
"""Pixels of a box with its label above it."""


def room(width: int | Literal["stretch"] = "stretch") -> DeltaGenerator:
    """The place of one box, for a `with` block; as wide as it may be, unless a width in pixels is given."""
    return st.container(height=HEIGHT, border=False, width=width)
