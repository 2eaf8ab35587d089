"""Sign-offs: all words are kept, the last one on a subject counts, and processes that speak at once lose nothing."""

from __future__ import annotations

import multiprocessing
import sqlite3
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from costlib.errors import UsageError
from costlib.store import people, sign_offs
from costlib.store.saved_views import Person
from costlib.store.sign_offs import SignOff, State, Subject
from tests.store import writing_views
from tests.store.writing_views import ME, NOON

FEBRUARY = date(2026, 2, 1)
STATEMENT = Subject(FEBRUARY, "A", "unblended_cost")
SUPPORT = replace(STATEMENT, kind="shared shared", key="support")
WORD = SignOff(STATEMENT, "The whole statement", State.accepted, "", ME, NOON, Decimal("192.0000000001"), "s1")


def say(folder: Path, state: State, subject: Subject = STATEMENT, comment: str = "too much", later: int = 0) -> SignOff:
    word = replace(WORD, subject=subject, state=state, comment=comment, said_at=NOON + timedelta(hours=later))
    sign_offs.say(folder, word)
    return word


def test_a_word_comes_back_as_it_was_said_with_every_digit(tmp_path: Path) -> None:
    for amount in (Decimal("192.0000000001"), Decimal("-0.01"), None):
        word = replace(WORD, amount=amount, comment="agreed\nwith “Kim”", person=Person("x", "Ärmel"))
        sign_offs.say(tmp_path, word)
        assert sign_offs.history(tmp_path, FEBRUARY, None)[0] == word


def test_looking_makes_no_file(tmp_path: Path) -> None:
    assert sign_offs.history(tmp_path / "none", FEBRUARY, None) == ()
    assert not (tmp_path / "none").exists()


def test_the_last_word_on_each_subject_counts_and_the_history_keeps_all(tmp_path: Path) -> None:
    first = say(tmp_path, State.disputed)
    line = say(tmp_path, State.disputed, SUPPORT, later=1)
    last = say(tmp_path, State.accepted, later=2)
    found = sign_offs.history(tmp_path, FEBRUARY, None)
    assert found == (last, line, first)
    assert sign_offs.last_words(found) == (last, line)
    withdrawn = say(tmp_path, State.withdrawn, SUPPORT, "", later=3)
    found = sign_offs.history(tmp_path, FEBRUARY, None)
    assert found == (withdrawn, last, line, first)
    assert sign_offs.last_words(found) == (last,)


def test_nobody_reads_of_cost_centers_that_they_may_not_see(tmp_path: Path) -> None:
    mine = say(tmp_path, State.disputed)
    say(tmp_path, State.disputed, replace(STATEMENT, cost_center="B"))
    say(tmp_path, State.disputed, replace(STATEMENT, month=date(2026, 3, 1)))
    assert sign_offs.history(tmp_path, FEBRUARY, frozenset({"A", "C"})) == (mine,)
    assert sign_offs.history(tmp_path, FEBRUARY, frozenset()) == ()
    assert len(sign_offs.history(tmp_path, FEBRUARY, None)) == 2


def test_a_dispute_without_a_reason_is_not_kept(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="needs a comment"):
        say(tmp_path, State.disputed, comment=" \n")
    with pytest.raises(UsageError, match="characters"):
        say(tmp_path, State.accepted, comment="x" * (sign_offs.LONGEST_COMMENT + 1))
    assert sign_offs.history(tmp_path, FEBRUARY, None) == ()
    say(tmp_path, State.accepted, comment="")


def test_a_file_of_the_version_before_gets_the_table_and_keeps_its_views(tmp_path: Path) -> None:
    path = tmp_path / people.FILE
    connection = sqlite3.connect(path, isolation_level=None)
    people.migrate(connection, path, target=1)
    connection.close()
    assert sign_offs.history(tmp_path, FEBRUARY, None) == ()
    word = say(tmp_path, State.accepted)
    assert sign_offs.history(tmp_path, FEBRUARY, None) == (word,)


@pytest.mark.usefixtures("own_main")
def test_processes_that_speak_at_once_lose_no_word(tmp_path: Path) -> None:
    spawn = multiprocessing.get_context("spawn")
    names = ("a", "b")
    children = [spawn.Process(target=writing_views.say_many, args=(str(tmp_path), name, 20)) for name in names]
    for child in children:
        child.start()
    for child in children:
        child.join(120)
    assert [child.exitcode for child in children] == [0, 0]
    found = sign_offs.history(tmp_path, FEBRUARY, None)
    assert sorted(word.comment for word in found) == sorted(f"{name}{i}" for name in names for i in range(20))
