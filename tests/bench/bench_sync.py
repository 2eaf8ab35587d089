"""Syncs of an organization of 1,000 accounts with 15 services each: speed, memory, and what history costs.

The whole is 6 million charges and takes minutes; BENCH_SCALE=0.05 runs it with 50 accounts. The budgets are for the
whole: with few rows, what every sync does once weighs more.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path

from tests.bench.measure import Measurement, at_least, at_most
from tests.bench.serving import large_endpoint
from tests.bench.syncing import Figures, sync_in_a_process

TODAY = date(2026, 11, 20)
"""Early enough in a month that a week later the previous month is still the previous month."""

FIRST = datetime(2026, 11, 20, 12)
WEEK_LATER = FIRST + timedelta(days=7)
"""Then the previous and the current month are read again (`deep_reread_days`), and nothing else has changed."""

PAGE_SIZE = 5_000
GROUPS_A_SECOND = 25_000
GIBIBYTE = 1024.0
"""In mebibytes."""

SHORT, MIDDLE, LONG = 1, 3, 13


def bench_sync_at_scale(folder: Path) -> Iterator[Measurement]:
    """First syncs of three lengths of history, then the same two months again with little and with much behind them."""
    accounts = max(20, round(1000 * float(os.environ.get("BENCH_SCALE", "1"))))
    with large_endpoint(accounts, PAGE_SIZE, TODAY) as url:
        first = {months: _sync(url, folder, months, FIRST) for months in (LONG, MIDDLE, SHORT)}
        again = {months: _sync(url, folder, months, WEEK_LATER) for months in (LONG, SHORT)}
    whole = f"{accounts:,} accounts, {LONG} months"
    yield _speed(whole, first[LONG])
    yield _memory(whole, first[LONG])
    yield _memory_over_history(first[MIDDLE], first[LONG])
    yield _reread(again[SHORT], again[LONG])
    yield _publishing(again[LONG])


def _sync(url: str, folder: Path, months: int, now: datetime) -> Figures:
    figures = sync_in_a_process(url, folder / f"{months}_months", now, months)
    print(f"  {months} months, {now.date()}: {figures}", file=sys.stderr, flush=True)
    if not figures.ties_out:
        raise RuntimeError(f"A sync of {months} months does not tie out.")
    return figures


def _speed(whole: str, figures: Figures) -> Measurement:
    rate = figures.groups / figures.cpu
    return Measurement(
        f"first sync, {whole}: groups per CPU second",
        f"{rate:,.0f} ({figures.groups:,} groups on {figures.requests:,} pages of {PAGE_SIZE:,}, {figures.cpu:.0f} s)",
        rate / GROUPS_A_SECOND,
        at_least(1),
    )


def _memory(whole: str, figures: Figures) -> Measurement:
    peak = figures.peak_mebibytes
    return Measurement(f"first sync, {whole}: peak memory", f"{peak:.0f} MiB", peak / GIBIBYTE, at_most(1))


def _memory_over_history(short: Figures, long: Figures) -> Measurement:
    return Measurement(
        f"peak memory of a first sync, {LONG} months against {MIDDLE}",
        f"{long.peak_mebibytes:.0f} MiB, {short.peak_mebibytes:.0f} MiB",
        long.peak_mebibytes / short.peak_mebibytes,
        at_most(1.25),
    )


def _reread(short: Figures, long: Figures) -> Measurement:
    """Everything up to publishing, AWS's totals of all the history included."""
    return Measurement(
        f"re-read of two months, {LONG} months of history against {SHORT}",
        f"{long.cpu_to_publish:.1f} s CPU ({long.groups:,} groups), {short.cpu_to_publish:.1f} s ({short.groups:,})",
        long.cpu_to_publish / short.cpu_to_publish,
        at_most(1.25),
    )


def _publishing(figures: Figures) -> Measurement:
    seconds = figures.publish_wall / figures.stored_mebibytes * 100
    return Measurement(
        f"publishing {figures.stored_mebibytes:.0f} MiB, against a plain copy on disk",
        f"{seconds:.2f} s per 100 MiB",
        figures.publish_wall / figures.plain_copy_wall,
        at_most(2),
    )
