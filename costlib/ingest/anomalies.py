"""Every sync judges the days that have become complete: what cost more or less than expected, where, and for how long.

Judged are the total, services, accounts, services in accounts, and the values of tracked labels. A day that is still
arriving is not judged: it would look like a drop today and hide a rise until it is whole.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from hashlib import sha256

import pandas as pd

from costlib.anomalies import Level, Thresholds, Tree, anomalies_of_many, data_anomalies, incidents, level_of
from costlib.errors import InvalidEvents
from costlib.events import Event, parse_events
from costlib.ingest.incident_rows import data_rows, muted_rows, stored_incident
from costlib.ingest.run import Run
from costlib.periods import DAY, Period
from costlib.store import judging
from costlib.store.incidents import Judgement, StoredDataAnomaly, is_judged, replace_judged
from costlib.store.ledger import has_unfinished_business
from costlib.store.snapshot import SETTLING
from costlib.store.warehouse import Warehouse
from costlib.vocabulary import CHARGE_CATEGORIES, DISCOUNT_RECORD_TYPES

TOLD_DAYS = 90
"""Incidents are told anew as long as they lie in these last days, as AWS's are; older ones stay as they were told."""

HISTORY_DAYS = 400
"""A year and a month to learn from: what comes once a quarter has come four times."""

MOST_SERIES = 2_000
"""Series at any one level: the ones with the most spend."""

ACCOUNT, SERVICE = "usage_account_id", "service"
THRESHOLDS = Thresholds()
METHOD = "1"
"""Changes when days would be judged differently: then all is judged anew."""


@dataclass(frozen=True)
class _Known:
    """An event of `events.toml`, as the detector wants it."""

    name: str
    first_day: date
    last_day: date
    mutes: bool


def sync_incidents(run: Run) -> None:
    """Judge anew where charges, days or known events changed since; killed in between, the last judging stands."""
    stored = judging.all_days(run.warehouse)
    through = (run.clock() - SETTLING).date() - DAY
    period = stored.clip(Period(through - (HISTORY_DAYS - 1) * DAY, through + DAY)) if stored else None
    if period is None:
        return
    events, text = _events(run)
    of = f"{METHOD} {period} {sha256(text.encode()).hexdigest()[:12]}"
    is_behind = bool(run.windows) or has_unfinished_business(run.warehouse, run.run_id)
    if is_judged(run.warehouse, of) and not is_behind:
        return
    run.tell("Anomalies", run.status.requests_done)
    replace_judged(run.warehouse, judged(run.warehouse, period, events, of), run.clock())


def judged(warehouse: Warehouse, period: Period, events: Sequence[Event], of: str) -> Judgement:
    """What happened on the last days of `period`, told by the days before."""
    since = max(period.start, period.last_day - (TOLD_DAYS - 1) * DAY)
    labels = judging.tracked_labels(warehouse)
    verdicts = _verdicts(warehouse, labels, period, events)
    leaves = judging.leaves_of(warehouse, labels, Period(since, period.end))
    found = [i for i in incidents(verdicts, Tree.of(leaves)) if i.last_day >= since]
    return Judgement(
        since,
        period.last_day,
        of,
        [stored_incident(warehouse, i, verdicts[i.root], THRESHOLDS) for i in found],
        list(muted_rows(verdicts, since)),
        [a for a in _data(warehouse, period) if a.charge_date >= since],
    )


def _verdicts(
    warehouse: Warehouse, labels: Sequence[str], period: Period, events: Sequence[Event]
) -> Mapping[Level, pd.DataFrame]:
    series = dict(_series(warehouse, labels, period))
    known = {level: [_known(e) for e in events if e.concerns(dict(level))] for level in series}
    return anomalies_of_many(series, events=known, thresholds=THRESHOLDS)


def _series(warehouse: Warehouse, labels: Sequence[str], period: Period) -> Iterator[tuple[Level, pd.Series]]:
    for dimensions in ((), (SERVICE,), (ACCOUNT,), (ACCOUNT, SERVICE), *((label,) for label in labels)):
        for values, y in judging.series_of(warehouse, dimensions, period, THRESHOLDS.floor, MOST_SERIES):
            yield level_of(values), y


def _data(warehouse: Warehouse, period: Period) -> list[StoredDataAnomaly]:
    services = judging.by_column(warehouse, SERVICE, period, judging.NOT_JUDGED)
    record_types = judging.by_column(warehouse, "record_type", period)
    return list(data_rows(data_anomalies(services, record_types, {*CHARGE_CATEGORIES, *DISCOUNT_RECORD_TYPES})))


def _known(event: Event) -> _Known:
    return _Known(event.name, event.period.start, event.period.last_day, event.mutes)


def _events(run: Run) -> tuple[tuple[Event, ...], str]:
    """The known events and the text they stand in; a file that cannot be used is said so, and mutes nothing."""
    file = run.settings.events_file
    try:
        text = file.read_text(encoding="utf-8") if file.exists() else ""
        return parse_events(text, str(file)), text
    except (InvalidEvents, OSError, UnicodeDecodeError) as error:
        run.warn(f"Known events were not used: {error}")
        return (), ""
