"""Which earlier days a day is like in the billing calendar.

Fees come on day 1, support on day 6 or 7, batches on the last day or the third business day. Weekly models see none
of that; these places in the month do.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Places = NDArray[np.intp]

OCCURRENCES = 3
"""How many earlier months are looked at."""


@dataclass(frozen=True)
class Likeness:
    """One way to be alike. `earlier[t]`: the last days with the same place in the month, newest first, -1 for none."""

    label: str
    earlier: Places


def likenesses(days: pd.DatetimeIndex) -> tuple[Likeness, ...]:
    """By day of month, days to the month's end, and business days from either end."""
    day, left = days.day.to_numpy(), (days.days_in_month - days.day).to_numpy()
    from_start, from_end = _business_days(days)
    return (
        Likeness("day of the month", _earlier(day)),
        Likeness("days before the month's end", _earlier(np.where(left <= 4, left, -1))),
        Likeness("business day of the month", _earlier(np.where(from_start <= 7, from_start, -1))),
        Likeness("business days before the month's end", _earlier(np.where(from_end <= 4, from_end, -1))),
    )


def _business_days(days: pd.DatetimeIndex) -> tuple[Places, Places]:
    """Each day's number among its month's business days from the start and from the end; -1 on weekends."""
    day = days.values.astype("datetime64[D]")
    month = day.astype("datetime64[M]")
    first, after = month.astype("datetime64[D]"), (month + 1).astype("datetime64[D]")
    is_business = np.is_busday(day)
    from_start = np.where(is_business, np.busday_count(first, day) + 1, -1)
    from_end = np.where(is_business, np.busday_count(day, after), -1)
    return from_start, from_end


def _earlier(place: Places) -> Places:
    """For each day the last days with the same place, newest first."""
    found = np.full((len(place), OCCURRENCES), -1, dtype=np.intp)
    seen: dict[int, list[int]] = {}
    for t, p in enumerate(place.tolist()):
        if p >= 0:
            days = seen.setdefault(p, [])
            found[t, : min(len(days), OCCURRENCES)] = days[: -OCCURRENCES - 1 : -1]
            days.append(t)
    return found
