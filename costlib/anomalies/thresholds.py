"""When a day differs enough to be worth somebody's time: in dollars, in percent, and against the series' own noise."""

from __future__ import annotations

from dataclasses import dataclass

FLOOR = 30.0
PERCENT = 20.0
NOISE = 4.5


@dataclass(frozen=True)
class Thresholds:
    """A day is an anomaly when it is beyond all three.

    `floor`: units of currency. `percent`: of what was expected. `noise`: robust standard deviations of the series'
    own past errors.
    """

    floor: float = FLOOR
    percent: float = PERCENT
    noise: float = NOISE
