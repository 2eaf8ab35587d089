"""A disk that is full: whatever is written, the error says so, what was there is whole, and with room it is done."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from multiprocessing.connection import Connection

import pytest

from costlib.errors import CostlibError
from costlib.sample.organization import tiny_organization
from costlib.sample.server import SampleEndpoint
from costlib.store import people
from tests.faults.small_disk import LIMITED_FILES, OWN_TMPFS, SmallDisk
from tests.faults.writing import WRITERS, Kept, World, copied, kept, leftovers, write_a_backup
from tests.ingest.syncing import NOON, sync_from
from tests.tally import Tally

pytestmark = pytest.mark.usefixtures("own_main")

ENOUGH = 64 * 1024
"""Kibibytes."""

NOTED_AFTERWARDS = [writer for writer in WRITERS if writer.startswith(("export", "a prepared"))]
"""A command that is done says if there was no room for its line of the audit log."""

context = multiprocessing.get_context("forkserver")
context.set_forkserver_preload(["tests.faults.writing", "costlib.ingest.sync", "pyarrow.compute"])


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A folder as an hour ago, its backup, and an endpoint that has restated since."""
    folder = tmp_path_factory.mktemp("full")
    with SampleEndpoint(tiny_organization(NOON.date(), accounts=1, days=30)) as endpoint:
        sync_from(endpoint, folder / "data", now=NOON - timedelta(hours=1), history_months=1)
        world = World(folder / "data", endpoint.url, folder / "b")
        write_a_backup(world)
        world.folder.joinpath("b").rename(world.backup)
        row = next(row for row in endpoint.charges().to_pylist() if row["record_type"] == "Usage")
        endpoint.restate(
            **{k: row[k] for k in ("charge_date", "usage_account_id", "service", "record_type")}, delta=Decimal(1)
        )
        yield world


def rooms() -> Iterator[int]:
    """Kibibytes: none at all, a page, two, four …"""
    yield 0
    room = 4
    while room < ENOUGH:
        yield room
        room *= 2


def on_full_disks(writer: str, world: World, said: Connection) -> None:
    """Write with more and more room, until it is enough; tell how each went. For a process of its own."""
    said.send(list(_on_full_disks(writer, world)))


def _on_full_disks(writer: str, world: World) -> Iterator[tuple[str, int, str]]:
    disk = SmallDisk(world.folder.parent / f"disk for {writer}")
    here = World(disk.folder / "data", world.url, world.backup)
    goal = _undisturbed(writer, world, here)
    for room in rooms():
        before = _begin(writer, world, here)
        with disk.with_room_for(room):
            ended = _ended(writer, here)
            if ended != "done":
                assert _differing(before, kept(here)) == [], f"lost or half there, with room for {room} KiB"
                assert not leftovers(here)
        yield disk.kind, room, ended
        if ended == "done":
            unsaid = [people.FILE] if writer in NOTED_AFTERWARDS else []
            assert _differing(goal, kept(here)) in ([], unsaid)
            return
        again = _ended(writer, here)
        assert again == "done", f"{again}, after there was room for {room} KiB only"
        assert _differing(goal, kept(here)) == [], f"not as if there had always been room, after {room} KiB"


def _begin(writer: str, world: World, here: World) -> Kept:
    """What is there before."""
    copied(None if writer == "the first sync" else world.folder, here.folder)
    return kept(here)


def _undisturbed(writer: str, world: World, here: World) -> Kept:
    """What is there when it is done."""
    _begin(writer, world, here)
    WRITERS[writer](here)
    return kept(here)


def _differing(one: Kept, other: Kept) -> list[str]:
    return [name for name in one | other if one.get(name) != other.get(name)]


def _ended(writer: str, here: World) -> str:
    try:
        WRITERS[writer](here)
    except CostlibError as error:
        return f"{type(error).__name__}: {error.message}"
    return "done"


@pytest.mark.parametrize("writer", WRITERS)
def test_on_a_full_disk_nothing_is_lost_the_error_says_so_and_with_room_it_is_done(
    writer: str, world: World, tally: Tally
) -> None:
    ours, theirs = context.Pipe(duplex=False)
    child = context.Process(target=on_full_disks, args=(writer, world, theirs))
    child.start()
    theirs.close()
    tried = ours.recv()
    child.join(10)
    assert child.exitcode == 0
    *full, (kind, _, enough) = tried
    assert kind in (OWN_TMPFS, LIMITED_FILES)
    assert enough == "done"
    assert full
    for _, room, said in full:
        assert said.startswith(("DiskFull: ", "CostlibError: DiskFull: ")), f"{said}, with room for {room} KiB"
    what = "everything that writes, on a disk that is full at 0, 4, 8, 16 … KiB until there is room"
    tally(what, 1, of=len(WRITERS), how=kind)
