"""What is achieved while the service throttles, against what it gives: whole syncs over HTTP, and in simulated time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, datetime
from pathlib import Path
from statistics import mean

from costlib.config import Settings
from costlib.ingest.client import CostExplorer, connect
from costlib.ingest.credentials import SAMPLE_ENVIRON
from costlib.ingest.sync import sync
from costlib.sample.faults import Faults
from costlib.sample.organization import tiny_organization
from costlib.sample.server import SampleEndpoint
from tests.bench.measure import Measurement, at_least
from tests.ingest.syncing import snapshot_in
from tests.ingest.throttled_service import shares

TODAY = date(2026, 11, 24)
WARM = 20
"""Answers until the pace has been found."""

AT_MOST = 10.0
"""`requests_per_second` of these syncs: above what the service gives, so that the pace must be found."""


def bench_throttled_sync(folder: Path) -> Iterator[Measurement]:
    """First syncs of a tiny organization, on pages so small that they take about a hundred requests."""
    for given, page_size in ((2.0, 50), (5.0, 25)):
        yield _throttled_sync(folder / f"{given:g}", given, page_size)


def _throttled_sync(folder: Path, given: float, page_size: int) -> Measurement:
    """A sync that fails would raise."""
    settings = Settings(data_dir=folder, requests_per_second=AT_MOST)
    with SampleEndpoint(tiny_organization(TODAY), Faults(throttle=given), page_size) as endpoint:

        def client(run_id: str, before_request: Callable[[], None]) -> CostExplorer:
            return connect(
                settings,
                endpoint_url=endpoint.url,
                environ=SAMPLE_ENVIRON,
                run_id=run_id,
                before_request=before_request,
            )

        noon = datetime(TODAY.year, TODAY.month, TODAY.day, 12)
        result = sync(settings, client, "bench", lambda: noon, lambda _: None)
        refused = len(endpoint.requests) - endpoint.paid_requests
    assert result.ties_out
    left = _moments(folder)
    rate = (len(left) - WARM) / (left[-1] - left[WARM - 1]).total_seconds()
    return Measurement(
        f"rate of a sync while throttled at {given:g}/s",
        f"{rate:.2f}/s over {len(left) - WARM} of {len(left)} requests, {refused} refused",
        rate / given,
        at_least(0.9),
    )


def _moments(folder: Path) -> list[datetime]:
    """When each request left that was answered, in order."""
    snapshot = snapshot_in(folder)
    rows = list(snapshot.rows("SELECT requested_at FROM requests ORDER BY requested_at"))
    snapshot.close()
    return [moment for (moment,) in rows if isinstance(moment, datetime)]


def bench_throttled_rate_simulated(folder: Path) -> Iterator[Measurement]:
    """Other rates, each for several numbers of workers and dice; the worst of them."""
    for rate in (0.5, 1.0, 2.0, 4.5):
        found = [share for workers in (1, 4, 8) for share in shares(rate, workers, seeds=20)]
        yield Measurement(
            f"rate while throttled at {rate:g}/s, simulated",
            f"{min(found) * rate:.2f}/s at worst, {mean(found) * rate:.2f}/s on average",
            min(found),
            at_least(0.9),
        )
