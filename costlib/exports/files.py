"""Writing a file so that its name never stands for half of it."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from costlib.errors import DiskFull, UsageError


@contextmanager
def whole_file(path: Path, overwrite: bool) -> Iterator[BinaryIO]:
    """A file to write that gets its name only when the block ends well; otherwise nothing is left.

    Raises UsageError when `path` exists and `overwrite` is false or cannot be written, DiskFull when there is no room.
    """
    refuse_existing(path, overwrite)
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with part.open("xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        refuse_existing(path, overwrite)
        os.replace(part, path)
    except OSError as error:
        raise _explained(path, error) from error
    finally:
        part.unlink(missing_ok=True)


def refuse_existing(path: Path, overwrite: bool) -> None:
    """Raise UsageError when `path` is taken."""
    if path.is_dir():
        raise UsageError(f"{path} is a folder.", "Name a file in it.")
    if path.exists() and not overwrite:
        raise UsageError(f"{path} exists already.", "Name another file, or add --force to replace it.")


def _explained(path: Path, error: OSError) -> Exception:
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return DiskFull(f"No room to write {path}.", "Make room and run the command again; nothing was left behind.")
    if isinstance(error, BrokenPipeError):
        return error
    return UsageError(f"{path} cannot be written: {error.strerror}.", "Name a file in a folder that can be written.")
