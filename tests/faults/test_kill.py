"""kill -9 at every commit point, then a plain sync: nothing is lost, nothing doubled, and readers see whole states."""

from __future__ import annotations

import multiprocessing
import shutil
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from costlib.errors import NoSnapshot
from costlib.sample.organization import tiny_organization
from costlib.sample.server import SampleEndpoint
from tests.faults.killed import sync_killed_at
from tests.ingest.syncing import NOON, snapshot_in, sync_from
from tests.ingest.truth import differences

CUBE = ("charge_date", "usage_account_id", "service", "record_type", "cost_category:Team", "cost_category:Environment")
pytestmark = pytest.mark.usefixtures("own_main")

WORKERS = 2
"""The points are dealt to this many tests, which run side by side."""

ORGANIZATION = tiny_organization(NOON.date(), accounts=2, days=6)

context = multiprocessing.get_context("forkserver")
context.set_forkserver_preload(
    ["tests.faults.killed", "costlib.ingest.sync", "costlib.ingest.client", "pyarrow.compute"]
)


@pytest.fixture
def endpoint() -> Iterator[SampleEndpoint]:
    with SampleEndpoint(ORGANIZATION, page_size=100) as endpoint:
        yield endpoint


def is_killed_at(point: int, endpoint: SampleEndpoint, folder: Path) -> bool:
    """Run a sync that dies at its commit point number `point`; False when it has fewer."""
    child = context.Process(target=sync_killed_at, args=(point, endpoint.url, str(folder), NOON.isoformat()))
    child.start()
    child.join(60)
    assert child.exitcode in (0, -9), f"the sync ended with {child.exitcode} at commit point {point}"
    return (folder / "killed").exists()


@pytest.mark.parametrize("worker", range(WORKERS))
def test_a_first_sync_killed_anywhere_is_completed_by_a_plain_one(
    tmp_path: Path, endpoint: SampleEndpoint, worker: int
) -> None:
    point = worker + 1
    while True:
        folder = tmp_path / str(point)
        folder.mkdir()
        if not is_killed_at(point, endpoint, folder):
            break
        sync_from(endpoint, folder, history_months=0)
        assert differences(snapshot_in(folder), endpoint, CUBE) == {}, f"killed at commit point {point}"
        shutil.rmtree(folder)
        point += WORKERS
    assert point > 30


@pytest.mark.parametrize("worker", range(WORKERS))
def test_a_daily_sync_killed_anywhere_leaves_the_last_state_or_the_next(
    tmp_path: Path, endpoint: SampleEndpoint, worker: int
) -> None:
    before = tmp_path / "before"
    sync_from(endpoint, before, now=NOON - timedelta(hours=1), history_months=0)
    key = next(row for row in endpoint.charges().to_pylist() if row["record_type"] == "Usage")
    changed = {k: key[k] for k in CUBE[:4]}
    endpoint.restate(**changed, delta=Decimal("0.0000000001"))
    point = worker + 1
    while True:
        folder = tmp_path / str(point)
        shutil.copytree(before, folder)
        if not is_killed_at(point, endpoint, folder):
            break
        left = differences(snapshot_in(folder), endpoint, CUBE)
        assert len(left) in (0, 1), f"a torn state at commit point {point}"
        sync_from(endpoint, folder, history_months=0)
        snapshot = snapshot_in(folder)
        assert differences(snapshot, endpoint, CUBE) == {}, f"killed at commit point {point}"
        assert list(snapshot.rows("SELECT COUNT(*) FROM restatements")) == [(1,)]
        snapshot.close()
        shutil.rmtree(folder)
        point += WORKERS
    assert point > 20


def test_before_the_first_publish_there_is_no_snapshot_rather_than_half_of_one(
    tmp_path: Path, endpoint: SampleEndpoint
) -> None:
    assert is_killed_at(5, endpoint, tmp_path)
    with pytest.raises(NoSnapshot):
        snapshot_in(tmp_path)
