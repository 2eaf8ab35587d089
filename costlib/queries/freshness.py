"""How far the data can be trusted: what was read when, whether it adds up to AWS's totals, what AWS changed since."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from costlib.access import Scope
from costlib.errors import UsageError
from costlib.money import total
from costlib.periods import Period, month_of
from costlib.queries.scoping import account_conditions
from costlib.queries.sql import Sql, amount, marks
from costlib.store.snapshot import Snapshot
from costlib.vocabulary import COST_METRICS, CostMetric

if TYPE_CHECKING:
    import pyarrow as pa

ROUNDING = Decimal("0.00000000005")
"""Half a unit in AWS's tenth decimal. Rounding alone moves n rows and their total apart by at most n + 1 of these."""


_RUNS = """
        SELECT run_id, started_at, ended_at, state, COALESCE(requests, 0) AS requests,
               COALESCE(request_cost_usd, 0) AS request_cost_usd, COALESCE(windows, 0) AS windows,
               COALESCE(row_count, 0) AS row_count, COALESCE(restatements, 0) AS restatements,
               COALESCE(message, '') AS message
        FROM runs
        ORDER BY started_at DESC, run_id DESC
        LIMIT ?"""


@dataclass(frozen=True)
class TieOut:
    """Stored charges against AWS's own totals. `differing_days` are those that rounding cannot explain.

    `stored`, `control` and `difference` are exact sums over `days`; None where a day or the metric is missing on
    either side. `absolute_difference` does not let days cancel each other out. Whoever sees a part of the charges
    (`is_told` is False) learns whether days differ, and no amount.
    """

    days: int
    differing_days: int
    rounding_days: int
    stored: Decimal | None
    control: Decimal | None
    difference: Decimal | None
    absolute_difference: Decimal | None
    first_differing_day: date | None
    is_told: bool = True

    @property
    def ties_out(self) -> bool:
        return self.differing_days == 0


@dataclass(frozen=True)
class RequestCost:
    """What Cost Explorer was asked, and what that cost."""

    requests: int
    usd: Decimal


@dataclass(frozen=True)
class Run:
    """One sync; `ended_at` is None while it ran when the snapshot was made. Times are UTC."""

    run_id: str
    started_at: datetime
    ended_at: datetime | None
    state: str
    requests: int
    request_cost_usd: Decimal
    windows: int
    row_count: int
    restatements: int
    message: str


def last_runs(snapshot: Snapshot, limit: int = 5) -> tuple[Run, ...]:
    """`runs` as objects, without loading Arrow: for the command line."""
    return tuple(Run(*row) for row in snapshot.rows(_RUNS, (limit,)))  # type: ignore[arg-type]


def runs(snapshot: Snapshot, limit: int = 50) -> pa.Table:
    """The last syncs, newest first: `run_id, started_at, ended_at, state, requests, request_cost_usd, windows,
    row_count, restatements, message`."""
    return snapshot.table(_RUNS, (limit,))


def tie_out(
    snapshot: Snapshot, scope: Scope, metric: CostMetric = CostMetric.unblended_cost, period: Period | None = None
) -> pa.Table:
    """`charge_date, stored, control, difference, is_estimated, differs` for each stored day.

    `differs`: by more than AWS's rounding. AWS's totals are of everything, so a narrower scope is a UsageError.
    """
    if scope.accounts is not None:
        raise UsageError(
            "AWS's own totals are of all accounts together; your view holds only some of them.",
            "Ask someone who may see every account for the tie-out by day.",
        )
    sql = _days(metric, period or snapshot.period)
    return snapshot.table(sql.text, sql.parameters)


def tie_out_summary(
    snapshot: Snapshot, scope: Scope, period: Period | None = None, metric: CostMetric = CostMetric.unblended_cost
) -> TieOut:
    """Whether all that is stored of `period` (default: everything) adds up; what it adds up to is the whole
    organization's, so only whoever sees every account is told."""
    sql = _days(metric, period or snapshot.period)
    stored, controls, differences, rounding = [], [], [], 0
    differing: list[date] = []
    for day, ours, theirs, gap, _, differs in snapshot.rows(sql.text, sql.parameters):
        stored.append(_decimal(ours))
        controls.append(_decimal(theirs))
        differences.append(_decimal(gap))
        rounding += not differs and bool(gap)
        if differs and isinstance(day, date):
            differing.append(day)
    found = TieOut(
        days=len(stored),
        differing_days=len(differing),
        rounding_days=rounding,
        stored=total(stored),
        control=total(controls),
        difference=total(differences),
        absolute_difference=total(gap if gap is None else abs(gap) for gap in differences),
        first_differing_day=min(differing, default=None),
    )
    return found if scope.accounts is None else _untold(found)


def _untold(found: TieOut) -> TieOut:
    return replace(found, stored=None, control=None, difference=None, absolute_difference=None, is_told=False)


def restatements(
    snapshot: Snapshot,
    scope: Scope,
    limit: int = 500,
    metric: CostMetric = CostMetric.unblended_cost,
    *,
    charge_date: date | None = None,
    accounts: Sequence[str] = (),
    services: Sequence[str] = (),
) -> pa.Table:
    """What AWS changed after we had read it: settled days first, then the newest, then the largest.

    Columns `restated_at, charge_date, usage_account_id, usage_account_name, service, record_type, was_estimated, kind,
    old, new, difference`. `kind` is 'changed', 'new' (old is NULL) or 'vanished' (new is NULL); a missing side counts
    as 0 in `difference`, which is NULL where a changed row lacks the metric. A day, accounts (ids) and services
    narrow it; none keep all. Restatements have no labels: of somebody's cost centers and labels none is listed.
    """
    kept = (
        ("charge_date", [charge_date] if charge_date else ()),
        ("usage_account_id", accounts),
        ("service", services),
    )
    seen = [
        *account_conditions(scope, "r.usage_account_id"),
        *(Sql(f"r.{column} IN ({marks(values)})", tuple(values)) for column, values in kept if values),
    ]
    no_old, no_new = (" AND ".join(f"r.{age}_{m} IS NULL" for m in COST_METRICS) for age in ("old", "new"))
    text = f"""
        SELECT restated_at, charge_date, usage_account_id, usage_account_name, service, record_type, was_estimated,
               kind, old, new,
               CASE kind WHEN 'new' THEN new WHEN 'vanished' THEN -old ELSE new - old END AS difference
        FROM (
            SELECT r.restated_at, r.charge_date, r.usage_account_id,
                   COALESCE(NULLIF(accounts.usage_account_name, ''), r.usage_account_id) AS usage_account_name,
                   r.service, r.record_type, r.was_estimated, r.old_{metric} AS old, r.new_{metric} AS new,
                   CASE WHEN {no_old} THEN 'new' WHEN {no_new} THEN 'vanished' ELSE 'changed' END AS kind
            FROM restatements AS r
            LEFT JOIN accounts ON accounts.usage_account_id = r.usage_account_id
            WHERE r.old_{metric} IS DISTINCT FROM r.new_{metric}{"".join(f" AND {c.text}" for c in seen)}
        ) AS changed
        ORDER BY was_estimated, restated_at DESC, ABS(difference) DESC NULLS LAST, charge_date, usage_account_id,
                 service, record_type
        LIMIT ?"""
    return snapshot.table(text, (*(p for c in seen for p in c.parameters), limit))


def requests_by_day(snapshot: Snapshot, period: Period | None = None) -> pa.Table:
    """`requested_on, requests, cost_usd` for each UTC day on which AWS was asked; default: the whole ledger."""
    between = "\n        WHERE requested_at >= ? AND requested_at < ?" if period else ""
    return snapshot.table(
        f"""
        SELECT CAST(requested_at AS DATE) AS requested_on, COUNT(*) AS requests, SUM(cost_usd) AS cost_usd
        FROM requests{between}
        GROUP BY CAST(requested_at AS DATE)
        ORDER BY requested_on""",
        (period.start, period.end) if period else (),
    )


def requests_this_month(snapshot: Snapshot) -> RequestCost:
    """Requests and dollars in the UTC month of the snapshot's `as_of`."""
    month = month_of(snapshot.as_of.date())
    ((count, usd),) = snapshot.rows(
        """
        SELECT COUNT(*), COALESCE(SUM(cost_usd), 0)
        FROM requests
        WHERE requested_at >= ? AND requested_at < ?""",
        (month.start, month.end),
    )
    return RequestCost(int(str(count)), Decimal(str(usd)))


def missing_rights(snapshot: Snapshot) -> pa.Table:
    """`action, feature, noticed_at`: the optional IAM actions that the role lacks, and what each would bring."""
    return snapshot.table("SELECT action, feature, noticed_at FROM missing_rights ORDER BY action")


def _days(metric: CostMetric, period: Period) -> Sql:
    between = "charge_date >= ? AND charge_date < ?"
    text = f"""
        SELECT charge_date, stored, control, stored - control AS difference, is_estimated,
               CASE WHEN stored IS NULL AND control IS NULL THEN FALSE
                    ELSE COALESCE(ABS(stored - control) > {ROUNDING:f} * (row_count + 1), TRUE) END AS differs
        FROM (
            SELECT COALESCE(ours.charge_date, theirs.charge_date) AS charge_date,
                   CASE WHEN ours.charge_date IS NULL AND theirs.{metric} IS NOT NULL THEN 0
                        ELSE ours.stored END AS stored,
                   theirs.{metric} AS control, theirs.is_estimated, COALESCE(ours.row_count, 0) AS row_count
            FROM (
                SELECT charge_date, {amount(metric)} AS stored, COUNT(*) AS row_count
                FROM charges
                WHERE {between}
                GROUP BY charge_date
            ) AS ours
            FULL JOIN (
                SELECT charge_date, {metric}, is_estimated
                FROM daily_totals
                WHERE {between}
            ) AS theirs ON theirs.charge_date = ours.charge_date
        ) AS days
        ORDER BY charge_date"""
    return Sql(text, (period.start, period.end) * 2)


def _decimal(value: object) -> Decimal | None:
    return value if isinstance(value, Decimal) else None
