"""An old export, held against its manifest and against what AWS says now.

Both sides come in the order of their dimensions, so they are merged line by line and memory does not grow.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

from costlib.access import Scope
from costlib.errors import ManifestUnreadable, UsageError
from costlib.exports import Format
from costlib.exports.manifest import Manifest
from costlib.exports.reading import Row, read_rows
from costlib.exports.writing import hash_of
from costlib.money import EXACT
from costlib.periods import Period
from costlib.queries.exporting import TIMES, ExportRequest, export_batches
from costlib.queries.filters import Filters
from costlib.store.snapshot import Snapshot
from costlib.vocabulary import metric

LINES_KEPT = 1_000


@dataclass(frozen=True)
class Line:
    """A line that is not what it was: its dimensions, and each metric then and now; None is "no such line" or "not
    available"."""

    key: Row
    then: tuple[Decimal | None, ...]
    now: tuple[Decimal | None, ...]


@dataclass
class Verification:
    """What became of an export. `problems` say how the file differs from its manifest; none: it is intact.

    A file that cannot be read to its end is not compared with what is stored now. `difference` is now less then, by
    metric, over all lines; a missing side counts as 0. Of the `restated` lines the first LINES_KEPT are in `lines`.
    """

    manifest: Manifest
    snapshot_id: str
    problems: list[str] = field(default_factory=list)
    is_compared: bool = True
    restated: int = 0
    lines: list[Line] = field(default_factory=list)
    difference: dict[str, Decimal] = field(default_factory=dict)

    @property
    def is_intact(self) -> bool:
        return not self.problems

    @property
    def is_current(self) -> bool:
        """Whether the same question has the same answer now."""
        return self.is_compared and self.restated == 0


def verify(snapshot: Snapshot, scope: Scope, file: Path, manifest: Manifest) -> Verification:
    """Hold `file` against its manifest, then against the same question asked of `snapshot`.

    Raises UsageError when it is another source's, and UnknownName when a label is not tracked any more.
    """
    if manifest.source_id != snapshot.source_id:
        raise UsageError(
            f"The export is of {manifest.source_id}, what is stored is of {snapshot.source_id}.",
            "Verify it where its source is stored: --source and --data-dir say where.",
        )
    found = Verification(manifest, snapshot.snapshot_id)
    if hash_of(file) != manifest.sha256:
        found.problems.append("its bytes are not those that were exported")
    request = request_of(manifest)
    is_date = [name in TIMES for name in request.dimensions]
    then = _Read(read_rows(file, Format(manifest.format), is_date, len(is_date)), len(is_date), manifest)
    now = (row for batch in export_batches(snapshot, scope, request) for row in _rows(batch))
    try:
        _compare(found, then, now, len(is_date))
        found.problems += then.problems
    except ManifestUnreadable as error:
        found.problems.append(error.message)
        found.is_compared = False
    return found


def request_of(manifest: Manifest) -> ExportRequest:
    """The question that the export answered."""
    filters = Filters(Period(manifest.start, manifest.end), where=tuple(manifest.where.items()))
    filters = filters.without(manifest.left_out)
    return ExportRequest(manifest.dimensions, tuple(metric(name) for name in manifest.metrics), filters)


class _Read:
    """The file's rows as they pass, counted, added up and looked at for their order."""

    def __init__(self, rows: Iterable[Row], words: int, manifest: Manifest) -> None:
        self._rows, self._words, self._manifest = rows, words, manifest
        self.problems: list[str] = []

    def __iter__(self) -> Iterator[Row]:
        count, last = 0, None
        sums: list[Decimal | None] = [Decimal(0)] * len(self._manifest.metrics)
        for row in self._rows:
            key = row[: self._words]
            if last is not None and self._words and key <= last:
                raise ManifestUnreadable(f"its row {count + 2} is out of order", "Get an unharmed copy.")
            last, count = key, count + 1
            sums = [_added(held, amount) for held, amount in zip(sums, row[self._words :], strict=True)]
            yield row
        if count != self._manifest.row_count:
            self.problems.append(f"it has {count:,} rows, not {self._manifest.row_count:,}")
        for name, found in zip(self._manifest.metrics, sums, strict=True):
            if found != self._manifest.sums[name]:
                self.problems.append(f"its {name} sums to {found}, not to {self._manifest.sums[name]}")


def _compare(found: Verification, then: Iterable[Row], now: Iterable[Row], words: int) -> None:
    nothing: tuple[Decimal | None, ...] = (None,) * len(found.manifest.metrics)
    found.difference = dict.fromkeys(found.manifest.metrics, Decimal(0))
    for key, was, is_now in _merged(then, now, words):
        before, after = was or nothing, is_now or nothing
        if before == after and (was is None) == (is_now is None):
            continue
        found.restated += 1
        for name, old, new in zip(found.manifest.metrics, before, after, strict=True):
            moved = EXACT.subtract(new or Decimal(0), old or Decimal(0))
            found.difference[name] = EXACT.add(found.difference[name], moved)
        if len(found.lines) < LINES_KEPT:
            found.lines.append(Line(key, before, after))


Amounts = tuple[Decimal | None, ...]


def _merged(
    then: Iterable[Row], now: Iterable[Row], words: int
) -> Iterator[tuple[Row, Amounts | None, Amounts | None]]:
    """Both sides by key, in order; None where a side has no such line."""
    left, right = iter(then), iter(now)
    a, b = next(left, None), next(right, None)
    while a is not None or b is not None:
        if b is None or (a is not None and a[:words] < b[:words]):
            assert a is not None
            yield a[:words], a[words:], None  # type: ignore[misc]
            a = next(left, None)
        elif a is None or b[:words] < a[:words]:
            yield b[:words], None, b[words:]  # type: ignore[misc]
            b = next(right, None)
        else:
            yield a[:words], a[words:], b[words:]  # type: ignore[misc]
            a, b = next(left, None), next(right, None)


def _rows(batch: object) -> Iterator[Row]:
    columns: Sequence[Sequence[object]] = [column.to_pylist() for column in batch.columns]  # type: ignore[attr-defined]
    return zip(*columns, strict=True)


def _added(held: Decimal | None, amount: object) -> Decimal | None:
    return EXACT.add(held, amount) if held is not None and isinstance(amount, Decimal) else None
