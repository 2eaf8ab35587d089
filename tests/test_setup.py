"""What a bare machine meets: the Makefile, the pins, the browser, the benches' verdict."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from costlib.config import load
from scripts import browser_tests_ran, first_sync
from tests.bench.__main__ import table
from tests.bench.measure import Measurement, at_least, at_most
from tests.browser import chromium

ROOT = Path(__file__).resolve().parent.parent


def executable(path: Path, text: str) -> Path:
    path.write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
    path.chmod(0o755)
    return path


def test_a_python_that_is_too_old_is_refused_in_one_sentence(tmp_path: Path) -> None:
    old = executable(tmp_path / "python3", "exit 1")
    command = [
        "make",
        "-f",
        str(ROOT / "Makefile"),
        f"PYTHON={old}",
        f"VENV={tmp_path}/venv",
        f"{tmp_path}/venv/app.stamp",
    ]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert run.returncode != 0
    assert run.stderr.splitlines()[0].startswith("This needs Python 3.11 or newer")


def test_the_pins_are_those_of_the_project_file() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    app = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    dev = (ROOT / "requirements-dev.txt").read_text(encoding="utf-8").splitlines()
    assert set(project["dependencies"]) <= set(app)
    assert {re.sub(r"\[.*\]", "", pin) for pin in project["optional-dependencies"]["dev"]} <= {*dev, *app}
    assert dev[1] == "-r requirements.txt"


def test_a_browser_that_does_not_start_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    executable(tmp_path / "google-chrome", "exit 1")
    works = executable(tmp_path / "chromium", "exit 0")
    monkeypatch.delenv("CHROME_PATH", raising=False)
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin")
    assert chromium.find() == works


def test_the_named_browser_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    named = executable(tmp_path / "my-browser", "exit 0")
    monkeypatch.setenv("CHROME_PATH", str(named))
    assert chromium.find() == named


def test_a_missing_browser_is_installed_and_looked_for_again() -> None:
    installed: list[Path] = []
    looked_for = lambda: installed[0] if installed else None  # noqa: E731
    found = chromium.find_or_install(looked_for, [lambda: None, lambda: installed.append(Path("/a/browser"))])
    assert found == Path("/a/browser")


def test_a_machine_where_no_browser_can_be_installed_is_told_the_one_command() -> None:
    with pytest.raises(chromium.NoBrowser, match=r"Run: \S+"):
        chromium.find_or_install(lambda: None, [])


@pytest.mark.parametrize(
    ("cases", "problem"),
    [
        ('<testcase classname="tests.browser.test_a" name="a"/>', None),
        ('<testcase classname="tests.ingest.test_a" name="a"/>', "No browser test ran"),
        ('<testcase classname="tests.browser.test_a" name="a"><skipped/></testcase>', "Skipped"),
    ],
)
def test_a_run_without_browser_tests_is_noticed(tmp_path: Path, cases: str, problem: str | None) -> None:
    report = tmp_path / "tests.xml"
    report.write_text(f"<testsuites><testsuite>{cases}</testsuite></testsuites>", encoding="utf-8")
    said = browser_tests_ran.main(report)
    assert said is None if problem is None else said and problem in said


def test_a_real_source_is_never_synced_by_make_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    settings = load(None, {"COSTLIB_SOURCE": "aws", "COSTLIB_DATA_DIR": str(tmp_path)})
    assert first_sync.first_sync(settings) == 0
    assert "sync --plan" in capsys.readouterr().out
    assert not list(tmp_path.iterdir())


def test_a_bench_over_its_budget_fails_the_run(tmp_path: Path) -> None:
    within = Measurement("requests of a first sync", "41 of 40", 1.025, at_most(1.1))
    over = Measurement("rate while throttled", "1.2 of 2 a second", 0.6, at_least(0.9))
    assert within.ok
    assert not over.ok
    assert [line.split(" | ")[-1] for line in table([within, over]).splitlines()[2:]] == ["yes", "NO"]


def test_asking_for_a_bench_that_does_not_exist_fails() -> None:
    run = subprocess.run([sys.executable, "-m", "tests.bench", "no such bench"], cwd=ROOT, env=os.environ)
    assert run.returncode == 2
