"""A backup holds all that is kept, is whole or not there, and what is restored answers every question as before."""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import sqlite3
import threading
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from costlib.access import EVERYTHING
from costlib.cli import main as costlib
from costlib.cli.settings_files import settings_files
from costlib.config import load
from costlib.errors import BackupUnusable, CostlibError, SyncInProgress, UsageError
from costlib.sample.faults import Faults
from costlib.sample.organization import tiny_organization
from costlib.sample.server import SampleEndpoint
from costlib.store.backup import back_up
from costlib.store.restoring import restore
from costlib.store.saved_views import Person
from costlib.store.sign_offs import SignOff, State, Subject, history, say
from costlib.store.snapshot import Snapshot, open_current
from costlib.store.status import RunState, read_status
from costlib.store.warehouse import sync_lock
from tests.ingest.syncing import NOON, sync_from
from tests.queries.snapshots import published
from tests.queries.test_scope import MINE, QUESTIONS, WHOLE_ORGANIZATION_ONLY, organization, plain
from tests.tally import Tally

NOW, MONTH = datetime(2026, 11, 25, 9), date(2026, 11, 1)
ASKED = QUESTIONS | WHOLE_ORGANIZATION_ONLY


def tables(snapshot: Snapshot) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table."""
    names = [str(n) for (n,) in snapshot.rows("SELECT table_name FROM duckdb_tables() WHERE NOT internal")]
    return {name: list(snapshot.rows(f"SELECT * FROM {name} ORDER BY ALL")) for name in names}


def accept(source_dir: Path, month: date) -> None:
    """Ann accepts a statement."""
    subject = Subject(month, "Search", "unblended_cost")
    say(source_dir, SignOff(subject, "Search", State.accepted, "", Person("ann", "Ann"), NOW, None, "s1"))


def content(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Snapshot, Snapshot]]:
    """Two accounts of which one is somebody else's: a snapshot, and what was restored from its backup."""
    folder = tmp_path_factory.mktemp("backup")
    with published(organization("111", "222"), folder) as before:
        (source_dir,) = folder.iterdir()
        back_up("sample", source_dir, folder / "b", {}, NOW)
        restore(folder / "b", "sample", folder / "restored", NOW, replace_it=False)
        after = open_current(folder / "restored")
        yield before, after
        after.close()


@pytest.mark.parametrize("function", ASKED, ids=lambda f: f.__qualname__)
def test_what_is_restored_answers_every_question_as_before(
    asked: tuple[Snapshot, Snapshot], function: Callable[..., object], tally: Tally
) -> None:
    before, after = asked
    for scope in (EVERYTHING, MINE) if function in QUESTIONS else (EVERYTHING,):
        assert plain(ASKED[function](after, scope)) == plain(ASKED[function](before, scope))
    tally("a restored folder, asked everything that the program can ask", 1, of=len(ASKED))


@pytest.fixture(scope="module")
def lived_in(sample_data_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample organization with a month closed and a statement accepted."""
    folder = tmp_path_factory.mktemp("lived-in") / "data"
    shutil.copytree(sample_data_dir, folder)
    with contextlib.closing(open_current(folder / "sample")) as snapshot:
        month = snapshot.period.start
    assert costlib(["close", f"{month:%Y-%m}", "--by", "finance", "--data-dir", str(folder)]) == 0
    accept(folder / "sample", month)
    return folder


def test_everything_that_is_kept_comes_back(lived_in: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file, restored = str(tmp_path / "b"), tmp_path / "restored"
    assert costlib(["backup", file, "--data-dir", str(lived_in)]) == 0
    assert costlib(["restore", file, "--data-dir", str(restored)]) == 0
    with (
        contextlib.closing(open_current(lived_in / "sample")) as before,
        contextlib.closing(open_current(restored / "sample")) as after,
    ):
        held = tables(before)
        assert held["closed_months"]
        assert held["rule_versions"]
        assert tables(after) == held
        month = before.period.start.replace(day=1)
    assert history(restored / "sample", month, None) == history(lived_in / "sample", month, None) != ()
    for command in (["status", "--json"], ["query", "--group-by", "charge_date,service", "--metric", "all"]):
        capsys.readouterr()
        said = [(costlib([*command, "--data-dir", str(of)]), capsys.readouterr().out) for of in (lived_in, restored)]
        assert said[0] == said[1]


def test_a_restored_folder_is_synced_on_from_where_it_was(tmp_path: Path) -> None:
    with SampleEndpoint(tiny_organization(NOON.date(), accounts=2, days=6)) as endpoint:
        sync_from(endpoint, tmp_path / "one", history_months=0)
        back_up("sample", tmp_path / "one" / "sample", tmp_path / "b", {}, NOON)
        restore(tmp_path / "b", "sample", tmp_path / "two" / "sample", NOON, replace_it=False)
        later = [
            sync_from(endpoint, tmp_path / f, now=NOON + timedelta(hours=1), history_months=0) for f in ("one", "two")
        ]
    assert later[0].requests == later[1].requests
    assert later[1].ties_out
    assert later[1].restatements == 0


def test_a_backup_during_a_sync_is_what_readers_see_and_the_sync_goes_on(tmp_path: Path, tally: Tally) -> None:
    folder = tmp_path / "data"
    with SampleEndpoint(tiny_organization(NOON.date(), accounts=2, days=6), page_size=50) as endpoint:
        sync_from(endpoint, folder, now=NOON - timedelta(hours=1), history_months=0)
        with contextlib.closing(open_current(folder / "sample")) as seen:
            held = tables(seen)
        endpoint.faults = Faults(slow_seconds=0.05)
        results = []
        syncing = threading.Thread(
            target=lambda: results.append(sync_from(endpoint, folder, full=True, history_months=0))
        )
        syncing.start()
        while (status := read_status(folder / "sample")) is None or status.state is not RunState.running:
            assert syncing.is_alive()
        with pytest.raises(SyncInProgress), sync_lock(folder / "sample"):
            pass
        back_up("sample", folder / "sample", tmp_path / "b", {}, NOON)
        assert syncing.is_alive()
        syncing.join()
    assert results[0].ties_out
    restore(tmp_path / "b", "sample", tmp_path / "restored", NOON, replace_it=False)
    with contextlib.closing(open_current(tmp_path / "restored")) as restored:
        assert tables(restored) == held
    left = read_status(tmp_path / "restored")
    assert left is not None
    assert left.state is RunState.partial
    tally("a backup during a sync", 1)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A source's folder that is small: {sample, backup}."""
    folder = tmp_path_factory.mktemp("small")
    with SampleEndpoint(tiny_organization(NOON.date(), accounts=1, days=3)) as endpoint:
        sync_from(endpoint, folder, history_months=0)
    back_up("sample", folder / "sample", folder / "backup", {}, NOON)
    return folder


def test_what_is_there_is_not_restored_over_unless_told_so_and_is_kept_then(small: Path, tmp_path: Path) -> None:
    folder = tmp_path / "sample"
    folder.mkdir()
    (folder / "mine.txt").write_text("mine")
    with pytest.raises(UsageError, match="not empty"):
        restore(small / "backup", "sample", folder, NOW, replace_it=False)
    assert content(folder) == {"mine.txt": b"mine"}
    restored = restore(small / "backup", "sample", folder, NOW, replace_it=True)
    assert restored.before
    assert (restored.before / "mine.txt").read_text() == "mine"
    open_current(folder).close()


def test_a_restore_while_a_sync_writes_is_refused(small: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(small / "sample", tmp_path / "sample")
    with sync_lock(folder), pytest.raises(SyncInProgress):
        restore(small / "backup", "sample", folder, NOW, replace_it=True)
    assert [p.name for p in tmp_path.iterdir()] == ["sample"]


def test_another_sources_backup_is_refused(small: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="of the source sample, not of aws"):
        restore(small / "backup", "aws", tmp_path / "aws", NOW, replace_it=False)


@pytest.mark.parametrize("seed", range(20))
def test_a_backup_that_is_cut_off_is_refused_and_nothing_is_changed(
    small: Path, tmp_path: Path, tally: Tally, seed: int
) -> None:
    whole = (small / "backup").read_bytes()
    (tmp_path / "b").write_bytes(whole[: random.Random(seed).randrange(len(whole))])
    assert is_refused(tmp_path / "b", small / "sample", tmp_path / "x")
    tally("a backup cut off anywhere", 1, of=20)


def test_a_backup_with_a_byte_changed_is_refused_unless_it_unpacks_to_the_same(
    small: Path, tmp_path: Path, tally: Tally
) -> None:
    """A store is full of zeros, and a compressed file has many ways to say where to copy them from."""
    dice, whole = random.Random(1), (small / "backup").read_bytes()
    refused = 0
    for number in range(20):
        spoiled = bytearray(whole)
        spoiled[dice.randrange(len(spoiled))] ^= 1 << dice.randrange(8)
        (tmp_path / "b").write_bytes(spoiled)
        refused += is_refused(tmp_path / "b", small / "sample", tmp_path / str(number))
    assert refused > 5
    tally("a backup with a byte changed", 20)


def is_refused(file: Path, source_dir: Path, folder: Path) -> bool:
    """Whether a backup was refused and nothing changed; otherwise it was restored exactly."""
    restored = shutil.copytree(source_dir, folder / "sample")
    before = content(restored) | {"warehouse.lock": str(os.getpid()).encode()}
    try:
        restore(file, "sample", restored, NOW, replace_it=True)
    except BackupUnusable:
        assert content(restored) == before
        assert [p.name for p in folder.iterdir()] == ["sample"]
        return True
    with contextlib.closing(open_current(restored)) as after, contextlib.closing(open_current(source_dir)) as held:
        assert tables(after) == tables(held)
    return False


@pytest.mark.parametrize("name", ["../escaped", "/etc/escaped", "a/b/c", ".hidden", "a/../../b"])
def test_a_backup_cannot_write_outside_the_folder(tmp_path: Path, name: str) -> None:
    from costlib.store import archive
    from costlib.store.archive import BackedUp

    with (tmp_path / "b").open("wb") as file, archive.writing(file) as packed:
        packed.add_bytes(name, b"x")
        packed.finish(BackedUp("sample", "x", "s", NOW, dict(packed.files)))
    with pytest.raises(BackupUnusable, match="has no place"):
        restore(tmp_path / "b", "sample", tmp_path / "sample", NOW, replace_it=False)
    assert not (tmp_path / "escaped").exists()


def test_people_who_save_during_a_backup_lose_nothing(small: Path, tmp_path: Path, tally: Tally) -> None:
    folder = shutil.copytree(small / "sample", tmp_path / "sample")
    accept(folder, MONTH)
    with contextlib.closing(sqlite3.connect(folder / "people.sqlite", isolation_level=None)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        writer.execute("DELETE FROM sign_offs")
        back_up("sample", folder, tmp_path / "b", {}, NOW)
        writer.execute("COMMIT")
    restore(tmp_path / "b", "sample", tmp_path / "restored", NOW, replace_it=False)
    assert len(history(tmp_path / "restored", MONTH, None)) == 1
    tally("a backup while somebody saves", 1)


def test_settings_come_along_and_secrets_do_not(tmp_path: Path) -> None:
    rules = tmp_path / "rules.toml"
    rules.write_text("# ours")
    (tmp_path / "c.toml").write_text(
        f'rules_file = "{rules}"\nexternal_id = "hush-hush"\ntags = ["team"]\nhistory_months = 3\n'
        'max_dollars_per_month = 12.5\nlenses = ["service,region:daily"]\n'
    )
    settings = load(tmp_path / "c.toml", {})
    files = settings_files(settings)
    assert not [name for name, text in files.items() if b"hush-hush" in text]
    assert files["rules_file.toml"] == b"# ours"
    (tmp_path / "again.toml").write_bytes(files["costlib.toml"])
    again = load(tmp_path / "again.toml", {"COSTLIB_EXTERNAL_ID": "hush-hush"})
    assert again == settings


def test_a_backup_is_for_its_owners_eyes_and_does_not_replace_one_unasked(small: Path, tmp_path: Path) -> None:
    file = tmp_path / "b"
    command = ["backup", str(file), "--data-dir", str(small)]
    assert [costlib(command), costlib(command), costlib([*command, "--force"])] == [0, 2, 0]
    assert file.stat().st_mode & 0o777 == 0o600
    assert [p.name for p in tmp_path.iterdir()] == ["b"]


def test_nothing_to_back_up_is_said(tmp_path: Path) -> None:
    with pytest.raises(CostlibError, match="Nothing has been synced"):
        back_up("sample", tmp_path / "sample", tmp_path / "b", {}, NOW)
    assert not (tmp_path / "b").exists()
