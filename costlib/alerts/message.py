"""A message on its way out."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Message:
    """A title on one line, plain text, and for e-mail the same as HTML ('' where plain text is all there is)."""

    title: str
    text: str
    as_html: str = ""
