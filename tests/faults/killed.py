"""A sync that is killed with SIGKILL at one of its commit points. Runs in a process of its own."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import duckdb

from costlib.store.warehouse import Warehouse
from tests.ingest.syncing import sync_from_url


class CommitPoints:
    """Counts the instants just after each commit and on both sides of each renaming; dies at number `deadly`.

    Just before a commit the disk is as it was after the one before, so that those need no death of their own.
    """

    def __init__(self, deadly: int, ledger: Path) -> None:
        self._deadly, self._seen, self._ledger = deadly, 0, ledger

    def pass_one(self) -> None:
        self._seen += 1
        if self._seen == self._deadly:
            self._ledger.write_text("killed")
            os.kill(os.getpid(), signal.SIGKILL)


def sync_killed_at(point: int, url: str, folder: str, now_iso: str) -> None:
    """Patch every commit and every `os.replace`, then sync."""
    points = CommitPoints(point, Path(folder) / "killed")
    commit, replace = Warehouse.transaction, os.replace

    @contextlib.contextmanager
    def watched_commit(self: Warehouse) -> Iterator[duckdb.DuckDBPyConnection]:
        with commit(self) as connection:
            yield connection
        points.pass_one()

    def watched_replace(source: object, target: object, **more: object) -> None:
        if not str(target).endswith("status.json"):
            points.pass_one()
        replace(source, target, **more)  # type: ignore[arg-type]
        if not str(target).endswith("status.json"):
            points.pass_one()

    Warehouse.transaction = watched_commit  # type: ignore[method-assign]
    os.replace = watched_replace  # type: ignore[assignment]
    sync_from_url(url, Path(folder), now_iso)
