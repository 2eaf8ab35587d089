"""What was known at each origin, as one array: origins × days back to a year, the newest day last."""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from costlib.forecast.series import WEEK, Floats, History, Ints

WEEKS = 53
LENGTH = WEEKS * WEEK
TO_SIGMA = 1.4826
"""A median absolute deviation times this is the standard deviation of normal noise."""


def windows(history: History, origins: Ints) -> Floats:
    """(origins, LENGTH): NaN before the history and on days that are not learned from."""
    values = np.where(history.ignored, np.nan, history.values)
    padded = np.concatenate([np.full(LENGTH, np.nan), values])
    found: Floats = sliding_window_view(padded, LENGTH)[origins]
    return found


def median(values: Floats, axis: int = -1) -> Floats:
    """The median of what is not NaN, NaN where there is nothing; many times faster than numpy's nanmedian."""
    ordered = np.sort(values, axis=axis)
    count = np.isfinite(ordered).sum(axis=axis, keepdims=True)
    low = np.take_along_axis(ordered, np.maximum((count - 1) // 2, 0), axis)
    high = np.take_along_axis(ordered, np.minimum(count // 2, values.shape[axis] - 1), axis)
    high = np.where(count == 0, np.nan, high)
    found: Floats = np.squeeze((low + high) / 2, axis)
    return found


def spread(values: Floats, axis: int = -1) -> Floats:
    """A standard deviation that single outliers do not move."""
    center = np.expand_dims(median(values, axis), axis)
    return TO_SIGMA * median(np.abs(values - center), axis)


def running_median(values: Floats, width: int) -> Floats:
    """Centered along the last axis, over fewer values at both ends."""
    half = width // 2
    around = [(0, 0)] * (values.ndim - 1) + [(half, half)]
    padded = np.pad(values, around, constant_values=np.nan)
    return median(sliding_window_view(padded, width, axis=-1))


def filled(values: Floats, otherwise: Floats) -> Floats:
    """`values` with `otherwise` where there is none."""
    return np.where(np.isfinite(values), values, otherwise)
