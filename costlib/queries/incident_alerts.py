"""Alerts of what was judged: incidents that nobody has looked at yet, and oddities of the data."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import date

from costlib.access import EVERYTHING, Scope
from costlib.alerts.alert import Alert, may_know
from costlib.channels import AlertKind
from costlib.periods import DAY, Period
from costlib.queries.anomalies import FRESH, Incident, data_anomalies, incident_drivers, incidents, judging
from costlib.store.snapshot import Snapshot
from costlib.vocabulary import dimension
from costlib.wording import Currency, span, weekday

PAGE = "anomalies"
_ODDITIES = {
    "missing_day": "A day without any charge",
    "doubled_day": "A day that was counted twice",
    "vanished_service": "A service that vanished",
    "sign_flip": "Amounts that changed their sign",
    "new_record_type": "A record type never seen before",
}


def open_incidents(snapshot: Snapshot) -> tuple[str, ...]:
    """The ids of those that are open, whoever may see them: what people said of them is looked up by these."""
    return tuple(incident.incident_id for incident in incidents(snapshot, EVERYTHING) if incident.is_open)


def incident_alerts(snapshot: Snapshot, scope: Scope, settled: Collection[str] = ()) -> Iterator[Alert]:
    """Open incidents but the `settled` ones, of which somebody has said what they are; the largest first.

    Their figures are the root's. Whose it is depends on the cost center, so this is asked within EVERYTHING, and a
    narrower scope is told what `may_know` says; what belongs to other accounts too is told to nobody else.
    """
    for incident in incidents(snapshot, EVERYTHING):
        if incident.is_open and incident.incident_id not in settled:
            alert = _alert(snapshot, scope, incident)
            if may_know(scope, alert):
                yield alert


def _alert(snapshot: Snapshot, scope: Scope, incident: Incident) -> Alert:
    money, is_above = Currency(snapshot.currency), incident.above_expectation >= 0
    size = f"{money.exact(abs(incident.above_expectation))} {'above' if is_above else 'below'} expectation"
    days = span(Period(incident.first_day, incident.last_day + DAY))
    lasts = ", and it still lasts" if incident.lasts else ""
    came = f"{days}{lasts}: {money.exact(incident.actual)}, where {money.exact(incident.expected)} was expected."
    is_ones_own = bool(incident.usage_account_id or incident.label)
    return Alert(
        key=f"incident:{incident.incident_id}",
        kind=AlertKind.incident,
        title=f"{incident.root}: {size}",
        sentences=(came, *_drivers(snapshot, scope, incident, money)),
        since=incident.first_day,
        amount=abs(incident.above_expectation),
        cost_center=incident.cost_center if is_ones_own and incident.cost_center else None,
        account=incident.usage_account_id or None,
        page=f"{PAGE}?incident={incident.incident_id}",
    )


def _drivers(snapshot: Snapshot, scope: Scope, incident: Incident, money: Currency) -> Iterator[str]:
    """What moved with it most; what is of a whole service, other accounts too, is for who sees everything."""
    rows = [
        row
        for row in incident_drivers(snapshot, EVERYTHING, incident.incident_id).to_pylist()
        if row["dimension"] != "record_type"
        and (row["above_expectation"] > 0) == (incident.above_expectation > 0)
        and (scope == EVERYTHING or not row["is_of_whole_service"])
    ]
    for is_of_all, start in ((False, "Most of it is in"), (True, "Of this service in all accounts, it is mostly")):
        row = next((row for row in rows if row["is_of_whole_service"] is is_of_all), None)
        if row:
            what = f"{dimension(row['dimension']).label.lower()} {row['name']}"
            yield f"{start} {what} ({money.change(row['above_expectation'])})."


def data_alerts(snapshot: Snapshot, scope: Scope) -> Iterator[Alert]:
    """Oddities of the newest days' data, for who sees every account; nobody else is told any."""
    if scope.accounts is not None:
        return
    through, money = judging(snapshot).through, Currency(snapshot.currency)
    for row in data_anomalies(snapshot, scope).to_pylist():
        day: date = row["charge_date"]
        if through is None or day < through - FRESH:
            continue
        what = " ".join(filter(None, [row["service"], row["record_type"]]))
        usual = "" if row["expected"] is None else f" Usual is {money.exact(row['expected'])} a day."
        yield Alert(
            key=f"data:{row['kind']}:{row['service']}:{row['record_type']}:{day}",
            kind=AlertKind.data,
            title=f"{_ODDITIES.get(row['kind'], row['kind'])}{f': {what}' if what else ''}",
            sentences=(f"Since {weekday(day)} {day.year}.{usual}", "This is more likely of the data than of the cost."),
            since=day,
            page=PAGE,
        )
