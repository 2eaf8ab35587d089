"""kill -9 at every commit point, then a plain sync: nothing is lost, nothing doubled, and readers see whole states."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from costlib.errors import NoSnapshot
from costlib.sample.organization import tiny_organization
from costlib.sample.server import SampleEndpoint
from tests.faults.dying import commit_points, kill_at
from tests.faults.killed import apply_new_rules, sync_at
from tests.ingest.syncing import NOON, snapshot_in, sync_from
from tests.ingest.truth import differences
from tests.tally import Tally

CUBE = ("charge_date", "usage_account_id", "service", "record_type", "cost_category:Team", "cost_category:Environment")
pytestmark = pytest.mark.usefixtures("own_main")

WORKERS = 2
"""The points are dealt to this many tests, which run side by side."""

ORGANIZATION = tiny_organization(NOON.date(), accounts=2, days=3)
"""Two accounts, so that labels are told apart within one: a sync of it passes every place that commits."""


@pytest.fixture
def endpoint() -> Iterator[SampleEndpoint]:
    with SampleEndpoint(ORGANIZATION, page_size=40) as endpoint:
        yield endpoint


def points_of(endpoint: SampleEndpoint, folder: Path) -> int:
    """How many commit points a sync into a copy of the folder has."""
    copy = shutil.copytree(folder, folder.with_name("counted"))
    return commit_points(folder.with_name("points"), sync_at, endpoint.url, str(copy), NOON.isoformat())


def kill_a_sync(point: int, endpoint: SampleEndpoint, folder: Path) -> None:
    kill_at(point, folder.with_name("points"), sync_at, endpoint.url, str(folder), NOON.isoformat())


@pytest.mark.parametrize("worker", range(WORKERS))
def test_a_first_sync_killed_anywhere_is_completed_by_a_plain_one(
    tmp_path: Path, endpoint: SampleEndpoint, tally: Tally, worker: int
) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    count = points_of(endpoint, empty)
    points = range(worker + 1, count + 1, WORKERS)
    for point in points:
        folder = shutil.copytree(empty, tmp_path / str(point))
        kill_a_sync(point, endpoint, folder)
        sync_from(endpoint, folder, history_months=0)
        assert differences(snapshot_in(folder), endpoint, CUBE) == {}, f"killed at commit point {point}"
        shutil.rmtree(folder)
    tally("kill -9 at each commit point of a first sync, then a plain sync", len(points), of=count)


@pytest.fixture
def yesterdays(tmp_path: Path, endpoint: SampleEndpoint) -> Path:
    """A folder as an hour ago; since then AWS has restated one charge."""
    before = tmp_path / "before"
    sync_from(endpoint, before, now=NOON - timedelta(hours=1), history_months=0)
    key = next(row for row in endpoint.charges().to_pylist() if row["record_type"] == "Usage")
    endpoint.restate(**{k: key[k] for k in CUBE[:4]}, delta=Decimal("0.0000000001"))
    return before


@pytest.mark.parametrize("worker", range(WORKERS))
def test_a_daily_sync_killed_anywhere_leaves_the_last_state_or_the_next(
    tmp_path: Path, endpoint: SampleEndpoint, yesterdays: Path, tally: Tally, worker: int
) -> None:
    count = points_of(endpoint, yesterdays)
    points = range(worker + 1, count + 1, WORKERS)
    for point in points:
        folder = shutil.copytree(yesterdays, tmp_path / str(point))
        kill_a_sync(point, endpoint, folder)
        assert len(differences(snapshot_in(folder), endpoint, CUBE)) in (0, 1), f"a torn state at point {point}"
        apply_new_rules(folder / "sample", NOON + timedelta(minutes=1))
        with_rules = snapshot_in(folder)
        assert len(differences(with_rules, endpoint, CUBE)) in (0, 1), f"rules publish a torn state at {point}"
        with_rules.close()
        sync_from(endpoint, folder, now=NOON + timedelta(minutes=2), history_months=0)
        snapshot = snapshot_in(folder)
        assert differences(snapshot, endpoint, CUBE) == {}, f"killed at commit point {point}"
        assert list(snapshot.rows("SELECT COUNT(*) FROM restatements")) == [(1,)]
        snapshot.close()
        shutil.rmtree(folder)
    tally("kill -9 at each commit point of a daily sync, then rules apply, then a plain sync", len(points), of=count)


def test_before_the_first_publish_there_is_no_snapshot_rather_than_half_of_one(
    tmp_path: Path, endpoint: SampleEndpoint
) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    kill_a_sync(9, endpoint, folder)
    with pytest.raises(NoSnapshot):
        snapshot_in(folder)
