"""A file system of a few megabytes, for one process, that can be filled up to the last page.

It is a tmpfs in a mount namespace of the process's own, which nobody else sees and which ends with it. Root may have
one, and others where the machine lets them have user namespaces. Where neither is so, no file may grow beyond the room
that there is: a second way, less like a full disk (each file has that room), and never a reason to leave the tests out.
"""

from __future__ import annotations

import ctypes
import os
import resource
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SIZE = 96 * 2**20
KIBIBYTE = 1024
OWN_TMPFS, LIMITED_FILES = "a tmpfs of its own", "a limit on the size of each file"
_NEW_MOUNTS, _NEW_USER = 0x00020000, 0x10000000
_RECURSIVE, _PRIVATE = 0x4000, 0x40000
_libc = ctypes.CDLL(None, use_errno=True)


class SmallDisk:
    """A folder on it. `kind` says how it is small."""

    def __init__(self, folder: Path) -> None:
        """To be made once, in a process with one thread that ends soon: there is no way back."""
        self.folder = folder
        folder.mkdir(exist_ok=True)
        self.kind = OWN_TMPFS if _own_mounts() and _mounted(folder) else LIMITED_FILES

    @contextmanager
    def with_room_for(self, kibibytes: int) -> Iterator[None]:
        """Only so much may be written while a `with` block lasts."""
        with self._filled(kibibytes) if self.kind == OWN_TMPFS else _limited(kibibytes):
            yield

    @contextmanager
    def _filled(self, kibibytes: int) -> Iterator[None]:
        """As by somebody else's file."""
        held = os.statvfs(self.folder)
        somebodys = self.folder / "somebody else's"
        with somebodys.open("wb") as file:
            os.posix_fallocate(file.fileno(), 0, held.f_bavail * held.f_bsize - kibibytes * KIBIBYTE)
        try:
            yield
        finally:
            somebodys.unlink()


@contextmanager
def _limited(kibibytes: int) -> Iterator[None]:
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (kibibytes * KIBIBYTE, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, ignored)


def _own_mounts() -> bool:
    """Root needs no user namespace; elsewhere one makes this process root over its own mounts."""
    if _libc.unshare(_NEW_MOUNTS) == 0:
        return True
    user, group = os.getuid(), os.getgid()
    if _libc.unshare(_NEW_USER | _NEW_MOUNTS) != 0:
        return False
    for name, text in (("setgroups", "deny"), ("uid_map", f"0 {user} 1"), ("gid_map", f"0 {group} 1")):
        Path(f"/proc/self/{name}").write_text(text)
    return True


def _mounted(folder: Path) -> bool:
    """Nothing that is mounted here is seen elsewhere."""
    is_private = _libc.mount(b"none", b"/", None, _RECURSIVE | _PRIVATE, None) == 0
    options = f"size={SIZE},mode=0700".encode()
    return is_private and _libc.mount(b"tmpfs", os.fsencode(folder), b"tmpfs", 0, options) == 0
