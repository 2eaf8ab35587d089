"""What moved, in sentences of Markdown as a person would write them for somebody who has a minute.

The first half says how much; the second, where it comes from: one place if that explains it, two if they do together,
else how far it is spread. What moved the other way is said when it hides how much the largest place moved.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from costlib.money import total
from costlib.queries.changes import Mover, Piece, Split
from costlib.ui import wording
from costlib.ui.wording import Currency

NEARLY_ALL = Decimal("0.9")
"""Of the change: from here to its mirror over 1, one piece explains it."""
MOST = Decimal("0.5")
HARDLY = Decimal("0.005")
"""Of the amount before: less reads as 0%."""
MANY_TIMES = Decimal(10)
"""From here on "from $3.00" says more than a percentage of four digits."""
ACCOUNT = "usage_account_id"
_PLACES = {ACCOUNT: "account", "service": "service"}


@dataclass(frozen=True)
class Reader:
    """How amounts and account ids read to this person."""

    currency: Currency
    account_names: Mapping[str, str]

    def mover(self, by: str, mover: Mover) -> str:
        """The name of a mover, as it stands in tables and charts too."""
        return self.account_names.get(mover.key, mover.name) if by == ACCOUNT else mover.name

    def exact(self, amount: Decimal) -> str:
        return wording.escaped(self.currency.exact(amount))

    def signed(self, amount: Decimal) -> str:
        return wording.escaped(self.currency.change(amount))

    def place(self, mover: Mover, piece: Piece) -> str:
        """`in *checkout*`, `*Amazon EC2*`, `*Amazon EC2* in *checkout*`: the account last, as people say it."""
        named = dict(zip(mover.parts, piece.values, strict=True))
        account = named.pop(ACCOUNT, None)
        words = [f"*{wording.escaped(value)}*" for value in named.values()]
        if account is not None:
            words.append(f"in *{wording.escaped(self.account_names.get(account, account))}*")
        return " ".join(words)

    def subject(self, mover: Mover, piece: Piece) -> str:
        """The same at the beginning of a clause."""
        return self.place(mover, piece).removeprefix("in ")


def summary(split: Split, reader: Reader) -> str:
    """Everything together: how much, and whether rises and falls hide each other. For two amounts that are known."""
    moves = [amount for amount in (split.new, split.gone, split.grew, split.shrank) if amount]
    rose, fell = (total(abs(m) for m in moves if (m > 0) == up) or Decimal(0) for up in (True, False))
    head = f"Cost is {_direction(split, reader)}"
    if not rose or not fell:
        return f"{head}."
    return f"{head}: it rose by {reader.exact(rose)} in some places and fell by {reader.exact(fell)} in others."


def _direction(split: Split, reader: Reader) -> str:
    change, part = split.change or Decimal(0), split.change_ratio
    if not change:
        return "**the same** as before"
    size = f"{'up' if change > 0 else 'down'} {reader.exact(abs(change))}"
    if part is None:
        return f"**{size}**"
    return (
        f"**nearly the same**, {size}"
        if abs(part) < HARDLY
        else f"**{size}** ({wording.escaped(wording.percent(part))})"
    )


def sentence(by: str, mover: Mover, reader: Reader) -> str:
    """One mover: how much, and why."""
    return f"{_how_much(by, mover, reader)}{_why(mover, reader)}."


def _how_much(by: str, mover: Mover, reader: Reader) -> str:
    who = f"**{wording.escaped(reader.mover(by, mover))}**"
    if not mover.previous:
        return f"{who} is new: {reader.exact(mover.amount)}"
    if not mover.amount:
        return f"{who} is gone: it was {reader.exact(mover.previous)}"
    direction = "up" if mover.change > 0 else "down"
    if abs(mover.change) >= MANY_TIMES * abs(mover.previous):
        part = f"from {reader.exact(mover.previous)} to {reader.exact(mover.amount)}"
    else:
        percent = wording.change_percent(mover.amount, mover.previous) or ""
        part = f"({wording.escaped(percent)})"
        part += f" to {reader.exact(mover.amount)}" if not mover.drivers or _is_alone(mover) else ""
    return f"{who} is {direction} {reader.exact(abs(mover.change))} {part}"


def _why(mover: Mover, reader: Reader) -> str:
    if not mover.drivers:
        return ""
    first, *others = mover.drivers
    share = first.change / mover.change
    if mover.moved == 1 and not mover.against:
        where = reader.place(mover, first) if _is_alone(mover) else _with_course(mover, first, reader)
        return f", all of it {where}"
    if NEARLY_ALL <= share <= 2 - NEARLY_ALL:
        return f", nearly all of it {_with_course(mover, first, reader)}"
    if share > 1:
        return f": {_against_each_other(mover, first, reader)}"
    if share >= MOST:
        return f", mostly {_with_course(mover, first, reader)}"
    if others and (first.change + others[0].change) / mover.change >= MOST:
        return f", mostly {_listed(mover, [first, others[0]], reader)}"
    return f", spread over {_count(mover)}, most of all {_listed(mover, [first], reader)}"


def _is_alone(mover: Mover) -> bool:
    """Whether one piece is all there is of the mover: its course is the mover's own."""
    first = mover.drivers[0]
    return (first.amount, first.previous) == (mover.amount, mover.previous)


def _with_course(mover: Mover, piece: Piece, reader: Reader) -> str:
    """The place, and how it went there; nothing of that where it is the mover's own course."""
    where = reader.place(mover, piece)
    if not mover.previous or not mover.amount:
        is_all = piece.change == mover.change
        return where if is_all else f"{where} ({reader.exact(piece.amount or piece.previous)})"
    if not piece.previous:
        return f"{where}, which is new at {reader.exact(piece.amount)}"
    if not piece.amount:
        return f"{where}, which is gone from {reader.exact(piece.previous)}"
    return f"{where}, which went from {reader.exact(piece.previous)} to {reader.exact(piece.amount)}"


def _against_each_other(mover: Mover, piece: Piece, reader: Reader) -> str:
    rose, fell = f"rose by {reader.exact(abs(piece.change))}", f"fell by {reader.exact(abs(piece.change))}"
    said = f"{reader.subject(mover, piece)} {rose if piece.change > 0 else fell}"
    if not mover.against:
        return said
    other = mover.against[0]
    verb = "rose" if other.change > 0 else "fell"
    return f"{said}, while {reader.subject(mover, other)} {verb} by {reader.exact(abs(other.change))}"


def _listed(mover: Mover, pieces: Sequence[Piece], reader: Reader) -> str:
    first, *others = (f"{reader.place(mover, piece)} ({reader.signed(piece.change)})" for piece in pieces)
    return " and ".join([first, *(other.removeprefix("in ") for other in others)])


def _count(mover: Mover) -> str:
    """`15 accounts`; of pieces that are both an account and a service, places."""
    one = _PLACES.get(mover.parts[0], "value") if len(mover.parts) == 1 else "place"
    return wording.count(mover.moved, one)
