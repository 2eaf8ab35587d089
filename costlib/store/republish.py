"""Publishing what changes without AWS: rules put in force, a month closed. Data and its time stay as they are."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from costlib.errors import NoSnapshot
from costlib.store.ledger import has_unfinished_business, new_run_id
from costlib.store.snapshot import current_id, publish, snapshot_path
from costlib.store.status import read_status, write_status
from costlib.store.warehouse import Warehouse, open_database, open_warehouse, sync_lock

T = TypeVar("T")


def republish(source_dir: Path, keep: int, now: datetime, change: Callable[[Warehouse], T]) -> T:
    """Make `change` in the warehouse and publish it as a new snapshot.

    A sync that stopped part of the way leaves the warehouse between two states of AWS's. Then the change is made in a
    copy of the current snapshot too, and that is published: the rest of the warehouse waits for a sync that ends well.

    Raises NoSnapshot before the first sync, SyncInProgress while another process writes, and whatever `change` raises;
    then nothing is published. Killed before the pointer is swapped, the change is published with the next sync.
    """
    held = current_id(source_dir)
    if held is None:
        raise NoSnapshot(f"Nothing has been synced into {source_dir} yet.", "Run `python -m costlib sync` first.")
    with sync_lock(source_dir):
        with open_warehouse(source_dir) as warehouse:
            changed = change(warehouse)
            snapshot_id = _later_than(held, new_run_id(warehouse, now))
            is_between = has_unfinished_business(warehouse)
            warehouse.checkpoint()
        with _changed_copy(source_dir, held, change) if is_between else nullcontext(warehouse.path) as path:
            publish(source_dir, path, snapshot_id, keep)
        status = read_status(source_dir)
        if status is not None:
            write_status(source_dir, replace(status, snapshot_id=snapshot_id))
    return changed


@contextmanager
def _changed_copy(source_dir: Path, held: str, change: Callable[[Warehouse], T]) -> Iterator[Path]:
    """What is published now, with the change, in a file of its own for as long as a `with` block lasts."""
    path = source_dir / "republish.part"
    try:
        shutil.copyfile(snapshot_path(source_dir, held), path)
        with open_database(path) as copy:
            change(copy)
            copy.checkpoint()
        yield path
    finally:
        for leftover in (path, Path(f"{path}.wal")):
            leftover.unlink(missing_ok=True)


def _later_than(held: str, proposed: str) -> str:
    """Ids sort by time: a new one sorts after the one it replaces, whatever the clock says."""
    return proposed if proposed > held else f"{held}+"
