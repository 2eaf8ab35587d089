"""A clock that was set back, a snapshot that vanishes, and several processes over one folder."""

from __future__ import annotations

import asyncio
import contextlib
import json
import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from costlib.cli import main as costlib
from costlib.sample.organization import tiny_organization
from costlib.sample.server import SampleEndpoint
from costlib.store.snapshot import current_id, open_current, snapshot_path
from tests.ingest.syncing import NOON, sync_from
from tests.server.session import finished, session
from tests.server.test_server import answer, served
from tests.tally import Tally

pytestmark = pytest.mark.usefixtures("own_main")


@pytest.fixture(scope="module")
def synced(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder as an hour ago, and beside it the endpoint's state since."""
    folder = tmp_path_factory.mktemp("storage") / "data"
    with SampleEndpoint(tiny_organization(NOON.date(), accounts=2, days=30)) as endpoint:
        sync_from(endpoint, folder, now=NOON - timedelta(hours=1), history_months=1)
    return folder


def test_a_clock_that_was_set_back_neither_loses_data_nor_hides_the_new_snapshot(
    synced: Path, tmp_path: Path, tally: Tally
) -> None:
    folder = shutil.copytree(synced, tmp_path / "data")
    ids = [current_id(folder / "sample") or ""]
    with SampleEndpoint(tiny_organization(NOON.date(), accounts=2, days=30)) as endpoint:
        for hours in (-5, -4, -30):
            result = sync_from(endpoint, folder, now=NOON + timedelta(hours=hours), history_months=1)
            assert result.ties_out
            ids.append(current_id(folder / "sample") or "")
            with contextlib.closing(open_current(folder / "sample")) as snapshot:
                assert snapshot.snapshot_id == result.snapshot_id
                assert list(snapshot.rows("SELECT COUNT(*) FROM restatements")) == [(0,)]
    assert len(set(ids)) == len(ids)
    assert costlib(["status", "--data-dir", str(folder)]) == 0
    tally("a sync after the clock was set back, by hours and by more than a day", len(ids) - 1)


def test_two_servers_and_a_sync_share_a_folder_and_survive_that_its_snapshot_is_deleted(
    synced: Path, tmp_path: Path, tally: Tally
) -> None:
    folder = shutil.copytree(synced, tmp_path / "data")

    async def visit(url: str, times: int) -> list[str]:
        async with session(url) as visitor:
            return [problem for _ in range(times) for problem in (await visitor.run("services")).exceptions]

    async def visit_both(urls: tuple[str, str], sync: Callable[[], object]) -> list[str]:
        found = await asyncio.gather(visit(urls[0], 6), visit(urls[1], 6), asyncio.to_thread(sync))
        return [*found[0], *found[1]]

    with (
        served(folder, tmp_path / "one.log") as (one, _),
        served(folder, tmp_path / "two.log") as (two, _),
        SampleEndpoint(tiny_organization(NOON.date(), accounts=2, days=30)) as endpoint,
    ):
        old = current_id(folder / "sample")
        assert finished(visit_both((one, two), lambda: sync_from(endpoint, folder, history_months=1))) == []
        new = current_id(folder / "sample")
        assert new != old
        assert {json.loads(answer(url, "/readyz")[2])["snapshot_id"] for url in (one, two)} == {new}
        snapshot_path(folder / "sample", new or "").unlink()
        for url in (one, two):
            assert finished(visit(url, 2)) == [], "the file is held open, or its loss is said in words"
    for log in (tmp_path / "one.log", tmp_path / "two.log"):
        assert "Traceback" not in log.read_text()
    tally("pages of two servers over one folder during a sync, and after the snapshot's file is deleted", 2 * (6 + 2))
