"""One incident for one cause: what the judged levels have to say, told once, at the deepest level that explains it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import pandas as pd

from costlib.anomalies.episodes import Episode, episodes
from costlib.anomalies.levels import Level, Tree
from costlib.anomalies.roots import rooted


@dataclass(frozen=True)
class Member:
    """A level that shows the incident, and how far it was above what was expected of it on the incident's days."""

    level: Level
    above_expected: float
    share: float


@dataclass(frozen=True)
class Incident:
    """One cause. `above_expected`: actual − expected over its days, negative for drops; `days` are its anomalous ones.

    `first_day` is when it began; `noticed_on` the first day judged an anomaly (later only for slow changes).
    `is_open`: it still lasted on the last judged day. `members` are the other levels that show it, the largest first.
    """

    root: Level
    kind: str
    first_day: date
    last_day: date
    noticed_on: date
    is_open: bool
    above_expected: float
    score: float
    members: tuple[Member, ...] = ()


def incidents(judged: Mapping[Level, pd.DataFrame], tree: Tree | None = None) -> tuple[Incident, ...]:
    """What happened, the newest first: `judged` is the answer of `anomalies` for every level that was judged.

    `tree` tells which labels hold which services and accounts; without it only dimensions of the levels' own names do.
    """
    found = [episode for level, frame in judged.items() for episode in episodes(level, frame)]
    told = [_incident(root, members) for root, members in rooted(found, judged, tree or Tree())]
    return tuple(sorted(told, key=lambda i: (i.first_day, abs(i.above_expected)), reverse=True))


def _incident(root: Episode, others: Sequence[Episode]) -> Incident:
    members = [
        Member(e.level, e.excess, e.excess / root.excess if root.excess else 0.0) for e in others if e is not root
    ]
    return Incident(
        root=root.level,
        kind=root.kind,
        first_day=root.first_day.date(),
        last_day=root.last_day.date(),
        noticed_on=root.noticed_on.date(),
        is_open=root.is_open,
        above_expected=root.excess,
        score=root.score,
        members=tuple(sorted(members, key=lambda m: -abs(m.above_expected))),
    )
