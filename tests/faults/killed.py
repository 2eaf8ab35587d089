"""A sync, a closing or a change of rules that is killed with SIGKILL at one of its commit points. Runs in a process of
its own."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path

import duckdb

from costlib.sample.rules import SAMPLE_RULES
from costlib.store.closing import Close, close_month
from costlib.store.republish import republish
from costlib.store.showback import RuleChange, put_in_force
from costlib.store.snapshot import current_id
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
    """Sync, and die."""
    _die_at(point, folder)
    sync_from_url(url, Path(folder), now_iso)


def republish_killed_at(point: int, action: str, folder: str, now_iso: str) -> None:
    """Close the month, or put the rules in force, and die."""
    _die_at(point, folder)
    ACTIONS[action](Path(folder) / "sample", datetime.fromisoformat(now_iso))


def close_october(source_dir: Path, now: datetime) -> None:
    close = Close(date(2026, 10, 1), now, "finance", current_id(source_dir) or "", "a test")
    republish(source_dir, 3, now, lambda warehouse: close_month(warehouse, close))


def apply_new_rules(source_dir: Path, now: datetime) -> None:
    without_the_last = SAMPLE_RULES.rpartition("[[rule]]")[0]
    change = RuleChange(without_the_last, "new.toml", now, "finance", "a test")
    republish(source_dir, 3, now, lambda warehouse: put_in_force(warehouse, change))


ACTIONS = {"close": close_october, "rules apply": apply_new_rules}


def _die_at(point: int, folder: str) -> None:
    """Patch every commit and every `os.replace`."""
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
