"""Saved views: whose they are, what they are called, and that no process loses another's."""

from __future__ import annotations

import multiprocessing
import signal
import sqlite3
from datetime import timedelta
from pathlib import Path

import pytest

from costlib.errors import NameTaken, NotAName, PeopleFileBusy, PeopleFileUnusable, SchemaTooNew, UsageError, ViewGone
from costlib.store import people, saved_views
from costlib.store.saved_views import Person, SavedView, StartPage
from tests.store import writing_views
from tests.store.writing_views import ME, NOON

OTHER = Person("other", "Alex")
LATER = NOON + timedelta(hours=1)
QUERY = "period=Last+month&services=Amazon+S3&services=AWS+Lambda"


def save(folder: Path, name: str = "Storage", owner: Person = ME, query: str = QUERY) -> SavedView:
    return saved_views.save(folder, owner, name, "services", query, NOON)


def names(folder: Path, person: Person = ME) -> list[str]:
    return [view.name for view in saved_views.views(folder, person.id)]


def test_a_view_comes_back_as_it_was_saved(tmp_path: Path) -> None:
    saved = save(tmp_path)
    assert saved_views.views(tmp_path, ME.id) == [saved]
    assert (saved.name, saved.page, saved.query, saved.owner) == ("Storage", "services", QUERY, ME)
    assert saved.created_at == saved.updated_at == NOON
    assert not saved.is_shared


def test_looking_makes_no_file(tmp_path: Path) -> None:
    assert saved_views.views(tmp_path / "none", ME.id) == []
    assert saved_views.start_page(tmp_path, ME.id) == StartPage()
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["", "   ", "\n", "x" * 81, "a\x00b", "a\x1bb"])
def test_what_is_no_name_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(NotAName):
        save(tmp_path, name)
    kept = save(tmp_path)
    with pytest.raises(NotAName):
        saved_views.rename(tmp_path, ME.id, kept.id, name, LATER)
    assert names(tmp_path) == ["Storage"]


@pytest.mark.parametrize("name", ["x" * 80, "'; DROP TABLE saved_views; --", "$5 *stars* <b>", "費用 🙂"])
def test_any_other_text_is_a_name(tmp_path: Path, name: str) -> None:
    save(tmp_path, name)
    assert names(tmp_path) == [name]


def test_a_name_is_one_line_without_blanks_around_it(tmp_path: Path) -> None:
    assert save(tmp_path, "  month \n end ").name == "month end"


def test_more_parameters_than_an_address_can_have_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="too many"):
        save(tmp_path, query="x" * 16_001)


def test_a_name_that_is_taken_is_only_replaced_when_asked(tmp_path: Path) -> None:
    first = save(tmp_path)
    with pytest.raises(NameTaken):
        saved_views.save(tmp_path, ME, "Storage", "accounts", "", LATER)
    assert saved_views.views(tmp_path, ME.id) == [first]
    again = saved_views.save(tmp_path, ME, "Storage", "accounts", "", LATER, replace=True)
    assert (again.id, again.page, again.query) == (first.id, "accounts", "")
    assert (again.created_at, again.updated_at) == (NOON, LATER)
    assert saved_views.views(tmp_path, ME.id) == [again]


def test_two_people_may_use_one_name(tmp_path: Path) -> None:
    save(tmp_path)
    save(tmp_path, owner=OTHER)
    assert names(tmp_path) == names(tmp_path, OTHER) == ["Storage"]


def test_a_view_is_its_owners_alone_until_it_is_shared_and_again_afterwards(tmp_path: Path) -> None:
    saved = save(tmp_path)
    assert saved_views.view(tmp_path, OTHER.id, saved.id) is None
    saved_views.share(tmp_path, ME.id, saved.id, True, LATER)
    seen = saved_views.view(tmp_path, OTHER.id, saved.id)
    assert seen is not None
    assert (seen.owner.name, seen.is_shared) == ("Kim", True)
    saved_views.share(tmp_path, ME.id, saved.id, False, LATER)
    assert names(tmp_path, OTHER) == []


def test_ones_own_stand_before_those_that_others_share(tmp_path: Path) -> None:
    for name in ("b", "C", "a"):
        save(tmp_path, name)
    saved_views.share(tmp_path, OTHER.id, save(tmp_path, "A", OTHER).id, True, NOON)
    assert names(tmp_path) == ["a", "b", "C", "A"]


def test_only_the_owner_renames_shares_or_deletes(tmp_path: Path) -> None:
    saved = save(tmp_path)
    saved_views.share(tmp_path, ME.id, saved.id, True, NOON)
    before = saved_views.views(tmp_path, ME.id)
    with pytest.raises(ViewGone):
        saved_views.rename(tmp_path, OTHER.id, saved.id, "mine now", LATER)
    with pytest.raises(ViewGone):
        saved_views.share(tmp_path, OTHER.id, saved.id, False, LATER)
    with pytest.raises(ViewGone):
        saved_views.delete(tmp_path, OTHER.id, saved.id)
    assert saved_views.views(tmp_path, ME.id) == before


def test_a_view_is_not_renamed_over_another(tmp_path: Path) -> None:
    save(tmp_path, "a")
    other = save(tmp_path, "b")
    with pytest.raises(NameTaken):
        saved_views.rename(tmp_path, ME.id, other.id, "a", LATER)
    saved_views.rename(tmp_path, ME.id, other.id, "c", LATER)
    assert names(tmp_path) == ["a", "c"]


def test_a_shared_view_is_copied_under_a_free_name(tmp_path: Path) -> None:
    shared = save(tmp_path, "x" * 80, OTHER)
    with pytest.raises(ViewGone):
        saved_views.copy(tmp_path, ME, shared.id, LATER)
    saved_views.share(tmp_path, OTHER.id, shared.id, True, NOON)
    first, second = (saved_views.copy(tmp_path, ME, shared.id, LATER) for _ in range(2))
    assert first.name == "x" * 80
    assert second.name == "x" * 76 + " (2)"
    assert (first.page, first.query, first.owner, first.is_shared) == (shared.page, shared.query, ME, False)
    saved_views.delete(tmp_path, OTHER.id, shared.id)
    assert saved_views.view(tmp_path, ME.id, first.id) == first


def test_a_deleted_view_is_gone_and_nobody_begins_with_it(tmp_path: Path) -> None:
    saved = save(tmp_path)
    saved_views.set_start_page(tmp_path, ME.id, StartPage("lead", saved.id), NOON)
    assert saved_views.start_page(tmp_path, ME.id) == StartPage("lead", saved.id)
    saved_views.delete(tmp_path, ME.id, saved.id)
    assert names(tmp_path) == []
    assert saved_views.start_page(tmp_path, ME.id) == StartPage("lead")
    with pytest.raises(ViewGone):
        saved_views.delete(tmp_path, ME.id, saved.id)


def test_nobody_begins_with_somebody_elses_view(tmp_path: Path) -> None:
    saved = save(tmp_path, owner=OTHER)
    with pytest.raises(ViewGone):
        saved_views.set_start_page(tmp_path, ME.id, StartPage(None, saved.id), NOON)


def test_a_file_that_is_damaged_is_named_with_the_way_out(tmp_path: Path) -> None:
    (tmp_path / people.FILE).write_bytes(b"this is no database" * 100)
    with pytest.raises(PeopleFileUnusable, match=r"people\.sqlite") as caught:
        saved_views.views(tmp_path, ME.id)
    assert "move it away" in caught.value.remedy
    with pytest.raises(PeopleFileUnusable):
        save(tmp_path)


def test_damage_further_in_is_named_too(tmp_path: Path) -> None:
    save(tmp_path)
    file = tmp_path / people.FILE
    content = file.read_bytes()
    file.write_bytes(content[:4096] + b"\xff" * (len(content) - 4096))
    with pytest.raises(PeopleFileUnusable):
        saved_views.views(tmp_path, ME.id)


def test_another_programs_database_is_not_touched(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / people.FILE) as connection:
        connection.execute("CREATE TABLE theirs (x INTEGER)")
    connection.close()
    with pytest.raises(PeopleFileUnusable, match="somebody else's"):
        save(tmp_path)


def test_a_file_of_a_later_program_is_refused(tmp_path: Path) -> None:
    save(tmp_path)
    with people.writing(tmp_path) as connection:
        connection.execute(f"PRAGMA user_version = {people.SCHEMA_VERSION + 1}")
    with pytest.raises(SchemaTooNew):
        saved_views.views(tmp_path, ME.id)


@pytest.mark.parametrize("version", range(people.SCHEMA_VERSION + 1))
def test_an_older_file_is_brought_up_to_date_when_it_is_read(tmp_path: Path, version: int) -> None:
    file = tmp_path / people.FILE
    connection = sqlite3.connect(file, isolation_level=None)
    people.migrate(connection, file, version)
    connection.close()
    assert saved_views.views(tmp_path, ME.id) == []
    save(tmp_path)
    assert names(tmp_path) == ["Storage"]


def test_whoever_waits_too_long_is_told_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save(tmp_path)
    monkeypatch.setattr(people, "PATIENCE_SECONDS", 0.1)
    with people.writing(tmp_path):
        assert names(tmp_path) == ["Storage"]
        with pytest.raises(PeopleFileBusy):
            save(tmp_path, "another")


def test_a_write_that_fails_half_way_leaves_nothing(tmp_path: Path) -> None:
    save(tmp_path)
    with pytest.raises(sqlite3.IntegrityError):
        delete_and_break_a_rule(tmp_path)
    assert names(tmp_path) == ["Storage"]


@pytest.mark.usefixtures("own_main")
def test_processes_that_save_at_once_lose_nothing_not_even_the_first_time(tmp_path: Path) -> None:
    in_processes(writing_views.save_many, [(str(tmp_path), prefix, 15) for prefix in "abcd"])
    assert sorted(names(tmp_path)) == sorted(f"{prefix}{i}" for prefix in "abcd" for i in range(15))


@pytest.mark.usefixtures("own_main")
def test_of_renames_at_once_the_last_wins(tmp_path: Path) -> None:
    saved, kept = save(tmp_path), save(tmp_path, "kept")
    in_processes(writing_views.rename_many, [(str(tmp_path), saved.id, prefix, 25) for prefix in "ab"])
    renamed, untouched = saved_views.views(tmp_path, ME.id)
    assert renamed.name in ("a24", "b24")
    assert (renamed.query, untouched) == (saved.query, kept)


@pytest.mark.usefixtures("own_main")
def test_a_process_that_is_killed_in_the_middle_of_a_write_leaves_the_state_before(tmp_path: Path) -> None:
    target = writing_views.die_after_a_write_in_the_middle_of_the_next
    child = multiprocessing.get_context("spawn").Process(target=target, args=(str(tmp_path),))
    child.start()
    child.join(60)
    assert child.exitcode == -signal.SIGKILL
    assert names(tmp_path) == ["kept"]
    save(tmp_path, "and on it goes")
    assert names(tmp_path) == ["and on it goes", "kept"]


def delete_and_break_a_rule(folder: Path) -> None:
    with people.writing(folder) as connection:
        connection.execute("DELETE FROM saved_views")
        connection.execute("INSERT INTO saved_views (view_id) VALUES (1)")


def in_processes(target, arguments) -> None:
    """All of them at once, to their ends."""
    spawn = multiprocessing.get_context("spawn")
    children = [spawn.Process(target=target, args=args) for args in arguments]
    for child in children:
        child.start()
    for child in children:
        child.join(120)
    assert [child.exitcode for child in children] == [0] * len(children)
