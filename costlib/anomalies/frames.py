"""Judged series as tables that people and pages read."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from datetime import date
from typing import Protocol, TypeVar

import numpy as np
import pandas as pd

from costlib.anomalies.baseline import Bools
from costlib.anomalies.judging import Reason, Sweep
from costlib.anomalies.lasting import Kind
from costlib.anomalies.thresholds import FLOOR, NOISE, PERCENT, Thresholds

KINDS = tuple("" if kind is Kind.none else kind.name for kind in Kind)

REASONS = {
    Reason.none: "",
    Reason.calendar: "usual on this day of the month",
    Reason.weekend: "costs what a weekend costs: a public holiday?",
    Reason.returned: "back to the level before the last change",
}

Key = TypeVar("Key", bound=Hashable)


class KnownEvent(Protocol):
    """Something announced: a launch, a migration, a purchase. Both days are included."""

    @property
    def name(self) -> str: ...
    @property
    def first_day(self) -> date: ...
    @property
    def last_day(self) -> date: ...
    @property
    def mutes(self) -> bool: ...


def anomalies(
    y: pd.Series,
    *,
    events: Sequence[KnownEvent] = (),
    floor: float = FLOOR,
    percent: float = PERCENT,
    noise: float = NOISE,
) -> pd.DataFrame:
    """One row a day of `y`: `date, expected, actual, score, is_anomaly, kind, muted, since`.

    `y` is daily, without gaps, in units of currency, of complete days only. A day is judged by the days before it;
    the first 28 are only learned from. `score` is the distance from what was expected in thresholds, 1 and beyond is
    an anomaly while nothing excuses it; negative is below. `kind`: spike, drop, step, ramp or ''. `muted`: why a day
    beyond the thresholds is no anomaly, or ''. `since`: the first day of the anomaly that the day belongs to.
    `events` are those that concern the series; what begins on their days is muted as long as it lasts.
    """
    judged = anomalies_of_many({"": y}, events={"": events}, thresholds=Thresholds(floor, percent, noise))
    return judged[""]


def anomalies_of_many(
    series: Mapping[Key, pd.Series],
    *,
    events: Mapping[Key, Sequence[KnownEvent]] | None = None,
    thresholds: Thresholds | None = None,
) -> dict[Key, pd.DataFrame]:
    """`anomalies` for each of many series over the same days, in one sweep: two thousand of a year take seconds."""
    if not series:
        return {}
    days = _days(series.values())
    values = np.column_stack([y.to_numpy(dtype=float) for y in series.values()])
    verdicts = Sweep(values, days, thresholds or Thresholds()).run()
    known = events or {}
    kinds, reasons = np.array(KINDS, dtype=object), np.array(list(REASONS.values()), dtype=object)
    stamps = np.append(days.to_numpy(), np.datetime64("NaT"))
    judged: dict[Key, pd.DataFrame] = {}
    for column, key in enumerate(series):
        frame = pd.DataFrame(
            {
                "date": days,
                "expected": verdicts.expected[:, column],
                "actual": values[:, column],
                "score": verdicts.score[:, column],
                "is_anomaly": verdicts.is_anomaly[:, column],
                "kind": kinds[verdicts.kind[:, column]],
                "muted": reasons[verdicts.reason[:, column]],
                "since": stamps[verdicts.since[:, column]],
            }
        )
        judged[key] = _muted(frame, known.get(key, ()))
    return judged


def _days(series: Iterable[pd.Series]) -> pd.DatetimeIndex:
    first, *others = (y.index for y in series)
    if not isinstance(first, pd.DatetimeIndex) or not all(first.equals(other) for other in others):
        raise ValueError("series to judge share one DatetimeIndex")
    if len(first) > 1 and not bool(np.all(np.diff(first.values) == np.timedelta64(1, "D"))):
        raise ValueError("a series to judge has every day once, in order")
    return first


def _muted(frame: pd.DataFrame, events: Sequence[KnownEvent]) -> pd.DataFrame:
    for event in events:
        if event.mutes:
            covered = frame["is_anomaly"].to_numpy() & (_covers(event, frame["date"]) | _covers(event, frame["since"]))
            frame.loc[covered, "muted"] = event.name
            frame.loc[covered, "is_anomaly"] = False
    return frame


def _covers(event: KnownEvent, days: pd.Series) -> Bools:
    inside = (days >= pd.Timestamp(event.first_day)) & (days <= pd.Timestamp(event.last_day))
    return inside.to_numpy(dtype=bool)
