"""Triage: all words are kept, the last verdict and the last owner count, and verdicts make a precision."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from costlib.errors import UsageError
from costlib.store import people, triage
from costlib.store.triage import Precision, Triaged, Verdict, Word
from tests.store.writing_views import ME, NOON


def say(folder: Path, verdict: Verdict, of: str = "one", owner: str = "", comment: str = "", later: int = 0) -> Word:
    word = Word(of, verdict, owner, comment, ME, NOON + timedelta(hours=later))
    triage.say(folder, word)
    return word


def test_a_word_comes_back_as_it_was_said(tmp_path: Path) -> None:
    word = say(tmp_path, Verdict.expected, owner="Kim", comment="the “big” launch\nof May")
    assert triage.triaged(tmp_path, ["one"]) == {"one": Triaged(Verdict.expected, "Kim", (word,))}


def test_looking_makes_no_file_and_an_incident_nobody_spoke_of_is_new(tmp_path: Path) -> None:
    assert triage.triaged(tmp_path / "none", ["one"]) == {"one": Triaged()}
    assert not (tmp_path / "none").exists()


def test_the_last_verdict_and_the_last_owner_count_and_all_words_stay(tmp_path: Path) -> None:
    first = say(tmp_path, Verdict.false_alarm, owner="Ines")
    second = say(tmp_path, Verdict.acknowledged, owner="Kim", later=1)
    third = say(tmp_path, Verdict.comment, comment="looking", later=2)
    say(tmp_path, Verdict.expected, of="another")
    assert triage.triaged(tmp_path, ["one"])["one"] == Triaged(Verdict.acknowledged, "Kim", (third, second, first))


def test_what_was_taken_back_counts_no_more(tmp_path: Path) -> None:
    say(tmp_path, Verdict.acknowledged)
    say(tmp_path, Verdict.withdrawn)
    standing = triage.triaged(tmp_path, ["one"])["one"]
    assert standing.verdict is None
    assert len(standing.words) == 2


def test_precision_counts_the_incidents_that_somebody_judged(tmp_path: Path) -> None:
    verdicts = {"a": Verdict.acknowledged, "b": Verdict.expected, "c": Verdict.false_alarm, "d": Verdict.withdrawn}
    for of, verdict in verdicts.items():
        say(tmp_path, verdict, of=of)
    say(tmp_path, Verdict.comment, of="e", comment="?")
    found = triage.precision(triage.triaged(tmp_path, "abcdef"))
    assert (found, found.judged) == (Precision(2, 1), 3)


@pytest.mark.parametrize(
    ("verdict", "owner", "comment"),
    [
        (Verdict.comment, " ", "\n"),
        (Verdict.expected, "", "x" * (triage.LONGEST_COMMENT + 1)),
        (Verdict.expected, "x" * (triage.LONGEST_OWNER + 1), ""),
    ],
)
def test_a_word_that_says_nothing_or_too_much_is_refused(
    tmp_path: Path, verdict: Verdict, owner: str, comment: str
) -> None:
    with pytest.raises(UsageError):
        say(tmp_path, verdict, owner=owner, comment=comment)
    assert triage.triaged(tmp_path, ["one"])["one"] == Triaged()


def test_a_file_from_before_triage_is_brought_up_to_date(tmp_path: Path) -> None:
    import sqlite3

    path = tmp_path / people.FILE
    with sqlite3.connect(path, isolation_level=None) as connection:
        people.migrate(connection, path, target=2)
    assert triage.triaged(tmp_path, ["one"]) == {"one": Triaged()}
    say(tmp_path, Verdict.expected)
    assert triage.triaged(tmp_path, ["one"])["one"].verdict is Verdict.expected
