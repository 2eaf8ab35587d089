"""Forecasts of made-up series of sixteen kinds, graded by what finance asks, against what most cost tools say.

Nothing was tuned on these seeds. A third set shows that the figures are not theirs alone.
"""

from __future__ import annotations

import os
import resource
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import numpy as np
import pandas as pd

from costlib.forecast import contest, forecast_many, forecast_parts
from tests.bench.daily_series import KINDS, daily_series
from tests.bench.grading import graded, table
from tests.bench.measure import Measurement, at_least, at_most

REPORTED, OTHERS = (101, 102, 103), (201, 202, 203)
SERIES, HORIZON = 2_000, 62
PAGE_SECONDS, SYNC_SECONDS = 0.15, 60
LAST = "2026-06-10"
WHO = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)


def bench_forecast(folder: Path) -> Iterator[Measurement]:
    """The contest's winner, over every kind: errors of totals, and how often 80 % intervals hold."""
    for seeds in (REPORTED, OTHERS):
        answers = pd.concat([graded(seed) for seed in seeds])
        _show(answers, seeds)
        yield from _judged(answers, f"seeds {seeds[0]}–{seeds[-1]}")
    yield _adds_up()


def bench_forecast_speed(folder: Path) -> Iterator[Measurement]:
    """One series as a page asks for it, and as many as a large organization syncs; judged by processor time."""
    series = [daily_series(kind, 301)[:LAST] for kind in KINDS]
    seconds = [_seconds(y) for y in series for _ in range(3)]
    yield Measurement(
        f"one forecast with its contest, {HORIZON} days ahead, p50 of every kind",
        f"{median(seconds) * 1000:.0f} ms ({min(seconds) * 1000:.0f} to {max(seconds) * 1000:.0f})",
        median(seconds) / PAGE_SECONDS,
        at_most(1),
    )
    count = round(SERIES * float(os.environ.get("BENCH_SCALE", "1")))
    frame = pd.DataFrame({place: series[place % len(series)] * (1 + place) for place in range(count)})
    began, worked = time.perf_counter(), _worked()
    done = sum(len(one.path) == HORIZON for one in forecast_many(frame, HORIZON, workers=2))
    took, worked = time.perf_counter() - began, _worked() - worked
    yield Measurement(
        f"{count:,} series with their contests, two processes: work on each of two cores",
        f"{worked / 2:.1f} s ({took:.1f} s on the clock), {worked / count * 1000:.1f} ms a series, {done:,} forecast",
        worked / 2 / count * SERIES / SYNC_SECONDS,
        at_most(1),
    )


def _show(answers: pd.DataFrame, seeds: tuple[int, ...]) -> None:
    origins = len(answers[answers["model"] == "winner"]) // 4
    print(f"seeds {seeds}, {origins} origins, percent:", file=sys.stderr)
    print(table(answers).round(1).to_string(), file=sys.stderr, flush=True)


def _judged(answers: pd.DataFrame, of: str) -> Iterator[Measurement]:
    by_model = table(answers).T.to_dict()
    ours, usual = by_model["winner"], by_model["month_to_date"]
    for what, limit in (("10 days gone, median", 2.0), ("10 days gone, p90", 14.0), ("next month, median", 3.4)):
        error, theirs = float(ours[what]), float(usual[what])
        yield Measurement(
            f"forecast, error of the month's total, {what}; {of}",
            f"{error:.1f} % (month-to-date × days: {theirs:.1f} %)",
            error,
            at_most(limit),
        )
    better = ours["10 days gone, median"] / usual["10 days gone, median"]
    yield Measurement(f"forecast against month-to-date × days at day 10; {of}", f"{better:.2f}", better, at_most(0.5))
    for what, low, high in (("days held", 75.0, 87.0), ("months held", 74.0, 89.0)):
        share = float(ours[what])
        yield Measurement(f"80 % interval, {what}, at least; {of}", f"{share:.1f} %", share, at_least(low))
        yield Measurement(f"80 % interval, {what}, at most; {of}", f"{share:.1f} %", share, at_most(high))
    yield from _of_every_kind(answers, of)


def _of_every_kind(answers: pd.DataFrame, of: str) -> Iterator[Measurement]:
    ours = answers[(answers["model"] == "winner")]
    months = 100 * ours[ours["asked"] != "next quarter"].groupby("kind")["held"].mean()
    by_kind = ours.groupby("kind")[["days_held", "days"]].sum()
    days = 100 * by_kind["days_held"] / by_kind["days"]
    for what, share in (("months held", months), ("days held", days)):
        worst, kind = float(share.min()), share.idxmin()
        yield Measurement(f"80 % interval, {what}, worst kind; {of}", f"{worst:.0f} % ({kind})", worst, at_least(60))


def _adds_up() -> Measurement:
    """Services forecast apart and together."""
    services = pd.DataFrame({kind: daily_series(kind, 401)[:LAST] for kind in KINDS})
    found = forecast_parts(services, HORIZON)
    apart = float(np.abs(found.leaves.sum(axis=1) - found.total["mean"]).max())
    return Measurement("sum of the services' forecasts against the total's", f"{apart:g} apart", apart, at_most(0))


def _seconds(y: pd.Series[float]) -> float:
    began = time.process_time()
    table = contest(y, HORIZON)
    shown = [(c.path, c.total, c.grades) for c in table.contenders]
    assert shown
    return time.process_time() - began


def _worked() -> float:
    """Seconds of processor time of this process and of those it has waited for."""
    return sum(resource.getrusage(who).ru_utime + resource.getrusage(who).ru_stime for who in WHO)
