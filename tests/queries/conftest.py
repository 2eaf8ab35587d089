"""A place to publish snapshots in, also for tests that hypothesis repeats."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for snapshots; each gets a folder of its own in it."""
    return tmp_path_factory.mktemp("snapshots")
