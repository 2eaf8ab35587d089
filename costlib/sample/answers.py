"""GetCostAndUsage: computed once per request and state of the data, then handed out in pages."""

from __future__ import annotations

from bisect import bisect_left
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import date
from itertools import accumulate
from threading import Lock

import pyarrow as pa

from costlib.periods import DAY, Period
from costlib.sample.ledger import METRICS, Ledger
from costlib.sample.questions import COST_METRICS, USAGE_QUANTITY, CostQuestion
from costlib.sample.wire import Group, MetricValue, ResultByTime

ESTIMATED_DAYS = 3
"""Today and the two days before it are estimates."""

MAX_KEPT_ANSWERS = 16
MAX_KEPT_GROUPS = 2_000_000


@dataclass(frozen=True)
class Answer:
    """All groups of an answer in order: `ends[i]` is where the groups of `periods[i]` end in `rows`."""

    question: CostQuestion
    rows: pa.Table
    periods: tuple[Period, ...]
    ends: tuple[int, ...]
    estimated_from: date
    currency: str

    @property
    def size(self) -> int:
        """What a page counts: groups, or periods when nothing is grouped."""
        return self.rows.num_rows if self.question.group_by else len(self.periods)

    def results(self, start: int, end: int) -> list[ResultByTime]:
        """The part of the answer from group (or period) `start` to `end`; a period may be cut in two."""
        if not self.question.group_by:
            return list(self._totals(start, end))
        groups = self._groups(start, end)
        return [
            self._result(i, {}, groups[max(low, start) - start : max(high, start) - start])
            for i, low, high in self._touched(start, end)
        ]

    def accounts(self, start: int, end: int) -> list[str]:
        """The accounts among the keys of that part."""
        keys = [i for i, g in enumerate(self.question.group_by) if g["Key"] == "LINKED_ACCOUNT"]
        return sorted({a for i in keys for a in self.rows[f"key_{i}"].slice(start, max(0, end - start)).to_pylist()})

    def _touched(self, start: int, end: int) -> Iterator[tuple[int, int, int]]:
        """Periods with groups between `start` and `end`, and those without any that fall there, each on one page."""
        for i in range(bisect_left(self.ends, start), len(self.ends)):
            low, high = self.ends[i - 1] if i else 0, self.ends[i]
            if low > end or (low == end and end < self.size):
                return
            if high > start or low == high >= start:
                yield i, low, min(high, end)

    def _totals(self, start: int, end: int) -> Iterator[ResultByTime]:
        present = {d: i for i, d in enumerate(self.rows["period_start"].to_pylist())}
        metrics = self._metrics(0, self.rows.num_rows)
        zero = {m: MetricValue(Amount="0", Unit=self._unit(m)) for m in self._answered()}
        for i, period in enumerate(self.periods[start:end], start):
            row = present.get(period.start)
            yield self._result(i, zero if row is None else metrics[row], [])

    def _result(self, index: int, total: dict[str, MetricValue], groups: list[Group]) -> ResultByTime:
        period = self.periods[index]
        return ResultByTime(
            TimePeriod={"Start": period.start.isoformat(), "End": period.end.isoformat()},
            Total=total,
            Groups=groups,
            Estimated=period.last_day >= self.estimated_from,
        )

    def _groups(self, start: int, end: int) -> list[Group]:
        part = self.rows.slice(start, end - start)
        keys = [
            [prefix + value for value in part[f"key_{i}"].to_pylist()] if prefix else part[f"key_{i}"].to_pylist()
            for i, prefix in enumerate(self._prefixes())
        ]
        metrics = self._metrics(start, end)
        return [Group(Keys=list(k), Metrics=m) for k, m in zip(zip(*keys, strict=True), metrics, strict=True)]

    def _prefixes(self) -> list[str]:
        """A label's values come as `key$value`."""
        return ["" if g["Type"] == "DIMENSION" else f"{g['Key']}$" for g in self.question.group_by]

    def _answered(self) -> list[str]:
        return [m for m in self.question.metrics if m in COST_METRICS or m == USAGE_QUANTITY]

    def _unit(self, metric: str) -> str:
        return "N/A" if metric == USAGE_QUANTITY else self.currency

    def _metrics(self, start: int, end: int) -> list[dict[str, MetricValue]]:
        part = self.rows.slice(start, end - start)
        names = self._answered()
        columns = [part[COST_METRICS.get(m, "usage_quantity")].to_pylist() for m in names]
        units = [
            part["usage_unit"].to_pylist() if m == USAGE_QUANTITY else [self.currency] * part.num_rows for m in names
        ]
        cells = [
            [MetricValue(Amount=a, Unit=u) for a, u in zip(c, us, strict=True)]
            for c, us in zip(columns, units, strict=True)
        ]
        return [dict(zip(names, row, strict=True)) for row in zip(*cells, strict=True)] or [{}] * part.num_rows


class Answers:
    """Answers by request, the last few kept, so that a page is a slice."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[str, int], Future[Answer]] = OrderedDict()
        self._lock = Lock()

    def answer(self, key: tuple[str, int], compute: Callable[[], Answer]) -> Answer:
        """The answer of `key` (a request's digest and the data's version), computed by the first who asks."""
        with self._lock:
            is_first = key not in self._kept
            future = self._kept.setdefault(key, Future())
            self._kept.move_to_end(key)
        if is_first:
            self._fulfil(key, future, compute)
        return future.result()

    def _fulfil(self, key: tuple[str, int], future: Future[Answer], compute: Callable[[], Answer]) -> None:
        try:
            future.set_result(compute())
        except BaseException as error:
            future.set_exception(error)
        with self._lock:
            if future.exception() is not None:
                self._kept.pop(key, None)
            while len(self._kept) > 1 and self._is_full():
                self._kept.popitem(last=False)

    def _is_full(self) -> bool:
        groups = sum(f.result().rows.num_rows for f in self._kept.values() if f.done())
        return len(self._kept) > MAX_KEPT_ANSWERS or groups > MAX_KEPT_GROUPS


def compute(question: CostQuestion, ledger: Ledger, today: date, currency: str) -> Answer:
    """Ask the ledger."""
    rows = ledger.table(_sql(question), _parameters(question))
    periods = tuple(question.periods)
    counts = dict(zip(*(c.to_pylist() for c in _counts(rows)), strict=True))
    ends = tuple(accumulate(counts.get(p.start, 0) for p in periods))
    return Answer(question, rows, periods, ends, today - (ESTIMATED_DAYS - 1) * DAY, currency)


def _counts(rows: pa.Table) -> Sequence[pa.Array]:
    counted = rows["period_start"].combine_chunks().value_counts()
    return counted.field("values"), counted.field("counts")


def _sql(question: CostQuestion) -> str:
    period = "charge_date" if question.is_daily else "GREATEST(CAST(date_trunc('month', charge_date) AS DATE), ?)"
    keys = "".join(f"{column} AS key_{i}, " for i, column in enumerate(question.group_columns))
    names = ", ".join(["period_start", *(f"key_{i}" for i in range(len(question.group_columns)))])
    sums = ", ".join(f"{_as_written(f'SUM({m})')} AS {m}" for m in (*METRICS, "usage_quantity"))
    return f"""
        SELECT {period} AS period_start, {keys}{sums},
            CASE WHEN MIN(usage_unit) = MAX(usage_unit) THEN MIN(usage_unit) ELSE 'N/A' END AS usage_unit
        FROM charges
        JOIN (SELECT * FROM cells WHERE {question.condition.sql}) USING (cell_id)
        WHERE charge_date >= ? AND charge_date < ?
        GROUP BY {names}
        ORDER BY {names}
    """


def _as_written(amount: str) -> str:
    """SQL for an amount as Cost Explorer writes it: at most ten decimals, no padding zeros, no exponent."""
    return f"rtrim(rtrim(CAST({amount} AS VARCHAR), '0'), '.')"


def _parameters(question: CostQuestion) -> list[object]:
    first: list[object] = [] if question.is_daily else [question.period.start]
    visible = max(question.period.start, question.visible_from or question.period.start)
    return [*first, *question.condition.parameters, visible, question.period.end]
