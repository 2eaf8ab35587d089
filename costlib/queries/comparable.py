"""Whether an old export's question can still be asked here. If not, every line of it would look as if it were gone."""

from __future__ import annotations

from costlib.access import EVERYTHING, Scope, read_scope
from costlib.errors import UsageError
from costlib.exports.manifest import Manifest
from costlib.periods import month_start
from costlib.queries.exporting import NOBODY, ExportRequest, of_what_is_stored
from costlib.store.snapshot import Snapshot
from costlib.vocabulary import label_dimension


def require_comparable(snapshot: Snapshot, scope: Scope, manifest: Manifest, request: ExportRequest) -> None:
    """Raise UsageError, saying what has to be there for the comparison."""
    _require_same_source(snapshot, manifest)
    require_in_view(scope, manifest)
    _require_tracked(snapshot, manifest)
    _require_stored(snapshot, scope, manifest, request)


def _require_same_source(snapshot: Snapshot, manifest: Manifest) -> None:
    if manifest.source_id != snapshot.source_id:
        raise UsageError(
            f"The export is of {manifest.source_id}, what is stored is of {snapshot.source_id}.",
            "Verify it where its source is stored: --source and --data-dir say where.",
        )


def require_in_view(scope: Scope, manifest: Manifest) -> None:
    """Raise UsageError for an export of what this person may not see: it would look as if it were gone."""
    if scope.accounts is None:
        return
    accounts = manifest.where.get("usage_account_id", ())
    by_account = accounts and {*scope.accounts, NOBODY}.issuperset(accounts)
    if not by_account and not (manifest.seen and read_scope(manifest.seen) == scope):
        raise UsageError(
            "This export holds accounts that are not in your view.", "Ask somebody who may see them to verify it."
        )


def scope_of_export(scope: Scope, manifest: Manifest) -> Scope:
    """Whose eyes to compare with: whoever sees everything looks through those that the export was made with."""
    return read_scope(manifest.seen) if scope == EVERYTHING and manifest.seen else scope


def _require_tracked(snapshot: Snapshot, manifest: Manifest) -> None:
    for name in (*manifest.dimensions, *manifest.where):
        if label_dimension(name) and name not in snapshot.labels:
            raise UsageError(
                f"The export is by {name}, which is not tracked any more.",
                "Track it again (cost_categories and tags in costlib.toml) and run `python -m costlib sync`.",
            )


def _require_stored(snapshot: Snapshot, scope: Scope, manifest: Manifest, request: ExportRequest) -> None:
    if snapshot.as_of < manifest.as_of:
        raise UsageError(
            f"The export is of {manifest.as_of:%Y-%m-%d %H:%M} UTC, what is stored is older.",
            "Run `python -m costlib sync`.",
        )
    period, stored = request.filters.period, snapshot.period
    is_cut = of_what_is_stored(snapshot, scope, request).filters.period != period
    if is_cut or period.start < month_start(stored.start):
        raise UsageError(
            f"The export is of {period}; stored are {stored}.",
            "Verify it where those days are stored; a new store reaches back as far as Cost Explorer does.",
        )
