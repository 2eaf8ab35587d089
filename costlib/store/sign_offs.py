"""Sign-offs: what people say of a statement, or of one of its lines: accepted, disputed, or taken back.

Nothing is changed or deleted: the last word on a subject counts, and all words stay. Each keeps the amount that it was
said about, so that an amount which has changed since can be told. Times are UTC without a zone.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from pathlib import Path

from costlib.errors import UsageError
from costlib.store.people import reading, writing
from costlib.store.saved_views import Person

LONGEST_COMMENT = 2_000
WHOLE = "statement"
"""The kind of a subject that is a whole statement; its key is empty."""

_COLUMNS = (
    "month, cost_center, metric, kind, key, name, state, comment, person_id, person_name, said_at, amount, snapshot_id"
)


class State(StrEnum):
    """What somebody said."""

    accepted = "accepted"
    disputed = "disputed"
    withdrawn = "withdrawn"


@dataclass(frozen=True)
class Subject:
    """What was spoken of: a cost center's statement of a month in a metric, or the line `key` of a `kind` on it."""

    month: date
    cost_center: str
    metric: str
    kind: str = WHOLE
    key: str = ""

    @property
    def is_whole(self) -> bool:
        return self.kind == WHOLE


@dataclass(frozen=True)
class SignOff:
    """One word: about what (`name` is how people read it), by whom, and of which amount (None: not available)."""

    subject: Subject
    name: str
    state: State
    comment: str
    person: Person
    said_at: datetime
    amount: Decimal | None
    snapshot_id: str


def say(source_dir: Path, word: SignOff) -> None:
    """Keep a word. Raises UsageError for a dispute without a reason, or a comment that is too long."""
    comment = word.comment.strip()
    if word.state is State.disputed and not comment:
        raise UsageError("A dispute needs a comment.", "Say what is wrong with the amount.")
    if len(comment) > LONGEST_COMMENT:
        raise UsageError(f"The comment has {len(comment):,} characters.", f"Keep it under {LONGEST_COMMENT:,}.")
    subject = word.subject
    values = [
        subject.month.isoformat(),
        subject.cost_center,
        subject.metric,
        subject.kind,
        subject.key,
        word.name,
        word.state.value,
        comment,
        word.person.id,
        word.person.name,
        word.said_at.isoformat(),
        None if word.amount is None else str(word.amount),
        word.snapshot_id,
    ]
    with writing(source_dir) as connection:
        connection.execute(f"INSERT INTO sign_offs ({_COLUMNS}) VALUES ({', '.join('?' * len(values))})", values)


def history(source_dir: Path, month: date, cost_centers: Collection[str] | None) -> tuple[SignOff, ...]:
    """Every word about the statements of a month, the newest first; `cost_centers` None is every cost center."""
    if cost_centers is not None and not cost_centers:
        return ()
    names = sorted(cost_centers or ())
    mine = f"AND cost_center IN ({', '.join('?' * len(names))})" if names else ""
    with reading(source_dir) as connection:
        if connection is None:
            return ()
        sql = f"SELECT {_COLUMNS} FROM sign_offs WHERE month = ? {mine} ORDER BY sign_off_id DESC"
        rows = connection.execute(sql, [month.isoformat(), *names]).fetchall()
    return tuple(_sign_off(*row) for row in rows)


def last_words(newest_first: Iterable[SignOff]) -> tuple[SignOff, ...]:
    """The one that counts on each subject, the newest first; what was withdrawn counts no more."""
    found: dict[Subject, SignOff] = {}
    for word in newest_first:
        found.setdefault(word.subject, word)
    return tuple(word for word in found.values() if word.state is not State.withdrawn)


def _sign_off(
    month: str,
    cost_center: str,
    metric: str,
    kind: str,
    key: str,
    name: str,
    state: str,
    comment: str,
    person_id: str,
    person_name: str,
    said_at: str,
    amount: str | None,
    snapshot_id: str,
) -> SignOff:
    return SignOff(
        Subject(date.fromisoformat(month), cost_center, metric, kind, key),
        name,
        State(state),
        comment,
        Person(person_id, person_name),
        datetime.fromisoformat(said_at),
        None if amount is None else Decimal(amount),
        snapshot_id,
    )
