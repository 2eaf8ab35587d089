"""kill -9 while a backup is written or put back: no half file, and what was there before is whole."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import shutil
import signal
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from costlib.errors import NoSnapshot
from costlib.sample.organization import tiny_organization
from costlib.sample.server import SampleEndpoint
from costlib.store import restoring
from costlib.store.archive import Archive
from costlib.store.backup import back_up
from costlib.store.restoring import restore
from costlib.store.snapshot import open_current
from tests.ingest.syncing import NOON, sync_from
from tests.tally import Tally

pytestmark = pytest.mark.usefixtures("own_main")

context = multiprocessing.get_context("forkserver")
context.set_forkserver_preload(["costlib.store.restoring", "costlib.store.backup", "costlib.ingest.sync"])


@pytest.fixture(scope="module")
def synced(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A source's folder, the same a day later in `later`, and a backup of the first."""
    folder = tmp_path_factory.mktemp("synced")
    with SampleEndpoint(tiny_organization(NOON.date(), accounts=1, days=3)) as endpoint:
        sync_from(endpoint, folder, history_months=0)
    back_up("sample", folder / "sample", folder / "backup", {}, NOON)
    return folder


def die_at(point: int, folder: Path, *targets: tuple[object, str]) -> None:
    """Patch each function so that the process dies before or after one of their calls, whichever is number `point`."""
    seen = 0

    def passed() -> None:
        nonlocal seen
        seen += 1
        if seen == point:
            (folder / "killed").touch()
            os.kill(os.getpid(), signal.SIGKILL)

    def watched(call: Callable[..., object]) -> Callable[..., object]:
        def watch(*args: object, **more: object) -> object:
            passed()
            answer = call(*args, **more)
            passed()
            return answer

        return watch

    for owner, name in targets:
        setattr(owner, name, watched(getattr(owner, name)))


def back_up_killed_at(point: int, source_dir: str, folder: str) -> None:
    die_at(point, Path(folder), (Archive, "add"), (os, "fsync"), (os, "replace"))
    back_up("sample", Path(source_dir), Path(folder) / "b", {}, NOON)


def restore_killed_at(point: int, backup: str, folder: str, *, has_exchange: bool) -> None:
    targets = [(shutil, "copyfile"), (os, "replace"), (Path, "rename"), (restoring, "unpack"), (restoring, "_exchange")]
    if not has_exchange:
        restoring._exchange = lambda one, other: False
    die_at(point, Path(folder), *targets)
    restore(Path(backup), "sample", Path(folder) / "sample", NOON, replace_it=True)


def is_killed(folder: Path, target: Callable[..., None], *args: object, **more: object) -> bool:
    child = context.Process(target=target, args=args, kwargs=more)
    child.start()
    child.join(60)
    assert child.exitcode in (0, -9)
    return (folder / "killed").exists()


def test_a_backup_killed_anywhere_is_whole_or_not_there_and_the_next_one_is_whole(
    synced: Path, tmp_path: Path, tally: Tally
) -> None:
    point, seen = 1, set[bool]()
    while True:
        folder = tmp_path / str(point)
        folder.mkdir()
        if not is_killed(folder, back_up_killed_at, point, str(synced / "sample"), str(folder)):
            break
        seen.add((folder / "b").exists())
        if not (folder / "b").exists():
            back_up("sample", synced / "sample", folder / "b", {}, NOON)
        restore(folder / "b", "sample", folder / "restored", NOON, replace_it=False)
        open_current(folder / "restored").close()
        assert sorted(p.name for p in folder.iterdir()) == ["b", "killed", "restored"]
        point += 1
    assert seen == {False, True}
    tally("kill -9 at each step of writing a backup", point - 1)


@pytest.mark.parametrize("has_exchange", [True, False])
def test_a_restore_killed_anywhere_loses_nothing_of_what_was_there(
    synced: Path, tmp_path: Path, tally: Tally, has_exchange: bool
) -> None:
    point, left = 1, set[str]()
    while True:
        folder = tmp_path / str(point)
        old = shutil.copytree(synced / "sample", folder / "sample")
        (old / "mine.txt").write_text("mine")
        args = (point, str(synced / "backup"), str(folder))
        if not is_killed(folder, restore_killed_at, *args, has_exchange=has_exchange):
            break
        kept = [p.parent for p in folder.glob("*/mine.txt")]
        assert len(kept) == 1, f"what was there is lost at point {point}"
        open_current(kept[0]).close()
        with contextlib.suppress(NoSnapshot):
            open_current(folder / "sample").close()
            left.add("old" if kept[0].name == "sample" else "new")
        left |= set() if (folder / "sample").exists() else {"neither, for an instant"}
        restore(synced / "backup", "sample", folder / "sample", NOON + timedelta(hours=1), replace_it=True)
        open_current(folder / "sample").close()
        point += 1
    assert left == {"old", "new"} | (set() if has_exchange else {"neither, for an instant"})
    tally(
        f"kill -9 at each step of restoring one over data in use{'' if has_exchange else ', in two steps'}", point - 1
    )
