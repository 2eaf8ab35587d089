"""Syncing from the pages: one child at a time, the price first, and no failure unsaid."""

from __future__ import annotations

import os
import signal
import stat
import sys
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from costlib.store.status import RunState, Status, write_status
from costlib.ui.context import utc_now
from tests.app.conftest import UseOrganization
from tests.app.pages import EVERY_PAGE, FRESHNESS, OVERVIEW, opened, said
from tests.app.test_pages import charge
from tests.queries.snapshots import Organization

Started = Callable[[], list[str]]


@pytest.fixture
def child(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Started]:
    """A stand-in for Python that notes how it was called and works until the test ends; returns the calls so far."""
    calls, program, pids = tmp_path / "calls", tmp_path / "python", tmp_path / "pids"
    program.write_text(f'#!/bin/sh\necho $$ >> {pids}\necho "$@" >> {calls}\nexec sleep 60\n')
    program.chmod(program.stat().st_mode | stat.S_IEXEC)
    monkeypatch.setattr(sys, "executable", str(program))

    def so_far() -> list[str]:
        deadline = time.monotonic() + 2
        while not calls.exists() and time.monotonic() < deadline:
            time.sleep(0.02)
        return calls.read_text().splitlines() if calls.exists() else []

    yield so_far
    for pid in pids.read_text().split() if pids.exists() else []:
        os.kill(int(pid), signal.SIGKILL)


@pytest.fixture
def source(organization: UseOrganization) -> Path:
    return organization(Organization([charge("2026-03-18")]))


def finished(source: Path, hours_ago: float, **changes: object) -> None:
    """A sync that ended so long ago."""
    then = utc_now() - timedelta(hours=hours_ago)
    facts = {"state": RunState.ok, "ended_at": then, "checked_at": then, **changes}
    write_status(source, Status(run_id="r", pid=2**22, started_at=then, **facts))  # type: ignore[arg-type]


def test_old_data_starts_one_sync_however_many_pages_are_opened(
    source: Path, child: Started, monkeypatch: pytest.MonkeyPatch
) -> None:
    finished(source, hours_ago=25)
    monkeypatch.setenv("COSTLIB_AUTO_SYNC_HOURS", "24")
    for page in EVERY_PAGE:
        app = opened(page)
        assert not app.exception
    (call,) = child()
    assert call == f"-m costlib sync --source sample --data-dir {source.parent} --by=the app's schedule"
    assert "Syncing: starting" in said(opened(OVERVIEW))


def test_fresh_data_starts_none(source: Path, child: Started, monkeypatch: pytest.MonkeyPatch) -> None:
    finished(source, hours_ago=23)
    monkeypatch.setenv("COSTLIB_AUTO_SYNC_HOURS", "24")
    opened()
    assert child() == []


def test_a_sync_that_just_failed_is_not_tried_again_at_once(
    source: Path, child: Started, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = utc_now() - timedelta(days=3)
    finished(source, hours_ago=0.2, state=RunState.failed, checked_at=old, message="AWS is away.", remedy="Wait.")
    monkeypatch.setenv("COSTLIB_AUTO_SYNC_HOURS", "24")
    assert "AWS is away." in said(opened(FRESHNESS))
    assert child() == []


def test_a_sync_that_runs_elsewhere_is_shown_and_not_doubled(
    source: Path, child: Started, monkeypatch: pytest.MonkeyPatch
) -> None:
    running = {"state": RunState.running, "ended_at": None, "pid": os.getpid(), "phase": "Charges"}
    then = utc_now() - timedelta(hours=30)
    facts = {
        **running,
        "requests_done": 120,
        "requests_expected": 300,
        "cost_usd": Decimal("1.20"),
        "seconds_left": 40.0,
    }
    write_status(source, Status(run_id="r", started_at=then, checked_at=then, **facts))  # type: ignore[arg-type]
    monkeypatch.setenv("COSTLIB_AUTO_SYNC_HOURS", "24")
    app = opened(FRESHNESS)
    assert app.progress[0].value == 40
    assert "120 of 300 requests" in app.progress[0].text
    assert "about 40 s left" in app.progress[0].text
    assert "Charges · 120 of 300 requests" in said(opened(OVERVIEW))
    assert child() == []


def test_the_price_stands_before_the_button_and_only_the_button_starts_it(source: Path, child: Started) -> None:
    finished(source, hours_ago=1, next_sync_requests=25, next_sync_usd=Decimal("0.25"))
    app = opened(FRESHNESS)
    assert "25 requests, $0.25" in said(app)
    assert child() == []
    app.button(key="start_sync").click().run()
    (call,) = child()
    assert call.endswith("--by=Single user")
    assert app.progress[0].text == "Starting the sync …"


def test_where_a_service_syncs_the_pages_neither_offer_it_nor_start_one(
    source: Path, child: Started, monkeypatch: pytest.MonkeyPatch
) -> None:
    finished(source, hours_ago=100)
    monkeypatch.setenv("COSTLIB_AUTO_SYNC_HOURS", "24")
    monkeypatch.setenv("COSTLIB_SYNC_FROM_APP", "0")
    app = opened(FRESHNESS)
    assert "A service of its own syncs" in said(app)
    assert not [button for button in app.button if button.key == "start_sync"]
    assert child() == []
    monkeypatch.setenv("COSTLIB_SYNC_FROM_APP", "1")
    app = opened(FRESHNESS)
    assert len(child()) == 1


def test_a_sync_that_dies_before_it_says_anything_is_reported_with_its_words(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    finished(source, hours_ago=1)
    program = tmp_path / "python"
    program.write_text("#!/bin/sh\necho 'costlib: no credentials were found.' >&2\nexit 2\n")
    program.chmod(program.stat().st_mode | stat.S_IEXEC)
    monkeypatch.setattr(sys, "executable", str(program))
    app = opened(FRESHNESS)
    app.button(key="start_sync").click().run()
    time.sleep(0.3)
    app.run()
    assert "The sync could not start" in said(app)
    assert "no credentials were found." in said(app)


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (RunState.failed, "failed"),
        (RunState.partial, "stopped part of the way"),
        (RunState.running, "was interrupted"),
    ],
)
def test_how_the_last_sync_ended_is_said_with_the_way_out(source: Path, state: RunState, words: str) -> None:
    finished(source, hours_ago=1, state=state, message="AWS refused ce:GetTags.", remedy="Add ce:GetTags.")
    shown = said(opened(FRESHNESS))
    assert words in shown
    if state is not RunState.running:
        assert "AWS refused ce:GetTags." in shown
        assert "Add ce:GetTags." in shown
