"""GetAnomalies: the planted anomalies as AWS's detector would tell them, their spend counted from the ledger.

One monitor watches services, as AWS's recommended one does. A day is judged once it has arrived whole, so an anomaly
that has just begun is not there yet, and the ends of one that goes on move with the data. AWS keeps 90 days.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import NAMESPACE_URL, uuid5

from costlib.errors import UsageError
from costlib.periods import DAY, Period, parse_day
from costlib.sample.ledger import Ledger
from costlib.sample.listings import Slicer, with_token
from costlib.sample.organization import Organization
from costlib.sample.plan import ZERO, PlantedAnomaly
from costlib.sample.refusals import invalid
from costlib.sample.wire import AnomalyRequest, TotalImpactFilter

KEPT_DAYS = 90
PAGE = 20
MONITOR = "service monitor"


@dataclass(frozen=True)
class Found:
    """A planted anomaly as far as it has arrived: its last day so far, what it added, and its service's spend."""

    planted: PlantedAnomaly
    last_day: date
    impact: Decimal
    largest: Decimal
    latest: Decimal
    actual: Decimal

    @property
    def expected(self) -> Decimal:
        return self.actual - self.impact

    @property
    def percentage(self) -> Decimal:
        return 100 * self.impact / self.expected if self.expected else ZERO


@dataclass(frozen=True)
class AnomalyAnswers:
    """Answers from one state of the data. `page` cuts a list as the request's token says."""

    organization: Organization
    ledger: Ledger
    page_size: int | None
    page: Slicer

    def anomalies(self, request: AnomalyRequest) -> dict[str, object]:
        """GetAnomalies: those that touch the asked days, the latest first. The sample's people gave no feedback."""
        first, last = _asked(request["DateInterval"], self.organization.today)
        is_ours = request.get("MonitorArn", self.monitor_arn) == self.monitor_arn and not request.get("Feedback")
        found = [f for f in self._found() if is_ours and f.planted.first_day <= last and f.last_day >= first]
        listed = [self._listed(f) for f in found if _is_within(f.impact, request.get("TotalImpact"))]
        limits = [n for n in (request.get("MaxResults", PAGE), self.page_size) if n]
        part, token = self.page(len(listed), min(limits))
        return with_token({"Anomalies": listed[part]}, token)

    @property
    def monitor_arn(self) -> str:
        payer = self.organization.payer_account_id
        return f"arn:aws:ce::{payer}:anomalymonitor/{uuid5(NAMESPACE_URL, MONITOR)}"

    def _found(self) -> list[Found]:
        oldest = self.organization.today - KEPT_DAYS * DAY
        found = [self._so_far(a) for a in self.organization.anomalies]
        return sorted((f for f in found if f and f.last_day >= oldest), key=lambda f: f.planted.first_day, reverse=True)

    def _so_far(self, planted: PlantedAnomaly) -> Found | None:
        """None while no day of it has arrived whole."""
        whole_until = min(self.organization.arrived, default=self.organization.today + DAY)
        seen = Period(planted.first_day, planted.last_day + DAY).clip(Period(self.organization.start, whole_until))
        if seen is None:
            return None
        extra: dict[date, Decimal] = {}
        for charge in self.organization.singles:
            if charge.cell == planted.cell and charge.charge_date in seen:
                extra[charge.charge_date] = extra.get(charge.charge_date, ZERO) + charge.net_unblended_cost
        if not extra:
            return None
        actual = self._net_spend(planted.cell.service, seen)
        return Found(planted, max(extra), sum(extra.values(), ZERO), max(extra.values()), extra[max(extra)], actual)

    def _net_spend(self, service: str, days: Period) -> Decimal:
        """Net unblended cost of a service, which is what AWS's detector looks at."""
        rows = self.ledger.table(
            """
            SELECT COALESCE(SUM(net_unblended_cost), 0) AS spend
            FROM charges JOIN cells USING (cell_id)
            WHERE service = ? AND record_type = 'Usage' AND charge_date >= ? AND charge_date < ?
            """,
            [service, days.start, days.end],
        )
        return Decimal(rows["spend"][0].as_py())

    def _listed(self, found: Found) -> dict[str, object]:
        planted, cell = found.planted, found.planted.cell
        names = {a.account_id: a.name for a in self.organization.accounts}
        identity = "|".join((str(planted.first_day), cell.usage_account_id, cell.service, cell.usage_type))
        cause = {
            "Service": cell.service,
            "Region": cell.region,
            "LinkedAccount": cell.usage_account_id,
            "LinkedAccountName": names.get(cell.usage_account_id, ""),
            "UsageType": cell.usage_type,
            "Impact": {"Contribution": _double(found.impact)},
        }
        return {
            "AnomalyId": str(uuid5(NAMESPACE_URL, identity)),
            "AnomalyStartDate": f"{planted.first_day}T00:00:00Z",
            "AnomalyEndDate": f"{found.last_day}T00:00:00Z",
            "DimensionValue": cell.service,
            "RootCauses": [cause],
            "AnomalyScore": {"MaxScore": _score(found.largest, found), "CurrentScore": _score(found.latest, found)},
            "Impact": {
                "MaxImpact": _double(found.largest),
                "TotalImpact": _double(found.impact),
                "TotalActualSpend": _double(found.actual),
                "TotalExpectedSpend": _double(found.expected),
                "TotalImpactPercentage": _double(found.percentage),
            },
            "MonitorArn": self.monitor_arn,
        }


def _asked(interval: Mapping[str, str], today: date) -> tuple[date, date]:
    """The first and the last day asked for, both included."""
    try:
        first = parse_day(interval["StartDate"], "StartDate")
        last = parse_day(interval.get("EndDate") or today.isoformat(), "EndDate")
    except UsageError as error:
        raise invalid(error.message) from error
    if first > last:
        raise invalid("Start date should not be after end date")
    return first, last


_COMPARED: Mapping[str, Callable[[float, float, float], bool]] = {
    "EQUAL": lambda impact, start, _: impact == start,
    "GREATER_THAN_OR_EQUAL": lambda impact, start, _: impact >= start,
    "LESS_THAN_OR_EQUAL": lambda impact, start, _: impact <= start,
    "GREATER_THAN": lambda impact, start, _: impact > start,
    "LESS_THAN": lambda impact, start, _: impact < start,
    "BETWEEN": lambda impact, start, end: start <= impact <= end,
}


def _is_within(impact: Decimal, asked: TotalImpactFilter | None) -> bool:
    if asked is None:
        return True
    start = asked["StartValue"]
    compared = _COMPARED.get(asked["NumericOperator"])
    if compared is None:
        raise invalid(f"NumericOperator {asked['NumericOperator']} is invalid.")
    return compared(_double(impact), start, asked.get("EndValue", start))


def _double(amount: Decimal) -> float:
    """AWS writes these figures as doubles."""
    return float(round(amount, 4))


def _score(extra: Decimal, found: Found) -> float:
    """Between 0 and 1; AWS does not say how it counts."""
    days = (found.last_day - found.planted.first_day).days + 1
    expected = found.expected / days
    return float(round(extra / (extra + expected), 2)) if extra + expected else 0.0
