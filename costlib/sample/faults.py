"""Everything that can go wrong with Cost Explorer, to be switched on while the endpoint runs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from random import Random
from threading import Lock

from costlib.sample.refusals import EXPIRED_CREDENTIALS, NOT_ENABLED, TOO_NEW, Refusal, denied


class ThrottleForm(StrEnum):
    """How a throttled request is answered. Cost Explorer itself uses the first; proxies and other services the rest."""

    limit_exceeded = "LimitExceededException"
    throttling = "ThrottlingException"
    bare_429 = "429"
    unavailable = "503"


@dataclass(frozen=True)
class Restatement:
    """A change of the past: `delta` is added to every metric of one key, or None removes the key."""

    charge_date: date
    usage_account_id: str
    service: str
    record_type: str
    delta: Decimal | None


@dataclass(frozen=True)
class Faults:
    """What the endpoint does wrong. The default does nothing wrong.

    Rates are requests a second, shares lie between 0 and 1, times are seconds.
    """

    throttle: float | None = None
    throttle_form: ThrottleForm = ThrottleForm.limit_exceeded
    retry_after_seconds: float | None = None
    retry_after_header: str = "Retry-After"
    """Or x-amz-retry-after, which is in milliseconds."""
    share_of_500s: float = 0
    share_of_dropped_connections: float = 0
    """Hung up without a byte."""
    share_of_cut_connections: float = 0
    """Hung up in the middle of an answer, which botocore takes for an empty one."""
    slow_seconds: float = 0
    seed: int = 0
    token_lifetime_requests: int | None = None
    token_lifetime_seconds: float | None = None
    tokens_survive_refresh: bool = False
    restate_before_page: Restatement | None = None
    """Happens once, when the first second page is asked for."""
    denied_operations: frozenset[str] = frozenset()
    credentials_live_for: int | None = None
    """Requests until the caller's access key expires; another key starts anew."""
    is_not_enabled: bool = False
    is_too_new: bool = False
    first_day_with_data: date | None = None
    refuses_before: date | None = None
    """Earlier days are refused: "You haven't enabled historical data beyond 14 months."."""
    lacks_net_metrics: bool = False
    second_currency: str | None = None
    odd_amount: str | None = None
    """Written instead of one amount of each page, such as 1e30 or 0.12345678901."""
    repeats_a_key: bool = False
    lacks_label_prefix: bool = False
    ends_with_empty_token: bool = False
    ends_with_empty_page: bool = False
    processing_categories: frozenset[str] = frozenset()


@dataclass
class Gate:
    """Decides whether a request gets in. `now` is a monotonic clock in seconds."""

    now: Callable[[], float]
    _tokens: float = 1.0
    _filled_at: float | None = None
    _seen: dict[str, int] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)
    _randoms: dict[int, Random] = field(default_factory=dict)

    def admit(self, faults: Faults, operation: str, access_key: str, payer: str) -> None:
        """Raise the Refusal that the caller gets instead of an answer, if any."""
        self._throttle(faults)
        self._check_credentials(faults, access_key)
        if operation in faults.denied_operations:
            raise denied(operation, payer)
        if faults.is_not_enabled:
            raise Refusal("AccessDeniedException", NOT_ENABLED)
        if self.draws(faults, faults.share_of_500s):
            raise Refusal("InternalServerException", "An internal error has occurred.", 500)
        if faults.is_too_new:
            raise Refusal("DataUnavailableException", TOO_NEW)

    def draws(self, faults: Faults, share: float) -> bool:
        """Chance, from a sequence that starts at the faults' seed."""
        if not share:
            return False
        with self._lock:
            return self._randoms.setdefault(faults.seed, Random(faults.seed)).random() < share  # noqa: S311

    def _throttle(self, faults: Faults) -> None:
        if faults.throttle is None:
            return
        with self._lock:
            now = self.now()
            elapsed = now - (now if self._filled_at is None else self._filled_at)
            self._tokens = min(max(1.0, faults.throttle), self._tokens + elapsed * faults.throttle)
            self._filled_at = now
            if self._tokens < 1:
                raise _throttled(faults)
            self._tokens -= 1

    def _check_credentials(self, faults: Faults, access_key: str) -> None:
        if faults.credentials_live_for is None:
            return
        with self._lock:
            self._seen[access_key] = self._seen.get(access_key, 0) + 1
            if self._seen[access_key] > faults.credentials_live_for:
                raise Refusal("ExpiredTokenException", EXPIRED_CREDENTIALS)


def _throttled(faults: Faults) -> Refusal:
    headers = {}
    if faults.retry_after_seconds is not None:
        in_milliseconds = faults.retry_after_header.lower() == "x-amz-retry-after"
        factor = 1000 if in_milliseconds else 1
        headers[faults.retry_after_header] = f"{faults.retry_after_seconds * factor:g}"
    match faults.throttle_form:
        case ThrottleForm.bare_429:
            return Refusal(None, "", 429, headers)
        case ThrottleForm.unavailable:
            return Refusal("ServiceUnavailableException", "Service is unavailable.", 503, headers)
        case form:
            return Refusal(form.value, "Rate limit exceeded", 400, headers)
