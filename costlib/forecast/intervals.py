"""Intervals from a model's own past errors at each distance, of days or of sums: never a sum of daily bounds."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
import pandas as pd

from costlib.forecast.series import Floats

FEWEST = 5
"""Errors at a distance, below which its spread is carried on from shorter distances."""

UNSEEN = 2.0
"""Few past errors have not seen the worst: spreads are widened by this over their number."""


@dataclass(frozen=True)
class Spread:
    """How far from the truth: `scale` at each distance, and the errors of every distance in units of it, sorted."""

    scale: Floats
    shape: Floats

    def interval(self, percent: float) -> tuple[Floats, Floats]:
        """Between which errors `percent` of them lie, at each distance."""
        outside = (1 - percent / 100) / 2
        low, high = np.quantile(self.shape, [outside, 1 - outside])
        return self.scale * low, self.scale * high


def spread_of(errors: Floats, growth: float, own: int = 1, alike: int = 1) -> Spread:
    """`errors`: rows are origins, NaN where not known. `growth`: the power of the distance where errors are too few.

    Errors count `own` times against once for their mirror image: few past errors that all went one way are chance.
    A distance is as uncertain as the middle one of the `alike` around it: one day that nothing foresaw lies at some
    distance from an origin by chance.
    """
    counts = np.isfinite(errors).sum(axis=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        scale = np.sqrt(np.nanmean(errors**2, axis=0))
    scale = _carried(_among_alike(scale, alike), counts, growth)
    inflated = scale * (1 + UNSEEN / np.maximum(counts, FEWEST))
    with np.errstate(divide="ignore", invalid="ignore"):
        shape = (errors / scale)[:, counts >= min(FEWEST, counts.max())]
    shape = shape[np.isfinite(shape)]
    shape = np.concatenate([np.repeat(shape, own), -shape])
    return Spread(inflated, np.sort(shape) if len(shape) else np.zeros(1))


def _among_alike(scale: Floats, alike: int) -> Floats:
    return pd.Series(scale).rolling(alike, center=True, min_periods=1).median().to_numpy()


def _carried(scale: Floats, counts: Floats, growth: float) -> Floats:
    enough = np.flatnonzero(counts >= min(FEWEST, counts.max()))
    last = int(enough[-1])
    distance = np.arange(1, len(scale) + 1)
    carried = scale[last] * (distance / (last + 1)) ** growth
    return np.where(np.arange(len(scale)) > last, carried, scale)
