"""Where the month will end, for a digest: one question, so that what answers it can be exchanged."""

from __future__ import annotations

from costlib.access import Scope
from costlib.alerts.figures import MonthEnd
from costlib.periods import month_start
from costlib.queries.filters import Filters
from costlib.queries.overview import headline
from costlib.store.snapshot import Snapshot
from costlib.wording import count


def month_end(snapshot: Snapshot, scope: Scope, filters: Filters) -> MonthEnd | None:
    """The average complete day times the days of the month; None where the metric is not available."""
    found = headline(snapshot, scope, filters)
    if found.month_end_run_rate is None:
        return None
    how = f"{count(found.month_to_date_days, 'day')} so far, carried on"
    return MonthEnd(month_start(found.last_complete_day), found.month_end_run_rate, how)
