"""What AWS's own anomaly detector found: a request a day, and only where the role may ask.

AWS keeps 90 days, and an anomaly that goes on grows, so the whole of it is asked each time. The call knows no billing
views: it tells the anomalies of the monitors of the account that asks.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from costlib.errors import (
    AccessDenied,
    DataError,
    DataNotReady,
    MalformedAnswer,
    PagingStale,
    RequestRefused,
    UsageError,
)
from costlib.ingest.client import CostExplorer
from costlib.ingest.commitments import reads_another_view
from costlib.ingest.run import Run
from costlib.money import SCALE
from costlib.periods import DAY, parse_day
from costlib.store.aws_anomalies import AwsAnomaly, Cause, take_over, was_read_on
from costlib.store.ledger import clear_missing_right, note_missing_right

OPERATION = "GetAnomalies"
PURPOSE = "anomalies"
KEPT_DAYS = 90
PAGE = 100
ROUNDS = 3
"""How often the list is asked anew when its page token dies."""


def sync_aws_anomalies(run: Run, client: CostExplorer, now: datetime) -> None:
    """Ask once a day. What the role may not ask, or AWS cannot answer, is noted, and the sync goes on."""
    if reads_another_view(run.settings.billing_view_arn) or was_read_on(run.warehouse, now.date()):
        return
    run.tell("AWS's anomalies", run.status.requests_done + 1)
    try:
        found = [_anomaly(item) for item in _listed(run, client, now.date())]
    except AccessDenied as error:
        note_missing_right(run.warehouse, error.action, "AWS's own anomalies beside ours", run.clock())
    except (RequestRefused, DataNotReady, DataError) as error:
        run.warn(f"AWS's own anomalies were not read: {error.message}")
    else:
        clear_missing_right(run.warehouse, f"ce:{OPERATION}")
        take_over(run.warehouse, found, now)


def daily_requests(billing_view_arn: str) -> int:
    """What a day's first sync asks: one page, for AWS finds a few a month."""
    return 0 if reads_another_view(billing_view_arn) else 1


def _listed(run: Run, client: CostExplorer, today: date) -> list[Mapping[str, Any]]:
    for _ in range(ROUNDS - 1):
        with suppress(PagingStale):
            return _all_pages(run, client, today)
    return _all_pages(run, client, today)


def _all_pages(run: Run, client: CostExplorer, today: date) -> list[Mapping[str, Any]]:
    days = {"StartDate": (today - KEPT_DAYS * DAY).isoformat(), "EndDate": today.isoformat()}
    request: dict[str, object] = {"DateInterval": days, "MaxResults": PAGE}
    found: list[Mapping[str, Any]] = []
    while True:
        body = run.ask(client, OPERATION, dict(request), PURPOSE).body
        found += body.get("Anomalies", [])
        if not body.get("NextPageToken"):
            return found
        request["NextPageToken"] = body["NextPageToken"]


def _anomaly(item: Mapping[str, Any]) -> AwsAnomaly:
    """Raises MalformedAnswer for a date or a figure that is none."""
    impact, score = item.get("Impact", {}), item.get("AnomalyScore", {})
    return AwsAnomaly(
        item["AnomalyId"],
        _day(item.get("AnomalyStartDate")),
        _day(item.get("AnomalyEndDate")),
        item.get("MonitorArn", ""),
        item.get("DimensionValue", ""),
        _figure(score.get("MaxScore")),
        _figure(score.get("CurrentScore")),
        _figure(impact.get("MaxImpact")),
        _figure(impact.get("TotalImpact")),
        _figure(impact.get("TotalActualSpend")),
        _figure(impact.get("TotalExpectedSpend")),
        _figure(impact.get("TotalImpactPercentage")),
        item.get("Feedback", ""),
        tuple(_cause(cause) for cause in item.get("RootCauses", [])),
    )


def _cause(cause: Mapping[str, Any]) -> Cause:
    return Cause(
        cause.get("Service", ""),
        cause.get("Region", ""),
        cause.get("LinkedAccount", ""),
        cause.get("UsageType", ""),
        _figure(cause.get("Impact", {}).get("Contribution")),
    )


def _figure(number: object) -> Decimal | None:
    """AWS tells these as doubles; their shortest decimal is what it meant."""
    if number is None:
        return None
    figure = Decimal(str(number))
    if not figure.is_finite() or abs(figure) >= Decimal(10) ** 20:
        raise _malformed(f"the figure {number}")
    return round(figure, SCALE)


def _day(text: object) -> date | None:
    if not text:
        return None
    try:
        return parse_day(str(text)[:10])
    except UsageError as error:
        raise _malformed(f"the day {text}") from error


def _malformed(what: str) -> MalformedAnswer:
    return MalformedAnswer(f"{OPERATION} answered with {what}.", "The next sync asks again.")
