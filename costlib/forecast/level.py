"""The level of a cleaned series: real steps evened out, spikes set aside, and several memories weighted by their past.

Arrays are (origins, LENGTH), the newest day last, without NaN unless said otherwise.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TypeAlias

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from costlib.forecast.series import Floats, Ints
from costlib.forecast.windows import LENGTH, TO_SIGMA, median

Known: TypeAlias = NDArray[np.bool_]

LATEST_STEP, EARLIEST_STEP = 5, 120
"""A step is looked for this many days before the origin: with fewer days after it, it may be a spike."""
AFTER, BEFORE = 14, 21
STEP_SIGMAS = 4.0
STEP_SHARE = 0.08
SHARPNESS = 0.6
SPIKE_SIGMAS = 4.0
HALF_LIVES = (3.0, 7.0, 14.0, 28.0, 56.0)
SLOPE_DAYS = (56, 56, 28)
SLOPE_SHARES = (0.5, 1.0, 0.5)
PRIOR = tuple((h * 1.0, h * 1.0, h * 0.7, h * 0.5) for h in (0.5, 1.0, 1.0, 1.0, 0.7))
FEWEST_KNOWN = 28
CHECKS = tuple(range(14, 155, 7))
AHEAD = 14
WEIGHT_POWER = 2.0
DAMPING = 0.985


def steps_evened(cleaned: Floats, size: Floats) -> Floats:
    """Older days moved to the level after the last real step, if there is one; `size` is what 1 is relative to."""
    noise = TO_SIGMA * median(np.abs(np.diff(cleaned[:, -EARLIEST_STEP:], axis=1))) / np.sqrt(2)
    candidates = np.arange(LENGTH - EARLIEST_STEP, LENGTH - LATEST_STEP + 1)
    after = _medians(cleaned, candidates, AFTER)
    before = _medians(cleaned, candidates - BEFORE, BEFORE)
    sharp = _medians(cleaned, candidates, LATEST_STEP) - _medians(cleaned, candidates - LATEST_STEP, LATEST_STEP)
    step = after - before
    real = (np.abs(step) > STEP_SIGMAS * noise[:, None]) & (np.abs(step) > STEP_SHARE * size[:, None])
    real &= sharp * np.sign(step) > SHARPNESS * np.abs(step)
    strength = np.where(real, np.abs(step) + 0.01 * np.abs(sharp), 0.0)
    best = strength.argmax(axis=1)
    rows = np.arange(len(cleaned))
    height = np.where(strength[rows, best] > 0, step[rows, best], 0.0)
    older = np.arange(LENGTH)[None, :] < candidates[best][:, None]
    evened: Floats = cleaned + older * height[:, None]
    return evened


def _medians(cleaned: Floats, starts: Ints, width: int) -> Floats:
    """Medians of `width` days from each start, of those that are there near the end."""
    padded = np.pad(cleaned, ((0, 0), (0, width)), constant_values=np.nan)
    return median(sliding_window_view(padded, width, axis=1)[:, starts])


def spikes_aside(cleaned: Floats, local: Floats, known: Known, size: Floats) -> tuple[Floats, Floats]:
    """Spikes put back to the local level, and what they add to an average day of the last half year."""
    left = cleaned - local
    noise = TO_SIGMA * median(np.abs(np.where(known, left, np.nan)[:, -182:]))
    limit = np.maximum(SPIKE_SIGMAS * noise, 0.02 * size)[:, None]
    spike = np.abs(left) > limit
    extra = np.where(spike & known, left, 0.0)[:, -182:]
    days = np.maximum(known[:, -182:].sum(axis=1), 1)
    return np.where(spike, local, cleaned), extra.sum(axis=1) / days


def level_path(calm: Floats, known: Known, horizon: int) -> Floats:
    """(origins, horizon): the level of each day ahead, from memories weighted by how well each would have held."""
    levels = _levels(calm, known)[:, :, None, :]
    slopes = np.concatenate([np.zeros_like(levels[:, 0]), _slopes(calm)], axis=1)[:, None, :, :]
    share = np.array([0.0, *SLOPE_SHARES])[None, None, :, None]
    tilt = slopes * share
    age = np.array([half_life / np.log(2) for half_life in HALF_LIVES])[None, :, None, None]
    base = levels + tilt * age
    weights = _weights(base + tilt * _damped(AHEAD).mean(), calm, known)
    now = (weights * base[..., 0]).sum(axis=(1, 2))
    steepness = (weights * tilt[..., 0]).sum(axis=(1, 2))
    path: Floats = now[:, None] + steepness[:, None] * _damped(horizon)[None, :]
    return path


def _damped(horizon: int) -> Floats:
    found: Floats = np.cumsum(DAMPING ** np.arange(1, horizon + 1, dtype=np.float64))
    return found


def _weights(said: Floats, calm: Floats, known: Known) -> Floats:
    """(origins, half-lives, slopes), adding up to 1: the better a candidate held at the checks, the more."""
    sums = np.concatenate([np.zeros((len(calm), 1)), np.cumsum(calm, axis=1)], axis=1)
    ends = LENGTH - np.array(CHECKS)
    came = (sums[:, ends + AHEAD] - sums[:, ends]) / AHEAD
    valid = (np.cumsum(known, axis=1)[:, ends - 1] >= FEWEST_KNOWN)[:, None, None, :]
    recency = 0.5 ** (np.array(CHECKS) / 90)
    squared = np.where(valid, (said[..., 1:] - came[:, None, None, :]) ** 2, 0.0) * recency
    prior = np.array(PRIOR)[None, :, :]
    floor = 1e-6 * (np.mean(came**2, axis=1)[:, None, None] + 1e-12)
    error = squared.sum(axis=-1) / np.maximum((valid * recency).sum(axis=-1), 1e-9) + floor
    weight = np.where(valid.any(axis=-1), error**-WEIGHT_POWER, 1.0) * prior
    found: Floats = weight / weight.sum(axis=(1, 2), keepdims=True)
    return found


def _levels(calm: Floats, known: Known) -> Floats:
    """(origins, half-lives, checks): smoothed; check 0 is the origin itself."""
    there = known.astype(np.float64)
    total = np.maximum(there @ _level_weights(), 1e-12)
    smoothed: Floats = ((calm * there) @ _level_weights() / total).transpose(1, 0, 2)
    return smoothed


def _slopes(calm: Floats) -> Floats:
    """(origins, spans, checks): change a day."""
    found: Floats = (calm @ _slope_weights()).transpose(1, 0, 2)
    return found


@lru_cache(maxsize=1)
def _level_weights() -> Floats:
    """(half-lives, LENGTH, checks). One matrix each: small ones are multiplied without waking other threads."""
    ages = _ages()
    return np.stack([np.where(ages >= 0, 0.5 ** (np.maximum(ages, 0) / half_life), 0.0) for half_life in HALF_LIVES])


@lru_cache(maxsize=1)
def _slope_weights() -> Floats:
    """(spans, LENGTH, checks): least squares over the last days of each span."""
    ages = _ages()
    weights = []
    for span in SLOPE_DAYS:
        inside = (ages >= 0) & (ages < span)
        centered = np.where(inside, (span - 1) / 2 - ages, 0.0)
        weights.append(centered / (centered**2).sum(axis=0))
    return np.stack(weights)


def _ages() -> Floats:
    """(LENGTH, checks): how many days a day is back from each check; negative after it."""
    ends = LENGTH - 1 - np.array((0, *CHECKS), dtype=np.float64)
    return ends[None, :] - np.arange(LENGTH, dtype=np.float64)[:, None]
