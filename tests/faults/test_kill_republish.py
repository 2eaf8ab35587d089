"""kill -9 at every commit point of a close and of a change of rules or budgets: what is served is old or new."""

from __future__ import annotations

import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from costlib.sample.organization import tiny_organization
from costlib.sample.server import SampleEndpoint
from costlib.store.republish import republish
from tests.faults.dying import commit_points, kill_at
from tests.faults.killed import ACTIONS, act_at
from tests.ingest.syncing import NOON, snapshot_in, sync_from
from tests.tally import Tally

pytestmark = pytest.mark.usefixtures("own_main")

LATER = NOON + timedelta(hours=1)
TABLES = (
    "rule_versions",
    "budget_versions",
    "showback_charges",
    "showback_entries",
    "showback_kept",
    "closed_months",
    "closed_charges",
    "closed_entries",
    "closed_adjustments",
)
State = dict[str, list[tuple[object, ...]]]


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


@pytest.mark.parametrize("action", ACTIONS)
def test_killed_anywhere_it_is_as_before_or_done_and_never_half(
    synced: Path, tmp_path: Path, tally: Tally, action: str
) -> None:
    old = served(synced)
    whole = shutil.copytree(synced, tmp_path / "whole")
    ledger = tmp_path / "points"
    count = commit_points(ledger, act_at, action, str(whole / "sample"), LATER.isoformat())
    new = served(whole)
    assert new != old
    seen = set[bool]()
    for point in range(1, count + 1):
        folder = shutil.copytree(synced, tmp_path / str(point))
        kill_at(point, ledger, act_at, action, str(folder / "sample"), LATER.isoformat())
        left = served(folder)
        assert left in (old, new), f"a mix at commit point {point}"
        seen.add(left == new)
        republish(folder / "sample", 3, LATER + timedelta(hours=1), lambda _: None)
        assert served(folder) in (old, new), f"a mix after the next publish, killed at commit point {point}"
        shutil.rmtree(folder)
    assert seen == {False, True}
    tally(f"kill -9 at each commit point of {action}, then another publish", count)
