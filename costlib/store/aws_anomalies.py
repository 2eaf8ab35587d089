"""The anomalies that AWS's own detector found. AWS keeps 90 days of them; what was seen once stays here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from costlib.store.warehouse import Warehouse

Amount = Decimal | None

READ_ON = "aws_anomalies_read_on"
"""The fact about a warehouse that names the day on which AWS was asked last."""


@dataclass(frozen=True)
class Cause:
    """One of AWS's root causes; '' where it names none."""

    service: str
    region: str
    usage_account_id: str
    usage_type: str
    contribution: Amount


@dataclass(frozen=True)
class AwsAnomaly:
    """One anomaly as AWS tells it: impact is actual less expected spend, in net unblended dollars."""

    anomaly_id: str
    first_day: date | None
    last_day: date | None
    monitor_arn: str
    dimension_value: str
    max_score: Amount
    current_score: Amount
    max_impact: Amount
    total_impact: Amount
    actual_spend: Amount
    expected_spend: Amount
    impact_percentage: Amount
    feedback: str
    causes: tuple[Cause, ...]


def was_read_on(warehouse: Warehouse, day: date) -> bool:
    return warehouse.meta(READ_ON) == day.isoformat()


def take_over(warehouse: Warehouse, found: Sequence[AwsAnomaly], now: datetime) -> None:
    """Put each in the place of what was known of it; what AWS no longer lists stays as it was last told."""
    with warehouse.transaction() as connection:
        for anomaly in found:
            seen = connection.execute(
                "SELECT first_seen_at FROM aws_anomalies WHERE anomaly_id = ?", [anomaly.anomaly_id]
            ).fetchone()
            for table in ("aws_anomalies", "aws_anomaly_causes"):
                connection.execute(f"DELETE FROM {table} WHERE anomaly_id = ?", [anomaly.anomaly_id])
            values = [value for name, value in vars(anomaly).items() if name != "causes"]
            row = [*values, seen[0] if seen else now, now]
            connection.execute(f"INSERT INTO aws_anomalies VALUES ({', '.join('?' * len(row))})", row)
            for place, cause in enumerate(anomaly.causes):
                parts = [anomaly.anomaly_id, place, *vars(cause).values()]
                connection.execute(f"INSERT INTO aws_anomaly_causes VALUES ({', '.join('?' * len(parts))})", parts)
        connection.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", [READ_ON, now.date().isoformat()])
