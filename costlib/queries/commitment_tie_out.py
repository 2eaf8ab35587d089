"""Whether AWS's two accounts of a commitment agree: its utilization, and the amortized charges.

Used parts meet on the same day. So do the unused parts of Savings Plans. The unused part of a reservation is charged on
the first of its month, for the whole month, so it can only be compared once the month is over and told to its end.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from costlib.access import Scope
from costlib.periods import DAY, Period, month_start, months_in
from costlib.queries.commitments import RECORD_TYPES, UTILIZATION, require_every_account
from costlib.queries.freshness import ROUNDING
from costlib.queries.sql import amount, amount_when, marks, time_of
from costlib.store.snapshot import Snapshot
from costlib.vocabulary import CommitmentKind

if TYPE_CHECKING:
    import pyarrow as pa

_PLAN, _RESERVATION = CommitmentKind.savings_plan, CommitmentKind.reservation


def reconciliation(snapshot: Snapshot, scope: Scope, period: Period) -> pa.Table:
    """The months that `period` touches, whole, by kind and service, the newest first.

    Columns `billing_month, kind, service, days, total, used, amortized_used, used_difference, unused,
    amortized_unused, unused_difference, differs`. `days` are those told about. What cannot be compared is NULL;
    `differs`: by more than rounding.
    """
    require_every_account(scope)
    months = months_in(period)
    days = Period(months[0].start, months[-1].end)
    over_before = month_start(snapshot.as_of.date() - DAY)
    month = time_of("billing_month", "charge_date")
    within = f"{ROUNDING:f} * (charge_rows + days + 1)"
    text = f"""
        SELECT billing_month, kind, service, days, total, used, amortized_used, used_difference, unused,
               amortized_unused, unused_difference,
               COALESCE(ABS(used_difference) > {within}, FALSE)
                   OR COALESCE(ABS(unused_difference) > {within}, FALSE) AS differs
        FROM (
            SELECT billing_month, kind, service, days, charge_rows, total, used, amortized_used, unused,
                   amortized_unused, used - amortized_used AS used_difference,
                   unused - amortized_unused AS unused_difference
            FROM (
                SELECT {month} AS billing_month, kind, service, CAST(SUM(is_told) AS INTEGER) AS days,
                       CAST(SUM(charge_rows) AS INTEGER) AS charge_rows,
                       {amount_when("is_told", "total_commitment")} AS total,
                       {amount_when("is_told", "used_commitment")} AS used,
                       {amount_when("is_told", "unused_commitment")} AS unused,
                       {amount_when("is_told", "charged_used")} AS amortized_used,
                       CASE WHEN kind = ? THEN {amount_when("is_told", "charged_unused")}
                            WHEN SUM(is_told) = COUNT(*) AND {month} < ? THEN {amount("charged_unused")}
                            END AS amortized_unused
                FROM ({_days()}) AS days
                GROUP BY {month}, kind, service
            ) AS monthly
            WHERE days > 0
        ) AS compared
        ORDER BY billing_month DESC, kind DESC, service"""
    told, charged = (days.start, days.end), (days.start, days.end, *RECORD_TYPES)
    return snapshot.table(text, (_PLAN.value, over_before, *told, *_charged_values(), *charged))


def _days() -> str:
    """Each day of a commitment, told or charged; a day without charges was charged 0."""
    keys = ("kind", "service", "charge_date")
    either = ", ".join(f"COALESCE(told.{key}, charged.{key}) AS {key}" for key in keys)
    on = " AND ".join(f"charged.{key} = told.{key}" for key in keys)
    return f"""
        SELECT {either}, told.total_commitment, told.used_commitment, told.unused_commitment,
               CASE WHEN told.charge_date IS NULL THEN 0 ELSE 1 END AS is_told,
               COALESCE(charged.charge_rows, 0) AS charge_rows,
               CASE WHEN charged.charge_date IS NULL THEN 0 ELSE charged.charged_used END AS charged_used,
               CASE WHEN charged.charge_date IS NULL THEN 0 ELSE charged.charged_unused END AS charged_unused
        FROM (
            SELECT kind, service, charge_date, total_commitment, used_commitment, unused_commitment
            FROM {UTILIZATION}
            WHERE charge_date >= ? AND charge_date < ?
        ) AS told
        FULL JOIN (
            SELECT kind, service, charge_date, COUNT(*) AS charge_rows,
                   {amount_when("is_used", "amortized_cost")} AS charged_used,
                   {amount_when("is_unused", "amortized_cost")} AS charged_unused
            FROM (
                SELECT CASE WHEN record_type IN (?, ?) THEN ? ELSE ? END AS kind,
                       CASE WHEN record_type IN (?, ?) THEN '' ELSE service END AS service,
                       charge_date, amortized_cost,
                       CASE WHEN record_type IN (?, ?) THEN 1 ELSE 0 END AS is_used,
                       CASE WHEN record_type IN (?, ?) THEN 1 ELSE 0 END AS is_unused
                FROM charges
                WHERE charge_date >= ? AND charge_date < ? AND record_type IN ({marks(RECORD_TYPES)})
            ) AS flagged
            GROUP BY kind, service, charge_date
        ) AS charged ON {on}"""


def _charged_values() -> tuple[str, ...]:
    plans = (_PLAN.used_in, _PLAN.unused_in)
    used, unused = (_PLAN.used_in, _RESERVATION.used_in), (_PLAN.unused_in, _RESERVATION.unused_in)
    return (*plans, _PLAN.value, _RESERVATION.value, *plans, *used, *unused)
