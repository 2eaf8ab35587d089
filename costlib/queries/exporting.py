"""A breakdown as a file, with the manifest beside it: one way for the command line and the pages, so the same bytes.

Rows are streamed, so that memory does not grow with the file.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import pyarrow as pa

from costlib.access import Scope
from costlib.errors import UsageError
from costlib.exports import Format
from costlib.exports.files import refuse_existing, whole_file
from costlib.exports.manifest import Manifest, manifest_path
from costlib.exports.writing import Columns, Counted, hash_of, open_writer
from costlib.periods import Granularity, Period, add_months, month_start
from costlib.queries.breakdown import breakdown_batches, refuse_twice
from costlib.queries.control import tie
from costlib.queries.filters import Filters
from costlib.queries.source import require_known, source_of
from costlib.store.snapshot import Snapshot
from costlib.vocabulary import CostMetric

AMOUNT = pa.decimal128(38, 10)
TIMES = ("charge_date", "billing_month")
NOBODY = "none"
"""An account id that nobody has, for a scope and filters that have no account in common."""


@dataclass(frozen=True)
class ExportRequest:
    """What is exported: the metrics by the dimensions, of what the filters keep.

    `seen_as` are the names by which `--as` knows whoever sees only some of it; nobody for somebody who sees everything.
    """

    dimensions: tuple[str, ...]
    metrics: tuple[CostMetric, ...]
    filters: Filters
    seen_as: tuple[str, ...] = ()

    @property
    def schema(self) -> pa.Schema:
        """The file's columns."""
        kinds = [(name, pa.date32() if name in TIMES else pa.string()) for name in self.dimensions]
        return pa.schema([*kinds, *((metric.value, AMOUNT) for metric in self.metrics)])

    @property
    def command(self) -> str:
        """The command that makes the same file of the same snapshot."""
        words = ["python", "-m", "costlib", "export"]
        if self.dimensions:
            words += ["--group-by", ",".join(map(_in_a_list, self.dimensions))]
        words += ["--metric", ",".join(self.metrics)]
        words += ["--start", str(self.filters.period.start), "--end", str(self.filters.period.end)]
        for name, values in _where(self.filters).items():
            words += [word for value in values for word in ("--where", f"{name}={value}")]
        if self.filters.left_out:
            words += ["--leave-out", ",".join(self.filters.left_out)]
        words += [word for name in self.seen_as for word in ("--as", name)]
        return shlex.join(words)


def export_batches(snapshot: Snapshot, scope: Scope, request: ExportRequest) -> Iterator[pa.RecordBatch]:
    """The rows of `breakdown`, in its order, as columns of `request.schema`. Raises UnknownName and UsageError."""
    require_known(snapshot, request.dimensions)
    refuse_twice([*request.dimensions, *request.metrics])
    schema = request.schema
    for batch in breakdown_batches(snapshot, scope, request.filters, request.dimensions, request.metrics):
        yield batch.cast(schema)


def of_what_is_stored(snapshot: Snapshot, scope: Scope, request: ExportRequest) -> ExportRequest:
    """The same question, naming what the file will hold, so that it can be asked again by anybody at any time.

    It is about the days that are stored: days that come later are not missing in the file. What is stored by months
    answers for whole months, so there it is the months that are touched. A scope of accounts becomes a filter.
    """
    require_known(snapshot, request.dimensions)
    whole = request.filters.period
    source = source_of(snapshot, scope, request.filters, request.dimensions)
    if source.granularity is Granularity.monthly:
        period = Period(month_start(whole.start), add_months(month_start(whole.last_day), 1))
    else:
        period = whole.clip(snapshot.period) or whole
    return replace(request, filters=replace(request.filters, period=period, accounts=_accounts(scope, request.filters)))


def _accounts(scope: Scope, filters: Filters) -> tuple[str, ...]:
    if scope.accounts is None or scope.goes_by_charge:
        return filters.accounts
    kept = scope.accounts.intersection(filters.accounts) if filters.accounts else scope.accounts
    return tuple(sorted(kept)) or (NOBODY,)


def write_export(
    snapshot: Snapshot,
    scope: Scope,
    request: ExportRequest,
    file: Path,
    format: Format,  # noqa: A002
    *,
    generated_at: datetime,
    overwrite: bool = False,
    passed: Callable[[int], None] | None = None,
) -> Manifest:
    """Write `file` and its manifest beside it; neither name ever stands for half a file, and there is room for both
    before either has its name.

    `passed` is told after each batch how many rows are written; what it raises stops the export, and leaves no file.
    Raises UnknownName and UsageError for a question that cannot be asked, or a file that exists; DiskFull.
    """
    request = of_what_is_stored(snapshot, scope, request)
    refuse_existing(manifest_path(file), overwrite)
    counted = Counted(request.metrics)
    described = _described(snapshot, scope, request, file.name, format, generated_at)
    with whole_file(manifest_path(file), overwrite) as beside, whole_file(file, overwrite) as opened:
        writer = open_writer(format, opened, Columns(request.schema, snapshot.as_of))
        try:
            for batch in export_batches(snapshot, scope, request):
                counted.add(batch)
                writer.write(batch)
                if passed:
                    passed(counted.row_count)
            manifest = replace(described, row_count=counted.row_count, sums=counted.sums)
            writer.close(manifest)
        except BaseException:
            writer.abandon()
            raise
        opened.flush()
        manifest = replace(manifest, sha256=hash_of(Path(opened.name)))
        beside.write(manifest.to_json().encode())
        beside.flush()
        manifest_path(file).unlink(missing_ok=True)
    return manifest


def _described(
    snapshot: Snapshot,
    scope: Scope,
    request: ExportRequest,
    name: str,
    format: Format,  # noqa: A002
    generated_at: datetime,
) -> Manifest:
    """All that is known before the first row."""
    filters = request.filters
    return Manifest(
        file_name=name,
        format=format.value,
        source_id=snapshot.source_id,
        snapshot_id=snapshot.snapshot_id,
        as_of=snapshot.as_of,
        generated_at=generated_at,
        dimensions=request.dimensions,
        metrics=tuple(metric.value for metric in request.metrics),
        start=filters.period.start,
        end=filters.period.end,
        where=_where(filters),
        left_out=filters.left_out,
        scope=f"what {', '.join(request.seen_as)} may see" if request.seen_as else scope.in_words,
        seen=scope.written() if scope.goes_by_charge else {},
        currency=snapshot.currency,
        row_count=0,
        sums={},
        tie_out={m.value: tie(snapshot, scope, filters, m, request.dimensions) for m in request.metrics},
        complete_through=snapshot.complete_through,
        estimated_days=estimated_days(snapshot, filters.period),
        command=request.command,
    )


def _where(filters: Filters) -> Mapping[str, tuple[str, ...]]:
    """The values kept of each dimension; a dimension that is filtered twice keeps what both keep."""
    kept: dict[str, tuple[str, ...]] = {}
    for name, values in filters.conditions:
        kept[name] = tuple(value for value in kept.get(name, values) if value in values)
        if not kept[name]:
            raise UsageError(f"{name} is filtered twice, by values that exclude each other.", "Filter it once.")
    return kept


def estimated_days(snapshot: Snapshot, period: Period) -> int:
    """How many days of a period AWS may still change."""
    ((count,),) = snapshot.rows(
        "SELECT COUNT(*) FROM daily_totals WHERE is_estimated AND charge_date >= ? AND charge_date < ?",
        (period.start, period.end),
    )
    return int(str(count))


def _in_a_list(name: str) -> str:
    """A name among names separated by commas: quoted as in CSV if it needs it."""
    return '"' + name.replace('"', '""') + '"' if any(c in name for c in ',"\r\n') else name
