"""Files written beside the pages: whole or not there, stopped when nobody waits, gone after a day."""

from __future__ import annotations

import os
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from costlib.errors import DiskFull
from costlib.exports.files import whole_file
from costlib.ui import preparing
from costlib.ui.offers import size_words
from costlib.ui.preparing import Job

PATIENCE = 10.0


def now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)


def written(job: Job) -> None:
    with whole_file(job.path, overwrite=False) as file:
        for row in range(1, 4):
            file.write(b"row\n")
            job.wrote(row)


def test_a_file_is_written_beside_the_data_and_its_progress_can_be_seen(tmp_path: Path) -> None:
    may_go_on, half = threading.Event(), threading.Event()

    def write(job: Job) -> None:
        job.wrote(2)
        half.set()
        assert may_go_on.wait(PATIENCE)
        written(job)

    job = preparing.start(tmp_path, "costs.csv", 4, write, now())
    assert half.wait(PATIENCE)
    assert (job.share_done, job.is_ready, job.done.is_set()) == (0.5, False, False)
    may_go_on.set()
    assert job.done.wait(PATIENCE)
    assert job.is_ready
    assert job.path.read_bytes() == b"row\n" * 3
    assert job.path.parent.parent == tmp_path / "exports"
    assert job.path.parent.stat().st_mode & 0o077 == 0, "for the server alone"


def test_a_cancelled_file_leaves_nothing(tmp_path: Path) -> None:
    begun, cancelled = threading.Event(), threading.Event()

    def write(job: Job) -> None:
        begun.set()
        assert cancelled.wait(PATIENCE)
        written(job)

    job = preparing.start(tmp_path, "costs.csv", 3, write, now())
    assert begun.wait(PATIENCE)
    job.cancel()
    cancelled.set()
    assert job.done.wait(PATIENCE)
    assert (job.is_ready, job.is_gone) == (False, True)
    assert list((tmp_path / "exports").iterdir()) == []


def test_a_full_disk_is_told_with_its_remedy(tmp_path: Path) -> None:
    def write(job: Job) -> None:
        raise DiskFull("No room.", "Make room.")

    job = preparing.start(tmp_path, "costs.csv", 3, write, now())
    assert job.done.wait(PATIENCE)
    assert isinstance(job.error, DiskFull)
    assert not job.is_ready


def test_at_most_two_files_are_written_at_once(tmp_path: Path) -> None:
    running, most, lock, may_go_on = 0, 0, threading.Lock(), threading.Event()

    def write(job: Job) -> None:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        may_go_on.wait(0.2)
        with lock:
            running -= 1
        written(job)

    jobs = [preparing.start(tmp_path, "costs.csv", 3, write, now()) for _ in range(5)]
    assert all(job.done.wait(PATIENCE) for job in jobs)
    assert all(job.is_ready for job in jobs)
    assert most == preparing.AT_ONCE


def test_files_of_yesterday_are_removed_and_those_of_today_stay(tmp_path: Path) -> None:
    old, new = (preparing.start(tmp_path, "costs.csv", 3, written, now()) for _ in range(2))
    assert old.done.wait(PATIENCE)
    assert new.done.wait(PATIENCE)
    yesterday = (datetime.now(UTC) - timedelta(days=1, seconds=1)).timestamp()
    os.utime(old.path.parent, (yesterday, yesterday))
    preparing.clean_up(tmp_path / "exports", now())
    assert (old.is_gone, new.is_ready) == (True, True)


def test_an_upload_is_there_for_a_moment(tmp_path: Path) -> None:
    with preparing.kept_for_now(tmp_path, "old.csv", b"x") as path:
        assert path.read_bytes() == b"x"
    assert not path.exists()
    assert list((tmp_path / "exports").iterdir()) == []


@pytest.mark.parametrize(
    ("size", "words"),
    [(0, "0 bytes"), (812, "812 bytes"), (1400, "1.4 kB"), (247_527, "248 kB"), (5 * 10**9, "5.0 GB")],
)
def test_a_size_reads(size: int, words: str) -> None:
    assert size_words(size) == words
