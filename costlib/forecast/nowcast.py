"""How complete the last days usually are when they are first seen.

AWS adds to a day for a day or two after it is over. What was seen of past days at the same age says how much.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from costlib.errors import UsageError

AGES = (1, 2, 3)
SETTLED = 4
"""Days after which a day is taken as complete."""
FEWEST = 3
"""Days seen at an age, below which a service is told by all services together."""


@dataclass(frozen=True)
class Share:
    """Of days `age` days old, `share` of the final amount is usually there; 8 in 10 lay between `low` and `high`."""

    age: int
    share: float
    low: float
    high: float
    days: int


@dataclass(frozen=True)
class Completeness:
    """What was learned, by service; `overall` stands in for services that were seen too rarely."""

    services: tuple[tuple[str, tuple[Share, ...]], ...]
    overall: tuple[Share, ...]

    def share(self, service: str | None, age: int) -> float:
        """How much of a day is there when it is `age` days old, 0 to 1; 1 when it is not known to be less."""
        own = next((shares for name, shares in self.services if name == service), ())
        for shares in (own, self.overall):
            found = next((s for s in shares if s.age == age and s.days >= FEWEST), None)
            if found:
                return found.share
        return 1.0


def learned(observations: pd.DataFrame) -> Completeness:
    """Completeness from what was seen of past days.

    `observations`: one row each time a (service, day) was seen: `service`, `charge_date`, `as_of` (the day it was
    seen) and `amount` (currency units). The latest amount, seen at an age of 4 days or more, is the final one.
    Raises UsageError when a column is missing.
    """
    missing = {"service", "charge_date", "as_of", "amount"} - set(observations.columns)
    if missing:
        raise UsageError(f"Observations without {', '.join(sorted(missing))}.", "Give all four columns.")
    seen = _seen(observations)
    by_service = tuple((str(name), _shares(own)) for name, own in seen.groupby("service"))
    days = seen.groupby(["charge_date", "age"], as_index=False)[["amount", "final"]].sum()
    return Completeness(by_service, _shares(days))


def _seen(observations: pd.DataFrame) -> pd.DataFrame:
    """Each (service, day, age) with what was there and what there was in the end; unsettled days are left out."""
    rows = observations.assign(
        charge_date=pd.to_datetime(observations["charge_date"]),
        as_of=pd.to_datetime(observations["as_of"]),
        amount=observations["amount"].astype(float),
    )
    rows["age"] = (rows["as_of"] - rows["charge_date"]).dt.days
    rows = rows.sort_values("as_of").drop_duplicates(["service", "charge_date", "age"], keep="last")
    settled = rows[rows["age"] >= SETTLED].drop_duplicates(["service", "charge_date"], keep="last")
    final = settled[["service", "charge_date", "amount"]].rename(columns={"amount": "final"})
    return rows[rows["age"].isin(AGES)].merge(final, on=["service", "charge_date"])


def _shares(seen: pd.DataFrame) -> tuple[Share, ...]:
    worth = seen[seen["final"].abs() > 0.005]
    ratio = (worth["amount"] / worth["final"]).clip(0, 1)
    found = []
    for age in AGES:
        some = ratio[worth["age"] == age].to_numpy()
        if len(some):
            low, middle, high = (float(q) for q in np.quantile(some, [0.1, 0.5, 0.9]))
            found.append(Share(age, middle, low, high, len(some)))
    return tuple(found)
