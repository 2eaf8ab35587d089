"""What weekday and place in the month do to a bill: fees on day 1, closing batches, tiers that start anew.

Every effect is relative to the level around it, and shrunk by how uncertain it is (positive-part James–Stein), so that
chance is not carried into the future.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from costlib.forecast.series import Calendar, Floats, History, Ints
from costlib.forecast.windows import LENGTH, filled, median, spread

PROFILE_WEEKS = 10
OCCURRENCES = 6
"""How many months back a place in the month is remembered."""
FEWEST = 2
MONTHS_BACK = 13
AGREEING = 0.75
CERTAIN = 3.0
"""Standard errors from which an effect speaks for itself; below, its family must pay for its parameters."""
FAMILY_PAYS = 1.5
LARGEST_Z = 5.0
FIXED_IS_STEADIER = 0.8
"""An effect is a fixed amount when its scatter, against its size, is at most this share of the relative one's."""


@dataclass(frozen=True)
class Family:
    """Places in the month that are counted alike: `place` (1…`size`) of every day, 0 for none."""

    place: Ints
    size: int


def families(calendar: Calendar) -> tuple[Family, Family, Family, Family]:
    """By day of month, by days before its end, by business day from the start, and from the end."""
    return (
        Family(calendar.day, 31),
        Family(np.where(calendar.before_end <= 3, calendar.before_end, 0), 3),
        Family(np.where(calendar.business <= 3, calendar.business, 0), 3),
        Family(np.where(calendar.business_before_end <= 3, calendar.business_before_end, 0), 3),
    )


def weekday_profile(relative: Floats) -> Floats:
    """`relative` (origins, weeks, 7): deviation from the week's level. One value for each day of the week (phase)."""
    recent = relative[:, -PROFILE_WEEKS:]
    count = np.isfinite(recent).sum(axis=1)
    return _shrunk(median(recent, 1), spread(recent, 1), count)


@dataclass(frozen=True)
class Effects:
    """Some are fixed amounts, others grow with the level: whichever was steadier at that place."""

    past: Floats
    """(origins, LENGTH), currency units."""
    relative: Floats
    """(origins, horizon), relative to the level."""
    fixed: Floats
    """(origins, horizon), currency units."""


def month_effects(history: History, origins: Ints, unexplained: Floats, size: Floats, horizon: int) -> Effects:
    """Effects of the days of each window and of the `horizon` days after it.

    `unexplained` (origins, LENGTH): what weekday and level leave, currency units; `size`: the level around each day.
    Families are tried in two orders, for a day near the month's end is also some day of the month; the order that
    leaves less unexplained is taken.
    """
    day, before_end, business, business_before_end = families(history.calendar)
    given = (history, origins, unexplained, size, horizon)
    first = _in_order(*given, (day, before_end, business, business_before_end))
    second = _in_order(*given, (before_end, business, business_before_end, day))
    better = (_left(unexplained - first.past) <= _left(unexplained - second.past) * 1.0001)[:, None]
    return Effects(
        np.where(better, first.past, second.past),
        np.where(better, first.relative, second.relative),
        np.where(better, first.fixed, second.fixed),
    )


def _left(unexplained: Floats) -> Floats:
    known = np.isfinite(unexplained)
    left: Floats = np.where(known, np.abs(unexplained), 0).sum(axis=1)
    return left


def _in_order(
    history: History, origins: Ints, unexplained: Floats, size: Floats, horizon: int, order: Sequence[Family]
) -> Effects:
    found = Effects(np.zeros_like(size), np.zeros((len(origins), horizon)), np.zeros((len(origins), horizon)))
    noise = spread(np.stack([unexplained / size, unexplained]))
    window = origins[:, None] - LENGTH + np.arange(LENGTH)[None, :]
    ahead = origins[:, None] + np.arange(horizon)[None, :]
    for family in order:
        left = unexplained - found.past
        relative, fixed = _effects(history.calendar, family, origins, np.stack([left / size, left]), noise)
        before = np.where(window >= 0, family.place[np.maximum(window, 0)], 0)
        past = found.past + _looked_up(relative, before) * size + _looked_up(fixed, before)
        after = family.place[ahead]
        found = Effects(past, found.relative + _looked_up(relative, after), found.fixed + _looked_up(fixed, after))
    return found


def _looked_up(effects: Floats, place: Ints) -> Floats:
    with_none = np.concatenate([np.zeros((len(effects), 1)), effects], axis=1)
    return np.take_along_axis(with_none, place, axis=1)


def _effects(
    calendar: Calendar, family: Family, origins: Ints, unexplained: Floats, noise: Floats
) -> tuple[Floats, Floats]:
    """(origins, family.size), twice: each place's effect, relative to the level or as a fixed amount, 0 in the other.

    `unexplained` and `noise` are both, relative first.
    """
    seen = np.stack([_occurrences(calendar, family, origins, kind) for kind in unexplained])
    count = np.isfinite(seen[0]).sum(axis=1)
    center = filled(median(seen, 2), np.zeros(1))
    scatter = filled(spread(seen, 2), np.zeros(1))
    agreeing = (np.sign(seen[0]) == np.sign(center[0])[:, None, :]).sum(axis=1) >= AGREEING * count
    error = np.maximum(scatter, 0.5 * noise[:, :, None])
    z = np.abs(center) * np.sqrt(count) / (1.25 * np.maximum(error, 1e-12))
    z = np.where(agreeing & (count >= FEWEST), np.minimum(z, 10 * LARGEST_Z), 0.0)
    pays = (np.minimum(z, LARGEST_Z) ** 2).mean(axis=2, keepdims=True) > FAMILY_PAYS
    effect = np.where((z > CERTAIN) | (pays & (z > 1)), center * (1 - 1 / np.maximum(z, 1) ** 2), 0.0)
    steadier = scatter[1] * np.abs(center[0]) < FIXED_IS_STEADIER * scatter[0] * np.abs(center[1])
    return np.where(steadier, 0.0, effect[0]), np.where(steadier, effect[1], 0.0)


def _occurrences(calendar: Calendar, family: Family, origins: Ints, relative: Floats) -> Floats:
    """(origins, OCCURRENCES, places): what the latest occurrences of each place left unexplained."""
    position = _positions(calendar, family)
    month = calendar.month[origins - 1]
    back = month[:, None] - np.arange(MONTHS_BACK)[None, :]
    where = np.where((back >= 0)[:, :, None], position[np.maximum(back, 0)], -1)
    inside = where - origins[:, None, None] + LENGTH
    known = (where >= 0) & (inside >= 0) & (inside < LENGTH)
    rows = np.arange(len(origins))[:, None, None]
    seen = np.where(known, relative[rows, np.clip(inside, 0, LENGTH - 1)], np.nan)
    recent = np.cumsum(np.isfinite(seen), axis=1) <= OCCURRENCES
    return np.where(recent, seen, np.nan)


def _positions(calendar: Calendar, family: Family) -> Ints:
    """(months, places): the position of each place of each month, -1 where it has none."""
    found = np.full((calendar.month[-1] + 1, family.size + 1), -1, dtype=np.int64)
    found[calendar.month, family.place] = np.arange(len(calendar))
    return found[:, 1:]


def _shrunk(center: Floats, error: Floats, count: Ints) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        z = np.abs(center) * np.sqrt(count) / (1.25 * error)
    factor = np.where(z > 1, 1 - 1 / np.maximum(z, 1) ** 2, 0.0)
    return filled(center, np.zeros(1)) * factor
