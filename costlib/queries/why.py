"""Why is this on my statement? From one line to the pool it comes of, the driver it goes by, and the charges behind.

Somebody who sees some statements only sees a pool's name, its total and their own share of it. The rows of other cost
centers are one row without a name, so that what is shown still adds up.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from costlib.access import Scope
from costlib.allocation.rules import Conditions, Method, Rule
from costlib.money import of_units, spread, units
from costlib.periods import month_of
from costlib.queries.rule_history import MonthRules
from costlib.queries.showback import Question, touching
from costlib.queries.sql import Sql, amount, marks
from costlib.store.books import driver_sql
from costlib.store.snapshot import Snapshot
from costlib.vocabulary import CostMetric, label_dimension

if TYPE_CHECKING:
    import pyarrow as pa

CHARGE_KEYS = "usage_account_id, service, record_type"


@dataclass(frozen=True)
class SharedAmount:
    """What one rule gave to a cost center, or took from it; `driver` of `driver_total` is its share of `pool`.

    Neither source lines nor fixed charges have a driver.
    """

    rule_id: str
    cost_center: str
    is_source: bool
    amount: Decimal
    pool: Decimal
    driver: Decimal | None
    driver_total: Decimal | None


@dataclass(frozen=True)
class PoolRow:
    """A piece of a pool, and what of it one cost center carries: all parts add up to its line, to the last digit.

    A piece is a charge (account, service, record type), or what the rule `from_rule` had given to (or taken from) the
    source before. `cost_center` None stands for everything that may not be seen.
    """

    cost_center: str | None
    from_rule: str | None
    usage_account_id: str | None
    service: str | None
    record_type: str | None
    amount: Decimal
    part: Decimal


def shared_amounts(snapshot: Snapshot, scope: Scope, asked: Question, rule_id: str) -> tuple[SharedAmount, ...]:
    """Everything that a rule took and gave, as far as it may be seen; sources first, then the largest amount."""
    seen = _may_be_seen(scope, "mine.cost_center")
    month, metric = asked.month, asked.metric.value
    rows = snapshot.rows(
        f"""
        SELECT mine.rule_id, mine.cost_center, mine.is_source, mine.amount, pools.pool, mine.driver, mine.driver_total
        FROM {asked.book}_entries AS mine
        JOIN (
            SELECT rule_id, SUM(amount) AS pool
            FROM {asked.book}_entries
            WHERE billing_month = ? AND metric = ? AND NOT is_source
            GROUP BY rule_id
        ) AS pools ON pools.rule_id = mine.rule_id
        WHERE mine.billing_month = ? AND mine.metric = ? AND mine.rule_id = ? AND {seen.text}
        ORDER BY mine.is_source DESC, ABS(mine.amount) DESC, mine.cost_center""",
        (month, metric, month, metric, rule_id, *seen.parameters),
    )
    return tuple(SharedAmount(*row) for row in rows)  # type: ignore[arg-type]


def pool_rows(
    snapshot: Snapshot, scope: Scope, asked: Question, rule: Rule, carried: Decimal = Decimal(0)
) -> tuple[PoolRow, ...]:
    """The rows that a rule's pool is made of, the largest first, with the part of each in the amount `carried`; none of
    a rule that has nothing to do with the statements that may be seen.

    They add up to the pool. A fixed charge moves an agreed amount, whatever there is, so it has no rows.
    """
    if rule.method is Method.fixed_charge or not _is_told(snapshot, scope, asked, rule):
        return ()
    pieces = _pieces(asked, rule)
    seen = _may_be_seen(scope, "cost_center")
    keys = ("cost_center", "from_rule", "usage_account_id", "service", "record_type")
    columns = ", ".join(f"CASE WHEN {seen.text} THEN {key} END AS {key}" for key in keys)
    found = snapshot.rows(
        f"""
        SELECT {", ".join(keys)}, SUM(amount)
        FROM (SELECT {columns}, amount FROM ({pieces.text}) AS pieces) AS told
        GROUP BY {", ".join(keys)}
        HAVING SUM(amount) <> 0
        ORDER BY ABS(SUM(amount)) DESC, {", ".join(keys)}""",
        (*seen.parameters * len(keys), *pieces.parameters),
    )
    rows = list(found)
    parts = spread(units(carried), [units(row[-1]) for row in rows])  # type: ignore[arg-type]
    return tuple(PoolRow(*row, of_units(part)) for row, part in zip(rows, parts, strict=True))  # type: ignore[call-arg, arg-type]


def driver_rows(
    snapshot: Snapshot, scope: Scope, asked: Question, rules: MonthRules, rule: Rule, cost_center: str
) -> pa.Table | None:
    """The cost center's own charges that its driver value is made of: CHARGE_KEYS and `amount`, the largest first.

    None for a rule that goes by no charges. A frozen month keeps no labels, so a driver that looks at some is read from
    the charges as they are now.
    """
    if rule.method is not Method.proportional:
        return None
    metric = rule.driver.metric or asked.metric
    if any(label_dimension(name) for name, _ in rule.driver.conditions):
        text, parameters = driver_sql(rules.version.rules, month_of(asked.month), rule.driver.conditions, cost_center)
    else:
        text, parameters = _stored_driver(asked, metric, rule.driver.conditions, cost_center)
    seen = _may_be_seen(scope, "?")
    bound = (*parameters, *((cost_center, *seen.parameters) if seen.parameters else ()))
    return snapshot.table(
        f"""
        SELECT {CHARGE_KEYS}, {metric} AS amount
        FROM ({text}) AS fitting
        WHERE {seen.text} AND ({metric} IS NULL OR {metric} <> 0)
        ORDER BY ABS({metric}) DESC NULLS LAST, {CHARGE_KEYS}""",
        bound,
    )


def charge_rows(
    snapshot: Snapshot,
    scope: Scope,
    asked: Question,
    cost_center: str,
    service: str | None = None,
    usage_account_id: str | None = None,
) -> pa.Table:
    """The charges of a cost center, of a service or an account of it: CHARGE_KEYS, `rule_id` and `amount`.

    `rule_id` is the rule that takes the charge out again, or ''.
    """
    seen = _may_be_seen(scope, "cost_center")
    narrowed = {"service": service, "usage_account_id": usage_account_id}
    wanted = {column: value for column, value in narrowed.items() if value is not None}
    conditions = " AND ".join([seen.text, *(f"{column} = ?" for column in wanted)])
    return snapshot.table(
        f"""
        SELECT {CHARGE_KEYS}, rule_id, {amount(asked.metric)} AS amount
        FROM {asked.book}_charges
        WHERE billing_month = ? AND cost_center = ? AND {conditions}
        GROUP BY {CHARGE_KEYS}, rule_id
        ORDER BY ABS({amount(asked.metric)}) DESC NULLS LAST, {CHARGE_KEYS}, rule_id""",
        (asked.month, cost_center, *seen.parameters, *wanted.values()),
    )


def _pieces(asked: Question, rule: Rule) -> Sql:
    """Charges and earlier entries that make up the pool, for everybody."""
    charges = f"""
        SELECT cost_center, NULL AS from_rule, {CHARGE_KEYS}, {asked.metric} AS amount
        FROM {asked.book}_charges
        WHERE billing_month = ?"""
    month, metric = asked.month, asked.metric.value
    if rule.source.cost_center is None:
        return Sql(f"{charges} AND rule_id = ?", (month, rule.rule_id))
    source = rule.source.cost_center
    return Sql(
        f"""{charges} AND cost_center = ?
        UNION ALL
        SELECT cost_center, rule_id, NULL, NULL, NULL, amount
        FROM {asked.book}_entries
        WHERE billing_month = ? AND metric = ? AND cost_center = ? AND place < (
            SELECT MIN(place)
            FROM {asked.book}_entries
            WHERE billing_month = ? AND metric = ? AND rule_id = ?
        )""",
        (month, source, month, metric, source, month, metric, rule.rule_id),
    )


def _stored_driver(
    asked: Question, metric: CostMetric, conditions: Conditions, cost_center: str
) -> tuple[str, list[object]]:
    fits = "".join(f" AND {name} IN ({marks(values)})" for name, values in conditions)
    text = f"""
        SELECT {CHARGE_KEYS}, {amount(metric)} AS {metric}
        FROM {asked.book}_charges
        WHERE billing_month = ? AND rule_id = '' AND cost_center = ?{fits}
        GROUP BY {CHARGE_KEYS}"""
    return text, [asked.month, cost_center, *(value for _, values in conditions for value in values)]


def _is_told(snapshot: Snapshot, scope: Scope, asked: Question, rule: Rule) -> bool:
    """Whether somebody may know a rule's pool at all."""
    if scope.statements is None:
        return True
    told = touching(scope, asked)
    rows = snapshot.rows(
        f"SELECT 1 FROM {asked.book}_entries WHERE rule_id = ? AND {told.text} LIMIT 1",
        (rule.rule_id, *told.parameters),
    )
    return any(True for _ in rows)


def _may_be_seen(scope: Scope, column: str) -> Sql:
    if scope.statements is None:
        return Sql("1 = 1")
    if not scope.statements:
        return Sql("1 = 0")
    return Sql(f"{column} IN ({marks(scope.statements)})", tuple(sorted(scope.statements)))
