"""A recorded answer of the real Cost Explorer comes through as it was given."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from costlib.sample.model import answer_problems
from costlib.sample.recorded import RecordedEndpoint
from tests.sample.asking import client_of, request

RECORDING = Path(__file__).parent.parent / "data" / "ce" / "monthly_by_service.json"


def test_every_amount_and_every_absent_service_survives() -> None:
    with RecordedEndpoint(RECORDING) as endpoint:
        asked = request(date(2021, 1, 1), date(2021, 7, 1), ("DIMENSION", "SERVICE"), granularity="MONTHLY")
        answer = client_of(endpoint).get_cost_and_usage(**asked)
        assert endpoint.paid_requests == 1
    del answer["ResponseMetadata"]
    assert answer == json.loads(RECORDING.read_text())


def test_the_recording_has_the_modelled_shape() -> None:
    assert answer_problems("GetCostAndUsage", json.loads(RECORDING.read_text())) == []


def test_other_operations_were_not_recorded() -> None:
    with RecordedEndpoint(RECORDING) as endpoint, pytest.raises(ClientError, match="AccessDenied"):
        client_of(endpoint).get_tags(TimePeriod={"Start": "2021-01-01", "End": "2021-02-01"})
