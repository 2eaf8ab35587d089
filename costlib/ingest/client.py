"""The one door to AWS: Cost Explorer behind one pace, one retry layer and one map of errors.

    client = connect(settings, run_id="20261124T120000Z")
    answer = client.ask("GetCostAndUsage", {...})

Nothing else makes paid requests. `ask` may be called from many threads.
"""

from __future__ import annotations

import os
import random as random_module
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol
from urllib.parse import urlsplit

import boto3
from botocore import xform_name
from botocore.client import BaseClient
from botocore.config import Config

from costlib.config import Settings
from costlib.ingest.credentials import open_payer_session
from costlib.ingest.explanations import error_of
from costlib.ingest.limiter import Pace, RateLimiter
from costlib.ingest.parsing import parse_directly
from costlib.ingest.refusals import Kind, Refusal, refusal_of
from costlib.ingest.retry import Patience, RetryPolicy

DEFAULT_POLICY = RetryPolicy()

Clock = Callable[[], datetime]
"""Now, in UTC without a zone."""

TAKE_A_BILLING_VIEW = frozenset(
    {"GetCostAndUsage", "GetCostForecast", "GetDimensionValues", "GetTags", "GetCostCategories"}
)
"""The operations among ours that read a billing view; the definitions of cost categories have none."""


@dataclass(frozen=True)
class Answer:
    """One page. `requested_at` and `milliseconds` are those of the try that succeeded; failed ones are not billed."""

    body: Mapping[str, Any]
    requested_at: datetime
    milliseconds: int
    attempts: int


class CostExplorer(Protocol):
    """What the sync depends on."""

    def ask(self, operation: str, parameters: Mapping[str, object]) -> Answer:
        """One page of `operation` (the API's name, such as GetCostAndUsage). Raises errors of costlib.errors."""
        ...


def utc_now() -> datetime:
    """Now, in UTC without a zone."""
    return datetime.now(UTC).replace(tzinfo=None)


def connect(
    settings: Settings,
    *,
    endpoint_url: str | None = None,
    environ: Mapping[str, str] = os.environ,
    run_id: str = "costlib",
    before_request: Callable[[], None] | None = None,
    policy: RetryPolicy = DEFAULT_POLICY,
    clock: Clock = utc_now,
    now: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], object] = time.sleep,
    random: Callable[[], float] = random_module.random,
) -> CostExplorer:
    """A client for Cost Explorer, or for `endpoint_url` in its place. Nothing is sent or read before the first `ask`.

    `environ` is the process's own environment, or a stand-in as in `credentials.open_session`. `run_id` names the
    session of the assumed role. `before_request` is called before each page and may raise to stop it; retries of a page
    are one request. `now` is a steady clock in seconds, which paces; `clock` only dates.
    A `sleep` that raises ends the waiting of all threads, for instance when the person interrupts.
    """
    limiter = RateLimiter(Pace(settings.requests_per_second), now, sleep)
    wire = _Wire(lambda: _open(settings, endpoint_url, environ, run_id))
    return _Client(settings, wire, limiter, before_request, policy, clock, now, sleep, random)


class _Wire:
    """The boto3 client, made anew when its credentials have expired; once, however many threads notice."""

    def __init__(self, make: Callable[[], BaseClient]) -> None:
        self._make = make
        self._lock = threading.Lock()
        self._client: BaseClient | None = None

    def client(self) -> BaseClient:
        with self._lock:
            if self._client is None:
                self._client = self._make()
            return self._client

    def discard(self, worn: BaseClient | None) -> None:
        with self._lock:
            if self._client is worn:
                self._client = None


@dataclass(frozen=True)
class _Miss:
    """A try without an answer: `number` is the request's at the limiter, `client` the one that asked."""

    refusal: Refusal
    cause: Exception
    number: int
    client: BaseClient | None


class _Client:
    def __init__(
        self,
        settings: Settings,
        wire: _Wire,
        limiter: RateLimiter,
        before_request: Callable[[], None] | None,
        policy: RetryPolicy,
        clock: Clock,
        now: Callable[[], float],
        sleep: Callable[[float], object],
        random: Callable[[], float],
    ) -> None:
        self._settings, self._wire, self._limiter, self._policy = settings, wire, limiter, policy
        self._before_request = before_request
        self._clock, self._now, self._sleep, self._random = clock, now, sleep, random

    def ask(self, operation: str, parameters: Mapping[str, object]) -> Answer:
        """See CostExplorer."""
        if self._before_request is not None:
            self._before_request()
        complete = self._complete(operation, parameters)
        patience = Patience(self._policy, self._now, self._random)
        attempts = 0
        while True:
            attempts += 1
            outcome = self._try(operation, complete, attempts)
            if isinstance(outcome, Answer):
                return outcome
            wait = patience.wait_after(outcome.refusal)
            if wait is None:
                raise error_of(outcome.refusal, patience.seconds) from outcome.cause
            self._learn(outcome)
            self._sleep(wait)

    def _try(self, operation: str, parameters: Mapping[str, object], attempts: int) -> Answer | _Miss:
        number = self._limiter.wait()
        requested_at, client = self._clock(), None
        try:
            client = self._wire.client()
            started = self._now()
            body = getattr(client, xform_name(operation))(**parameters)
        except Exception as error:
            refusal = refusal_of(error, operation, requested_at)
            if refusal is None:
                raise
            return _Miss(refusal, error, number, client)
        body.pop("ResponseMetadata", None)
        return Answer(body, requested_at, round((self._now() - started) * 1000), attempts)

    def _learn(self, miss: _Miss) -> None:
        """What a miss that will be tried again means for the other threads."""
        if miss.refusal.asks_to_slow_down:
            self._limiter.throttled(miss.number, miss.refusal.retry_after_seconds or 0.0)
        if miss.refusal.kind is Kind.expired:
            self._wire.discard(miss.client)

    def _complete(self, operation: str, parameters: Mapping[str, object]) -> dict[str, object]:
        view = self._settings.billing_view_arn
        if view and operation in TAKE_A_BILLING_VIEW:
            return {**parameters, "BillingViewArn": view}
        return dict(parameters)


def _open(settings: Settings, endpoint_url: str | None, environ: Mapping[str, str], run_id: str) -> BaseClient:
    """The boto3 client. It never retries by itself, so that tries are not multiplied."""
    session = open_payer_session(settings, environ, run_id)
    parse_directly(session)
    config = Config(
        connect_timeout=10,
        read_timeout=120,
        retries={"mode": "standard", "total_max_attempts": 1},
        max_pool_connections=settings.max_concurrent_requests,
        tcp_keepalive=True,
        user_agent_extra="costlib",
        proxies={} if _is_loopback(endpoint_url) else None,
    )
    client: BaseClient = boto3.Session(botocore_session=session).client("ce", endpoint_url=endpoint_url, config=config)
    return client


def _is_loopback(endpoint_url: str | None) -> bool:
    """A proxy for the internet cannot reach this machine's own endpoint."""
    return endpoint_url is not None and urlsplit(endpoint_url).hostname in ("127.0.0.1", "::1", "localhost")
