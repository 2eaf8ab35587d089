"""From what the detector says to what is stored: estimates become cents, what was spent is added up exactly."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from decimal import Decimal

import pandas as pd

from costlib.anomalies import (
    DataAnomaly,
    DoubledDay,
    Incident,
    Level,
    MissingDay,
    NewRecordType,
    SignFlip,
    Thresholds,
    VanishedService,
)
from costlib.money import CENT
from costlib.periods import DAY
from costlib.store import judging
from costlib.store.driving import drivers, owner
from costlib.store.incidents import MutedDay, Root, StoredDataAnomaly, StoredDay, StoredIncident
from costlib.store.warehouse import Warehouse

BEFORE, AFTER = 42 * DAY, 7 * DAY
"""The days of the root's series that are kept around an incident, for its picture."""

_KINDS: Mapping[type, str] = {
    MissingDay: "missing_day",
    DoubledDay: "doubled_day",
    VanishedService: "vanished_service",
    SignFlip: "sign_flip",
    NewRecordType: "new_record_type",
}


def stored_incident(
    warehouse: Warehouse, incident: Incident, verdicts: pd.DataFrame, thresholds: Thresholds
) -> StoredIncident:
    """With its days, its drivers and its owner."""
    root, values = root_of(incident.root), dict(incident.root)
    first, last = incident.first_day, incident.last_day
    during = verdicts[(verdicts["date"] >= pd.Timestamp(first)) & (verdicts["date"] <= pd.Timestamp(last))]
    return StoredIncident(
        root,
        incident.kind,
        judging.METRIC.value,
        first,
        last,
        incident.is_open,
        cents(during["expected"].sum()),
        judging.spent(warehouse, values, first, last),
        owner(warehouse, values, last),
        tuple(_days(verdicts, first, last, thresholds)),
        tuple(drivers(warehouse, values, first, last)),
    )


def root_of(level: Level) -> Root:
    """The level's name and its values."""
    values = dict(level)
    account, service = values.pop("usage_account_id", ""), values.pop("service", "")
    if values:
        ((label, value),) = values.items()
        return Root("label", label=label, value=value)
    name = {(True, True): "service_account", (True, False): "account", (False, True): "service"}
    return Root(name.get((bool(account), bool(service)), "total"), account, service)


def muted_rows(verdicts: Mapping[Level, pd.DataFrame], since: date) -> Iterator[MutedDay]:
    """What was beyond the thresholds and is no anomaly, since a day."""
    for level, frame in verdicts.items():
        rows = frame[(frame["muted"] != "") & (frame["date"] >= pd.Timestamp(since))]
        for day, reason, actual, expected in zip(
            rows["date"], rows["muted"], rows["actual"], rows["expected"], strict=True
        ):
            yield MutedDay(root_of(level), day.date(), str(reason), cents(actual), cents(expected))


def data_rows(found: Iterable[DataAnomaly]) -> Iterator[StoredDataAnomaly]:
    for anomaly in found:
        usual, actual = getattr(anomaly, "usual", None), getattr(anomaly, "actual", None)
        yield StoredDataAnomaly(
            _KINDS[type(anomaly)],
            getattr(anomaly, "service", ""),
            getattr(anomaly, "record_type", ""),
            anomaly.day,
            None if usual is None else cents(usual),
            None if actual is None else cents(actual),
        )


def cents(estimate: float) -> Decimal:
    """An estimate is no amount of money: it has no digits beyond cents."""
    return Decimal(repr(float(estimate))).quantize(CENT)


def _days(verdicts: pd.DataFrame, first: date, last: date, thresholds: Thresholds) -> Iterator[StoredDay]:
    """`score` counts in thresholds, so that the distance from what was expected tells how wide the band is."""
    near = verdicts[
        (verdicts["date"] >= pd.Timestamp(first - BEFORE)) & (verdicts["date"] <= pd.Timestamp(last + AFTER))
    ]
    columns = (near[name] for name in ("date", "actual", "expected", "score", "is_anomaly"))
    for stamp, actual, expected, score, is_anomaly in zip(*columns, strict=True):
        day = stamp.date()
        width = _width(actual - expected, score, expected, thresholds)
        yield StoredDay(
            day,
            cents(actual),
            cents(expected),
            cents(expected - width),
            cents(expected + width),
            first <= day <= last and (bool(is_anomaly) or day == first),
        )


def _width(error: float, score: float, expected: float, thresholds: Thresholds) -> float:
    """Half the band: the day's own threshold where its score tells it, else the least there is."""
    least = max(thresholds.floor, thresholds.percent / 100 * abs(expected))
    return max(least, abs(error / score)) if abs(score) > 0.05 and error * score > 0 else least
