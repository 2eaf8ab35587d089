"""When to ask again: full jitter, at most so many tries, and a deadline over all of them.

AWS asks a polite client for patience more often than it fails, so throttles are bounded by the deadline alone; only
failures count as tries. (`LimitExceededException`, which is how Cost Explorer throttles, is not retried at all by
botocore's legacy mode, and no mode honours Retry-After: hence this layer, and only this one.)
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from costlib.ingest.refusals import Kind, Refusal


@dataclass(frozen=True)
class RetryPolicy:
    """Bounds of one request. Waits are drawn from 0 to base · 2ⁿ seconds, at most `cap_seconds`."""

    failures: int = 8
    deadline_seconds: float = 300.0
    base_seconds: float = 0.5
    cap_seconds: float = 20.0


class Patience:
    """What is left of the policy for one request; `now` is any steady clock in seconds."""

    def __init__(self, policy: RetryPolicy, now: Callable[[], float], random: Callable[[], float]) -> None:
        self._policy, self._now, self._random = policy, now, random
        self._started = now()
        self._seen: dict[Kind, int] = {}

    @property
    def seconds(self) -> float:
        """Since the request was first made."""
        return self._now() - self._started

    def wait_after(self, refusal: Refusal) -> float | None:
        """Seconds until the next try, or None when there is none.

        AWS's own Retry-After is a lower bound; one that reaches beyond the deadline ends the waiting now.
        """
        seen = self._seen[refusal.kind] = self._seen.get(refusal.kind, 0) + 1
        if refusal.kind is Kind.final or (refusal.kind is Kind.failed and seen >= self._policy.failures):
            return None
        if refusal.kind is Kind.expired:
            return 0.0 if seen == 1 else None
        wait = max(self._backoff(seen), refusal.retry_after_seconds or 0.0)
        return wait if self.seconds + wait <= self._policy.deadline_seconds else None

    def _backoff(self, seen: int) -> float:
        return self._random() * min(self._policy.cap_seconds, self._policy.base_seconds * 2.0 ** min(seen - 1, 30))
