"""A made-up organization of four services in five accounts, owned by two teams, for questions about causes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import product

import numpy as np
import pandas as pd

from costlib.anomalies import Level, Tree, level, level_of

DAYS = pd.date_range("2026-01-01", periods=150)
SERVICES = ("compute", "database", "storage", "queue")
ACCOUNTS = ("shop", "search", "pay", "data", "lab")
TEAM = "cost_category:Team"
TEAMS = {"shop": "Storefront", "search": "Storefront", "pay": "Money", "data": "Money", "lab": "Money"}

Cells = dict[tuple[str, str], pd.Series]
Extra = Callable[[pd.Series], pd.Series]


def cells(seed: int = 1) -> Cells:
    rng = np.random.default_rng(seed)
    week = np.where(DAYS.day_of_week < 5, 1.0, 0.8)
    return {
        place: pd.Series(size * week * rng.normal(1, 0.03, len(DAYS)), DAYS)
        for place, size in zip(product(SERVICES, ACCOUNTS), rng.uniform(150, 600, 20), strict=True)
    }


def levels(of: Cells) -> dict[Level, pd.Series]:
    """Every level's series: total, services, accounts, teams, places."""
    found: dict[Level, list[pd.Series]] = {}
    for (service, account), y in of.items():
        for key in keys(service, account):
            found.setdefault(key, []).append(y)
    return {key: pd.concat(parts, axis=1).sum(axis=1) for key, parts in found.items()}


def keys(service: str, account: str) -> tuple[Level, ...]:
    return (
        (),
        level(service=service),
        level(usage_account_id=account),
        level_of({TEAM: TEAMS[account]}),
        level(service=service, usage_account_id=account),
    )


def tree(of: Cells) -> Tree:
    return Tree.of((values(*place), float(y.sum())) for place, y in of.items())


def values(service: str, account: str) -> Mapping[str, str]:
    return {"service": service, "usage_account_id": account, TEAM: TEAMS[account]}


def with_rise(of: Cells, where: Level, shape: Mapping[int, float]) -> Cells:
    """A rise by a part of itself, by place of the day, in all cells of a level."""
    factor = np.ones(len(DAYS))
    for place, part in shape.items():
        factor[place] += part
    return {place: y * factor if set(where) <= set(values(*place).items()) else y for place, y in of.items()}
