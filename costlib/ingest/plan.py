"""What a sync will cost, before anyone starts it."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from math import ceil

from costlib.config import Settings
from costlib.ingest.aws_anomalies import daily_requests
from costlib.ingest.commitments import questions
from costlib.ingest.cube import ASSUMED_PAGE_SIZE
from costlib.ingest.definitions import DESCRIPTIONS, due_descriptions
from costlib.periods import Granularity, add_months, month_start
from costlib.store import estimates
from costlib.store.commitments import committed_services
from costlib.store.ledger import last_good_run
from costlib.store.snapshot import current_id
from costlib.store.warehouse import Warehouse, open_warehouse, sync_lock

SERVED_FROM = "served_from"
"""The fact about a warehouse that names the first day which Cost Explorer served to the last sync; older ones stay."""

ARRIVING_DAYS = 3
"""Days whose amounts usually still move from one sync to the next."""


def price_from_store(settings: Settings, now: datetime) -> dict[str, int] | None:
    """Requests of the next sync by purpose, without asking AWS; None when nothing has been synced yet."""
    if current_id(settings.source_dir) is None:
        return None
    with sync_lock(settings.source_dir), open_warehouse(settings.source_dir) as warehouse:
        run_id = last_good_run(warehouse)
        return None if run_id is None else expected_requests(warehouse, settings, run_id, now)


def expected_requests(warehouse: Warehouse, settings: Settings, run_id: str, now: datetime) -> dict[str, int]:
    """Requests of the next sync by purpose if only the last days move; `run_id` is the last good run.

    Probes and lists are asked again as that run did; the rest is what the store holds of the days that still arrive.
    """
    page_size = int(warehouse.meta("page_size") or ASSUMED_PAGE_SIZE)
    since = now.date() - timedelta(days=ARRIVING_DAYS)
    charges = sum(ceil(rows / page_size) for rows in estimates.rows_by_record_type(warehouse, since))
    labels = estimates.tracked_labels(warehouse) + estimates.split_windows(warehouse, run_id)
    return {
        "probes": estimates.probe_requests(warehouse, run_id),
        "charges": charges,
        "lenses": _lens_requests(warehouse, settings, page_size, now),
        "labels": labels,
        "commitments": len(questions(committed_services(warehouse))),
        "anomalies": daily_requests(settings.billing_view_arn),
        DESCRIPTIONS: due_descriptions(warehouse, settings.deep_reread_days, now + timedelta(days=1)),
        "re-reads": _reread_requests(warehouse, settings, page_size, now),
    }


def _lens_requests(warehouse: Warehouse, settings: Settings, page_size: int, now: datetime) -> int:
    requests = 0
    for lens in settings.lenses:
        is_monthly = lens.granularity is Granularity.monthly
        since = month_start(now.date()) if is_monthly else now.date() - timedelta(days=ARRIVING_DAYS)
        requests += max(1, ceil(estimates.lens_rows(warehouse, lens.name, since) / page_size))
    return requests


def _reread_requests(warehouse: Warehouse, settings: Settings, page_size: int, now: datetime) -> int:
    """The second look at recent months (or all that Cost Explorer serves) that will be due by tomorrow."""
    tomorrow = now + timedelta(days=1)
    recent = add_months(month_start(now.date()), -1)
    first = warehouse.meta(SERVED_FROM)
    served = date.fromisoformat(first) if first else add_months(month_start(now.date()), -settings.history_months)
    for since, days in ((served, settings.full_reread_days), (recent, settings.deep_reread_days)):
        oldest = estimates.oldest_read(warehouse, since)
        if oldest is not None and tomorrow - oldest >= timedelta(days=days):
            return ceil(estimates.charge_rows(warehouse, since) / page_size)
    return 0
