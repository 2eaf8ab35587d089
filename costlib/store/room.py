"""Disks that are full: the system's words for it become ours, whatever was being written."""

from __future__ import annotations

import contextlib
import errno
from collections.abc import Iterator
from pathlib import Path

from costlib.errors import DiskFull

NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


@contextlib.contextmanager
def room_errors(
    place: Path, remedy: str = "Make room and try again; nothing that was stored is lost."
) -> Iterator[None]:
    """Raises DiskFull where the system says that there is no room; any other error of its goes on."""
    try:
        yield
    except OSError as error:
        if error.errno not in NO_ROOM:
            raise
        raise DiskFull(f"No room to write {error.filename or place}.", remedy) from error
