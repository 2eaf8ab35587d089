"""AWS's own total of what a question is about, where AWS gives one: what an export is tied to.

Without filters that is the total of the days, with record types alone those of the (day, record type) cells, with one
label alone those of the (day, value) cells, and from a lens the lens's own. Any other selection has no total of AWS's,
and neither has one whose cells AWS gave none for: a total that was never stated is not 0.
"""

from __future__ import annotations

from decimal import Decimal

from costlib.access import Scope
from costlib.exports.manifest import Tie
from costlib.queries.filters import Filters
from costlib.queries.freshness import ROUNDING
from costlib.queries.source import CHARGES, Source, source_of
from costlib.queries.sql import Sql, amount, left_out, marks, selection
from costlib.store.snapshot import Snapshot
from costlib.vocabulary import UNALLOCATED, CostMetric, label_dimension


def tie(
    snapshot: Snapshot, scope: Scope, filters: Filters, metric: CostMetric, dimensions: tuple[str, ...] = ()
) -> Tie:
    """What is stored of a selection beside AWS's total of it; more than AWS's rounding apart does not tie out."""
    source = source_of(snapshot, scope, filters, dimensions)
    chosen = selection(snapshot, scope, filters, list(dimensions), [metric])
    ((stored, rows),) = snapshot.rows(
        f"SELECT {amount(metric)}, COUNT(*) FROM ({chosen.sql.text}) AS selected", chosen.sql.parameters
    )
    found = _control(source, filters) if scope.accounts is None else None
    if found is None:
        return Tie(_decimal(stored), None, None)
    ((control, cells),) = snapshot.rows(
        f"SELECT {amount(metric)}, COUNT(*) FROM ({found.text}) AS totals", found.parameters
    )
    if rows and not cells:
        return Tie(_decimal(stored), None, None)
    if not isinstance(stored, Decimal) or not isinstance(control, Decimal):
        return Tie(_decimal(stored), _decimal(control), None)
    allowed = ROUNDING * (int(str(rows)) + int(str(cells)))
    return Tie(stored, control, abs(stored - control) <= allowed)


def _control(source: Source, filters: Filters) -> Sql | None:
    """A SELECT of AWS's own totals, or None where AWS has none."""
    days = source.dates(filters.period)
    between, span = "charge_date >= ? AND charge_date < ?", (days.start, days.end)
    if source is not CHARGES:
        if filters.conditions or list(filters.leaves_out):
            return None
        return Sql(f"SELECT * FROM lens_totals WHERE lens = ? AND {between}", (*source.parameters, *span))
    conditions = dict(filters.conditions)
    if not filters.include_support or len(conditions) != len(filters.conditions):
        return None
    if not conditions and not list(filters.leaves_out):
        return Sql(f"SELECT * FROM daily_totals WHERE {between}", span)
    if set(conditions) <= {"record_type"}:
        kept = conditions.get("record_type")
        only = [Sql(f"record_type IN ({marks(kept)})", kept)] if kept else []
        where = [*only, *left_out(filters, "control_totals")]
        text = "".join(f" AND {condition.text}" for condition in where)
        parameters = (*span, *(p for condition in where for p in condition.parameters))
        return Sql(f"SELECT * FROM control_totals WHERE {between}{text}", parameters)
    (label, *others) = conditions
    if others or not label_dimension(label) or list(filters.leaves_out):
        return None
    values = tuple("" if value == UNALLOCATED else value for value in conditions[label])
    return Sql(
        f"SELECT * FROM label_totals WHERE label = ? AND {between} AND value IN ({marks(values)})",
        (label, *span, *values),
    )


def _decimal(value: object) -> Decimal | None:
    return value if isinstance(value, Decimal) else None
