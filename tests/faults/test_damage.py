"""Damaged files: byte ranges turned, zeroed, cut off, replaced. What is served is right, or what is wrong is said."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path

import pytest

from costlib.errors import SnapshotCorrupt
from costlib.sample.organization import tiny_organization
from costlib.sample.server import SampleEndpoint
from costlib.store.saved_views import Person
from costlib.store.sign_offs import SignOff, State, Subject, say
from costlib.store.snapshot import current_id, open_current, snapshot_path
from tests.app.pages import FRESHNESS, OVERVIEW, STATEMENT, VIEWS
from tests.browser.server import ROOT
from tests.ingest.syncing import NOON, sync_from
from tests.tally import Tally

STATUS, QUERY = ["status"], ["query", "--group-by", "charge_date,service,usage_account_id", "--metric", "all"]
SHOWBACK = ["showback", "--month", "2026-11"]
KINDS = ["flipped", "zeroed", "cut", "replaced"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small organization's data, with rules in force and something that people saved."""
    folder = tmp_path_factory.mktemp("damaged")
    with SampleEndpoint(tiny_organization(NOON.date(), accounts=2, days=30)) as endpoint:
        sync_from(endpoint, folder, history_months=1)
    subject = Subject(date(2026, 11, 1), "Search", "unblended_cost")
    for number in range(40):
        at = NOON + timedelta(minutes=number)
        say(folder / "sample", SignOff(subject, "Search", State.accepted, "fine" * 20, Person("a", "A"), at, None, "s"))
    for beside in (folder / "sample").glob("people.sqlite-*"):
        beside.unlink()
    return folder


def problems(folder: Path, name: str, seeds: int, commands: list, pages: list, kinds: list[str] = KINDS) -> str:
    """Everything that went wrong without words, and how the process ended if it did not end well."""
    code = (
        "from tests.faults.damage import look\n"
        f"look({str(folder)!r}, {name!r}, range({seeds}), {kinds!r}, {commands!r}, {pages!r})"
    )
    ours = {"COSTLIB_DATA_DIR": str(folder), "COSTLIB_SOURCE": "sample", "COSTLIB_AUTO_SYNC_HOURS": "0"}
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env=os.environ | ours,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    ended = f"\nended with {done.returncode}: {done.stderr[-3000:]}" if done.returncode else ""
    return done.stdout + ended


def test_a_damaged_snapshot_is_served_right_or_said_to_be_damaged(folder: Path, tally: Tally) -> None:
    name = f"snapshots/{current_id(folder / 'sample')}.duckdb"
    assert not problems(folder, name, 20, [STATUS, QUERY, SHOWBACK], [])
    assert not problems(folder, name, 4, [], [OVERVIEW, STATEMENT])
    tally("a damaged snapshot", 20 + 4)


def test_a_damaged_pointer_is_said_to_be_damaged(folder: Path, tally: Tally) -> None:
    assert not problems(folder, "CURRENT", 16, [STATUS, QUERY], [])
    assert not problems(folder, "CURRENT", 4, [], [OVERVIEW])
    tally("a damaged CURRENT", 16 + 4)


def test_a_damaged_status_takes_nothing_away(folder: Path, tally: Tally) -> None:
    assert not problems(folder, "status.json", 40, [STATUS], [], [*KINDS, "retyped", "retyped", "retyped"])
    assert not problems(folder, "status.json", 8, [], [FRESHNESS], ["flipped", "retyped", "retyped", "retyped"])
    tally("a damaged status.json, well formed and of wrong types too", 40 + 8)


def test_what_people_saved_is_read_right_or_said_to_be_damaged(folder: Path, tally: Tally) -> None:
    assert not problems(folder, "people.sqlite", 12, [], [VIEWS, STATEMENT])
    tally("a damaged people.sqlite", 12)


def test_a_damaged_warehouse_stops_a_sync_with_words_and_the_pages_go_on(folder: Path, tally: Tally) -> None:
    assert not problems(folder, "warehouse.duckdb", 16, [["rules", "check"], ["close", "2026-10", "--force", "x"]], [])
    assert not problems(folder, "warehouse.duckdb", 2, [STATUS, QUERY], [OVERVIEW])
    tally("a damaged warehouse", 16 + 2)


def test_a_damaged_warehouse_is_mended_as_its_remedy_says(folder: Path, tmp_path: Path) -> None:
    source_dir = shutil.copytree(folder / "sample", tmp_path / "sample")
    with contextlib.closing(open_current(source_dir)) as snapshot:
        before = list(snapshot.rows("SELECT * FROM charges ORDER BY ALL"))
    (source_dir / "warehouse.duckdb").write_bytes(b"not a database" * 1000)
    with SampleEndpoint(tiny_organization(NOON.date(), accounts=2, days=30)) as endpoint:
        later = NOON + timedelta(hours=1)
        with pytest.raises(SnapshotCorrupt, match="copy the newest file of snapshots/"):
            sync_from(endpoint, tmp_path, now=later, history_months=1)
        shutil.copyfile(snapshot_path(source_dir, current_id(source_dir) or ""), source_dir / "warehouse.duckdb")
        assert sync_from(endpoint, tmp_path, now=later, history_months=1).ties_out
    with contextlib.closing(open_current(source_dir)) as snapshot:
        assert list(snapshot.rows("SELECT * FROM charges ORDER BY ALL")) == before


@pytest.mark.parametrize("kind", KINDS)
def test_a_damaged_settings_file_is_named(kind: str, folder: Path, tally: Tally) -> None:
    settings = 'source = "sample"\ntags = ["team"]\nhistory_months = 3\nmax_dollars_per_month = 12.5\n'
    (folder / "sample" / "costlib.toml").write_text(settings)
    config = str(folder / "sample" / "costlib.toml")
    try:
        assert not problems(folder, "costlib.toml", 60, [[*STATUS, "--config", config]], [], [kind])
    finally:
        Path(config).unlink()
    tally("a damaged costlib.toml", 60, of=60 * len(KINDS))


def test_the_damage_is_noticed(folder: Path) -> None:
    """The tests above can fail: a command that is a bug leaves its traceback."""
    assert "SystemExit" in problems(folder, "CURRENT", 1, [["no such command"]], [])
