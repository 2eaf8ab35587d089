"""Where the month will end, for a digest: one question, so that what answers it can be exchanged."""

from __future__ import annotations

from costlib.access import Scope
from costlib.alerts.figures import MonthEnd
from costlib.errors import NotEnoughHistory
from costlib.periods import month_start
from costlib.queries.filters import Filters
from costlib.queries.forecast_events import Events
from costlib.queries.forecasts import outlook
from costlib.queries.overview import headline
from costlib.store.snapshot import Snapshot
from costlib.wording import count, share


def month_end(snapshot: Snapshot, scope: Scope, filters: Filters, events: Events = ()) -> MonthEnd | None:
    """The forecast of the month of the first day to come, known `events` added; with too little history the average day
    carried on. None where the metric is not available.
    """
    found = headline(snapshot, scope, filters)
    if found.month_end_run_rate is None:
        return None
    try:
        forecast = outlook(snapshot, scope, filters, events=events)
    except NotEnoughHistory:
        how = f"{count(found.month_to_date_days, 'day')} so far, carried on"
        return MonthEnd(month_start(found.last_complete_day), found.month_end_run_rate, how)
    month, record = forecast.month, forecast.record
    error = "" if record is None else f", off by {share(record.wape)} on this series' past"
    likely = month.likely
    return MonthEnd(month.period.start, month.expected, f"forecast{error}", likely.lower, likely.upper, 80)
