"""What every test may rely on: a fixed day, one synced sample organization a run, and no passing by skipping."""

from __future__ import annotations

import fcntl
import functools
import shutil
import sys
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import settings
from streamlit.components.v2 import manifest_scanner

from costlib.cli import main as costlib
from costlib.sample.organization import tiny_organization
from costlib.sample.server import SampleEndpoint
from tests.no_skips import pytest_make_collect_report, pytest_runtest_makereport
from tests.tally import pytest_terminal_summary, tally

__all__ = ["pytest_make_collect_report", "pytest_runtest_makereport", "pytest_terminal_summary", "tally"]

settings.register_profile("any machine", deadline=None)
settings.load_profile("any machine")
"""How fast a machine is says nothing about the program; speed is the benches' business."""

Shared = Callable[[str, Callable[[Path], None]], Path]


@pytest.fixture(scope="session")
def today() -> date:
    """The day the tests happen on."""
    return date(2026, 11, 24)


@pytest.fixture
def own_main(monkeypatch: pytest.MonkeyPatch) -> None:
    """For tests that start processes, which import `__main__`: a page test before them leaves app.py in its place."""
    monkeypatch.setitem(sys.modules, "__main__", ModuleType("__main__"))


@pytest.fixture(scope="session")
def shared_folder(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Shared:
    """`shared_folder(name, fill)`: a folder filled once a run, by whichever worker comes first."""
    own = tmp_path_factory.getbasetemp()
    root = own if worker_id == "master" else own.parent

    def folder(name: str, fill: Callable[[Path], None]) -> Path:
        filled, ready = root / name, root / f"{name}.ready"
        with (root / f"{name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not ready.exists():
                filled.mkdir(exist_ok=True)
                fill(filled)
                ready.touch()
        return filled

    return folder


@pytest.fixture(scope="session")
def sample_data_dir(shared_folder: Shared, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with the sample organization, synced through the command line as `make run` does. Read only.

    Synced once a run, and copied for each worker: what is looked at is written down there, in files that come and go.
    """

    def sync(folder: Path) -> None:
        assert costlib(["sync", "--source", "sample", "--data-dir", str(folder)]) == 0

    return shutil.copytree(shared_folder("sample-data", sync), tmp_path_factory.mktemp("sample") / "data")


@pytest.fixture(scope="session")
def sample_endpoint(today: date) -> Iterator[SampleEndpoint]:
    """A Cost Explorer endpoint over a small organization, for tests that only ask. Do not restate it."""
    with SampleEndpoint(tiny_organization(today)) as endpoint:
        yield endpoint


@pytest.fixture(scope="session", autouse=True)
def components_scanned_once() -> None:
    """Each AppTest would read the metadata of every installed package anew, which took longer than our pages do."""
    scanned = functools.cache(manifest_scanner.scan_component_manifests)
    manifest_scanner.scan_component_manifests = scanned
