"""A file's name never stands for half of it."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import BinaryIO

import pytest

from costlib.errors import DiskFull, UsageError
from costlib.exports.files import whole_file


def test_a_file_appears_whole_and_leaves_nothing_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "charges.csv"
    with whole_file(path, overwrite=False) as file:
        file.write(b"half")
        assert not path.exists()
    assert path.read_bytes() == b"half"
    assert os.listdir(tmp_path) == ["charges.csv"]


def test_a_failure_leaves_the_old_file_and_no_part(tmp_path: Path) -> None:
    path = tmp_path / "charges.csv"
    path.write_bytes(b"old")
    with pytest.raises(KeyboardInterrupt), whole_file(path, overwrite=True) as file:
        _write_and_stop(file)
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["charges.csv"]


def _write_and_stop(file: BinaryIO) -> None:
    file.write(b"new")
    raise KeyboardInterrupt


def test_an_existing_file_is_replaced_only_when_told(tmp_path: Path) -> None:
    path = tmp_path / "charges.csv"
    path.write_bytes(b"old")
    with pytest.raises(UsageError, match=r"exists already.*--force"), whole_file(path, overwrite=False):
        pytest.fail("nothing may be written")
    with whole_file(path, overwrite=True) as file:
        file.write(b"new")
    assert path.read_bytes() == b"new"


def test_a_file_that_came_meanwhile_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "charges.csv"
    with pytest.raises(UsageError, match="exists already"), whole_file(path, overwrite=False):
        path.write_bytes(b"theirs")
    assert path.read_bytes() == b"theirs"


def test_a_folder_or_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is a folder"), whole_file(tmp_path, overwrite=True):
        pytest.fail("nothing may be written")
    missing = tmp_path / "no" / "charges.csv"
    with pytest.raises(UsageError, match="No such file or directory"), whole_file(missing, overwrite=False):
        pytest.fail("nothing may be written")


def test_a_full_disk_says_so(tmp_path: Path) -> None:
    with pytest.raises(DiskFull, match="No room"), whole_file(tmp_path / "charges.csv", overwrite=False):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    assert os.listdir(tmp_path) == []
