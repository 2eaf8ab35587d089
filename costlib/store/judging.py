"""Daily spend as series to judge, read from the charges of the warehouse.

Judged is amortized cost: a prepaid fee is spread over what it covers, so that buying a commitment is no spike, and
every account has the metric, which cannot be said of the net ones. Tax, credits and refunds are left out: they follow
the spend or hide it, on days of their own. Series are floats, because what is expected of them is an estimate.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import pandas as pd

from costlib.periods import Period
from costlib.store.warehouse import Warehouse
from costlib.vocabulary import CHARGE_CATEGORIES, ChargeCategory, CostMetric

METRIC = CostMetric.amortized_cost

NOT_JUDGED = tuple(
    name
    for name, category in CHARGE_CATEGORIES.items()
    if category in (ChargeCategory.tax, ChargeCategory.credit) or name == "Refund"
)

Values = Mapping[str, str]
"""What a series is narrowed down to: values by dimension; {} is everything."""

_COLUMNS = ("usage_account_id", "service")


@dataclass(frozen=True)
class Where:
    """Which charges, as SQL over `charges AS c` with what it needs joined."""

    joins: str
    conditions: str
    parameters: tuple[object, ...]


def where(values: Values) -> Where:
    """The judged charges of these values."""
    marks = ", ".join("?" for _ in NOT_JUDGED)
    joins, conditions, joined, parameters = "", [f"c.record_type NOT IN ({marks})"], list[object](), list[object]()
    for name, value in values.items():
        column = f"c.{name}" if name in _COLUMNS else "COALESCE(l.value, '')"
        if name not in _COLUMNS:
            joins = " LEFT JOIN label_sets AS l ON l.label_set_id = c.label_set_id AND l.label = ?"
            joined.append(name)
        conditions.append(f"{column} = ?")
        parameters.append(value)
    return Where(joins, " AND ".join(conditions), (*joined, *NOT_JUDGED, *parameters))


def all_days(warehouse: Warehouse) -> Period | None:
    """The days that have charges, from the first to the last."""
    ((first, end),) = warehouse.fetch("SELECT MIN(charge_date), MAX(charge_date) + INTERVAL 1 DAY FROM charges")
    return None if first is None else Period(first, end.date())


def tracked_labels(warehouse: Warehouse) -> list[str]:
    return [str(label) for (label,) in warehouse.fetch("SELECT label FROM labels ORDER BY label")]


def series_of(
    warehouse: Warehouse, dimensions: Sequence[str], period: Period, floor: float, limit: int
) -> Iterator[tuple[dict[str, str], pd.Series]]:
    """A series for each combination of values, 0 on days without charges; the `limit` with the most spend, and of
    those the ones that were ever as large as `floor` a day: smaller ones cannot be worth a word."""
    label = next((name for name in dimensions if name not in _COLUMNS), None)
    keys = ["COALESCE(l.value, '')" if name == label else f"c.{name}" for name in dimensions]
    join = "LEFT JOIN label_sets AS l ON l.label_set_id = c.label_set_id AND l.label = ?" if label else ""
    listed = "".join(f", {key} AS key_{i}" for i, key in enumerate(keys))
    names = [f"key_{i}" for i in range(len(keys))]
    marks = ", ".join("?" for _ in NOT_JUDGED)
    found = warehouse.connection.execute(
        f"""
        WITH daily AS (
            SELECT c.charge_date{listed}, CAST(SUM(c.{METRIC}) AS DOUBLE) AS amount
            FROM charges AS c {join}
            WHERE c.record_type NOT IN ({marks}) AND c.charge_date >= ? AND c.charge_date < ?
            GROUP BY ALL
        ), chosen AS (
            SELECT {", ".join([*names, "SUM(ABS(amount)) AS size"])} FROM daily GROUP BY ALL
            HAVING MAX(ABS(amount)) >= ? ORDER BY size DESC LIMIT ?
        )
        SELECT daily.* FROM daily {f"JOIN chosen USING ({', '.join(names)})" if names else ""}
        """,
        [*([label] if label else []), *NOT_JUDGED, period.start, period.end, floor, limit],
    ).df()
    days = _days(period)
    groups: Iterable[tuple[Any, pd.DataFrame]] = found.groupby(names, sort=True) if names else [((), found)]
    for key, rows in groups:
        y = pd.Series(rows["amount"].to_numpy(), index=pd.DatetimeIndex(rows["charge_date"]))
        yield dict(zip(dimensions, key, strict=True)), y.reindex(days).fillna(0.0)


def leaves_of(warehouse: Warehouse, labels: Sequence[str], period: Period) -> list[tuple[dict[str, str], float]]:
    """The finest rows: account, service and every label's value, with the size of their spend."""
    joins = "".join(
        f" LEFT JOIN label_sets AS l{i} ON l{i}.label_set_id = c.label_set_id AND l{i}.label = ?"
        for i in range(len(labels))
    )
    values = "".join(f", COALESCE(l{i}.value, '')" for i in range(len(labels)))
    marks = ", ".join("?" for _ in NOT_JUDGED)
    rows = warehouse.fetch(
        f"""
        SELECT c.usage_account_id, c.service{values}, CAST(SUM(ABS(c.{METRIC})) AS DOUBLE)
        FROM charges AS c {joins}
        WHERE c.record_type NOT IN ({marks}) AND c.charge_date >= ? AND c.charge_date < ?
        GROUP BY ALL
        """,
        [*labels, *NOT_JUDGED, period.start, period.end],
    )
    return [(dict(zip((*_COLUMNS, *labels), keys, strict=True)), float(size or 0)) for *keys, size in rows]


def by_column(warehouse: Warehouse, column: str, period: Period, without: Sequence[str] = ()) -> pd.DataFrame:
    """Charges but for some record types, a column a service or record type, a row a day; NaN where there was none."""
    found = warehouse.connection.execute(
        f"""
        SELECT charge_date, {column} AS name, CAST(SUM({METRIC}) AS DOUBLE) AS amount
        FROM charges WHERE charge_date >= ? AND charge_date < ? AND NOT list_contains(?, record_type) GROUP BY ALL
        """,
        [period.start, period.end, list(without)],
    ).df()
    if found.empty:
        return pd.DataFrame(index=_days(period))
    return found.pivot(index="charge_date", columns="name", values="amount").reindex(_days(period))


def spent(warehouse: Warehouse, values: Values, first: date, last: date) -> Decimal:
    """The exact sum of the judged charges, both days included."""
    chosen = where(values)
    ((amount,),) = warehouse.fetch(
        f"""
        SELECT COALESCE(SUM(c.{METRIC}), 0) FROM charges AS c{chosen.joins}
        WHERE {chosen.conditions} AND c.charge_date >= ? AND c.charge_date <= ?
        """,
        [*chosen.parameters, first, last],
    )
    return Decimal(amount)


def _days(period: Period) -> pd.DatetimeIndex:
    return pd.date_range(period.start, period.last_day, freq="D")
