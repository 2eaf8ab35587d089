"""Forecasts of made-up series graded the way finance would: by the total of the month, as a share of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass

import numpy as np
import pandas as pd

from costlib.forecast import Contender, Contest, contest
from tests.bench.daily_series import every_kind

MONTHS = ("2025-12-01", "2026-03-01", "2026-06-01")
ASKED = ("10 days gone", "20 days gone", "next month", "next quarter")
LEVEL = (80,)


@dataclass(frozen=True)
class Answer:
    """One question put to one model: `error` is the share of the true total, NaN where that is nothing."""

    kind: str
    asked: str
    model: str
    error: float
    held: bool
    """Whether the 80 % interval of the total held it."""
    days_held: int
    days: int


def graded(seed: int, each: int = 3, workers: int = 2) -> pd.DataFrame:
    """Every model's answers on every series of `seed`; model "winner" is the contest's own."""
    found = every_kind(seed, each)
    if workers == 1:
        answers: Iterable[list[Answer]] = map(_answers, found)
        return pd.DataFrame([answer for some in answers for answer in some])
    with ProcessPoolExecutor(workers) as pool:
        return pd.DataFrame([answer for some in pool.map(_answers, found, chunksize=4) for answer in some])


def _answers(named: tuple[str, pd.Series[float]]) -> list[Answer]:
    kind, y = named
    return [answer for month in MONTHS for answer in _of_month(kind, y, pd.Timestamp(month))]


def _of_month(kind: str, y: pd.Series[float], start: pd.Timestamp) -> Iterator[Answer]:
    end = start + pd.DateOffset(months=1)
    for asked, gone in (("10 days gone", 10), ("20 days gone", 20)):
        today = start + pd.Timedelta(days=gone)
        known, rest = y[y.index < today], y[(y.index >= today) & (y.index < end)]
        yield from _graded(kind, asked, contest(known, len(rest), LEVEL), rest, float(y[start:today][:-1].sum()))
    known, quarter = y[y.index < start], y[(y.index >= start) & (y.index < start + pd.DateOffset(months=3))]
    found = contest(known, len(quarter), LEVEL)
    yield from _graded(kind, "next month", found, quarter[quarter.index < end], 0.0)
    yield from _graded(kind, "next quarter", found, quarter, 0.0)


def _graded(kind: str, asked: str, found: Contest, came: pd.Series[float], gone: float) -> Iterator[Answer]:
    yield _answer(kind, asked, "winner", found.winner, came, gone)
    for contender in found.contenders:
        yield _answer(kind, asked, contender.name, contender, came, gone)


def _answer(kind: str, asked: str, model: str, by: Contender, came: pd.Series[float], gone: float) -> Answer:
    days, total = by.path.iloc[: len(came)], by.total.iloc[len(came) - 1]
    true = float(came.sum())
    slack = 1e-9 + 1e-6 * abs(true)
    whole = abs(true + gone)
    held = (came.to_numpy() >= days["lo-80"] - slack) & (came.to_numpy() <= days["hi-80"] + slack)
    return Answer(
        kind=kind,
        asked=asked,
        model=model,
        error=abs(float(total["mean"]) - true) / whole if whole > 0.01 else float("nan"),
        held=bool(total["lo-80"] - slack <= true <= total["hi-80"] + slack),
        days_held=int(held.sum()),
        days=len(came),
    )


def table(answers: pd.DataFrame) -> pd.DataFrame:
    """Median and 90th percentile of the error in percent, a row a model, and how often 80 % intervals held."""
    rows = {}
    for model, of_model in answers.groupby("model"):
        row: dict[str, float] = {}
        for asked, some in of_model.groupby("asked"):
            row[f"{asked}, median"] = 100 * float(np.nanmedian(some["error"]))
            row[f"{asked}, p90"] = 100 * float(np.nanquantile(some["error"], 0.9))
        months = of_model[of_model["asked"] != "next quarter"]
        row["days held"] = 100 * of_model["days_held"].sum() / of_model["days"].sum()
        row["months held"] = 100 * months["held"].mean()
        rows[str(model)] = row
    return pd.DataFrame(rows).T
