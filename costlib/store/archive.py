"""The file of a backup: a gzipped tar of a source's folder, and at its end what should be in it.

The last member, `manifest.json`, has the size and SHA-256 of every other, so that a file which was cut off, altered or
put together by somebody else is told from a whole one before anything is taken from it.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import re
import tarfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, BinaryIO, cast

from costlib.errors import BackupUnusable

MANIFEST = "manifest.json"
FORMAT = 1
_NAME = re.compile(r"[A-Za-z0-9_+-][A-Za-z0-9._+-]*(/[A-Za-z0-9_+-][A-Za-z0-9._+-]*)?")
"""A file of the folder, or of a folder in it: nothing that leads out of it."""
_SPOILED = (gzip.BadGzipFile, tarfile.TarError, zlib.error, EOFError, ValueError, KeyError, TypeError, AttributeError)
_LARGEST_MANIFEST = 16 * 2**20


@dataclass(frozen=True)
class BackedUp:
    """What a backup says of itself. `created_at` is UTC without a zone; `files` is name → (bytes, SHA-256)."""

    source: str
    source_id: str
    snapshot_id: str
    created_at: datetime
    files: dict[str, tuple[int, str]]
    format: int = FORMAT


class Archive:
    """A backup being written to an open file."""

    def __init__(self, tar: tarfile.TarFile) -> None:
        self._tar = tar
        self.files: dict[str, tuple[int, str]] = {}

    def add(self, name: str, file: IO[bytes], size: int) -> None:
        """The first `size` bytes of `file`: one that grows meanwhile does no harm."""
        info = tarfile.TarInfo(name)
        info.size = size
        hashed = _Hashed(file)
        self._tar.addfile(info, cast(IO[bytes], hashed))
        self.files[name] = (size, hashed.digest())

    def add_bytes(self, name: str, content: bytes) -> None:
        self.add(name, io.BytesIO(content), len(content))

    def finish(self, facts: BackedUp) -> None:
        """Say what is in it; nothing may be added after that."""
        self.add_bytes(MANIFEST, json.dumps(asdict(facts), default=str, indent=1).encode())


@contextmanager
def writing(file: BinaryIO) -> Iterator[Archive]:
    """An archive into an open file."""
    with (
        gzip.GzipFile(fileobj=file, mode="wb", compresslevel=1) as packed,
        tarfile.open(fileobj=packed, mode="w|") as tar,
    ):
        yield Archive(tar)


def unpack(file: Path, folder: Path) -> BackedUp:
    """Take everything out into `folder`, which is empty, and hold it against the manifest.

    Raises BackupUnusable; what was taken out until then is the caller's to remove.
    """
    try:
        with gzip.open(file) as packed:
            with tarfile.open(fileobj=packed, mode="r|") as tar:
                found, manifest = _taken_out(file, tar, folder)
            while packed.read(2**20):
                """To the very end, where gzip has its checksum."""
        facts = _facts(manifest)
    except _SPOILED as error:
        raise _unusable(file, f"it is cut off, altered or no backup at all ({error})") from error
    except (FileNotFoundError, IsADirectoryError, PermissionError) as error:
        raise _unusable(file, str(error.strerror).lower()) from error
    if facts.format != FORMAT:
        raise _unusable(file, f"it has format {facts.format}, and this program reads {FORMAT}")
    if found != facts.files:
        different = sorted(n for n in {*found, *facts.files} if found.get(n) != facts.files.get(n))
        raise _unusable(file, f"not as it was written: {', '.join(different)}")
    return facts


def _taken_out(file: Path, tar: tarfile.TarFile, folder: Path) -> tuple[dict[str, tuple[int, str]], bytes]:
    """The size and SHA-256 of every member, and the bytes of the manifest, which must come last."""
    found: dict[str, tuple[int, str]] = {}
    manifest = b""
    for member in tar:
        content = tar.extractfile(member)
        if manifest or content is None or not member.isreg() or not _NAME.fullmatch(member.name):
            raise _unusable(file, f"{member.name!r} has no place in a backup")
        if member.name == MANIFEST:
            manifest = content.read(_LARGEST_MANIFEST)
        else:
            found[member.name] = (member.size, _copy(content, folder / member.name))
    return found, manifest


def _copy(content: IO[bytes], target: Path) -> str:
    target.parent.mkdir(exist_ok=True)
    hashed = _Hashed(content)
    with target.open("xb") as out:
        while block := hashed.read(2**20):
            out.write(block)
    return hashed.digest()


def _facts(manifest: bytes) -> BackedUp:
    raw = json.loads(manifest)
    files = {str(name): (int(size), str(digest)) for name, (size, digest) in raw["files"].items()}
    created_at = datetime.fromisoformat(raw["created_at"])
    source, source_id, snapshot_id = (str(raw[name]) for name in ("source", "source_id", "snapshot_id"))
    return BackedUp(source, source_id, snapshot_id, created_at, files, int(raw["format"]))


class _Hashed:
    """Reads a file, and remembers the hash of what was read."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file, self._hash = file, hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        block = self._file.read(size)
        self._hash.update(block)
        return block

    def digest(self) -> str:
        return self._hash.hexdigest()


def _unusable(file: Path, problem: str) -> BackupUnusable:
    return BackupUnusable(f"{file} cannot be restored: {problem}.", "Take another backup; nothing was changed.")
