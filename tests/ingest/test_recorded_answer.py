"""A real answer of Cost Explorer, served over HTTP, comes through to the last digit."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from costlib.config import Settings
from costlib.ingest.client import connect
from costlib.ingest.credentials import SAMPLE_ENVIRON
from costlib.ingest.cube import Kind, Question, Window
from costlib.ingest.fetch import fetch
from costlib.ingest.run import Run
from costlib.periods import Granularity, Period
from costlib.sample.recorded import RecordedEndpoint
from costlib.store.warehouse import open_warehouse, sync_lock
from costlib.vocabulary import SERVICE
from tests.ingest.syncing import NOON

RECORDING = Path(__file__).parents[1] / "data" / "ce" / "monthly_by_service.json"

Cells = dict[tuple[date, str], tuple[Decimal, bool]]


@pytest.fixture(scope="module")
def recorded() -> Cells:
    """(month, service) → amount as AWS wrote it, and whether it was estimated."""
    answer: dict[str, Any] = json.loads(RECORDING.read_text(encoding="utf-8"))
    return {
        (date.fromisoformat(result["TimePeriod"]["Start"]), group["Keys"][0]): (
            Decimal(group["Metrics"]["UnblendedCost"]["Amount"]),
            result["Estimated"],
        )
        for result in answer["ResultsByTime"]
        for group in result["Groups"]
    }


@pytest.fixture(scope="module")
def stored(recorded: Cells, tmp_path_factory: pytest.TempPathFactory) -> list[tuple[Any, ...]]:
    """What the warehouse holds after fetching the recording: month, service, unblended and other metrics, estimated."""
    months = sorted({month for month, _ in recorded})
    settings = Settings(data_dir=tmp_path_factory.mktemp("recorded"))
    question = Question(Kind.lens, (SERVICE,), granularity=Granularity.monthly)
    window = Window(question, Period(months[0], date(months[-1].year + 1, 1, 1)), len(recorded))

    folder = settings.source_dir
    with RecordedEndpoint(RECORDING) as endpoint, sync_lock(folder), open_warehouse(folder) as warehouse:
        run = Run(warehouse, settings, lambda: NOON, lambda _: None)
        client = connect(settings, endpoint_url=endpoint.url, environ=SAMPLE_ENVIRON)
        ((_, staging),) = fetch([window], client, run, "Recording")
        return warehouse.fetch(
            "SELECT charge_date, key_1, unblended_cost, is_estimated, amortized_cost, key_2"
            f" FROM {staging.table} ORDER BY charge_date, key_1"
        )


def test_every_amount_survives_to_the_last_digit(recorded: Cells, stored: list[tuple[Any, ...]]) -> None:
    assert {(month, service): (amount, estimated) for month, service, amount, estimated, *_ in stored} == recorded
    assert len(recorded) > 50


def test_a_service_absent_from_a_month_stays_absent_and_zero_stays_zero(
    recorded: Cells, stored: list[tuple[Any, ...]]
) -> None:
    months, services = ({key[i] for key in recorded} for i in (0, 1))
    absent = {(m, s) for m in months for s in services} - recorded.keys()
    assert absent, "the recording has services that are absent in some months"
    assert not absent & {(row[0], row[1]) for row in stored}
    assert any(row[2] == 0 for row in stored)


def test_metrics_that_were_not_recorded_are_not_available(stored: list[tuple[Any, ...]]) -> None:
    assert {(row[4], row[5]) for row in stored} == {(None, None)}
