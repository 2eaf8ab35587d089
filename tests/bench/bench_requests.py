"""Requests of a first sync, of the next day's and of one over unchanged data, against the fewest that could do.

How the fewest are counted, independent of the planner, is said in `fewest`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from pathlib import Path

import pyarrow as pa

from costlib.periods import DAY, add_months, month_start
from costlib.sample.organization import sample_organization
from costlib.sample.server import SampleEndpoint
from tests.bench.fewest import Fewest
from tests.bench.measure import Measurement, at_most
from tests.ingest.syncing import NOON, snapshot_in, sync_from

HISTORY_MONTHS = 13


def bench_requests(folder: Path) -> Iterator[Measurement]:
    """The sample organization, at the page size that its endpoint has by default."""
    today = NOON.date()
    organization = sample_organization(today)
    with SampleEndpoint(organization) as endpoint:
        first = endpoint.charges()
        yield _counted("first sync", endpoint, folder, today, first, None)
        yield _counted("sync over unchanged data", endpoint, folder, today, first, first, minutes=5)
        endpoint.serve(organization.on(today + DAY))
        yield _counted("daily sync", endpoint, folder, today + DAY, endpoint.charges(), first)


def _counted(
    what: str,
    endpoint: SampleEndpoint,
    folder: Path,
    today: date,
    now: pa.Table,
    before: pa.Table | None,
    minutes: int = 0,
) -> Measurement:
    endpoint.forget_requests()
    moment = NOON + (today - NOON.date()) + timedelta(minutes=minutes)
    run_id = sync_from(endpoint, folder, now=moment).snapshot_id
    assert endpoint.page_size
    days = (today + DAY - add_months(month_start(today), -HISTORY_MONTHS)).days
    labels = [label for label in endpoint.organization.labels if label.startswith("cost_category:")]
    fewest = Fewest(now, before, labels, days, endpoint.page_size).by_purpose()
    asked, enough = endpoint.paid_requests, sum(fewest.values())
    more = _more(_asked(folder, run_id), fewest)
    text = f"{asked} requests, {enough} would do{f' ({more})' if more else ''}"
    return Measurement(f"requests of a {what}", text, asked / enough, at_most(1.1))


def _asked(folder: Path, run_id: str) -> Mapping[str, int]:
    snapshot = snapshot_in(folder)
    sql = "SELECT purpose, COUNT(*) FROM requests WHERE run_id = ? GROUP BY purpose"
    asked = {str(purpose): int(str(count)) for purpose, count in snapshot.rows(sql, [run_id])}
    snapshot.close()
    return asked


def _more(asked: Mapping[str, int], fewest: Mapping[str, int]) -> str:
    """Where the two differ."""
    gaps = {purpose: asked.get(purpose, 0) - fewest.get(purpose, 0) for purpose in sorted({*asked, *fewest})}
    return ", ".join(f"{purpose} {gap:+}" for purpose, gap in gaps.items() if gap)
