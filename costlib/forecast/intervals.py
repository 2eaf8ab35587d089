"""Intervals from a model's own past errors at each distance, of days or of sums: never a sum of daily bounds."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np

from costlib.forecast.series import Floats

FEWEST = 5
"""Errors at a distance, below which its spread is carried on from shorter distances."""


@dataclass(frozen=True)
class Spread:
    """How far from the truth: `scale` at each distance, and the errors of every distance in units of it, sorted."""

    scale: Floats
    shape: Floats

    def quantile(self, share: float) -> Floats:
        """What `share` of the errors stay below, at each distance."""
        found: Floats = self.scale * np.quantile(self.shape, share)
        return found


def spread_of(errors: Floats, growth: float) -> Spread:
    """`errors`: rows are origins, NaN where not known. `growth`: the power of the distance where errors are too few."""
    counts = np.isfinite(errors).sum(axis=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        scale = np.sqrt(np.nanmean(errors**2, axis=0))
    scale = _carried(scale, counts, growth)
    inflated = scale * (1 + 1.5 / np.maximum(counts, FEWEST))
    with np.errstate(divide="ignore", invalid="ignore"):
        shape = (errors / scale)[:, counts >= min(FEWEST, counts.max())]
    shape = shape[np.isfinite(shape)]
    return Spread(inflated, np.sort(shape) if len(shape) else np.zeros(1))


def _carried(scale: Floats, counts: Floats, growth: float) -> Floats:
    enough = np.flatnonzero(counts >= min(FEWEST, counts.max()))
    last = int(enough[-1])
    distance = np.arange(1, len(scale) + 1)
    carried = scale[last] * (distance / (last + 1)) ** growth
    return np.where(np.arange(len(scale)) > last, carried, scale)
