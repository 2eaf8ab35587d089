"""A message on its way out, and what is the same on every one."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Message:
    """A title on one line, plain text, and for e-mail the same as HTML ('' where plain text is all there is)."""

    title: str
    text: str
    as_html: str = ""


SAMPLE = "Sample data: a made-up organization."


@dataclass(frozen=True)
class Frame:
    """What is the same on every message: where the dashboard is, and whether the organization is made up."""

    dashboard_url: str = ""
    is_sample: bool = False

    @property
    def notes(self) -> tuple[str, ...]:
        """What must stand on it, so that nobody takes it for their own cost."""
        return (SAMPLE,) if self.is_sample else ()
