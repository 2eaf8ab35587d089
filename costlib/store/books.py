"""From charges and rules to what moves: each month's books, read by SQL, and the allocation that comes of them.

Charges are read once, added up to month × account × service × record type × labels; cost center and the rule that
claims a charge are CASE expressions over that. Works on any connection that can be asked: the writer's warehouse, and
a snapshot, for rules that are only being tried.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from costlib.allocation.engine import Allocation, Books, allocate
from costlib.allocation.rules import AllocationRules, Conditions, Method, Rule
from costlib.money import units
from costlib.periods import Period
from costlib.vocabulary import COST_METRICS, UNALLOCATED, CostMetric, label_dimension

Ask = Callable[[str, Sequence[object]], Iterable[tuple[Any, ...]]]
"""SQL and its parameters in, rows out."""

SUMS = ", ".join(f"CASE WHEN COUNT({m}) = COUNT(*) THEN SUM({m}) END AS {m}" for m in COST_METRICS)
MONTH = "CAST(DATE_TRUNC('month', charge_date) AS DATE)"
GRAIN = "billing_month, cost_center, usage_account_id, service, record_type, rule_id"


@dataclass(frozen=True)
class MonthAllocation:
    """What the rules did with one month in one metric, and the books they did it to."""

    month: date
    metric: CostMetric
    books: Books
    allocation: Allocation

    @property
    def totals(self) -> dict[str, int]:
        """Cost center → what its statement comes to, in units."""
        return self.allocation.totals(self.books.direct)


def allocations(ask: Ask, rules: AllocationRules, period: Period) -> Iterator[MonthAllocation]:
    """Run the rules over the stored months of `period`, whole months; a month without a metric is left out for it."""
    sums = _sums(ask, rules, period)
    drivers = _drivers(ask, rules, period)
    for month, of_month in sums.items():
        in_force = rules.in_force(month)
        for metric in COST_METRICS:
            books = _books(of_month, drivers.get(month, {}), in_force, metric)
            if books is not None:
                yield MonthAllocation(month, metric, books, allocate(in_force, books))


def charges_sql(rules: AllocationRules, period: Period) -> tuple[str, list[object]]:
    """A SELECT of all charges by GRAIN with five sums; `rule_id` is the rule that claims them, or ''."""
    sql = _Compiler(rules, period)
    return f"SELECT {GRAIN}, {SUMS} FROM ({sql.classified}) AS classified GROUP BY {GRAIN}", sql.parameters


def driver_sql(
    rules: AllocationRules, period: Period, conditions: Conditions, cost_center: str
) -> tuple[str, list[object]]:
    """A SELECT of the charges that a driver's value of one cost center is made of, by account, service and record type,
    with five sums."""
    sql = _Compiler(rules, period)
    fits, values = sql.fits(conditions)
    keys = "usage_account_id, service, record_type"
    text = f"""
        SELECT {keys}, {SUMS}
        FROM ({sql.classified}) AS classified
        WHERE rule_id = '' AND cost_center = ? AND {fits}
        GROUP BY {keys}"""
    return text, [*sql.parameters, cost_center, *values]


def own_days_sql(
    rules: AllocationRules, period: Period, centers: Sequence[str], metric: CostMetric
) -> tuple[str, list[object]]:
    """A SELECT of what is the centers' own, charges that a rule claims left out: cost center, day and sum."""
    sql = _Compiler(rules, period, piece="charge_date")
    text = f"""
        SELECT cost_center, billing_month AS charge_date, CASE WHEN COUNT({metric}) = COUNT(*) THEN SUM({metric}) END
        FROM ({sql.classified}) AS classified
        WHERE rule_id = '' AND cost_center IN ({", ".join("?" for _ in centers)})
        GROUP BY cost_center, billing_month"""
    return text, [*sql.parameters, *centers]


Sums = Mapping[tuple[str, str], Mapping[CostMetric, Decimal | None]]
"""(cost center, claiming rule or '') → the five sums."""


def _sums(ask: Ask, rules: AllocationRules, period: Period) -> dict[date, Sums]:
    sql = _Compiler(rules, period)
    keys = "billing_month, cost_center, rule_id"
    text = f"SELECT {keys}, {SUMS} FROM ({sql.classified}) AS classified GROUP BY {keys} ORDER BY {keys}"
    found: dict[date, dict[tuple[str, str], Mapping[CostMetric, Decimal | None]]] = {}
    for month, center, rule_id, *amounts in ask(text, sql.parameters):
        found.setdefault(month, {})[center, rule_id] = dict(zip(COST_METRICS, amounts, strict=True))
    return dict(found)


Drivers = Mapping[tuple[Conditions, CostMetric], Mapping[str, int]]


def _drivers(ask: Ask, rules: AllocationRules, period: Period) -> dict[date, Drivers]:
    """What each cost center's own charges come to under each driver; charges that a rule claims are not its own."""
    wanted = sorted({(rule.driver.conditions, metric) for rule in rules.rules for metric in _driver_metrics(rule)})
    if not wanted:
        return {}
    sql = _Compiler(rules, period)
    columns, values = [], []
    for conditions, metric in wanted:
        text, parameters = sql.fits(conditions)
        columns.append(f"SUM(CASE WHEN rule_id = '' AND {text} THEN {metric} END)")
        values += parameters
    text = f"""
        SELECT billing_month, cost_center, {", ".join(columns)}
        FROM ({sql.classified}) AS classified
        GROUP BY billing_month, cost_center"""
    found: dict[date, dict[tuple[Conditions, CostMetric], dict[str, int]]] = {}
    for month, center, *amounts in ask(text, [*values, *sql.parameters]):
        of_month = found.setdefault(month, {})
        for key, amount in zip(wanted, amounts, strict=True):
            of_month.setdefault(key, {})[center] = units(amount or Decimal(0))
    return dict(found)


def _driver_metrics(rule: Rule) -> Sequence[CostMetric]:
    if rule.method is not Method.proportional:
        return ()
    return COST_METRICS if rule.driver.metric is None else (rule.driver.metric,)


def _books(sums: Sums, drivers: Drivers, in_force: Sequence[Rule], metric: CostMetric) -> Books | None:
    direct: dict[str, int] = {}
    claimed: dict[str, dict[str, int]] = {}
    for (center, rule_id), amounts in sums.items():
        amount = amounts[metric]
        if amount is None:
            return None
        direct[center] = direct.get(center, 0) + units(amount)
        if rule_id:
            claimed.setdefault(rule_id, {})[center] = units(amount)
    proportional = [rule for rule in in_force if rule.method is Method.proportional]
    by_rule = {rule.rule_id: drivers[rule.driver.conditions, rule.driver.metric or metric] for rule in proportional}
    return Books(direct, claimed, by_rule)


class _Compiler:
    """Rules as SQL over charges. `classified` is a SELECT by GRAIN and the values of the labels that rules look at.

    `piece` is what time is cut into under the name `billing_month`: months, or days, which rules take as well.
    """

    def __init__(self, rules: AllocationRules, period: Period, piece: str = MONTH) -> None:
        self._labels = sorted({name for name in _names(rules) if label_dimension(name)})
        joins = "".join(
            f"\n        LEFT JOIN label_sets AS set_{i}"
            f" ON set_{i}.label_set_id = months.label_set_id AND set_{i}.label = ?"
            for i, _ in enumerate(self._labels)
        )
        values = "".join(f", COALESCE(set_{i}.value, '') AS label_{i}" for i, _ in enumerate(self._labels))
        center, center_values = self._center(rules)
        claim, claim_values = self._claim(rules)
        self.classified = f"""
        SELECT billing_month, {center} AS cost_center, usage_account_id, service, record_type, {claim} AS rule_id,
               {", ".join([*COST_METRICS, *(f"label_{i}" for i, _ in enumerate(self._labels))])}
        FROM (
            SELECT months.*{values}
            FROM (
                SELECT {piece} AS billing_month, usage_account_id, service,
                       record_type, label_set_id, {SUMS}
                FROM charges
                WHERE charge_date >= ? AND charge_date < ?
                GROUP BY {piece}, usage_account_id, service, record_type, label_set_id
            ) AS months{joins}
        ) AS labeled"""
        self.parameters: list[object] = [*center_values, *claim_values, period.start, period.end, *self._labels]

    def fits(self, conditions: Conditions) -> tuple[str, list[object]]:
        """Whether a classified charge fits, with the values it binds."""
        parts, parameters = ["1 = 1"], list[object]()
        for name, values in conditions:
            kept = ["" if value == UNALLOCATED else value for value in values] if label_dimension(name) else values
            parts.append(f"{self._column(name)} IN ({', '.join('?' for _ in kept)})")
            parameters += kept
        return f"({' AND '.join(parts)})", parameters

    def _column(self, name: str) -> str:
        return f"label_{self._labels.index(name)}" if label_dimension(name) else name

    def _center(self, rules: AllocationRules) -> tuple[str, list[object]]:
        """The first way to a cost center that says something."""
        branches, parameters = [], list[object]()
        for way in rules.centers:
            if way.label is not None:
                column = self._column(way.label)
                branches.append(f"WHEN {column} <> '' THEN {column}")
            else:
                text, values = self.fits(way.conditions)
                branches.append(f"WHEN {text} THEN ?")
                parameters += [*values, way.cost_center]
        return f"CASE {' '.join(branches)} ELSE ? END", [*parameters, UNALLOCATED]

    def _claim(self, rules: AllocationRules) -> tuple[str, list[object]]:
        """The first rule in force whose selection the charge fits."""
        branches, parameters = [], list[object]()
        for rule in rules.rules:
            if rule.source.is_charges:
                text, values = self.fits(rule.source.conditions)
                months = "billing_month >= ? AND billing_month < ?"
                branches.append(f"WHEN {months} AND {text} THEN ?")
                parameters += [rule.start or date.min, rule.end or date.max, *values, rule.rule_id]
        return (f"CASE {' '.join(branches)} ELSE '' END", parameters) if branches else ("''", [])


def _names(rules: AllocationRules) -> Iterator[str]:
    for way in rules.centers:
        yield from ([way.label] if way.label else [])
        yield from (name for name, _ in way.conditions)
    for rule in rules.rules:
        yield from (name for name, _ in (*rule.source.conditions, *rule.driver.conditions))
