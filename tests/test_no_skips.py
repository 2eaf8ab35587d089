"""The test run cannot pass by skipping."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

SKIPPING = {
    "while it runs": "import pytest\ndef test_a(): pytest.skip('no browser')\n",
    "by a mark": "import pytest\n@pytest.mark.skip\ndef test_a(): pass\n",
    "as a module": "import pytest\npytest.importorskip('no_such_package')\ndef test_a(): pass\n",
}


@pytest.mark.parametrize(
    ("how", "workers"), [("while it runs", "0"), ("while it runs", "1"), ("by a mark", "0"), ("as a module", "0")]
)
def test_a_test_that_skips_fails_the_run(tmp_path: Path, how: str, workers: str) -> None:
    file = tmp_path / "test_skipping.py"
    file.write_text(SKIPPING[how], encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-p", "tests.no_skips", "-n", workers, str(file)]
    run = subprocess.run(command, capture_output=True, text=True)
    assert run.returncode != 0
    assert "skipping counts as failing" in run.stdout
