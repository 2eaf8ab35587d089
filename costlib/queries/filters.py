"""What a person narrowed a question down to."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from costlib.errors import UnknownName, UsageError
from costlib.periods import Granularity, Period
from costlib.store.snapshot import Snapshot
from costlib.vocabulary import CostMetric

Values = tuple[str, ...]

LEFT_OUT = ("tax", "credits", "refunds", "support")
"""What the include-switches can leave out."""


@dataclass(frozen=True)
class Filters:
    """The days, the metric, and the values to keep; an empty tuple keeps everything.

    Values of one dimension widen the selection, dimensions narrow it. `accounts` are ids. In `labels` and `where`
    each item is (dimension, values); a label's '' and 'Unallocated' both mean "has no value".
    """

    period: Period
    granularity: Granularity = Granularity.daily
    metric: CostMetric = CostMetric.unblended_cost
    accounts: Values = ()
    services: Values = ()
    record_types: Values = ()
    labels: tuple[tuple[str, Values], ...] = ()
    where: tuple[tuple[str, Values], ...] = ()
    include_tax: bool = True
    include_credits: bool = True
    include_refunds: bool = True
    include_support: bool = True

    @property
    def conditions(self) -> tuple[tuple[str, Values], ...]:
        """Every (dimension, values) that narrows the selection, whichever field it came from."""
        named = (("usage_account_id", self.accounts), ("service", self.services), ("record_type", self.record_types))
        return tuple((name, values) for name, values in (*named, *self.labels, *self.where) if values)

    @property
    def left_out(self) -> Values:
        """The include-switches that are off, in words."""
        included = (self.include_tax, self.include_credits, self.include_refunds, self.include_support)
        return tuple(kind for kind, is_in in zip(LEFT_OUT, included, strict=True) if not is_in)

    def without(self, kinds: Iterable[str]) -> Filters:
        """The same with these include-switches off; UnknownName for a word that is none."""
        gone = set(kinds)
        for kind in sorted(gone - set(LEFT_OUT)):
            raise UnknownName("kind of charge to leave out", kind, LEFT_OUT)
        return replace(
            self,
            include_tax=self.include_tax and "tax" not in gone,
            include_credits=self.include_credits and "credits" not in gone,
            include_refunds=self.include_refunds and "refunds" not in gone,
            include_support=self.include_support and "support" not in gone,
        )

    @property
    def leaves_out(self) -> Iterable[str]:
        """The columns that the include-switches look at, where one is off."""
        if not (self.include_tax and self.include_credits and self.include_refunds and self.include_support):
            yield "record_type"
        if not self.include_support:
            yield "service"


def require_stored(snapshot: Snapshot, period: Period) -> None:
    """Raise UsageError when not one day of `period` is stored; it says which days are."""
    if period.clip(snapshot.period) is None:
        raise UsageError(
            f"Nothing is stored for {period}.",
            f"Stored are the days {snapshot.period}: ask for some of them, or sync again.",
        )
