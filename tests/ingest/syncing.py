"""Sync from a served endpoint, through the real client, into a folder."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from costlib.config import Settings
from costlib.ingest.client import connect
from costlib.ingest.credentials import SAMPLE_ENVIRON
from costlib.ingest.sync import SyncResult, sync
from costlib.sample.server import Endpoint
from costlib.store.snapshot import Snapshot, open_current

NOON = datetime(2026, 11, 24, 12)


def sync_from(
    endpoint: Endpoint,
    folder: Path,
    *,
    now: datetime = NOON,
    full: bool = False,
    source_id: str = "test endpoint",
    **settings,
) -> SyncResult:
    """One sync as the command does it, at a fixed time and without waiting between requests."""
    chosen = Settings(data_dir=folder, **({"requests_per_second": 10_000} | settings))

    def client(run_id: str, before_request):
        return connect(
            chosen,
            endpoint_url=endpoint.url,
            environ=SAMPLE_ENVIRON,
            run_id=run_id,
            before_request=before_request,
            sleep=lambda _: None,
        )

    return sync(chosen, client, source_id, lambda: now, lambda _: None, full=full)


def snapshot_in(folder: Path) -> Snapshot:
    return open_current(folder / "sample")
