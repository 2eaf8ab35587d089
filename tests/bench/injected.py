"""Made-up series with known anomalies put into them, and how a detector's answers compare.

What is put in is at least 30 % and at least $50 a day of what the series cost in the four weeks before. What a kind
does by itself and a person would want to hear of (a level that shifts, a renewal, a move, a new service, a batch job
that nobody announced) is neither asked for nor held against the detector; seasons, fees, month ends and noise are.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from zlib import crc32

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tests.bench.daily_series import KINDS, Days, daily_series

RISES = ("spike", "step", "ramp")
WORTH_SHARE, WORTH_DOLLARS = 0.3, 50.0
JUDGED_DAYS = 365
SPACING = 75
RAMP_DAYS = 10

Floats = NDArray[np.float64]


class _Quiet(Days):
    """The same dice without the noise: what the kind does by itself."""

    def noise(self, share: float) -> Floats:
        return np.ones_like(super().noise(share))


@dataclass(frozen=True)
class Injection:
    """Extra cost from place `first` to `last`, both included."""

    kind: str
    first: int
    last: int


@dataclass(frozen=True)
class Case:
    """A series, what was put into it, and the places at which it changes by itself."""

    name: str
    y: pd.Series
    injections: tuple[Injection, ...]
    own_changes: NDArray[np.bool_]


def cases(seed: int, each: int = 6, *, with_hard_negatives: bool = False) -> list[Case]:
    """`each` series of every kind; with day-1 fees and public holidays in all of them when asked."""
    return [_case(kind, 1000 * seed + i, with_hard_negatives) for kind in KINDS for i in range(each)]


def _case(kind: str, seed: int, with_hard_negatives: bool) -> Case:
    rng = np.random.default_rng([seed, crc32(kind.encode()), 7])
    y = daily_series(kind, seed)
    if with_hard_negatives:
        y = _with_holidays(_with_fee(y, rng), rng)
    own = _own_changes(kind, seed)
    values: Floats = np.array(y, dtype=np.float64)
    injections: list[Injection] = []
    place = len(y) - JUDGED_DAYS + int(rng.integers(5, SPACING // 2))
    while place < len(y) - 30:
        injection = _injected(values, place, rng)
        injections.append(injection)
        place = injection.last + SPACING // 2 + int(rng.integers(0, SPACING))
    return Case(f"{kind} {seed}", pd.Series(values, y.index), tuple(injections), own)


def _injected(values: Floats, place: int, rng: np.random.Generator) -> Injection:
    """Adds to `values`, from `place`, one anomaly of a kind that the dice choose."""
    base = float(np.mean(np.abs(values[place - 28 : place])))
    kind = str(rng.choice(["spike", "spike", "step", "ramp", "drop"]))
    left = len(values) - place
    size = max(WORTH_SHARE * base, WORTH_DOLLARS) * float(np.exp(rng.uniform(0, np.log(6))))
    if kind == "spike":
        shape = np.full(int(rng.integers(1, 3)), size)
    elif kind == "step":
        shape = np.full(min(int(rng.integers(20, 120)), left), size)
    elif kind == "ramp":
        a_day = max(WORTH_SHARE * base, WORTH_DOLLARS) / RAMP_DAYS * float(rng.uniform(1, 2.5))
        shape = a_day * np.arange(1, min(int(rng.integers(14, 29)), left) + 1)
    else:
        shape = np.full(int(rng.integers(1, 6)), -max(WORTH_SHARE * base, WORTH_DOLLARS) * float(rng.uniform(1, 2)))
    values[place : place + len(shape)] += shape
    return Injection(kind, place, place + len(shape) - 1)


def _with_fee(y: pd.Series, rng: np.random.Generator) -> pd.Series:
    fee = float(rng.uniform(1, 15)) * float(y.abs().mean())
    return y + np.where(_index(y).day == 1, fee * (1 + rng.normal(0, 0.03, len(y))), 0.0)


def _with_holidays(y: pd.Series, rng: np.random.Generator) -> pd.Series:
    """Ten working days a year that cost what a weekend day of the same month costs."""
    weekday = np.asarray(_index(y).day_of_week)
    working = np.flatnonzero((weekday < 5) & np.asarray(_index(y).day > 1))
    holidays = rng.choice(working, len(y) * 10 // 365, replace=False)
    values = y.to_numpy().copy()
    for place in holidays:
        near = slice(max(0, place - 28), place)
        weekend = weekday[near] >= 5
        if weekend.any() and not weekend.all():
            values[place] *= min(
                1.0, abs(np.median(values[near][weekend]) / (np.median(values[near][~weekend]) or 1.0))
            )
    return pd.Series(values, y.index)


def _index(y: pd.Series) -> pd.DatetimeIndex:
    return pd.DatetimeIndex(y.index)


def _own_changes(kind: str, seed: int) -> NDArray[np.bool_]:
    quiet = KINDS[kind](_Quiet(np.random.default_rng([seed, crc32(kind.encode())])))
    changes = np.zeros(len(quiet), dtype=bool)
    if kind == "spiky_batch":
        changes = quiet > quiet.min() * 1.001
    elif kind in ("level_shift", "commitment", "migration", "new_service", "account_total"):
        week = pd.Series(quiet).rolling(28).median().to_numpy()
        changes[28:] = np.abs(week[28:] - week[:-28]) > 0.1 * np.abs(week[:-28]) + 1e-9
    return changes


@dataclass
class Tally:
    """Counts over cases; `delays` in days from an injection's first day to the first alarm."""

    found: dict[str, int]
    asked: dict[str, int]
    delays: dict[str, list[int]]
    alarms: int = 0
    false_rises: int = 0
    false_drops: int = 0
    series_months: float = 0.0

    @classmethod
    def empty(cls) -> Tally:
        kinds = (*RISES, "drop")
        return cls(dict.fromkeys(kinds, 0), dict.fromkeys(kinds, 0), {k: [] for k in kinds})

    def recall(self, kinds: tuple[str, ...] = RISES) -> float:
        return sum(self.found[k] for k in kinds) / sum(self.asked[k] for k in kinds)

    @property
    def precision(self) -> float:
        right = sum(self.found[k] for k in RISES)
        return right / (right + self.false_rises)

    @property
    def false_alarms_a_month(self) -> float:
        return (self.false_rises + self.false_drops) / self.series_months

    def median_delay(self, kind: str) -> float:
        return float(np.median(self.delays[kind]))

    def within(self, kind: str, days: int) -> float:
        """Of those found, the part that was found within so many days of the first."""
        return float(np.mean(np.array(self.delays[kind]) <= days))


def compared(case: Case, judged: pd.DataFrame, tally: Tally) -> Iterator[tuple[int, int]]:
    """Adds the case to the tally; yields its false alarms as (place, sign)."""
    alarms = list(_alarms(judged))
    start = len(case.y) - JUDGED_DAYS
    tally.series_months += JUDGED_DAYS / 30.4
    explained: set[int] = set()
    for injection in case.injections:
        sign = -1 if injection.kind == "drop" else 1
        until = injection.first + RAMP_DAYS if injection.kind == "ramp" else min(injection.last, injection.first + 3)
        tally.asked[injection.kind] += 1
        hits = [place for place, s, _ in alarms if s == sign and injection.first <= place <= until]
        if hits:
            tally.found[injection.kind] += 1
            tally.delays[injection.kind].append(hits[0] - injection.first)
        explained.update(i for i, alarm in enumerate(alarms) if _belongs(alarm, injection, sign))
    for i, (place, sign, until) in enumerate(alarms):
        if place >= start and i not in explained and not case.own_changes[max(0, place - 1) : until + 1].any():
            tally.false_rises += sign > 0
            tally.false_drops += sign < 0
            yield place, sign


def _belongs(alarm: tuple[int, int, int], injection: Injection, sign: int) -> bool:
    """The alarm speaks of the injection: it sounds while it begins (a ramp: while it grows), or as it ends."""
    place, s, _ = alarm
    while_it_begins = s == sign and injection.first <= place <= injection.first + 14
    while_it_grows = s == sign and injection.kind == "ramp" and injection.first <= place <= injection.last
    as_it_ends = s == -sign and injection.last < place <= injection.last + 14
    return while_it_begins or while_it_grows or as_it_ends


def _alarms(judged: pd.DataFrame) -> Iterator[tuple[int, int, int]]:
    """(place, sign, last place) of every run of anomalous days that belong together."""
    places = np.flatnonzero(judged["is_anomaly"])
    kinds, since = judged["kind"].to_numpy(), judged["since"].to_numpy()
    runs: list[list[int]] = []
    for place in places:
        last = runs[-1][-1] if runs else -99
        same = (
            runs
            and since[place] <= judged["date"].to_numpy()[last]
            and (kinds[place] == "drop") == (kinds[last] == "drop")
        )
        if same or (runs and since[place] == since[last]):
            runs[-1].append(int(place))
        else:
            runs.append([int(place)])
    yield from ((run[0], -1 if kinds[run[0]] == "drop" else 1, run[-1]) for run in runs)
