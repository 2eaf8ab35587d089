"""The pace: never above the setting, and close to what the service gives while it throttles."""

from __future__ import annotations

import threading
import time
from itertools import pairwise

import pytest

from costlib.ingest.limiter import SLOWEST, Pace, RateLimiter
from tests.ingest.throttled_service import Bucket, Simulation, shares


@pytest.mark.parametrize("workers", [1, 2, 4, 8])
@pytest.mark.parametrize("rate", [0.5, 0.7, 1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 4.5, 4.9])
def test_nine_tenths_of_what_a_throttling_service_gives_are_taken(rate: float, workers: int) -> None:
    assert min(shares(rate, workers)) >= 0.9


@pytest.mark.parametrize("rate", [0.5, 1.0, 2.0, 4.0])
def test_so_are_they_when_answers_take_seconds_as_cost_explorers_do(rate: float) -> None:
    assert min(shares(rate, 16, answering=(1.0, 3.0))) >= 0.9


@pytest.mark.parametrize("burst", [5.0, 20.0])
def test_so_are_they_when_the_service_saves_up_for_bursts(burst: float) -> None:
    for rate in (0.5, 1.0, 2.0, 4.0):
        assert min(shares(rate, 8, burst=burst)) >= 0.9


def test_few_requests_are_refused_on_the_way() -> None:
    for rate in (0.5, 1.0, 2.0, 4.0):
        outcome = Simulation(Pace(5.0), Bucket(rate, max(1.0, rate)), 8).run(300)
        assert outcome.refused <= 0.1 * 300


def test_the_setting_is_never_exceeded() -> None:
    for rate in (0.5, 2.0, 4.9, 50.0):
        outcome = Simulation(Pace(5.0), Bucket(rate, max(1.0, rate)), 8).run(100)
        assert all(later - earlier >= 0.2 - 1e-9 for earlier, later in pairwise(outcome.left_at))


def test_a_service_that_does_not_throttle_is_asked_at_the_setting() -> None:
    outcome = Simulation(Pace(5.0), Bucket(50.0, 50.0), 8).run(100)
    assert outcome.refused == 0
    assert outcome.rate_after(20) == pytest.approx(5.0, rel=0.02)


@pytest.mark.parametrize(("before", "after"), [(1.0, 4.0), (4.0, 0.5), (0.5, 1.0)])
def test_the_pace_follows_a_quota_that_changes(before: float, after: float) -> None:
    bucket = Bucket(before, max(1.0, after), changes=60, later_rate=after)
    outcome = Simulation(Pace(5.0), bucket, 8).run(300)
    assert outcome.rate_after(220) >= 0.9 * after


def test_a_first_throttle_halves_the_pace() -> None:
    pace = Pace(5.0)
    pace.throttled(pace.leave(0.0), 0.1)
    assert pace.rate == 2.5
    assert pace.next_at == pytest.approx(0.4)


def test_throttles_of_requests_already_under_way_count_once() -> None:
    pace = Pace(5.0)
    numbers = [pace.leave(0.2 * n) for n in range(4)]
    for number in numbers:
        pace.throttled(number, 1.0)
    assert pace.rate == 2.5


def test_throttling_without_end_slows_down_to_a_limit() -> None:
    pace, now = Pace(5.0), 0.0
    for _ in range(100):
        now = pace.next_at if pace.next_at > 0 else now
        pace.throttled(pace.leave(now), now)
    assert pace.rate == SLOWEST


def test_nobody_leaves_before_the_time_that_aws_named() -> None:
    pace = Pace(5.0)
    first, second = pace.leave(0.0), pace.leave(0.2)
    pace.throttled(first, 0.3, hold_seconds=10)
    pace.throttled(second, 0.4, hold_seconds=20)
    assert pace.next_at == pytest.approx(20.4)


def test_a_sleeper_is_slowed_down_by_a_throttle_that_comes_meanwhile() -> None:
    pace, slept, seconds = Pace(1.0), [], [0.0]

    def sleep(wait: float) -> None:
        slept.append(wait)
        seconds[0] += wait
        if len(slept) == 1:
            limiter.throttled(1)

    limiter = RateLimiter(pace, lambda: seconds[0], sleep)
    limiter.wait()
    limiter.wait()
    assert slept == pytest.approx([1.0, 1.0])
    assert limiter.rate == pytest.approx(0.55)


def test_threads_leave_one_after_another() -> None:
    limiter = RateLimiter(Pace(100.0), time.monotonic, time.sleep)
    left: list[tuple[int, float]] = []

    def worker() -> None:
        for _ in range(5):
            left.append((limiter.wait(), time.monotonic()))

    threads = [threading.Thread(target=worker) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(number for number, _ in left) == list(range(1, 41))
    times = sorted(at for _, at in left)
    assert times[-1] - times[0] >= 0.38
