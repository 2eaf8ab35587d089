"""The runs of anomalous days of one judged level. Days are places in the judged series."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from costlib.anomalies.levels import Level

GAP = 3
"""Anomalous days that lie no farther apart are one episode."""

_TELLING = ("drop", "spike", "step", "ramp")
"""An episode is called by what it turned out to be: every step is a spike on its first day."""


@dataclass(frozen=True)
class Episode:
    """Anomalous days of one level that belong together. `excess`: actual − expected from `first` to `last`."""

    level: Level
    kind: str
    first: int
    noticed: int
    last: int
    is_open: bool
    excess: float
    score: float

    @property
    def sign(self) -> int:
        return -1 if self.kind == "drop" else 1


def episodes(level: Level, judged: pd.DataFrame) -> Iterator[Episode]:
    """The runs of anomalous days of one level, in order."""
    places = np.flatnonzero(judged["is_anomaly"].to_numpy(dtype=bool))
    if not len(places):
        return
    kinds = judged["kind"].to_numpy(dtype=object)[places]
    began = _places(judged, places)
    above = (judged["actual"] - judged["expected"]).to_numpy(dtype=float)
    score = np.abs(judged["score"].to_numpy(dtype=float))
    is_drop = kinds == "drop"
    apart = (np.diff(began) != 0) & (began[1:] > places[:-1] + GAP)
    for run in np.split(np.arange(len(places)), np.flatnonzero(apart | (np.diff(is_drop) != 0)) + 1):
        first, last = int(began[run].min()), int(places[run[-1]])
        yield Episode(
            level=level,
            kind=max(kinds[run], key=_TELLING.index),
            first=first,
            noticed=int(places[run[0]]),
            last=last,
            is_open=last == len(judged) - 1,
            excess=float(above[first : last + 1].sum()),
            score=float(score[places[run]].max()),
        )


def _places(judged: pd.DataFrame, places: NDArray[np.intp]) -> NDArray[np.intp]:
    """Where the episodes of the days at `places` began."""
    days = judged["date"].to_numpy(dtype="datetime64[D]")
    since = judged["since"].to_numpy(dtype="datetime64[D]")[places]
    return np.asarray((since - days[0]).astype(np.intp))
