"""What a day costs when nothing happens: the level of late, the weekday, and the day's place in the billing calendar.

Arrays hold days in rows and series in columns, so that two thousand series are one sweep.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from costlib.anomalies.recurrence import Likeness

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

WEEK = 7
WEEKS = 8
LEVEL_DAYS = 10
RECENT_DAYS = 5
REFERENCE = slice(-34, -6)
"""The days a slow change is measured against, counted from the day before the judged one."""

_YOUNG_DAYS = 75
_MEDIAN_TO_SIGMA = 1.4826


@dataclass(frozen=True)
class Baseline:
    """`level` and `weekday` (of the judged day, then of the six after it), and the past without its weekdays."""

    level: Floats
    weekday: Floats
    past: Floats

    @property
    def expected(self) -> Floats:
        usual: Floats = self.level + self.weekday[0]
        return usual

    def weekend(self, day_of_week: int) -> Floats:
        """What a Saturday or a Sunday would cost, the lower of the two."""
        places = [(5 - day_of_week) % WEEK, (6 - day_of_week) % WEEK]
        lowest: Floats = self.level + self.weekday[places].min(axis=0)
        return lowest


def baseline(clean: Floats) -> Baseline:
    """From the days before the judged one, oldest first; whole weeks back from there, at most eight, at least two."""
    weeks = min(len(clean) // WEEK, WEEKS)
    past = clean[len(clean) - weeks * WEEK :].reshape(weeks, WEEK, -1)
    weekday = median(past - past.mean(axis=1, keepdims=True))
    weekday -= weekday.mean(axis=0)
    level_past = (past - weekday).reshape(weeks * WEEK, -1)
    return Baseline(median(level_past[-LEVEL_DAYS:]), weekday, level_past)


def scale(errors: Floats) -> Floats:
    """Robust standard deviation around zero."""
    return _MEDIAN_TO_SIGMA * median(np.abs(errors))


def usual_extremes(errors: Floats, leaving_out: int) -> tuple[Floats, Floats]:
    """The largest rise and fall that the series had before, the `leaving_out` rarest of each left out."""
    place = min(leaving_out, len(errors) - 1)
    ordered = np.partition(errors, [place, len(errors) - 1 - place], axis=0)
    return ordered[len(errors) - 1 - place], ordered[place]


def calendar_effects(likeness: Likeness, day: int, deviations: Floats, is_structural: bool) -> Floats | None:
    """What the place in the month did to earlier months, None where it says nothing.

    The median of three occurrences, so that two of three decide; the smaller of two that agree; a single one only
    while history is short, or on the first and last days of a month, where fees are expected.
    """
    places = likeness.earlier[day]
    seen = deviations[places[places >= 0]]
    if len(seen) >= 3:
        return median(seen)
    if len(seen) == 2:
        agree = np.sign(seen[0]) == np.sign(seen[1])
        return np.where(agree, np.where(np.abs(seen[0]) < np.abs(seen[1]), seen[0], seen[1]), 0.0)
    if len(seen) == 1 and (day < _YOUNG_DAYS or is_structural):
        return np.array(seen[0])
    return None


def median(values: Floats) -> Floats:
    """Along the first axis; numpy's own is several times slower on short axes."""
    count = len(values)
    ordered = np.sort(values, axis=0)
    middle: Floats = (ordered[(count - 1) // 2] + ordered[count // 2]) / 2
    return middle
