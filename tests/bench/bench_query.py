"""How fast stored charges are read: from the command line, and by the pages' questions against bare DuckDB."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from functools import partial
from pathlib import Path
from statistics import median

import duckdb
import pyarrow as pa

from costlib.access import EVERYTHING
from costlib.periods import DAY, Granularity, Period, add_months, month_start
from costlib.queries import changes, freshness, options, overview, ranking, series
from costlib.queries.filters import Filters
from costlib.store.snapshot import Snapshot, open_current
from tests.bench.generated import TODAY, generated_snapshot
from tests.bench.measure import Measurement, at_most

FEW, MANY = 6_000_000, 10_000_000
TIMES = 7

Question = Callable[[Snapshot], object]
Asked = tuple[str, Sequence[object]]
"""SQL and the values of its `?`."""


def bench_query_command(folder: Path) -> Measurement:
    """The whole process, interpreter start included; the file is in the page cache, as after a sync."""
    generated_snapshot(folder / "sample", FEW)
    period = ["--start", str(add_months(month_start(TODAY), -13)), "--end", str(month_start(TODAY))]
    flags = ["--data-dir", str(folder), "--group-by", "charge_date,service", *period]
    command = [sys.executable, "-m", "costlib", "query", *flags]
    environ = {**os.environ, "COSTLIB_SOURCE": "sample"}
    seconds, lines = [], 0
    for _ in range(TIMES):
        began = time.perf_counter()
        done = subprocess.run(command, env=environ, stdout=subprocess.PIPE, check=True)
        seconds.append(time.perf_counter() - began)
        lines = done.stdout.count(b"\n")
    return Measurement(
        f"query: 13 months by day and service, {FEW // 10**6} M charges",
        f"{median(seconds):.2f} s ({min(seconds):.2f} to {max(seconds):.2f}), {lines:,} lines",
        median(seconds),
        at_most(1),
    )


def bench_pages_queries(folder: Path) -> Iterator[Measurement]:
    """All queries of a page that is opened, one after the other, against the same SQL in a bare connection."""
    path = generated_snapshot(folder / "sample", MANY)
    bare_path = shutil.copyfile(path, folder / "bare.duckdb")
    snapshot = open_current(folder / "sample")
    with duckdb.connect(str(bare_path), read_only=True) as connection:
        for page, questions in _pages().items():
            yield _page(page, questions, snapshot, connection)
    snapshot.close()


def _page(
    page: str, questions: Sequence[Question], snapshot: Snapshot, connection: duckdb.DuckDBPyConnection
) -> Measurement:
    spy = _Spy("bare", connection)
    for question in questions:
        question(spy)
        question(snapshot)
    ours, bare = [], []
    for _ in range(TIMES):
        ours.append(_seconds(lambda: [question(snapshot) for question in questions]))
        bare.append(_seconds(lambda: [_execute(connection, asked) for asked in spy.asked]))
    return Measurement(
        f"queries of the page {page}, {MANY // 10**6} M charges, p95",
        f"{_p95(ours) * 1000:.0f} ms for {len(spy.asked)} queries, {_p95(bare) * 1000:.0f} ms in bare DuckDB",
        _p95(ours) / _p95(bare),
        at_most(2),
    )


def _pages() -> Mapping[str, Sequence[Question]]:
    """What the pages ask when they are opened with the default filters (the last 30 days) or with all 13 months."""
    last = TODAY - 2 * DAY
    to_date = Filters(Period(month_start(last), last + DAY))
    month_before = add_months(to_date.period.start, -1)
    same_days = Period(month_before, month_before + to_date.period.days * DAY)
    all_months = Filters(Period(add_months(month_start(last), -12), last + DAY), Granularity.monthly)
    recent = Filters(Period(last - 59 * DAY, TODAY + DAY))
    over_time = partial(_on, series.cost_over_time)
    return {
        "overview": [
            lambda s: overview.headline(s, EVERYTHING, to_date),
            over_time(all_months, None),
            over_time(recent, None),
            over_time(replace(to_date, granularity=Granularity.monthly), "service", 9),
            lambda s: changes.movers(s, EVERYTHING, to_date, "service", compared=same_days),
            lambda s: options.options(s, EVERYTHING),
            lambda s: freshness.tie_out_summary(s),
        ],
        **{f"{name}, 30 days": _ranked(by, _last(last, 30), _last(last - 30 * DAY, 30)) for name, by in RANKED.items()},
        **{f"{name}, 13 months": _ranked(by, all_months, None) for name, by in RANKED.items()},
        "changes, 30 days": [
            lambda s: changes.changes(s, EVERYTHING, _last(last, 30), "service", _last(last - 30 * DAY, 30).period),
            lambda s: changes.movers(
                s, EVERYTHING, _last(last, 30), "service", compared=_last(last - 30 * DAY, 30).period
            ),
        ],
        "freshness": [
            lambda s: freshness.tie_out(s, EVERYTHING),
            lambda s: freshness.tie_out_summary(s),
            lambda s: freshness.restatements(s, EVERYTHING),
            freshness.runs,
            freshness.requests_this_month,
        ],
    }


RANKED = {"services": "service", "accounts": "usage_account_id"}


def _last(day: date, days: int) -> Filters:
    return Filters(Period(day - (days - 1) * DAY, day + DAY))


def _ranked(by: str, filters: Filters, compared: Filters | None) -> list[Question]:
    """The total, the stacked trend and the table with sparklines, as on the pages of services and accounts."""
    before = compared.period if compared else None
    return [
        lambda s: ranking.total(s, EVERYTHING, filters, before),
        lambda s: series.cost_over_time(s, EVERYTHING, filters, by, 9),
        lambda s: ranking.ranking(s, EVERYTHING, filters, by, before),
    ]


def _on(question: Callable[..., object], filters: Filters, *more: object) -> Question:
    return lambda snapshot: question(snapshot, EVERYTHING, filters, *more)


class _Spy(Snapshot):
    """A snapshot that notes what it is asked."""

    def __init__(self, snapshot_id: str, connection: duckdb.DuckDBPyConnection) -> None:
        self.asked: list[Asked] = []
        super().__init__(snapshot_id, connection)

    def rows(self, sql: str, parameters: Sequence[object] = ()) -> Iterator[tuple[object, ...]]:
        self.asked.append((sql, parameters))
        return super().rows(sql, parameters)

    def table(self, sql: str, parameters: Sequence[object] = ()) -> pa.Table:
        self.asked.append((sql, parameters))
        return super().table(sql, parameters)


def _execute(connection: duckdb.DuckDBPyConnection, asked: Asked) -> pa.Table:
    sql, parameters = asked
    return connection.sql(sql, params=list(parameters)).to_arrow_table()


def _seconds(ask: Callable[[], object]) -> float:
    began = time.perf_counter()
    ask()
    return time.perf_counter() - began


def _p95(seconds: Sequence[float]) -> float:
    return sorted(seconds)[round(0.95 * (len(seconds) - 1))]
