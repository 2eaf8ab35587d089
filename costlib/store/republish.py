"""Publishing what changes without AWS: rules put in force, a month closed. Data and its time stay as they are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from costlib.errors import NoSnapshot
from costlib.store.ledger import new_run_id
from costlib.store.snapshot import current_id, publish
from costlib.store.status import read_status, write_status
from costlib.store.warehouse import Warehouse, open_warehouse, sync_lock

T = TypeVar("T")


def republish(source_dir: Path, keep: int, now: datetime, change: Callable[[Warehouse], T]) -> T:
    """Make `change` in the warehouse and publish it as a new snapshot.

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
            warehouse.checkpoint()
        publish(source_dir, warehouse.path, snapshot_id, keep)
        status = read_status(source_dir)
        if status is not None:
            write_status(source_dir, replace(status, snapshot_id=snapshot_id))
    return changed


def _later_than(held: str, proposed: str) -> str:
    """Ids sort by time: a new one sorts after the one it replaces, whatever the clock says."""
    return proposed if proposed > held else f"{held}+"
