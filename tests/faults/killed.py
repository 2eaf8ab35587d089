"""A sync, a closing or a change of rules that is killed with SIGKILL at one of its commit points. Runs in a process of
its own."""

from __future__ import annotations

import contextlib
import os
import signal
import sqlite3
from collections.abc import Callable, Iterator
from datetime import date, datetime
from pathlib import Path

import duckdb

from costlib.sample.budgets import SAMPLE_BUDGETS
from costlib.sample.rules import SAMPLE_RULES
from costlib.store.budgets import BudgetChange, put_budgets_in_force
from costlib.store.closing import Close, close_month
from costlib.store.republish import republish
from costlib.store.showback import RuleChange, put_in_force
from costlib.store.snapshot import current_id
from costlib.store.warehouse import Warehouse
from tests.ingest.syncing import sync_from_url


class CommitPoints:
    """Counts the instants just after each commit, checkpoint and removal, and on both sides of each renaming; dies at
    number `deadly`, or tells in the end how many there were if that is 0.

    Just before a commit the disk is as it was after the one before, so that those need no death of their own.
    """

    def __init__(self, deadly: int) -> None:
        self._deadly, self.seen = deadly, 0

    def pass_one(self) -> None:
        self.seen += 1
        if self.seen == self._deadly:
            os.kill(os.getpid(), signal.SIGKILL)


def run_killed_at(point: int, ledger: str, act: Callable[..., object], *arguments: object) -> None:
    """Act and die; or, if `point` is 0, write down how many commit points there are."""
    points = CommitPoints(point)
    _watch(points)
    act(*arguments)
    Path(ledger).write_text(str(points.seen))


def close_october(source_dir: Path, now: datetime) -> None:
    close = Close(date(2026, 10, 1), now, "finance", current_id(source_dir) or "", "a test")
    republish(source_dir, 3, now, lambda warehouse: close_month(warehouse, close))


def apply_new_rules(source_dir: Path, now: datetime) -> None:
    without_the_last = SAMPLE_RULES.rpartition("[[rule]]")[0]
    change = RuleChange(without_the_last, "new.toml", now, "finance", "a test")
    republish(source_dir, 3, now, lambda warehouse: put_in_force(warehouse, change))


def apply_new_budgets(source_dir: Path, now: datetime) -> None:
    without_the_last = SAMPLE_BUDGETS.rpartition("[[budget]]")[0]
    change = BudgetChange(without_the_last, "new.toml", now, "finance", "a test")
    republish(source_dir, 3, now, lambda warehouse: put_budgets_in_force(warehouse, change))


ACTIONS = {"close": close_october, "rules apply": apply_new_rules, "budgets apply": apply_new_budgets}


def sync_at(url: str, folder: str, now_iso: str) -> None:
    sync_from_url(url, Path(folder), now_iso)


def act_at(action: str, source_dir: str, now_iso: str) -> None:
    ACTIONS[action](Path(source_dir), datetime.fromisoformat(now_iso))


def _watch(points: CommitPoints) -> None:
    """Patch every commit and checkpoint of the warehouse, every statement of SQLite, `os.replace` and `Path.unlink`."""
    commit, checkpoint, replace, unlink = Warehouse.transaction, Warehouse.checkpoint, os.replace, Path.unlink

    @contextlib.contextmanager
    def watched_commit(self: Warehouse) -> Iterator[duckdb.DuckDBPyConnection]:
        with commit(self) as connection:
            yield connection
        points.pass_one()

    def watched_checkpoint(self: Warehouse) -> None:
        checkpoint(self)
        points.pass_one()

    def watched_replace(source: object, target: object, **more: object) -> None:
        if str(target).endswith("status.json"):
            replace(source, target, **more)  # type: ignore[arg-type]
            return
        points.pass_one()
        replace(source, target, **more)  # type: ignore[arg-type]
        points.pass_one()

    def watched_unlink(self: Path, missing_ok: bool = False) -> None:
        was_there = self.exists()
        unlink(self, missing_ok)
        if was_there:
            points.pass_one()

    Warehouse.transaction = watched_commit  # type: ignore[method-assign]
    Warehouse.checkpoint = watched_checkpoint  # type: ignore[method-assign]
    os.replace = watched_replace  # type: ignore[assignment]
    Path.unlink = watched_unlink  # type: ignore[method-assign]
    _watch_sqlite(points)


def _watch_sqlite(points: CommitPoints) -> None:
    connect = sqlite3.connect

    class Watched(sqlite3.Connection):
        def execute(self, *arguments: object) -> sqlite3.Cursor:
            answer = super().execute(*arguments)  # type: ignore[arg-type]
            points.pass_one()
            return answer

        def executemany(self, *arguments: object) -> sqlite3.Cursor:
            answer = super().executemany(*arguments)  # type: ignore[arg-type]
            points.pass_one()
            return answer

        def __exit__(self, *raised: object) -> bool:  # type: ignore[override]
            """Commits."""
            answer = super().__exit__(*raised)  # type: ignore[arg-type]
            points.pass_one()
            return bool(answer)

    sqlite3.connect = lambda *arguments, **more: connect(*arguments, **{"factory": Watched} | more)
