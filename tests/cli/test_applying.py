"""`rules apply` and `budgets apply`: the file and what is in force change together or not at all, and the log knows."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from costlib.cli import main
from costlib.errors import DiskFull, DoesNotTieOut
from costlib.store.audit import entries
from costlib.store.budgets import budgets_in_force
from costlib.store.showback import rules_in_force
from costlib.store.snapshot import current_id
from costlib.store.warehouse import Warehouse, open_warehouse
from tests.cli.test_as import data_dir as data_dir

RULES = '[[cost_center]]\nname = "{}"\nusage_account_id = ["111111111111"]\n'
BUDGETS = '[[budget]]\nid = "{}"\nname = "All"\ntotal = true\namount = 100\n'
ROOT = Path(__file__).parents[2]
OLD = "# what stood there before\n"


@dataclass(frozen=True)
class Subject:
    """What is applied: its command's noun, a text, its function in the store, and how one asks what is in force."""

    noun: str
    setting: str
    text: str
    puts: str
    in_force: Callable[[Warehouse], object]


SUBJECTS = (
    Subject("rules", "allocation.toml", RULES, "costlib.store.showback.put_in_force", rules_in_force),
    Subject("budgets", "budgets.toml", BUDGETS, "costlib.store.budgets.put_budgets_in_force", budgets_in_force),
)


@dataclass(frozen=True)
class Desk:
    """A subject, in a folder of its own."""

    subject: Subject
    source: Path
    read: Callable[[], str]

    def apply(self, name: str = "new", *more: str) -> tuple[int, str]:
        Path("given.toml").write_text(self.subject.text.format(name))
        code = main([self.subject.noun, "apply", "given.toml", "--note", "agreed", "--by", "kim", *more])
        return code, self.read()

    @property
    def file(self) -> Path:
        return Path(self.subject.setting)

    @property
    def version(self) -> str | None:
        """Of what is in force in the store."""
        with open_warehouse(self.source) as warehouse:
            found = self.subject.in_force(warehouse)
        return getattr(found, "version", None)

    @property
    def logged(self) -> list[tuple[str, str]]:
        return [(entry.event.value, entry.person.name) for entry in entries(self.source)]


@pytest.fixture(params=SUBJECTS, ids=lambda subject: subject.noun)
def desk(
    request: pytest.FixtureRequest,
    data_dir: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Desk:
    monkeypatch.chdir(tmp_path)
    return Desk(request.param, data_dir / "sample", lambda: capsys.readouterr().err)


def fails_with(monkeypatch: pytest.MonkeyPatch, name: str, error: Exception) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(name, fail)


def test_what_is_applied_is_in_force_in_the_file_and_in_the_log(desk: Desk) -> None:
    before = current_id(desk.source)
    code, said = desk.apply()
    assert (code, "in force" in said) == (0, True)
    assert desk.version
    assert current_id(desk.source) != before
    assert desk.file.read_text() == desk.subject.text.format("new")
    assert desk.logged == [(f"{desk.subject.noun}_changed", "kim")]
    assert desk.version in entries(desk.source)[0].about
    assert "agreed" in entries(desk.source)[0].about
    assert "already" in desk.apply()[1]
    assert len(desk.logged) == 1


@pytest.mark.parametrize("old", [None, OLD])
def test_what_cannot_be_put_in_force_leaves_the_file_as_it_was(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, old: str | None
) -> None:
    if old:
        desk.file.write_text(old)
    before = current_id(desk.source)
    fails_with(monkeypatch, desk.subject.puts, DoesNotTieOut("It does not add up.", "Say so."))
    code, said = desk.apply()
    assert (code, "It does not add up" in said) == (1, True)
    assert (desk.file.read_text() if desk.file.exists() else None) == old
    assert (desk.version, desk.logged, current_id(desk.source)) == (None, [], before)


def test_a_file_that_cannot_be_written_changes_nothing(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"COSTLIB_{desk.subject.noun.upper()}_FILE", "no such folder/file.toml")
    before = current_id(desk.source)
    code, said = desk.apply()
    assert (code, "cannot be written" in said) == (2, True)
    assert (desk.version, desk.logged, current_id(desk.source)) == (None, [], before)


def test_what_could_not_be_published_is_in_force_kept_and_said(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    before = current_id(desk.source)
    with monkeypatch.context() as patch:
        fails_with(patch, "costlib.store.republish.publish", DiskFull("No room.", "Make room."))
        code, said = desk.apply()
    assert (code, "In force, and not published yet" in said) == (1, True)
    assert desk.version
    assert desk.file.read_text() == desk.subject.text.format("new")
    assert desk.logged == [(f"{desk.subject.noun}_changed", "kim")]
    assert current_id(desk.source) == before
    assert desk.apply()[0] == 0
    assert current_id(desk.source) != before
    assert len(desk.logged) == 1


def test_killed_between_the_file_and_the_store_the_same_command_finishes_it(desk: Desk) -> None:
    Path("given.toml").write_text(desk.subject.text.format("new"))
    module, name = desk.subject.puts.rsplit(".", 1)
    program = f"""
import os, signal, sys
import {module} as store
from costlib.cli import main
store.{name} = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
main(sys.argv[1:])
"""
    words = [sys.executable, "-c", program, desk.subject.noun, "apply", "given.toml", "--note", "agreed"]
    killed = subprocess.run(words, env={**os.environ, "PYTHONPATH": str(ROOT)}, check=False, capture_output=True)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert (desk.version, desk.logged) == (None, [])
    assert desk.file.read_text() == desk.subject.text.format("new"), "the next sync puts it in force"
    assert desk.apply()[0] == 0
    assert desk.version
    assert desk.logged == [(f"{desk.subject.noun}_changed", "kim")]
