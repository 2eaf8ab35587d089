"""A service that throttles, in simulated time: what a pace gets out of it, and what it costs in refusals.

The service has a token bucket, as AWS's have: `rate` tokens a second, at most `burst`, a request without a token is
refused and takes none. Workers ask one page after another; a refused one waits its jittered backoff and asks again.
"""

from __future__ import annotations

import heapq
import random
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count

from costlib.ingest.limiter import Pace
from costlib.ingest.retry import RetryPolicy


@dataclass(frozen=True)
class Outcome:
    """When requests were answered, and how many were refused."""

    answered_at: tuple[float, ...]
    refused: int
    left_at: tuple[float, ...]

    def rate_after(self, first: int) -> float:
        """Answers a second once `first` of them were there."""
        return (len(self.answered_at) - first) / (self.answered_at[-1] - self.answered_at[first - 1])


@dataclass
class Bucket:
    """From the moment `changes` answers were given on, the rate is `later_rate`."""

    rate: float
    burst: float
    changes: int = 1_000_000
    later_rate: float = 0.0
    tokens: float = 1.0
    filled_at: float = 0.0

    def admits(self, now: float) -> bool:
        self.tokens = min(self.burst, self.tokens + (now - self.filled_at) * self.rate)
        self.filled_at = now
        if self.tokens < 1:
            return False
        self.tokens -= 1
        self.changes -= 1
        if self.changes == 0:
            self.rate = self.later_rate
        return True


@dataclass
class Simulation:
    """`travel` and `answering` are the bounds of uniformly drawn seconds: one way, and from admission to the answer."""

    pace: Pace
    bucket: Bucket
    workers: int
    travel: tuple[float, float] = (0.01, 0.04)
    answering: tuple[float, float] = (0.05, 0.1)
    seed: int = 1
    policy: RetryPolicy = field(default_factory=RetryPolicy)

    def run(self, answers: int) -> Outcome:
        """Until so many requests were answered."""
        dice, order = random.Random(self.seed), count()
        waiting, events = deque([0] * self.workers), list[tuple[float, int, str, int, int]]()
        answered: list[float] = []
        left: list[float] = []
        now, refused = 0.0, 0
        while len(answered) < answers:
            slot = max(now, self.pace.next_at) if waiting else float("inf")
            if not events or slot <= events[0][0]:
                now = slot
                left.append(now)
                heapq.heappush(
                    events,
                    (now + dice.uniform(*self.travel), next(order), "in", self.pace.leave(now), waiting.popleft()),
                )
                continue
            now, _, what, number, seen = heapq.heappop(events)
            if what == "in":
                is_in = self.bucket.admits(now)
                seconds = dice.uniform(*self.travel) + (dice.uniform(*self.answering) if is_in else 0.0)
                heapq.heappush(events, (now + seconds, next(order), "answer" if is_in else "refusal", number, seen))
            elif what == "refusal":
                refused += 1
                self.pace.throttled(number, now)
                backoff = dice.random() * min(self.policy.cap_seconds, self.policy.base_seconds * 2.0**seen)
                heapq.heappush(events, (now + backoff, next(order), "again", number, seen + 1))
            else:
                waiting.append(seen if what == "again" else 0)
                answered += [now] if what == "answer" else []
        return Outcome(tuple(answered), refused, tuple(left))


def shares(rate: float, workers: int, *, seeds: int = 8, burst: float | None = None, **more) -> Iterator[float]:
    """What the default pace gets of `rate`, over 60 answers once 30 were there; one share for each seed."""
    for seed in range(seeds):
        bucket = Bucket(rate, max(1.0, rate) if burst is None else burst)
        yield Simulation(Pace(5.0), bucket, workers, seed=seed, **more).run(90).rate_after(30) / rate
