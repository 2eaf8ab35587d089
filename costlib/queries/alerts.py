"""What there is to alert people to: put together from what the pages show, for whoever sends it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from costlib.access import Scope
from costlib.alerts.alert import Alert, may_know
from costlib.alerts.delay import DataState, Patience
from costlib.channels import AlertKind
from costlib.queries.budget_alerts import budget_alerts
from costlib.queries.forecast_events import Events
from costlib.queries.freshness import tie_out_summary
from costlib.queries.incident_alerts import data_alerts, incident_alerts
from costlib.store.snapshot import Snapshot
from costlib.store.status import RunState, Status
from costlib.wording import Currency, count, weekday

_FRESHNESS = "freshness"
_AGAIN = "Look at the freshness page, or run `python -m costlib doctor`."


@dataclass(frozen=True)
class Moment:
    """When it is asked (UTC), what the last sync said of itself, and how old data may be.

    `settled` are the incidents of which somebody has said what they are; `year_starts_in` is the fiscal year's month,
    `events` those known of days to come.
    """

    now: datetime
    status: Status | None
    patience: Patience
    settled: frozenset[str] = frozenset()
    year_starts_in: int = 1
    events: Events = ()


def data_state(snapshot: Snapshot) -> DataState:
    """When the data was read, and the last day that is complete in it."""
    last = min(snapshot.complete_through, snapshot.period.last_day)
    return DataState(snapshot.snapshot_id, snapshot.as_of, last)


def alerts(snapshot: Snapshot, scope: Scope, moment: Moment) -> tuple[Alert, ...]:
    """What is open now and lies in scope, the most pressing first; each has the key by which it is sent once."""
    found = (
        *incident_alerts(snapshot, scope, moment.settled),
        *budget_alerts(snapshot, scope, moment.year_starts_in, moment.events),
        *_of_the_sync(snapshot, moment),
        *_of_the_data(snapshot, scope),
        *data_alerts(snapshot, scope),
    )
    return tuple(alert for alert in found if may_know(scope, alert))


def failed_first_sync(status: Status | None, now: datetime) -> tuple[Alert, ...]:
    """What there is to say while nothing has ever been published."""
    return _failed(status, "none", now)


def _of_the_sync(snapshot: Snapshot, moment: Moment) -> Iterator[Alert]:
    failed = _failed(moment.status, snapshot.snapshot_id, moment.now)
    yield from failed
    state = data_state(snapshot)
    delay = state.delay(moment.now, moment.patience)
    if delay and not failed:
        yield Alert(
            key=f"delayed:{snapshot.snapshot_id}",
            kind=AlertKind.sync,
            title="Cost data is delayed",
            sentences=(delay, f"Figures end on {weekday(state.last_complete_day)}. {_AGAIN}"),
            since=moment.now.date(),
            page=_FRESHNESS,
        )


def _failed(status: Status | None, published: str, now: datetime) -> tuple[Alert, ...]:
    """A sync that failed: once for all that fail until the next one is published."""
    if status is None or status.state is not RunState.failed:
        return ()
    alert = Alert(
        key=f"sync-failed:{published}",
        kind=AlertKind.sync,
        title="The sync of cost data failed",
        sentences=(status.message, status.remedy, "What was published before stays served."),
        since=(status.ended_at or now).date(),
        page=_FRESHNESS,
    )
    return (alert,)


def _of_the_data(snapshot: Snapshot, scope: Scope) -> Iterator[Alert]:
    found = tie_out_summary(snapshot, scope)
    if found.ties_out or found.first_differing_day is None:
        return
    gap = Currency(snapshot.currency).whole(found.absolute_difference)
    yield Alert(
        key=f"tie-out:{found.first_differing_day}",
        kind=AlertKind.data,
        title="Cost data does not tie out to AWS's own total",
        sentences=(
            f"{count(found.differing_days, 'day')} of {found.days} differ, by {gap} together; the first is "
            f"{weekday(found.first_differing_day)} {found.first_differing_day.year}.",
            "The next sync reads such days again.",
        ),
        since=found.first_differing_day,
        page=_FRESHNESS,
    )
