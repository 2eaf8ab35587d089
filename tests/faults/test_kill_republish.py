"""kill -9 at every commit point of closing a month and of putting rules in force: what is served is old or new."""

from __future__ import annotations

import multiprocessing
import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from costlib.sample.organization import tiny_organization
from costlib.sample.server import SampleEndpoint
from costlib.store.republish import republish
from tests.faults.killed import ACTIONS, republish_killed_at
from tests.ingest.syncing import NOON, snapshot_in, sync_from

pytestmark = pytest.mark.usefixtures("own_main")

LATER = NOON + timedelta(hours=1)
TABLES = (
    "rule_versions",
    "showback_charges",
    "showback_entries",
    "showback_kept",
    "closed_months",
    "closed_charges",
    "closed_entries",
    "closed_adjustments",
)
State = dict[str, list[tuple[object, ...]]]

context = multiprocessing.get_context("forkserver")
context.set_forkserver_preload(["tests.faults.killed", "costlib.ingest.sync", "pyarrow.compute"])


@pytest.fixture(scope="module")
def synced(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A month and the one before, with the sample's rules in force."""
    folder = tmp_path_factory.mktemp("synced")
    with SampleEndpoint(tiny_organization(NOON.date(), accounts=2, days=30), page_size=500) as endpoint:
        sync_from(endpoint, folder, history_months=1)
    return folder


def served(folder: Path) -> State:
    """Every row that a statement or a rule is read from."""
    snapshot = snapshot_in(folder)
    state = {table: list(snapshot.rows(f"SELECT * FROM {table} ORDER BY ALL")) for table in TABLES}
    snapshot.close()
    return state


def is_killed_at(point: int, action: str, folder: Path) -> bool:
    child = context.Process(target=republish_killed_at, args=(point, action, str(folder), LATER.isoformat()))
    child.start()
    child.join(120)
    assert child.exitcode in (0, -9), f"it ended with {child.exitcode} at commit point {point}"
    return (folder / "killed").exists()


@pytest.mark.parametrize("action", ACTIONS)
def test_killed_anywhere_it_is_as_before_or_done_and_never_half(synced: Path, tmp_path: Path, action: str) -> None:
    old = served(synced)
    whole = shutil.copytree(synced, tmp_path / "whole")
    ACTIONS[action](whole / "sample", LATER)
    new = served(whole)
    assert new != old
    point, seen = 1, set[bool]()
    while True:
        folder = shutil.copytree(synced, tmp_path / str(point))
        if not is_killed_at(point, action, folder):
            break
        left = served(folder)
        assert left in (old, new), f"a mix at commit point {point}"
        seen.add(left == new)
        republish(folder / "sample", 3, LATER + timedelta(hours=1), lambda _: None)
        assert served(folder) in (old, new), f"a mix after the next publish, killed at commit point {point}"
        shutil.rmtree(folder)
        point += 1
    assert seen == {False, True}
    assert point > 3
