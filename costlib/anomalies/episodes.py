"""The runs of anomalous days of one judged level."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from costlib.anomalies.levels import Level

GAP = pd.Timedelta(days=3)
"""Anomalous days that lie no farther apart are one episode."""


@dataclass(frozen=True)
class Episode:
    """Anomalous days of one level that belong together."""

    level: Level
    kind: str
    sign: int
    first_day: pd.Timestamp
    noticed_on: pd.Timestamp
    last_day: pd.Timestamp
    is_open: bool
    excess: float
    score: float

    def overlaps(self, other: Episode) -> bool:
        return (
            self.sign == other.sign
            and self.first_day <= other.last_day + GAP
            and other.first_day <= self.last_day + GAP
        )


def episodes(level: Level, judged: pd.DataFrame) -> Iterator[Episode]:
    """The runs of anomalous days of one level, in order."""
    marked = judged[judged["is_anomaly"]]
    if marked.empty:
        return
    sign = np.where(marked["kind"] == "drop", -1, 1)
    apart = (marked["since"].shift() != marked["since"]) & (marked["since"] > marked["date"].shift() + GAP)
    run = (apart | (pd.Series(sign, marked.index).diff() != 0)).cumsum()
    for _, rows in marked.groupby(run):
        yield _episode(level, judged, rows)


def _episode(level: Level, judged: pd.DataFrame, rows: pd.DataFrame) -> Episode:
    first, last = rows["since"].min(), rows["date"].max()
    return Episode(
        level=level,
        kind=str(rows["kind"].iloc[-1]),
        sign=-1 if rows["kind"].iloc[-1] == "drop" else 1,
        first_day=first,
        noticed_on=rows["date"].min(),
        last_day=last,
        is_open=bool(last == judged["date"].iloc[-1]),
        excess=excess(judged, first, last),
        score=float(rows["score"].abs().max()),
    )


def excess(judged: pd.DataFrame, first: pd.Timestamp, last: pd.Timestamp) -> float:
    """Actual − expected over the days from `first` to `last`."""
    rows = judged[(judged["date"] >= first) & (judged["date"] <= last)]
    return float((rows["actual"] - rows["expected"]).sum())
