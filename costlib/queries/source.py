"""Where the answer to a question lies: in the charges, or in a lens for dimensions that the charges do not hold.

Cost Explorer groups by two dimensions at most, so region and usage type are not part of every charge: each is stored
beside one partner dimension, as a lens, and can be asked for with that partner and time only.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

from costlib.access import Scope
from costlib.errors import UnknownName, UsageError
from costlib.periods import Granularity, Period, month_start
from costlib.queries.filters import Filters
from costlib.store.snapshot import Snapshot, StoredLens
from costlib.vocabulary import COST_METRICS, DIMENSIONS, label_dimension

CHARGE_WEEK = "charge_week"
"""The Monday of the charge date; a bucket of charts, not a dimension people name."""

CHARGES_HOLD = frozenset({"charge_date", "usage_account_id", "service", "record_type", "label_set_id"})

_READ_FROM = {
    CHARGE_WEEK: "charge_date",
    "billing_month": "charge_date",
    "usage_account_name": "usage_account_id",
    "charge_category": "record_type",
}
_NEED_DAYS = frozenset({"charge_date", CHARGE_WEEK})


@dataclass(frozen=True)
class Source:
    """A FROM item called `source` with the parameters it binds, and the days each of its rows stands for."""

    from_item: str
    parameters: tuple[object, ...] = ()
    granularity: Granularity = Granularity.daily

    def dates(self, period: Period) -> Period:
        """The charge dates that hold `period`: a monthly row bears its month's first day."""
        if self.granularity is Granularity.daily:
            return period
        return Period(month_start(period.start), period.end)

    def covers(self, period: Period, stored: Period) -> bool:
        """Whether a sum over `period` would be whole: history reaches back to it, and monthly rows are not cut."""
        is_cut = self.granularity is Granularity.monthly and not is_whole_months(period, stored)
        return stored.start <= period.start and not is_cut

    @property
    def moment(self) -> str:
        """The dimension of the finest time that the source can tell apart."""
        return "charge_date" if self.granularity is Granularity.daily else "billing_month"


CHARGES = Source("charges AS source")


def column_read(name: str) -> str:
    """The stored column that a dimension is computed from."""
    return "label_set_id" if label_dimension(name) else _READ_FROM.get(name, name)


def require_known(snapshot: Snapshot, names: Collection[str]) -> None:
    """Raise UnknownName for a dimension or label that this snapshot does not have."""
    known = {*DIMENSIONS, CHARGE_WEEK, *snapshot.labels}
    for name in names:
        if name not in known:
            raise UnknownName("dimension", name, known - {CHARGE_WEEK})


def source_of(snapshot: Snapshot, scope: Scope, filters: Filters, dimensions: Collection[str]) -> Source:
    """The table that holds all that is grouped and filtered by.

    Raises UnknownName, or UsageError naming the lens that holds the dimension when no table holds them together.
    """
    asked = {*dimensions, *(name for name, _ in filters.conditions), *filters.leaves_out}
    require_known(snapshot, asked)
    needed = {column_read(name) for name in asked}
    if needed <= CHARGES_HOLD:
        return CHARGES
    if scope.accounts is not None:
        needed.add("usage_account_id")
    if scope.goes_by_charge:
        needed.add("label_set_id")
    holding = [lens for lens in snapshot.lenses if needed - {"charge_date"} <= set(lens.dimensions)]
    by_month = is_whole_months(filters.period, snapshot.period) and not _NEED_DAYS.intersection(asked)
    fitting = [lens for lens in holding if by_month or lens.granularity is Granularity.daily]
    if not fitting:
        raise _not_held(snapshot, needed, holding)
    return _lens_source(min(fitting, key=lambda lens: lens.granularity is Granularity.monthly))


def holds(snapshot: Snapshot, scope: Scope, filters: Filters, dimensions: Collection[str]) -> bool:
    """Whether one stored table can group by all of `dimensions` within scope and filters."""
    try:
        source_of(snapshot, scope, filters, dimensions)
    except UsageError:
        return False
    return True


def held_by_month(snapshot: Snapshot, scope: Scope, filters: Filters, by: str) -> bool:
    """Whether `by` can be asked for by whole months only. Raises as source_of does."""
    everything = replace(filters, period=snapshot.period)
    return source_of(snapshot, scope, everything, [by]).granularity is Granularity.monthly


def is_whole_months(period: Period, stored: Period) -> bool:
    """Whether `period` cuts no month, the parts that are not stored aside."""
    starts_whole = period.start.day == 1 or period.start <= stored.start
    ends_whole = period.end.day == 1 or period.end >= stored.end
    return starts_whole and ends_whole


def _lens_source(lens: StoredLens) -> Source:
    keys = ", ".join(f"key_{i} AS {DIMENSIONS[name].column}" for i, name in enumerate(lens.dimensions, 1))
    from_item = f"""(
            SELECT charge_date, {keys}, {", ".join(COST_METRICS)}
            FROM lens_charges
            WHERE lens = ?
        ) AS source"""
    return Source(from_item, (lens.name,), lens.granularity)


def _not_held(snapshot: Snapshot, needed: Collection[str], holding: Collection[StoredLens]) -> UsageError:
    missing = sorted(set(needed) - CHARGES_HOLD)
    if holding:
        return UsageError(
            f"{_named(holding).capitalize()} holds {_words(missing)} by whole months only.",
            "Group by billing_month or by no time, and choose a period of whole months.",
        )
    others = [lens for lens in snapshot.lenses if set(missing) & set(lens.dimensions)]
    if others:
        rest = sorted(set(needed) - set(missing) - {"charge_date"})
        return UsageError(
            f"No stored table holds {_words([*missing, *rest])} together; {_named(others)} holds {_words(missing)}.",
            "Group and filter by that lens's dimensions and time only; `lenses` in costlib.toml can add another.",
        )
    return UsageError(
        f"No stored lens holds {_words(missing)}.",
        f'Add one to `lenses` in costlib.toml, for example "service,{missing[0]}:daily", and sync.',
    )


def _words(names: Collection[str]) -> str:
    words = [DIMENSIONS[name].label.lower() if name in DIMENSIONS else "labels" for name in names]
    return " and ".join(filter(None, [", ".join(words[:-1]), words[-1]]))


def _named(lenses: Collection[StoredLens]) -> str:
    return "; ".join(f"the lens {' × '.join(lens.dimensions)} ({lens.granularity})" for lens in lenses)
