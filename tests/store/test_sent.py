"""What was sent is known for ever, to every process, and to one at a time."""

from __future__ import annotations

import multiprocessing
import sqlite3
from datetime import datetime
from pathlib import Path
from time import sleep

import pytest

from costlib.errors import SchemaTooNew, SentFileUnusable
from costlib.store.sent import FILE, Sent, sending

NOON = datetime(2026, 11, 24, 12)


def record(folder: Path, channel: str, *keys: str) -> None:
    with sending(folder) as ledger:
        ledger.record(Sent(channel, key, "title", NOON) for key in keys)


def keys(folder: Path, channel: str) -> frozenset[str]:
    with sending(folder) as ledger:
        return ledger.keys(channel)


def test_what_was_sent_is_kept_by_channel(tmp_path: Path) -> None:
    record(tmp_path, "mail", "a", "b")
    record(tmp_path, "chat", "c")
    record(tmp_path, "mail", "b", "d")
    assert keys(tmp_path, "mail") == {"a", "b", "d"}
    assert keys(tmp_path, "chat") == {"c"}
    assert keys(tmp_path, "none") == frozenset()


def test_looking_makes_no_file(tmp_path: Path) -> None:
    keys(tmp_path, "mail")
    assert not (tmp_path / FILE).exists()


def send_new(folder: Path, wanted: list[str]) -> None:
    """As a sender does: what is not there yet goes out, slowly, and is recorded."""
    with sending(folder) as ledger:
        for key in [key for key in wanted if key not in ledger.keys("mail")]:
            with (folder / "out.txt").open("a") as out:
                out.write(f"{key}\n")
            sleep(0.01)
            ledger.record([Sent("mail", key, "title", NOON)])


def test_processes_that_send_at_once_send_everything_once(tmp_path: Path, own_main: None) -> None:
    wanted = [f"alert {i}" for i in range(8)]
    senders = [multiprocessing.get_context("spawn").Process(target=send_new, args=(tmp_path, wanted)) for _ in range(3)]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join(60)
        assert sender.exitcode == 0
    assert (tmp_path / "out.txt").read_text(encoding="utf-8").split("\n")[:-1] == wanted


def test_a_damaged_file_is_said_and_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b"not a database at all, but long enough to look like something" * 20)
    with pytest.raises(SentFileUnusable, match=FILE):
        keys(tmp_path, "mail")
    assert (tmp_path / FILE).read_bytes().startswith(b"not a database")


def test_a_file_of_a_later_version_is_left_alone(tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / FILE)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(SchemaTooNew, match="99"):
        record(tmp_path, "mail", "a")
