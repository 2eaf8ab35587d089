"""The arrows of pyproject.toml hold, and each contract notices when somebody crosses it."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

CROSSINGS = {
    "The house": ("costlib/store/snapshot.py", "import costlib.queries"),
    "Only ingest talks to AWS": ("costlib/queries/filters.py", "import boto3"),
    "the sample endpoint reads botocore": ("costlib/store/snapshot.py", "import botocore.session"),
    "Only ui knows Streamlit": ("costlib/queries/filters.py", "import plotly.graph_objects"),
    "Only the store opens DuckDB": ("costlib/queries/filters.py", "import duckdb"),
    "Only the store opens SQLite": ("costlib/ui/frame.py", "import sqlite3"),
    "A page never ingests": ("costlib/queries/filters.py", "import costlib.ingest.cube"),
}


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    script = Path(sys.executable).with_name("lint-imports")
    return subprocess.run([script, "--no-cache"], cwd=folder, capture_output=True, text=True)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    shutil.copytree(ROOT / "costlib", tmp_path / "costlib", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def test_the_arrows_hold(copy: Path) -> None:
    run = lint(copy)
    assert run.returncode == 0, run.stdout


@pytest.mark.parametrize(("contract", "crossing"), CROSSINGS.items(), ids=CROSSINGS.keys())
def test_a_crossed_arrow_is_noticed(copy: Path, contract: str, crossing: tuple[str, str]) -> None:
    file, line = crossing
    with (copy / file).open("a", encoding="utf-8") as module:
        module.write(f"\n{line}\n")
    broken = [said for said in lint(copy).stdout.splitlines() if said.endswith("BROKEN")]
    assert any(contract in said for said in broken), broken


def test_a_module_without_a_place_in_the_house_is_noticed(copy: Path) -> None:
    (copy / "costlib" / "stray.py").write_text('"""Belongs nowhere."""\n', encoding="utf-8")
    assert lint(copy).returncode != 0
