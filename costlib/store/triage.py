"""Triage: what people say of an incident: acknowledged, expected, a false alarm, taken back, or only a comment.

Nothing is changed or deleted: the last verdict counts, the last owner counts, and all words stay. Times are UTC
without a zone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from costlib.errors import UsageError
from costlib.store.people import reading, writing
from costlib.store.saved_views import Person

LONGEST_COMMENT = 2_000
LONGEST_OWNER = 100
_COLUMNS = "incident_id, state, owner, comment, person_id, person_name, said_at"


class Verdict(StrEnum):
    """What somebody said of an incident; a comment leaves the verdict as it was."""

    acknowledged = "acknowledged"
    expected = "expected"
    false_alarm = "false_alarm"
    withdrawn = "withdrawn"
    comment = "comment"

    @property
    def is_confirmed(self) -> bool:
        """Whether something did happen, wanted or not; only a false alarm says that nothing did."""
        return self in (Verdict.acknowledged, Verdict.expected)


@dataclass(frozen=True)
class Word:
    """One word on an incident; `owner` is who looks after it from now on, '' leaves that as it was."""

    incident_id: str
    verdict: Verdict
    owner: str
    comment: str
    person: Person
    said_at: datetime


@dataclass(frozen=True)
class Triaged:
    """Where an incident stands: the verdict that counts (None: nobody has said), its owner, and all words."""

    verdict: Verdict | None = None
    owner: str = ""
    words: tuple[Word, ...] = ()


@dataclass(frozen=True)
class Precision:
    """How many of the judged incidents were real: the verdicts that confirm, of all verdicts."""

    confirmed: int
    false_alarms: int

    @property
    def judged(self) -> int:
        return self.confirmed + self.false_alarms


def say(source_dir: Path, word: Word) -> None:
    """Keep a word. Raises UsageError for one that says nothing, or too much."""
    comment, owner = word.comment.strip(), word.owner.strip()
    if word.verdict is Verdict.comment and not (comment or owner):
        raise UsageError("The comment is empty.", "Write one, or name an owner.")
    if len(comment) > LONGEST_COMMENT:
        raise UsageError(f"The comment has {len(comment):,} characters.", f"Keep it under {LONGEST_COMMENT:,}.")
    if len(owner) > LONGEST_OWNER:
        raise UsageError(f"The owner's name has {len(owner):,} characters.", f"Keep it under {LONGEST_OWNER}.")
    said = [word.incident_id, word.verdict.value, owner, comment, word.person.id, word.person.name]
    with writing(source_dir) as connection:
        connection.execute(
            f"INSERT INTO triage ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?)", [*said, word.said_at.isoformat()]
        )


def triaged(source_dir: Path, incident_ids: Iterable[str]) -> dict[str, Triaged]:
    """Where each of these incidents stands; all of them are there."""
    wanted = dict.fromkeys(incident_ids)
    with reading(source_dir) as connection:
        rows = (
            []
            if connection is None
            else connection.execute(f"SELECT {_COLUMNS} FROM triage ORDER BY triage_id DESC").fetchall()
        )
    newest_first: dict[str, list[Word]] = {incident_id: [] for incident_id in wanted}
    for row in rows:
        if row[0] in newest_first:
            newest_first[row[0]].append(_word(*row))
    return {incident_id: _standing(words) for incident_id, words in newest_first.items()}


def precision(standing: Mapping[str, Triaged]) -> Precision:
    """Over the incidents that somebody has judged."""
    verdicts = [t.verdict for t in standing.values() if t.verdict is not None]
    confirmed = sum(v.is_confirmed for v in verdicts)
    return Precision(confirmed, sum(v is Verdict.false_alarm for v in verdicts))


def _standing(newest_first: list[Word]) -> Triaged:
    verdict = next((w.verdict for w in newest_first if w.verdict is not Verdict.comment), None)
    owner = next((w.owner for w in newest_first if w.owner), "")
    return Triaged(None if verdict is Verdict.withdrawn else verdict, owner, tuple(newest_first))


def _word(
    incident_id: str, state: str, owner: str, comment: str, person_id: str, person_name: str, said_at: str
) -> Word:
    person = Person(person_id, person_name)
    return Word(incident_id, Verdict(state), owner, comment, person, datetime.fromisoformat(said_at))
