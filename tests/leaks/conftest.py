"""One organization with secrets, built once; the pages' own fixtures."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from costlib.store.snapshot import Snapshot, open_current
from tests.leaks import world


@pytest.fixture(scope="session")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The source's folder."""
    return world.built(tmp_path_factory.mktemp("leaks"))


@pytest.fixture(scope="session")
def snapshot(source: Path) -> Iterator[Snapshot]:
    opened = open_current(source)
    yield opened
    opened.close()
