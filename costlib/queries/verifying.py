"""An old export, held against its manifest and against what AWS says now.

Both sides come in the order of their dimensions, so they are merged line by line and memory does not grow.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from pathlib import Path

from costlib.access import Scope
from costlib.errors import ManifestUnreadable
from costlib.exports import Format
from costlib.exports.manifest import Manifest
from costlib.exports.reading import Row, read_rows
from costlib.exports.writing import hash_of
from costlib.money import EXACT
from costlib.periods import Period
from costlib.queries.comparable import require_comparable, scope_of_export
from costlib.queries.exporting import TIMES, ExportRequest, estimated_days, export_batches
from costlib.queries.filters import Filters
from costlib.store.snapshot import Snapshot
from costlib.vocabulary import metric

LINES_KEPT = 1_000

Amounts = tuple[Decimal | None, ...]
Pair = tuple[Row, Amounts | None, Amounts | None]
"""A key with what the file has under it and what is stored now; None where a side has no such line."""


class Change(StrEnum):
    """What became of a line."""

    changed = "changed"
    gone = "gone"
    new = "new"


@dataclass(frozen=True)
class Line:
    """A line that is not what it was: its dimensions, and each metric then and now; None is "not available", and on the
    side that has no such line."""

    key: Row
    then: Amounts
    now: Amounts
    change: Change = Change.changed


@dataclass
class Verification:
    """What became of an export. `problems` say how the file differs from its manifest; none: it is intact.

    A file that cannot be read to its end is not compared with what is stored now. `difference` is now less then, by
    metric, over all lines; a missing side counts as 0. Of the `restated` lines, `gone` and `new` ones included, the
    first LINES_KEPT are in `lines`. `estimated_days` of the file's are not final; its manifest counts those of then.
    """

    manifest: Manifest
    snapshot_id: str
    problems: list[str] = field(default_factory=list)
    is_compared: bool = True
    estimated_days: int = 0
    restated: int = 0
    gone: int = 0
    new: int = 0
    lines: list[Line] = field(default_factory=list)
    difference: dict[str, Decimal] = field(default_factory=dict)

    @property
    def is_intact(self) -> bool:
        return not self.problems

    @property
    def is_current(self) -> bool:
        """Whether the same question has the same answer now."""
        return self.is_compared and self.restated == 0


def verify(
    snapshot: Snapshot, scope: Scope, file: Path, manifest: Manifest, each: Callable[[Line], None] | None = None
) -> Verification:
    """Hold `file` against its manifest, then against the same question asked of `snapshot`.

    `each` is told of every line that differs, as it is found. Raises UsageError when the question cannot be asked here
    any more: it is another source's, its label is not tracked, its days are not stored, its accounts are not in scope.
    """
    request = request_of(manifest)
    require_comparable(snapshot, scope, manifest, request)
    seen = scope_of_export(scope, manifest)
    found = Verification(manifest, snapshot.snapshot_id)
    found.estimated_days = estimated_days(snapshot, request.filters.period)
    if hash_of(file) != manifest.sha256:
        found.problems.append("its bytes are not those that were exported")
    is_date = [name in TIMES for name in request.dimensions]
    then = _Read(read_rows(file, Format(manifest.format), is_date, len(is_date)), len(is_date), manifest)
    now = (row for batch in export_batches(snapshot, seen, request) for row in _rows(batch))
    try:
        _compare(found, _merged(then, now, len(is_date)), each)
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


def _compare(found: Verification, both: Iterable[Pair], each: Callable[[Line], None] | None) -> None:
    found.difference = dict.fromkeys(found.manifest.metrics, Decimal(0))
    for line in _differing(both, len(found.manifest.metrics)):
        found.restated += 1
        found.gone += line.change is Change.gone
        found.new += line.change is Change.new
        for name, old, new in zip(found.manifest.metrics, line.then, line.now, strict=True):
            moved = EXACT.subtract(new or Decimal(0), old or Decimal(0))
            found.difference[name] = EXACT.add(found.difference[name], moved)
        if len(found.lines) < LINES_KEPT:
            found.lines.append(line)
        if each:
            each(line)


def _differing(both: Iterable[Pair], metrics: int) -> Iterator[Line]:
    nothing: Amounts = (None,) * metrics
    for key, then, now in both:
        if then is None:
            yield Line(key, nothing, now or nothing, Change.new)
        elif now is None:
            yield Line(key, then, nothing, Change.gone)
        elif then != now:
            yield Line(key, then, now)


def _merged(then: Iterable[Row], now: Iterable[Row], words: int) -> Iterator[Pair]:
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
