"""What a stretch of forecast days adds up to, with an interval from the errors of such sums."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from costlib.forecast.contest import Contender

FEWEST = 5
"""Past sums over such a stretch, below which the errors of the sum from the first day on stand in: they are wider."""

Bounds = tuple[float, float]


def span_mean(contender: Contender, first: int, last: int) -> float:
    """The expected sum of the days `first` to `last` ahead, counted from 0, both included."""
    return float(contender.path["mean"].iloc[first : last + 1].sum())


def span_bounds(contender: Contender, first: int, last: int, percents: Sequence[float]) -> tuple[Bounds, ...]:
    """The interval of that sum at each level in percent."""
    mean, spread = span_mean(contender, first, last), contender.sum_spread
    scale = _scale(contender, first, last)
    shares = [share for percent in percents for share in (0.5 - percent / 200, 0.5 + percent / 200)]
    ends = np.quantile(spread.shape, shares)
    return tuple(
        (mean + scale * min(float(low), 0.0), mean + scale * max(float(high), 0.0))
        for low, high in zip(ends[::2], ends[1::2], strict=True)
    )


def _scale(contender: Contender, first: int, last: int) -> float:
    through = float(contender.sum_spread.scale[last])
    if first == 0:
        return through
    sums = contender.backtest.errors[:, first : last + 1].sum(axis=1)
    sums = sums[np.isfinite(sums)]
    if len(sums) < FEWEST:
        return through
    return min(through, float(np.sqrt(np.mean(sums**2))) * (1 + 1.5 / len(sums)))
