"""A client for tests: time that passes only when somebody sleeps, no chance, no AWS set-up of this machine."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from costlib.config import Settings
from costlib.ingest.client import CostExplorer, connect
from costlib.ingest.credentials import SAMPLE_ENVIRON
from costlib.ingest.retry import RetryPolicy

NOON = datetime(2026, 11, 24, 12)
COST: dict[str, object] = {
    "TimePeriod": {"Start": "2026-11-01", "End": "2026-11-24"},
    "Granularity": "DAILY",
    "Metrics": ["UnblendedCost"],
}


class Time:
    """Seconds since the test began; sleeping is what makes them pass."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.slept: list[float] = []

    def now(self) -> float:
        return self.seconds

    def date(self) -> datetime:
        return NOON + timedelta(seconds=self.seconds)

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.seconds += seconds


def client_of(
    endpoint_url: str | None,
    time: Time,
    *,
    environ: Mapping[str, str] = SAMPLE_ENVIRON,
    policy: RetryPolicy | None = None,
    before_request: Callable[[], None] | None = None,
    chance: float = 0.0,
    **settings,
) -> CostExplorer:
    """`chance` is what the dice always show: 0 waits never, 1 as long as the backoff allows."""
    return connect(
        Settings(**settings),
        endpoint_url=endpoint_url,
        environ=environ,
        before_request=before_request,
        policy=policy or RetryPolicy(),
        clock=time.date,
        now=time.now,
        sleep=time.sleep,
        random=lambda: chance,
    )
