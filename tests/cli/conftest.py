"""Commands as somebody types them, in a folder of its own; and who takes messages on loopback."""

from __future__ import annotations

import csv
import io
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from costlib.cli import main as costlib
from tests.alerts.receiving import Hook, Mailbox, hook, mailbox

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(
    sample_data_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Run:
    """Runs a command over a copy of the synced sample, in a folder of its own."""
    shutil.copytree(sample_data_dir, tmp_path / "data")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COSTLIB_SOURCE", "sample")

    def command(*words: str) -> tuple[int, str, str]:
        capsys.readouterr()
        code = costlib(list(words))
        printed = capsys.readouterr()
        return code, printed.out, printed.err

    return command


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


@pytest.fixture
def box() -> Iterator[Mailbox]:
    with mailbox() as opened:
        yield opened


@pytest.fixture
def server() -> Iterator[Hook]:
    with hook() as opened:
        yield opened
