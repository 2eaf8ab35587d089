"""One pace for all threads: as fast as Cost Explorer lets us, never faster than the setting.

AWS documents no quota, so the pace is found out. The pace at which AWS throttles is a little above the quota if many
requests went well before, and far above it if none did; so the cut is half for the latter and a sliver for the former.
From there it creeps over the old pace and then grows ever faster while nothing happens, because the quota may have
been shared with somebody who has left (the cubic curve that TCP uses, counted in requests instead of time).
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial

DIP = 0.03
"""How far under the pace that it returns to a recovery begins."""
PLATEAU = 20
"""Requests until it is there; as many again bring it as far above as it began below."""
BLIND = 3
"""Fewer requests than this between two throttles say only that the pace is too high by far: it is halved."""
SLIVER = 0.25
"""Otherwise the pace is cut by this part of 1 / (1 + requests since)."""
BEARABLE = 4
"""So many of those in a row do not count once the quota has been found: it takes a moment to get back under it."""
PAUSE = 0.25
"""Part of an interval until the next request after such a throttle: the place of the refused one is still free."""
SEARCH = 10
"""Requests from a halved pace back to the one before."""
SLOWEST = 0.02
"""Requests a second below which throttling does not push us: one in 50 s."""


class Pace:
    """When the next request may leave. Pure: times are seconds of any steady clock, and are passed in.

    state        pace                                          left by
    at most      the setting                                   a throttle
    searching    from half of before to all of it, then on     a throttle
    recovering   the curve around just under the one before    a throttle, or by reaching the setting
    """

    def __init__(self, at_most: float) -> None:
        self.at_most = at_most
        self.rate = at_most
        self._slowest = min(SLOWEST, at_most)
        self.next_at = float("-inf")
        self._last_at = float("-inf")
        self._left = 0
        self._left_before_cut = 0
        self._way_back: Callable[[int], float] | None = None
        self._surprises = 0
        self._bearable = 0

    def leave(self, now: float) -> int:
        """A request leaves now; returns its number."""
        self._left += 1
        if self._way_back is not None:
            self.rate = min(self.at_most, self._way_back(self._left - self._left_before_cut))
        self._last_at = now
        self.next_at = now + 1 / self.rate
        return self._left

    def throttled(self, number: int, now: float, hold_seconds: float = 0.0) -> None:
        """Request `number` was throttled. Nobody leaves for `hold_seconds`.

        Those that left before the last cut were under way at the old pace and tell nothing new.
        """
        went_well = number - self._left_before_cut - 1
        if went_well < 0:
            self.next_at = max(self.next_at, now + hold_seconds)
            return
        self._surprises = self._surprises + 1 if went_well < BLIND else 0
        if self._surprises > self._bearable:
            self._halve()
        else:
            self.rate = max(self.rate * (1 - SLIVER / (1 + max(went_well, BLIND))), self._slowest)
            self._way_back, self._bearable = partial(_curve, self.rate), BEARABLE
            self.next_at = self._last_at + max(1 / self.at_most, now - self._last_at + PAUSE / self.rate)
        self.next_at = max(self.next_at, now + hold_seconds)
        self._left_before_cut = self._left

    def _halve(self) -> None:
        self.rate = max(self.rate / 2, self._slowest)
        self.next_at = self._last_at + 1 / self.rate
        self._way_back, self._bearable = partial(_search, self.rate), 0


def _search(halved: float, requests: int) -> float:
    return halved * (1 + requests / SEARCH)


def _curve(sustained: float, requests: int) -> float:
    return sustained * (1 + DIP * ((requests - PLATEAU) / PLATEAU) ** 3)


class RateLimiter:
    """A Pace for threads: `wait` returns when a request may leave."""

    def __init__(self, pace: Pace, now: Callable[[], float], sleep: Callable[[float], object]) -> None:
        self._pace, self._now, self._sleep = pace, now, sleep
        self._lock = threading.Lock()
        self._turn = threading.Lock()

    @property
    def rate(self) -> float:
        """Requests a second at the moment."""
        return self._pace.rate

    def wait(self) -> int:
        """Wait for the next slot, one thread after another; returns the number of the request that may leave.

        A throttle that comes meanwhile moves the slot, so that sleepers slow down as well.
        """
        with self._turn:
            while True:
                slot = self._pace.next_at
                if (seconds := slot - self._now()) > 0:
                    self._sleep(seconds)
                with self._lock:
                    if slot == self._pace.next_at:
                        return self._pace.leave(self._now())

    def throttled(self, number: int, hold_seconds: float = 0.0) -> None:
        """Slow down; nobody leaves for `hold_seconds`, which is what AWS asked for."""
        with self._lock:
            self._pace.throttled(number, self._now(), hold_seconds)
