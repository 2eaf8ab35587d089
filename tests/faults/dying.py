"""Starting what is to be killed: how many commit points it has, and its death at one of them."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable
from pathlib import Path

from tests.faults.killed import run_killed_at

context = multiprocessing.get_context("forkserver")
context.set_forkserver_preload(["tests.faults.writing", "costlib.ingest.sync", "pyarrow.compute"])

KILLED = -9


def commit_points(ledger: Path, act: Callable[..., object], *arguments: object) -> int:
    """Act to the end, and count."""
    assert _run(0, ledger, act, arguments) == 0
    return int(ledger.read_text())


def kill_at(point: int, ledger: Path, act: Callable[..., object], *arguments: object) -> None:
    """Act, and die at that commit point."""
    assert _run(point, ledger, act, arguments) == KILLED, f"it was not killed at commit point {point}"


def _run(point: int, ledger: Path, act: Callable[..., object], arguments: tuple[object, ...]) -> int | None:
    child = context.Process(target=run_killed_at, args=(point, str(ledger), act, *arguments))
    child.start()
    child.join(120)
    return child.exitcode
