"""Each test starts with empty caches, no sync by itself, and the data folder it asks for."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import streamlit as st

from tests.queries.snapshots import Organization, published

UseData = Callable[[Path], None]
UseOrganization = Callable[[Organization], Path]


@pytest.fixture(autouse=True)
def fresh_session(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("COSTLIB_SOURCE", "sample")
    monkeypatch.setenv("COSTLIB_AUTO_SYNC_HOURS", "0")
    st.cache_data.clear()
    st.cache_resource.clear()
    yield
    st.cache_data.clear()
    st.cache_resource.clear()


@pytest.fixture
def use_data(monkeypatch: pytest.MonkeyPatch) -> UseData:
    """`use_data(folder)`: the pages read this data folder."""
    return lambda folder: monkeypatch.setenv("COSTLIB_DATA_DIR", str(folder))


@pytest.fixture
def sample(use_data: UseData, sample_data_dir: Path) -> Path:
    """The pages read the synced sample organization."""
    use_data(sample_data_dir)
    return sample_data_dir


@pytest.fixture
def organization(use_data: UseData, tmp_path: Path) -> UseOrganization:
    """`organization(rows)`: the pages read these hand-written rows; returns the source's folder."""
    numbers = itertools.count()

    def use(rows: Organization) -> Path:
        folder = tmp_path / f"data_{next(numbers)}"
        with published(rows, folder):
            pass
        (source,) = folder.iterdir()
        use_data(folder)
        return source.rename(folder / "sample")

    return use
