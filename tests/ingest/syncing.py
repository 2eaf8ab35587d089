"""Sync from a served endpoint, through the real client, into a folder."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any

from costlib.config import Settings
from costlib.ingest.client import CostExplorer, connect
from costlib.ingest.credentials import SAMPLE_ENVIRON
from costlib.ingest.sync import SyncResult, sync
from costlib.sample.endpoint import Endpoint
from costlib.store.snapshot import Snapshot, open_current

NOON = datetime(2026, 11, 24, 12)


def sync_from(
    endpoint: Endpoint,
    folder: Path,
    *,
    now: datetime = NOON,
    full: bool = False,
    source_id: str = "test endpoint",
    sleep: Callable[[float], object] = lambda _: None,
    **settings: Any,
) -> SyncResult:
    """One sync as the command does it, at a fixed time and, unless told otherwise, without waiting."""
    chosen = Settings(data_dir=folder, **({"requests_per_second": 10_000} | settings))

    def client(run_id: str, before_request: Callable[[], None]) -> CostExplorer:
        return connect(
            chosen,
            endpoint_url=endpoint.url,
            environ=SAMPLE_ENVIRON,
            run_id=run_id,
            before_request=before_request,
            sleep=sleep,
        )

    return sync(chosen, client, source_id, lambda: now, lambda _: None, full=full)


class _Served:
    def __init__(self, url: str) -> None:
        self.url = url


def sync_from_url(url: str, folder: Path, now_iso: str) -> None:
    """A sync of this month alone, for a process that does not hold the endpoint.

    One request after the other, so that it commits the same things in the same order each time.
    """
    now = datetime.fromisoformat(now_iso)
    sync_from(_Served(url), folder, now=now, history_months=0, max_concurrent_requests=1)  # type: ignore[arg-type]


def snapshot_in(folder: Path) -> Snapshot:
    return open_current(folder / "sample")


def rows_of(folder: Path, sql: str) -> list[tuple[Any, ...]]:
    """What the newest snapshot in the folder answers."""
    with closing(snapshot_in(folder)) as snapshot:
        return list(snapshot.rows(sql))
