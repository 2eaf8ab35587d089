"""How much of the last days is there already, learned from the store's own history of restatements.

AWS adds to a day for a day or two after it is over. The store knows what it had of past days after each sync: what it
holds now, less what was restated since.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from costlib.access import Scope
from costlib.periods import DAY
from costlib.queries.filters import Filters
from costlib.queries.forecast_series import known_days
from costlib.queries.fragments import Sql, marks
from costlib.queries.scoping import account_conditions
from costlib.store.snapshot import Snapshot

LEARNED_FROM = 60 * DAY
OLDEST_AGE = 3
"""Days after which a day is not completed any more."""


def arrived(snapshot: Snapshot, scope: Scope, filters: Filters) -> Mapping[date, float]:
    """The share that is usually there of each day that is still arriving; none of a day whose age was seen too rarely.

    Learned from the chosen services and accounts, or from all that may be seen.
    """
    today = snapshot.as_of.date()
    arriving = [day for day in snapshot.period if day >= known_days(snapshot).end and day < today]
    rows = list(_observed(snapshot, scope, filters)) if arriving else []
    if not rows:
        return {}
    import pandas as pd

    from costlib.forecast import learned
    from costlib.forecast.nowcast import FEWEST

    seen = pd.DataFrame(rows, columns=["charge_date", "as_of", "amount"]).assign(service="")
    shares = {share.age: share.share for share in learned(seen).overall if share.days >= FEWEST}
    return {day: shares[age] for day in arriving if (age := (today - day).days) in shares}


def _observed(snapshot: Snapshot, scope: Scope, filters: Filters) -> list[tuple[object, ...]]:
    """`charge_date, as_of, amount`: what was there of a day at the end of each young day and at the last sync."""
    metric, narrow = filters.metric, _narrowed(scope, filters)
    since = snapshot.as_of.date() - LEARNED_FROM
    text = f"""
        WITH seen AS (
            SELECT CAST(ended_at AS DATE) AS as_of, MAX(ended_at) AS ended_at
            FROM runs
            WHERE state = 'ok'
            GROUP BY CAST(ended_at AS DATE)
        ),
        held AS (
            SELECT charge_date, CAST(SUM({metric}) AS DOUBLE) AS amount
            FROM charges
            WHERE charge_date >= ?{narrow.text}
            GROUP BY charge_date
        ),
        moved AS (
            SELECT charge_date, restated_at,
                   CAST(SUM(COALESCE(new_{metric}, 0) - COALESCE(old_{metric}, 0)) AS DOUBLE) AS moved
            FROM restatements
            WHERE charge_date >= ?{narrow.text}
            GROUP BY charge_date, restated_at
        )
        SELECT held.charge_date, seen.as_of,
               MAX(held.amount) - COALESCE(SUM(CASE WHEN moved.restated_at > seen.ended_at THEN moved.moved END), 0)
        FROM held
        JOIN seen ON seen.as_of > held.charge_date
        LEFT JOIN moved ON moved.charge_date = held.charge_date
        WHERE seen.as_of <= held.charge_date + {OLDEST_AGE} OR seen.as_of = (SELECT MAX(as_of) FROM seen)
        GROUP BY held.charge_date, seen.as_of"""
    parameters = (since, *narrow.parameters)
    return list(snapshot.rows(text, (*parameters, *parameters)))


def _narrowed(scope: Scope, filters: Filters) -> Sql:
    found = account_conditions(scope, "usage_account_id")
    for column, values in (("usage_account_id", filters.accounts), ("service", filters.services)):
        if values:
            found.append(Sql(f"{column} IN ({marks(values)})", tuple(values)))
    return Sql("".join(f" AND {c.text}" for c in found), tuple(p for c in found for p in c.parameters))
