"""How numbers, days and changes read, and how names are kept from being taken for Markdown.

Amounts are rounded from `Decimal`, half-even, for reading only. What is not available is never written as 0.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Literal

from costlib.money import difference, ratio, rounded
from costlib.periods import DAY, Period

NOT_AVAILABLE = "not available"
MINUS = "−"
_SIGNS = {"USD": "$"}
_MARKDOWN = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|$~&^=:])")
_SPACE = re.compile(r"\s+")
_THOUSANDS = ((Decimal(10) ** 9, "B"), (Decimal(10) ** 6, "M"), (Decimal(10) ** 3, "k"))


@dataclass(frozen=True)
class Currency:
    """Amounts of one currency as people read them; the code stands before the number unless it has a sign."""

    code: str

    @property
    def prefix(self) -> str:
        return _SIGNS.get(self.code, f"{self.code} ")

    def exact(self, amount: Decimal | None) -> str:
        """To the cent: `$1,234.57`, `−$0.50`; an amount too small for a cent says so."""
        if amount is None:
            return NOT_AVAILABLE
        cents = rounded(amount)
        if not cents and amount:
            return f"{MINUS if amount < 0 else ''}<{self.prefix}0.01"
        return f"{MINUS if cents < 0 else ''}{self.prefix}{abs(cents):,.2f}"

    def whole(self, amount: Decimal | None) -> str:
        """Every digit there is, for differences that must not be rounded away."""
        if amount is None:
            return NOT_AVAILABLE
        digits, _, decimals = f"{abs(amount):,f}".partition(".")
        return f"{MINUS if amount < 0 else ''}{self.prefix}{digits}.{decimals.rstrip('0'):0<2}"

    def compact(self, amount: Decimal | None) -> str:
        """Three digits or so: `$1.23M`, `$940`, `$4.5k`."""
        if amount is None:
            return NOT_AVAILABLE
        sign, size = (MINUS if amount < 0 else ""), abs(amount)
        for unit, letter in _THOUSANDS:
            if size >= unit:
                return f"{sign}{self.prefix}{_short(size / unit)}{letter}"
        return f"{sign}{self.prefix}{size:.0f}" if size >= 100 else self.exact(amount)

    def change(self, amount: Decimal | None) -> str:
        """With its sign: `+$12.00`, `−$3.10`."""
        text = self.exact(amount)
        return f"+{text}" if amount is not None and amount > 0 else text


def percent(part: Decimal | float | None, digits: int = 1) -> str:
    """`+7.8%` of a ratio; None is not available."""
    if part is None:
        return NOT_AVAILABLE
    share = rounded(Decimal(str(part)) * 100, digits)
    sign = "+" if share > 0 else MINUS if share < 0 else ""
    return f"{sign}{abs(share):,}%"


def share(part: Decimal | float | None, digits: int = 1) -> str:
    """`95.9%` of a ratio that has no direction; None is not available."""
    return NOT_AVAILABLE if part is None else f"{rounded(Decimal(str(part)) * 100, digits):,}%"


def change_percent(now: Decimal | None, before: Decimal | None) -> str | None:
    """How much more than before, of its size then; None where there is nothing to compare with."""
    more = difference(now, before)
    part = None if more is None or before is None else ratio(more, abs(before))
    return None if part is None else percent(part)


def delta(change: str | None) -> str | None:
    """A change for st.metric, which knows a decrease by its hyphen and reads Markdown."""
    return None if change is None else change.replace(MINUS, "-")


def delta_color(change: str | None) -> Literal["inverse", "off"]:
    """More cost is red; no change worth a digit is gray."""
    return "inverse" if change and change[0] in ("+", MINUS) else "off"


def delta_arrow(change: str | None) -> Literal["auto", "off"]:
    """No arrow where there is no direction."""
    return "auto" if change and change[0] in ("+", MINUS) else "off"


def day(value: date, this_year: int | None = None) -> str:
    """`22 Nov`, with the year unless it is `this_year`."""
    return f"{value.day} {value:%b}" + ("" if value.year == this_year else f" {value.year}")


def weekday(value: date) -> str:
    """`Sun 22 Nov`."""
    return f"{value:%a} {value.day} {value:%b}"


def month(value: date) -> str:
    """`Nov 2026`."""
    return f"{value:%b %Y}"


def span(period: Period) -> str:
    """`1–22 Nov 2026`, `25 Oct – 22 Nov 2026`, `1 Dec 2025 – 22 Nov 2026`, or one day."""
    first, last = period.start, period.last_day
    if first == last:
        return day(last)
    if (first.year, first.month) == (last.year, last.month):
        return f"{first.day}–{day(last)}"
    return f"{day(first, last.year)} – {day(last)}"


def moment(value: datetime) -> str:
    """`24 Nov 2026, 10:51 UTC`."""
    return f"{day(value.date())}, {value:%H:%M} UTC"


def ago(then: datetime, now: datetime) -> str:
    """`just now`, `5 min ago`, `3 h ago`, `2 days ago`."""
    passed = now - then
    if passed < timedelta(minutes=1):
        return "just now"
    if passed < timedelta(hours=1):
        return f"{passed // timedelta(minutes=1)} min ago"
    if passed < 2 * DAY:
        return f"{passed // timedelta(hours=1)} h ago"
    return f"{passed // DAY} days ago"


def count(number: int, one: str, many: str | None = None) -> str:
    """`1 day`, `3 days`."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def escaped(text: str) -> str:
    """`text` so that Markdown shows it as it is, on one line: names may hold `$`, `*`, `[`, `<`, or a line break.

    A colon gets an invisible word joiner: `:material/x:` and `:smile:` are replaced after Markdown was read.
    """
    return _MARKDOWN.sub(r"\\\1", one_line(text)).replace(r"\:", "\\:\u2060")


def one_line(text: str) -> str:
    """Line breaks and other blanks as single spaces; a name of nothing but blanks stays visible."""
    return _SPACE.sub(" ", text).strip() or "(no name)"


def for_plotly(text: str, longest: int | None = None) -> str:
    """`text` so that Plotly, which reads a little HTML, shows it as it is; cut to `longest` characters."""
    line = one_line(text)
    if longest is not None and len(line) > longest:
        line = f"{line[: longest - 1].rstrip()}…"
    return line.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _short(size: Decimal) -> str:
    digits = 0 if size >= 100 else 1 if size >= 10 else 2
    text = f"{size:.{digits}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
