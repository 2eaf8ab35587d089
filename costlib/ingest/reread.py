"""When unchanged totals are read again all the same: their make-up can move underneath them."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TypeVar

from costlib.periods import add_months, month_start

Cell = TypeVar("Cell", bound=Hashable)


@dataclass(frozen=True)
class RereadRule:
    """The current and the previous month every `deep_days`, everything every `full_days`, `everything` now if told."""

    now: datetime
    deep_days: int
    full_days: int
    everything: bool = False

    def due(self, read_at: Mapping[Cell, datetime], day_of: Mapping[Cell, date]) -> set[Cell]:
        """The cells to read again. They come due together, as one batch of few requests, when the oldest is due.

        What this very run (or one killed shortly before) has read is left out.
        """
        if self.everything:
            return set(read_at)
        recent_from = add_months(month_start(self.now.date()), -1)
        recent = {c: at for c, at in read_at.items() if day_of[c] >= recent_from}
        return self._batch(recent, self.deep_days) | self._batch(read_at, self.full_days)

    def _batch(self, read_at: Mapping[Cell, datetime], days: int) -> set[Cell]:
        if not read_at or self.now - min(read_at.values()) < timedelta(days=days):
            return set()
        return {c for c, at in read_at.items() if self.now - at >= timedelta(days=min(days, 1))}
