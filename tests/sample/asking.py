"""A boto3 client, all pages of an answer, and the truth added up in plain Python `Decimal`s."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

import boto3
from botocore.config import Config

from costlib.sample.endpoint import Endpoint

METRICS = {
    "UnblendedCost": "unblended_cost",
    "AmortizedCost": "amortized_cost",
    "NetUnblendedCost": "net_unblended_cost",
    "NetAmortizedCost": "net_amortized_cost",
    "BlendedCost": "blended_cost",
}
COLUMNS = {
    "LINKED_ACCOUNT": "usage_account_id",
    "SERVICE": "service",
    "RECORD_TYPE": "record_type",
    "REGION": "region",
    "USAGE_TYPE": "usage_type",
}
Row = Mapping[str, Any]
Cell = tuple[str, tuple[str, ...]]
"""A period's start and the keys of a group."""


def client_of(endpoint: Endpoint, access_key: str = "sample") -> Any:
    """A Cost Explorer client that asks once and never retries."""
    return boto3.client(
        "ce",
        endpoint_url=endpoint.url,
        region_name="us-east-1",
        aws_access_key_id=access_key,
        aws_secret_access_key="sample",
        config=Config(retries={"mode": "standard", "total_max_attempts": 1}),
    )


def request(
    start: date, end: date, *group_by: tuple[str, str], granularity: str = "DAILY", **more: object
) -> dict[str, Any]:
    """A GetCostAndUsage request for all cost metrics, grouped by (type, key) pairs."""
    grouped = {"GroupBy": [{"Type": t, "Key": k} for t, k in group_by]} if group_by else {}
    return {
        "TimePeriod": {"Start": start.isoformat(), "End": end.isoformat()},
        "Granularity": granularity,
        "Metrics": list(METRICS),
        **grouped,
        **more,
    }


def pages(client: Any, asked: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Every page, following the token."""
    page = client.get_cost_and_usage(**asked)
    yield page
    while token := page.get("NextPageToken"):
        page = client.get_cost_and_usage(**asked, NextPageToken=token)
        yield page


def answered(client: Any, asked: Mapping[str, Any]) -> dict[Cell, dict[str, Decimal]]:
    """All pages merged; a key that comes twice is an error."""
    merged: dict[Cell, dict[str, Decimal]] = {}
    for page in pages(client, asked):
        for result in page["ResultsByTime"]:
            groups = result["Groups"] if "GroupBy" in asked else [{"Keys": [], "Metrics": result["Total"]}]
            for group in groups:
                cell = result["TimePeriod"]["Start"], tuple(group["Keys"])
                assert cell not in merged, f"{cell} came twice"
                merged[cell] = {m: Decimal(v["Amount"]) for m, v in group["Metrics"].items()}
    return merged


def truth(
    rows: Iterable[Row],
    start: date,
    end: date,
    *group_by: tuple[str, str],
    granularity: str = "DAILY",
    where: Callable[[Row], bool] = lambda row: True,
) -> dict[Cell, dict[str, Decimal]]:
    """What the answer has to be, from single charges."""
    sums: dict[Cell, dict[str, Decimal]] = defaultdict(lambda: dict.fromkeys(METRICS, Decimal(0)))
    for row in rows:
        if start <= row["charge_date"] < end and where(row):
            first = row["charge_date"] if granularity == "DAILY" else max(start, row["charge_date"].replace(day=1))
            cell = sums[first.isoformat(), tuple(key_of(row, *g) for g in group_by)]
            for metric, column in METRICS.items():
                cell[metric] += row[column]
    return dict(sums)


def key_of(row: Row, group_type: str, key: str) -> str:
    """A charge's value, as Cost Explorer writes keys."""
    if group_type == "DIMENSION":
        return str(row[COLUMNS[key]])
    return f"{key}${row[f'{group_type.lower()}:{key}']}"
