"""The words of `costlib.wording` as the screen needs them: names are kept from being taken for Markdown or HTML."""

from __future__ import annotations

import re
from typing import Literal

from costlib.wording import (
    MINUS,
    NOT_AVAILABLE,
    Currency,
    ago,
    change_percent,
    count,
    day,
    moment,
    month,
    month_name,
    one_line,
    percent,
    share,
    span,
    weekday,
)

__all__ = [
    "MINUS",
    "NOT_AVAILABLE",
    "Currency",
    "ago",
    "change_percent",
    "count",
    "day",
    "delta",
    "delta_arrow",
    "delta_color",
    "escaped",
    "for_plotly",
    "moment",
    "month",
    "month_name",
    "one_line",
    "percent",
    "share",
    "span",
    "weekday",
]
"""Pages and their parts take all their words from here."""

_MARKDOWN = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|$~&^=:])")


def delta(change: str | None) -> str | None:
    """A change for st.metric, which knows a decrease by its hyphen and reads Markdown."""
    return None if change is None else change.replace(MINUS, "-")


def delta_color(change: str | None) -> Literal["inverse", "off"]:
    """More cost is red; no change worth a digit is gray."""
    return "inverse" if change and change[0] in ("+", MINUS) else "off"


def delta_arrow(change: str | None) -> Literal["auto", "off"]:
    """No arrow where there is no direction."""
    return "auto" if change and change[0] in ("+", MINUS) else "off"


def escaped(text: str) -> str:
    """`text` so that Markdown shows it as it is, on one line: names may hold `$`, `*`, `[`, `<`, or a line break.

    A colon gets an invisible word joiner: `:material/x:` and `:smile:` are replaced after Markdown was read.
    """
    return _MARKDOWN.sub(r"\\\1", one_line(text)).replace(r"\:", "\\:\u2060")


def for_plotly(text: str, longest: int | None = None) -> str:
    """`text` so that Plotly, which reads a little HTML, shows it as it is; cut to `longest` characters."""
    line = one_line(text)
    if longest is not None and len(line) > longest:
        line = f"{line[: longest - 1].rstrip()}…"
    return line.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
