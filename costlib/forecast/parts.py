"""Forecasts of many series: of leaves that add up to their total, and of as many as a sync has."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context

import numpy as np
import pandas as pd

from costlib.errors import NotEnoughHistory
from costlib.forecast.contest import LEVELS, Levels, contest
from costlib.forecast.grades import Grade

SMALL = 60
"""So few series are forecast sooner by one process than other processes are started."""


@dataclass(frozen=True)
class Forecasted:
    """One series' forecast as its contest's winner gives it; `missing` says why there is none."""

    name: str
    model: str
    path: pd.DataFrame
    total: pd.DataFrame
    grades: tuple[Grade, ...]
    missing: NotEnoughHistory | None = None


@dataclass(frozen=True)
class Parts:
    """Leaves that add up: `total["mean"]` is the sum of `leaves`, to the last digit."""

    leaves: pd.DataFrame
    """One row a day ahead, one column a leaf: what is expected of it."""
    models: tuple[str, ...]
    """The label of each leaf's model."""
    total: pd.DataFrame
    """As `forecast` gives it; its interval is from the total's own errors."""
    running: pd.DataFrame
    """As `forecast_total` gives it."""


def forecast_parts(
    frame: pd.DataFrame, horizon: int, level: Levels = LEVELS, ignored: pd.DatetimeIndex | None = None, workers: int = 1
) -> Parts:
    """Each column of `frame` (days × leaves, currency units a day) forecast on its own, and their sum.

    Leaves for 99 % of spend and one for the rest are enough. Raises NotEnoughHistory, UsageError as `forecast` does.
    """
    found = list(forecast_many(frame, horizon, (), ignored, workers))
    short = next((one.missing for one in found if one.missing), None)
    if short:
        raise short
    leaves = pd.DataFrame({column: one.path["mean"] for column, one in zip(frame.columns, found, strict=True)})
    mean = leaves.sum(axis=1)
    whole = contest(frame.sum(axis=1), horizon, level, ignored).winner
    return Parts(
        leaves=leaves,
        models=tuple(one.model for one in found),
        total=_moved(whole.path, mean),
        running=_moved(whole.total, mean.cumsum()),
    )


def _moved(band: pd.DataFrame, mean: pd.Series[float]) -> pd.DataFrame:
    """The same interval around another mean."""
    moved = band.add(mean - band["mean"], axis=0)
    moved["mean"] = mean
    return moved


def forecast_many(
    frame: pd.DataFrame,
    horizon: int,
    level: Levels = LEVELS,
    ignored: pd.DatetimeIndex | None = None,
    workers: int = 2,
) -> Iterator[Forecasted]:
    """Every column of `frame` (days × series) forecast on its own, in order; by `workers` processes if there are many.

    A series too short is returned with `missing` set. Raises UsageError as `forecast` does.
    """
    series = [frame.iloc[:, place].rename(str(name)) for place, name in enumerate(frame.columns)]
    ask = partial(_forecasted, horizon=horizon, level=tuple(level), ignored=ignored)
    if workers == 1 or len(series) < SMALL:
        yield from map(ask, series)
        return
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        yield from pool.map(ask, series, chunksize=max(1, min(50, len(series) // (4 * workers))))


def _forecasted(
    y: pd.Series[float], horizon: int, level: tuple[float, ...], ignored: pd.DatetimeIndex | None
) -> Forecasted:
    name = str(y.name)
    try:
        winner = contest(y, horizon, level, ignored).winner
    except NotEnoughHistory as short:
        empty = pd.DataFrame({"mean": np.zeros(0)})
        return Forecasted(name, "", empty, empty, (), short)
    return Forecasted(name, winner.label, winner.path, winner.total, winner.grades)
