"""Answers that must not be stored, and files on disk that cannot be read or written."""

from __future__ import annotations

from costlib.errors.base import CostlibError


class DataError(CostlibError):
    """An answer that must not be stored."""


class MalformedAnswer(DataError):
    """An answer that Cost Explorer does not document."""


class DuplicateKey(DataError):
    """The same (period, keys) came twice in one answer."""


class CurrencyMixed(DataError):
    """Two currencies would have to be added."""


class AmountDoesNotFit(DataError):
    """An amount that DECIMAL(38,10) cannot hold exactly."""


class PagingStale(DataError):
    """Cost Explorer no longer honours the page token of a window."""


class ManifestUnreadable(DataError):
    """An exported file, or the manifest beside it, that cannot be read."""


class DoesNotTieOut(DataError):
    """Rows and AWS's control total differ, and asking again did not help."""


class StoreError(CostlibError):
    """Something about the files on disk."""


class NoSnapshot(StoreError):
    """Nothing has been published yet."""


class SnapshotCorrupt(StoreError):
    """A snapshot or warehouse that DuckDB cannot read."""


class SchemaTooNew(StoreError):
    """A file written by a later version of this program."""


class PeopleFileUnusable(StoreError):
    """The file that holds what people save is damaged, or is not ours."""


class SentFileUnusable(StoreError):
    """The file that records what was sent is damaged, or is not ours."""


class BackupUnusable(StoreError):
    """A file that is not a whole backup of ours."""


class WarehouseForeign(StoreError):
    """The warehouse holds the data of another source."""


class DiskFull(StoreError):
    """There is no room to write."""
