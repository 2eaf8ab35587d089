"""What is achieved while the service throttles, against what it gives: over HTTP, and in simulated time."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path
from statistics import mean

from costlib.config import Settings
from costlib.ingest.client import connect
from costlib.ingest.credentials import SAMPLE_ENVIRON
from costlib.sample.faults import Faults
from costlib.sample.organization import tiny_organization
from costlib.sample.server import SampleEndpoint
from tests.bench.measure import Measurement, at_least
from tests.ingest.asking import COST
from tests.ingest.throttled_service import shares

GIVEN = 4.0
WARM, MEASURED = 20, 60


def bench_throttled_rate(folder: Path) -> Measurement:
    """Eight threads ask the sample endpoint, which lets `GIVEN` requests a second through."""
    with SampleEndpoint(tiny_organization(date(2026, 11, 24)), Faults(throttle=GIVEN)) as endpoint:
        client = connect(Settings(), endpoint_url=endpoint.url, environ=SAMPLE_ENVIRON)
        answered: list[float] = []

        def ask(_: int) -> None:
            client.ask("GetCostAndUsage", COST)
            answered.append(time.monotonic())

        with ThreadPoolExecutor(8) as pool:
            list(pool.map(ask, range(WARM + MEASURED)))
        refused = len(endpoint.requests) - endpoint.paid_requests
    rate = MEASURED / (answered[-1] - answered[WARM - 1])
    return Measurement(
        f"rate while throttled at {GIVEN:g}/s", f"{rate:.2f}/s, {refused} refused", rate / GIVEN, at_least(0.9)
    )


def bench_throttled_rate_simulated(folder: Path) -> Iterator[Measurement]:
    """The same for other rates, each for several numbers of workers and dice; the worst of them."""
    for rate in (0.5, 1.0, 2.0, 4.5):
        found = [share for workers in (1, 4, 8) for share in shares(rate, workers, seeds=20)]
        yield Measurement(
            f"rate while throttled at {rate:g}/s, simulated",
            f"{min(found) * rate:.2f}/s at worst, {mean(found) * rate:.2f}/s on average",
            min(found),
            at_least(0.9),
        )
