"""The days that a forecast learns from: what a selection cost day by day, as SQL has it and as the models take it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from costlib.access import Scope
from costlib.errors import UsageError
from costlib.money import total
from costlib.periods import DAY, Period
from costlib.queries.filters import Filters
from costlib.queries.sql import amount, selection
from costlib.store.snapshot import Snapshot

if TYPE_CHECKING:
    import pandas as pd

Days = Mapping[date, Decimal]


@dataclass(frozen=True)
class Daily:
    """Exact amounts of the days with charges; `known` are the complete days, and later days are still arriving."""

    known: Period
    arriving: tuple[date, ...]
    amounts: Days

    def sum(self, period: Period) -> Decimal | None:
        """Of the complete days in `period`; None when it begins before the stored history."""
        if period.start < self.known.start:
            return None
        inside = period.clip(self.known)
        return total(self.amounts.get(day, Decimal(0)) for day in inside) if inside else Decimal(0)

    def series(self) -> pd.Series[float]:
        """The complete days without gaps, as the models take them."""
        return series_of(self.amounts, self.known)


def series_of(amounts: Days, known: Period) -> pd.Series[float]:
    """A day without charges is zero."""
    import pandas as pd

    values = [float(amounts.get(day, 0)) for day in known]
    return pd.Series(values, index=pd.date_range(known.start, periods=known.days, freq="D"), dtype=float)


def known_days(snapshot: Snapshot) -> Period:
    """The stored days that are complete."""
    stored = snapshot.period
    return Period(stored.start, max(min(snapshot.complete_through, stored.last_day), stored.start) + DAY)


def daily(snapshot: Snapshot, scope: Scope, filters: Filters) -> Daily:
    """What `filters` keep, over all stored days. Raises UsageError where the metric is not available."""
    (found,) = daily_by(snapshot, scope, filters, None).values() or (_nothing(snapshot),)
    return found


def daily_by(snapshot: Snapshot, scope: Scope, filters: Filters, by: str | None) -> dict[str, Daily]:
    """The same for each value of a dimension; '' is everything when `by` is None."""
    asked = replace(filters, period=snapshot.period)
    chosen = selection(snapshot, scope, asked, ["charge_date", *([by] if by else [])], [filters.metric])
    key = "dimension_2" if by else "''"
    text = f"""
        SELECT {key} AS key, dimension_1, {amount(filters.metric)}
        FROM ({chosen.sql.text}) AS selected
        GROUP BY {key}, dimension_1"""
    found: dict[str, dict[date, Decimal]] = {}
    for name, day, cost in snapshot.rows(text, chosen.sql.parameters):
        if not isinstance(cost, Decimal) or not isinstance(day, date):
            raise UsageError(
                f"{filters.metric.label} cost is not available on {day}.", "Choose another cost view to forecast."
            )
        found.setdefault(str(name), {})[day] = cost
    return {name: replace(_nothing(snapshot), amounts=days) for name, days in found.items()}


def _nothing(snapshot: Snapshot) -> Daily:
    known = known_days(snapshot)
    return Daily(known, tuple(day for day in snapshot.period if day >= known.end), {})
