"""A full disk, a clock that was set back, a snapshot that vanishes, and several processes over one folder."""

from __future__ import annotations

import asyncio
import contextlib
import json
import multiprocessing
import resource
import shutil
import signal
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from costlib.cli import main as costlib
from costlib.errors import CostlibError
from costlib.sample.organization import tiny_organization
from costlib.sample.server import SampleEndpoint
from costlib.store.snapshot import current_id, open_current, snapshot_path
from tests.faults.killed import close_october
from tests.ingest.syncing import NOON, snapshot_in, sync_from, sync_from_url
from tests.server.session import finished, session
from tests.server.test_server import answer, served
from tests.store.test_backup import content, tables

pytestmark = pytest.mark.usefixtures("own_main")

KIBIBYTE = 1024
context = multiprocessing.get_context("forkserver")
context.set_forkserver_preload(["costlib.ingest.sync", "costlib.store.restoring", "pyarrow.compute"])


@pytest.fixture(scope="module")
def synced(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder as an hour ago, and beside it the endpoint's state since."""
    folder = tmp_path_factory.mktemp("storage") / "data"
    with SampleEndpoint(tiny_organization(NOON.date(), accounts=2, days=30)) as endpoint:
        sync_from(endpoint, folder, now=NOON - timedelta(hours=1), history_months=1)
    return folder


def with_room_for(kibibytes: int, report: str, call: Callable[..., object], args: tuple[object, ...]) -> None:
    """Call it where no file may grow beyond so much, as on a disk that is full; note how it ended."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (kibibytes * KIBIBYTE, kibibytes * KIBIBYTE))
    try:
        call(*args)
        said = "done"
    except CostlibError as error:
        said = f"{type(error).__name__}: {error.message}"
    except BaseException as error:
        said = f"BUG {error!r}"
    Path(report).write_text(said[: KIBIBYTE // 2])


def ended(kibibytes: int, report: Path, call: Callable[..., object], *args: object) -> str:
    child = context.Process(target=with_room_for, args=(kibibytes, str(report), call, args))
    child.start()
    child.join(120)
    assert child.exitcode == 0
    return report.read_text()


def export(folder: str) -> None:
    code = costlib(["export", "--group-by", "charge_date,service", "-o", f"{folder}/out.csv", "--data-dir", folder])
    assert code == 1, "an error of ours, which the command line says"
    raise CostlibError("DiskFull: said by the command", "")


def back_up(folder: str) -> None:
    from costlib.store.backup import back_up as write

    write("sample", Path(folder) / "sample", Path(folder) / "b", {}, NOON)


def test_a_sync_on_a_full_disk_says_so_and_the_old_snapshot_is_served(synced: Path, tmp_path: Path) -> None:
    with SampleEndpoint(tiny_organization(NOON.date(), accounts=2, days=30)) as endpoint:
        size = (synced / "sample" / "warehouse.duckdb").stat().st_size // KIBIBYTE
        for room in (size // 2, size, size + 300):
            folder = shutil.copytree(synced, tmp_path / str(room))
            with contextlib.closing(snapshot_in(folder)) as snapshot:
                before = tables(snapshot)
            said = ended(room, tmp_path / "said", sync_from_url, endpoint.url, folder, NOON.isoformat())
            assert said.startswith(("DiskFull", "done")), said
            with contextlib.closing(snapshot_in(folder)) as snapshot:
                if said != "done":
                    assert tables(snapshot) == before
            assert sync_from(endpoint, folder, now=NOON + timedelta(hours=1), history_months=1).ties_out


def test_closing_exporting_and_backing_up_on_a_full_disk_leave_all_as_it_was(synced: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(synced, tmp_path / "data")
    with contextlib.closing(snapshot_in(folder)) as snapshot:
        before = tables(snapshot)
    for call, args in ((close_october, (folder / "sample", NOON)), (export, (str(folder),)), (back_up, (str(folder),))):
        assert "DiskFull" in ended(8, tmp_path / "said", call, *args), call
    with contextlib.closing(snapshot_in(folder)) as snapshot:
        assert tables(snapshot) == before
    assert not [path for path in content(folder) if "out.csv" in path or path == "b" or path.endswith(".part")]


def test_a_clock_that_was_set_back_neither_loses_data_nor_hides_the_new_snapshot(synced: Path, tmp_path: Path) -> None:
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


def test_two_servers_and_a_sync_share_a_folder_and_survive_that_its_snapshot_is_deleted(
    synced: Path, tmp_path: Path
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
