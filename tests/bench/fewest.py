"""The fewest requests that could bring what a sync stores, counted from the ledger itself.

Cost Explorer's own rules are all that is assumed: it groups by two dimensions at most, any other dimension is filtered
to one value at a time, and a page holds so many groups. For each set of dimensions that the store keeps together, every
choice of the two is tried. For each slice, the days that differ from what was there before are covered by spans as
cheaply as possible (a span over days that did not change costs their groups as well); a span costs its groups over the
page size, rounded up.

What cannot be known without asking is asked in full by every sync: AWS's totals over the whole history (by day, by
record type, by value of each label), which the store keeps as controls, and the lists of accounts, categories and
their definitions. The rules of a cost category are described one at a time, and only once: the list shows changes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from itertools import accumulate, combinations
from math import ceil

import duckdb
import pyarrow as pa

from costlib.config import DEFAULT_LENSES
from costlib.periods import Granularity
from costlib.sample.questions import COST_METRICS

ACCOUNT, SERVICE, RECORD_TYPE = "usage_account_id", "service", "record_type"
METRICS = tuple(COST_METRICS.values())
LISTS = {"accounts": 1, "labels": 2}
"""One page of accounts; one each of cost categories and of their definitions."""


class Fewest:
    """Requests by purpose, in the words of the store's request ledger."""

    def __init__(self, now: pa.Table, before: pa.Table | None, labels: Sequence[str], days: int, page_size: int):
        """`before` is what the store already holds; `days` is the length of the history that is asked for."""
        self._labels, self._days, self._page_size = tuple(labels), days, page_size
        self._connection = duckdb.connect()
        self._is_first = before is None
        self._connection.register("now", now)
        self._connection.register("before", now.slice(0, 0) if before is None else before)

    def by_purpose(self) -> Mapping[str, int]:
        probes = {
            "total": self._pages(self._days),
            "record_type": self._pages(self._groups([RECORD_TYPE])),
            "label": sum(self._pages(self._groups([label])) for label in self._labels),
        }
        return {
            **LISTS,
            "definitions": sum(label.startswith("cost_category:") for label in self._labels) if self._is_first else 0,
            **probes,
            "cube": self._best((ACCOUNT, SERVICE, RECORD_TYPE)),
            "lens": sum(self._best(lens.dimensions, lens.granularity) for lens in DEFAULT_LENSES),
            "label_account": sum(self._best((label, ACCOUNT)) for label in self._labels),
            "label_split": self._splits(),
            "commitments": self._commitments(),
            "anomalies": int(self._is_first),
        }

    def _commitments(self) -> int:
        """Utilization and coverage of what was committed to and moved: a request each, a service of reservations."""
        moved = """
            SELECT DISTINCT record_type, service
            FROM ((FROM now EXCEPT FROM before) UNION ALL (FROM before EXCEPT FROM now))
        """
        ((plans, reserved),) = self._connection.execute(
            f"""
            SELECT COUNT(DISTINCT CASE WHEN record_type = 'SavingsPlanCoveredUsage' THEN 1 END),
                COUNT(DISTINCT CASE WHEN record_type = 'DiscountedUsage' THEN service END)
            FROM ({moved})
            """
        ).fetchall()
        return 2 * (int(plans) + int(reserved))

    def _pages(self, groups: int) -> int:
        return max(1, ceil(groups / self._page_size))

    def _groups(self, dimensions: Sequence[str]) -> int:
        columns = _quoted(["charge_date", *dimensions])
        ((count,),) = self._connection.execute(f"SELECT COUNT(*) FROM (SELECT DISTINCT {columns} FROM now)").fetchall()
        return int(count)

    def _best(self, dimensions: Sequence[str], granularity: Granularity = Granularity.daily, only: str = "TRUE") -> int:
        """The cheapest choice of two dimensions to group by, the others sliced."""
        return min(
            self._sliced(pair, [d for d in dimensions if d not in pair], granularity, only)
            for pair in combinations(dimensions, 2)
        )

    def _sliced(self, pair: Sequence[str], slices: Sequence[str], granularity: Granularity, only: str) -> int:
        period = "charge_date" if granularity is Granularity.daily else "date_trunc('month', charge_date)"
        keys = "".join(f", {column}" for column in map(_quoted, ([s] for s in slices)))
        usage = ", SUM(usage_quantity)" if granularity is Granularity.monthly else ""
        cells = f"""
            SELECT {period} AS period{keys}, {_quoted(pair)}, {", ".join(f"SUM({m})" for m in METRICS)}{usage}
            FROM {{}} WHERE {only} GROUP BY ALL
        """
        rows = self._connection.execute(
            f"""
            WITH ours AS ({cells.format("now")}), theirs AS ({cells.format("before")}),
            moved AS (
                SELECT DISTINCT period{keys}
                FROM ((FROM ours EXCEPT FROM theirs) UNION ALL (FROM theirs EXCEPT FROM ours))
            )
            SELECT CAST(period AS DATE), COUNT(*), ANY_VALUE(moved.period) IS NOT NULL{keys.replace(", ", ", ours.")}
            FROM ours LEFT JOIN moved USING (period{keys})
            GROUP BY period{keys.replace(", ", ", ours.")}
            ORDER BY period
            """
        ).fetchall()
        by_slice: dict[tuple[object, ...], list[tuple[date, int, bool]]] = {}
        for day, groups, is_moved, *values in rows:
            by_slice.setdefault(tuple(values), []).append((day, groups, is_moved))
        return sum(self._spans(periods) for periods in by_slice.values())

    def _spans(self, periods: Iterable[tuple[date, int, bool]]) -> int:
        """The fewest pages that cover every moved period of one slice."""
        found = sorted(periods)
        until = [0, *accumulate(groups for _, groups, _ in found)]
        moved = [i for i, (_, _, is_moved) in enumerate(found) if is_moved]
        best = [0]
        for last in range(len(moved)):
            best.append(min(best[i] + self._pages(until[moved[last] + 1] - until[moved[i]]) for i in range(last + 1)))
        return best[-1]

    def _splits(self) -> int:
        """The charges of account-days that have several values of a label, once more with those labels."""
        split = [label for label in self._labels if self._account_days_with_several(label)]
        if not split:
            return 0
        account_days = " UNION ".join(_several(label) for label in split)
        only = f"(charge_date, {ACCOUNT}) IN ({account_days})"
        return self._best((ACCOUNT, SERVICE, RECORD_TYPE, *split), only=only)

    def _account_days_with_several(self, label: str) -> int:
        ((count,),) = self._connection.execute(f"SELECT COUNT(*) FROM ({_several(label)})").fetchall()
        return int(count)


def _several(label: str) -> str:
    return (
        f"SELECT charge_date, {ACCOUNT} FROM now GROUP BY charge_date, {ACCOUNT} "
        f"HAVING COUNT(DISTINCT {_quoted([label])}) > 1"
    )


def _quoted(columns: Sequence[str]) -> str:
    return ", ".join('"' + column.replace('"', '""') + '"' for column in columns)
