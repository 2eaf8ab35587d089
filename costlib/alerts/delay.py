"""Whether the data is too old to speak of: then people are told that, instead of figures that look like today's."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from costlib.wording import ago, moment, weekday


@dataclass(frozen=True)
class Patience:
    """How old data may be: hours since it was read, and days from its last complete day to today."""

    hours: float
    days: int


@dataclass(frozen=True)
class DataState:
    """What is held: when it was read (UTC), and its last complete day."""

    snapshot_id: str
    as_of: datetime
    last_complete_day: date

    def delay(self, now: datetime, patience: Patience) -> str | None:
        """A sentence that says how the data is delayed; None while it is not."""
        if now - self.as_of > timedelta(hours=patience.hours):
            return f"The data was last read from AWS {ago(self.as_of, now)} ({moment(self.as_of)})."
        if (now.date() - self.last_complete_day).days > patience.days:
            return f"AWS has finished no day after {weekday(self.last_complete_day)}, although the data was read since."
        return None
