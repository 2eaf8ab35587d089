"""Savings Plans and reservations: what was committed to, what of it was used, and how much use it covered.

The figures are the payer's, whoever owns or uses a commitment, so somebody who sees only some accounts gets none.
Dollars of both kinds add up; coverage does not: that of Savings Plans is of dollars, that of reservations of hours.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from costlib.access import Scope
from costlib.errors import UsageError
from costlib.periods import DAY, Period
from costlib.queries.filters import Filters
from costlib.queries.sql import BUCKETS, amount, marks, time_of
from costlib.store.snapshot import Snapshot
from costlib.vocabulary import CommitmentKind

if TYPE_CHECKING:
    import pyarrow as pa

UTILIZATION, COVERAGE = "commitment_utilization", "commitment_coverage"
OPERATIONS = "ce:GetSavingsPlans%", "ce:GetReservation%"
RECORD_TYPES = tuple(name for kind in CommitmentKind for name in (kind.used_in, kind.unused_in))


@dataclass(frozen=True)
class Holding:
    """What there is to show: `kinds` occur in the charges, `days` are told about, `missing_rights` are IAM actions.

    `is_shared`: an account uses what another one owns. `without_rows` are the kinds of which AWS told nothing.
    """

    kinds: tuple[CommitmentKind, ...]
    without_rows: tuple[CommitmentKind, ...]
    days: Period | None
    missing_rights: tuple[str, ...]
    is_shared: bool


@dataclass(frozen=True)
class Totals:
    """One kind of commitment over a period. Dollars; `covered` of `coverable` dollars or hours.

    None where AWS did not tell; ratios are None where there is nothing to divide by, too.
    """

    kind: CommitmentKind
    total: Decimal | None
    used: Decimal | None
    unused: Decimal | None
    net_savings: Decimal | None
    covered: Decimal | None
    coverable: Decimal | None
    utilization: float | None
    coverage: float | None


def require_every_account(scope: Scope) -> None:
    """Raise UsageError for somebody who sees only some accounts."""
    if scope.accounts is not None:
        raise UsageError(
            "Commitments are the payer's: AWS tells their use for all accounts together; your view holds only some.",
            "Ask someone who may see every account.",
        )


def holding(snapshot: Snapshot, scope: Scope) -> Holding:
    """What this snapshot knows about commitments. Raises UsageError for a narrower scope."""
    require_every_account(scope)
    names = marks(RECORD_TYPES)
    charged = {
        n
        for (n,) in snapshot.rows(
            f"SELECT DISTINCT record_type FROM charges WHERE record_type IN ({names})", RECORD_TYPES
        )
    }
    told = {str(kind) for (kind,) in snapshot.rows(f"SELECT DISTINCT kind FROM {UTILIZATION}")}
    ((first, last),) = snapshot.rows(f"SELECT MIN(charge_date), MAX(charge_date) FROM {UTILIZATION}")
    missing = snapshot.rows(
        "SELECT action FROM missing_rights WHERE action LIKE ? OR action LIKE ? ORDER BY action", OPERATIONS
    )
    kinds = tuple(kind for kind in CommitmentKind if charged & {kind.used_in, kind.unused_in})
    return Holding(
        kinds=kinds,
        without_rows=tuple(kind for kind in kinds if kind not in told),
        days=Period(first, last + DAY) if isinstance(first, date) and isinstance(last, date) else None,
        missing_rights=tuple(str(action) for (action,) in missing),
        is_shared=_is_shared(snapshot),
    )


def over_time(snapshot: Snapshot, scope: Scope, filters: Filters) -> pa.Table:
    """`period_start, kind, total, used, unused, net_savings, covered, coverable, utilization, coverage, is_estimated`.

    Of the filters, the period and the granularity count. A NULL amount is one that AWS did not tell for each day.
    """
    require_every_account(scope)
    start = time_of(BUCKETS[filters.granularity], "charge_date")
    text, parameters = _figures({"period_start": start, "kind": "kind"}, filters.period)
    estimated = f"""
        SELECT {start} AS period_start, MAX(CASE WHEN is_estimated THEN 1 ELSE 0 END) AS flag
        FROM daily_totals
        WHERE charge_date >= ? AND charge_date < ?
        GROUP BY {start}"""
    days = (filters.period.start, filters.period.end)
    return snapshot.table(
        f"""
        SELECT figures.*, COALESCE(estimated.flag, 0) = 1 AS is_estimated
        FROM ({text}) AS figures
        LEFT JOIN ({estimated}) AS estimated ON estimated.period_start = figures.period_start
        ORDER BY figures.period_start, figures.kind DESC""",
        (*parameters, *days),
    )


def totals(snapshot: Snapshot, scope: Scope, filters: Filters) -> tuple[Totals, ...]:
    """Each kind over the filters' period."""
    require_every_account(scope)
    text, parameters = _figures({"kind": "kind"}, filters.period)
    rows = snapshot.rows(f"SELECT * FROM ({text}) AS figures ORDER BY kind DESC", parameters)
    return tuple(Totals(CommitmentKind(str(kind)), *figures) for kind, *figures in rows)  # type: ignore[arg-type]


def by_service(snapshot: Snapshot, scope: Scope, filters: Filters) -> pa.Table:
    """Reservations by service: `service` and the figures of `over_time`, the largest commitment first."""
    require_every_account(scope)
    text, parameters = _figures({"kind": "kind", "service": "service"}, filters.period)
    return snapshot.table(
        f"SELECT * FROM ({text}) AS figures WHERE kind = ? ORDER BY total DESC NULLS LAST, service",
        (*parameters, CommitmentKind.reservation.value),
    )


def _figures(keys: Mapping[str, str], period: Period) -> tuple[str, tuple[object, ...]]:
    """Sums by `keys` (alias → SQL over the days) of both tables, side by side."""
    named = ", ".join(f"{expression} AS {alias}" for alias, expression in keys.items())
    grouped = ", ".join(keys.values())
    on = " AND ".join(f"theirs.{alias} = ours.{alias}" for alias in keys)
    either = ", ".join(f"COALESCE(ours.{alias}, theirs.{alias}) AS {alias}" for alias in keys)
    text = f"""
        SELECT {either}, ours.total, ours.used, ours.unused, ours.net_savings, theirs.covered, theirs.coverable,
               CAST(ours.used AS DOUBLE) / NULLIF(CAST(ours.total AS DOUBLE), 0) AS utilization,
               CAST(theirs.covered AS DOUBLE) / NULLIF(CAST(theirs.coverable AS DOUBLE), 0) AS coverage
        FROM (
            SELECT {named}, {amount("total_commitment")} AS total, {amount("used_commitment")} AS used,
                   {amount("unused_commitment")} AS unused, {amount("net_savings")} AS net_savings
            FROM {UTILIZATION}
            WHERE charge_date >= ? AND charge_date < ?
            GROUP BY {grouped}
        ) AS ours
        FULL JOIN (
            SELECT {named}, {amount("covered")} AS covered, {amount("coverable")} AS coverable
            FROM (
                SELECT kind, service, charge_date,
                       CASE WHEN kind = ? THEN covered_spend ELSE covered_hours END AS covered,
                       CASE WHEN kind = ? THEN total_spend ELSE total_hours END AS coverable
                FROM {COVERAGE}
                WHERE charge_date >= ? AND charge_date < ?
            ) AS measured
            GROUP BY {grouped}
        ) AS theirs ON {on}"""
    plan, days = CommitmentKind.savings_plan.value, (period.start, period.end)
    return text, (*days, plan, plan, *days)


def _is_shared(snapshot: Snapshot) -> bool:
    """Whether some account has covered use and none of the fee rows of its kind."""
    text = """
        SELECT COUNT(*)
        FROM (SELECT DISTINCT usage_account_id FROM charges WHERE record_type = ?) AS users
        LEFT JOIN (SELECT DISTINCT usage_account_id FROM charges WHERE record_type = ?) AS owners
            ON owners.usage_account_id = users.usage_account_id
        WHERE owners.usage_account_id IS NULL"""
    counted = [snapshot.rows(text, (kind.used_in, kind.unused_in)) for kind in CommitmentKind]
    return any(count for rows in counted for (count,) in rows)
