"""A sync puts the file's budgets in force, and reads AWS's own where it may."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import closing
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from moto import mock_aws
from moto.core.botocore_stubber import BotocoreStubber

from costlib.access import EVERYTHING
from costlib.config import Settings, Source
from costlib.ingest.budgets import ACTION, aws_budget, aws_budgets, budgets_text, sync_budgets
from costlib.ingest.run import Run
from costlib.queries.budgets import budget_versions, budgets_problem, seen_budgets
from costlib.queries.freshness import missing_rights
from costlib.sample.organization import tiny_organization
from costlib.sample.server import SampleEndpoint
from costlib.store.warehouse import Warehouse, open_warehouse
from tests.ingest.syncing import NOON, snapshot_in, sync_from

GOOD = '[[budget]]\nid = "all"\nname = "All"\ntotal = true\namount = 100\n'
SHORT: dict[str, Any] = {"history_months": 1}
ENVIRON = {"AWS_ACCESS_KEY_ID": "k", "AWS_SECRET_ACCESS_KEY": "s", "AWS_DEFAULT_REGION": "us-east-1"}
JSON = "application/x-amz-json-1.1"
PAYER = "123456789012"
"""The account that moto says we are."""


@pytest.fixture
def endpoint() -> Iterator[SampleEndpoint]:
    with SampleEndpoint(tiny_organization(NOON.date(), days=40)) as endpoint:
        yield endpoint


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / "budgets.toml"
    file.write_text(GOOD, encoding="utf-8")
    return file


def test_the_files_budgets_are_in_force_after_a_sync(endpoint, file, tmp_path):
    sync_from(endpoint, tmp_path, budgets_file=file, **SHORT)
    with closing(snapshot_in(tmp_path)) as snapshot:
        assert [b.budget_id for b in seen_budgets(snapshot, EVERYTHING)] == ["all"]
        (version,) = budget_versions(snapshot, EVERYTHING)
        assert (version.file, version.applied_by) == (str(file), "budgets file")


def test_a_file_that_cannot_be_used_leaves_the_last_good_budgets_in_force_and_says_so(endpoint, file, tmp_path):
    sync_from(endpoint, tmp_path, budgets_file=file, **SHORT)
    file.write_text(GOOD.replace("100", '"100"'), encoding="utf-8")
    result = sync_from(endpoint, tmp_path, budgets_file=file, now=NOON + timedelta(hours=1), **SHORT)
    assert any("line 5" in warning and "last good budgets" in warning for warning in result.warnings)
    with closing(snapshot_in(tmp_path)) as snapshot:
        assert "line 5, budget 'all'" in budgets_problem(snapshot)
        assert seen_budgets(snapshot, EVERYTHING)[0].terms[0].amount == 100
    file.write_text(GOOD.replace("100", "120"), encoding="utf-8")
    sync_from(endpoint, tmp_path, budgets_file=file, now=NOON + timedelta(hours=2), **SHORT)
    with closing(snapshot_in(tmp_path)) as snapshot:
        assert budgets_problem(snapshot) == ""
        assert [v.budgets.budgets[0].terms[0].amount for v in budget_versions(snapshot, EVERYTHING)] == [120, 100]


def test_only_the_sample_organization_has_budgets_without_a_file(tmp_path):
    assert budgets_text(Settings(source=Source.sample, budgets_file=tmp_path / "none.toml")) is not None
    assert budgets_text(Settings(source=Source.aws, budgets_file=tmp_path / "none.toml")) is None


@pytest.fixture
def payer(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """moto's Budgets and STS behind the real client: every request is serialized, signed and parsed."""
    for name, value in ENVIRON.items():
        monkeypatch.setenv(name, value)
    with mock_aws():
        yield boto3.client("budgets", region_name="us-east-1")


def create(client: Any, name: str, **more: Any) -> None:
    limit = {"BudgetLimit": {"Amount": "1500.25", "Unit": "USD"}}
    budget = {"BudgetName": name, "BudgetType": "COST", "TimeUnit": "MONTHLY", **(more or limit)}
    client.create_budget(AccountId=PAYER, Budget=budget)


@pytest.fixture
def warehouse(tmp_path: Path) -> Iterator[Warehouse]:
    folder = tmp_path / "warehouse"
    folder.mkdir()
    with open_warehouse(folder) as opened:
        yield opened


def run_over(warehouse: Warehouse, tmp_path: Path) -> Run:
    settings = Settings(source=Source.aws, data_dir=tmp_path, budgets_file=tmp_path / "none.toml")
    settings.source_dir.mkdir(exist_ok=True)
    return Run(warehouse, settings, lambda: NOON, lambda _: None)


def kept(warehouse: Warehouse) -> list[tuple[Any, ...]]:
    return warehouse.fetch("SELECT name, budget_limit, actual, forecast, narrowed_to FROM aws_budgets ORDER BY name")


def test_awss_budgets_are_kept_as_aws_tells_them(payer, warehouse, tmp_path):
    create(payer, "all")
    create(payer, "compute", BudgetLimit={"Amount": "9.5", "Unit": "USD"}, CostFilters={"Service": ["EC2"]})
    run = run_over(warehouse, tmp_path)
    sync_budgets(run, lambda: aws_budgets(run.settings, ENVIRON))
    narrowed = json.dumps({"Service": ["EC2"]})
    assert kept(warehouse) == [("all", Decimal("1500.25"), 0, 0, ""), ("compute", Decimal("9.5"), 0, 0, narrowed)]
    payer.delete_budget(AccountId=PAYER, BudgetName="all")
    sync_budgets(run, lambda: aws_budgets(run.settings, ENVIRON))
    assert [name for name, *_ in kept(warehouse)] == ["compute"]
    assert run.status.requests_done == 0


def refusing(monkeypatch: pytest.MonkeyPatch, code: str, message: str, status: int = 400) -> None:
    """AWS refuses DescribeBudgets in these words."""
    answer = BotocoreStubber.__call__

    def refuse(self: Any, event_name: str, request: Any, **more: Any) -> Any:
        if request.headers.get("X-Amz-Target", b"").endswith(b"DescribeBudgets"):
            body = json.dumps({"__type": code, "message": message}).encode()
            return AWSResponse(request.url, status, HTTPHeaders.from_dict({"content-type": JSON}), _Raw(body))
        return answer(self, event_name, request, **more)

    monkeypatch.setattr(BotocoreStubber, "__call__", refuse)


class _Raw:
    def __init__(self, body: bytes) -> None:
        self._body = body

    def stream(self, **_: Any) -> Iterator[bytes]:
        yield self._body


def test_a_role_that_may_not_read_them_is_told_which_right_is_missing(payer, warehouse, tmp_path, monkeypatch):
    create(payer, "all")
    run = run_over(warehouse, tmp_path)
    sync_budgets(run, lambda: aws_budgets(run.settings, ENVIRON))
    with monkeypatch.context() as patch:
        refusing(patch, "AccessDeniedException", f"User: x is not authorized to perform: {ACTION}")
        sync_budgets(run, lambda: aws_budgets(run.settings, ENVIRON))
    assert warehouse.fetch("SELECT action FROM missing_rights") == [(ACTION,)]
    assert [name for name, *_ in kept(warehouse)] == ["all"]
    sync_budgets(run, lambda: aws_budgets(run.settings, ENVIRON))
    assert warehouse.fetch("SELECT action FROM missing_rights") == []


def test_a_budgets_service_that_is_down_stops_no_sync(payer, warehouse, tmp_path, monkeypatch):
    run = run_over(warehouse, tmp_path)
    refusing(monkeypatch, "ValidationException", "no such account")
    sync_budgets(run, lambda: aws_budgets(run.settings, ENVIRON))
    assert any("AWS Budgets could not be read" in warning for warning in run.warnings)


@pytest.mark.parametrize(
    ("told", "limit", "actual", "forecast"),
    [
        ({"BudgetLimit": {"Amount": "10.0", "Unit": "USD"}}, Decimal("10.0"), None, None),
        ({}, None, None, None),
        (
            {
                "PlannedBudgetLimits": {
                    "1790812800": {"Amount": "7", "Unit": "USD"},
                    "1793491200": {"Amount": "8", "Unit": "USD"},
                    "1796083200": {"Amount": "9", "Unit": "USD"},
                },
                "CalculatedSpend": {
                    "ActualSpend": {"Amount": "1.0000000001", "Unit": "USD"},
                    "ForecastedSpend": {"Amount": "2", "Unit": "USD"},
                },
            },
            Decimal(8),
            Decimal("1.0000000001"),
            Decimal(2),
        ),
    ],
)
def test_limits_and_spends_stay_exact_and_what_is_not_told_is_not_zero(
    told: Mapping[str, Any], limit: Decimal | None, actual: Decimal | None, forecast: Decimal | None
):
    """1790812800 is 1 October 2026, 1793491200 1 November, 1796083200 1 December; it is 24 November."""
    found = aws_budget({"AccountId": "1", "BudgetName": "b", **told}, NOON)
    assert (found.limit, found.actual, found.forecast) == (limit, actual, forecast)
    assert NOON.date() == date(2026, 11, 24)


def test_the_sample_is_asked_for_no_aws_budgets(endpoint, tmp_path):
    sync_from(endpoint, tmp_path, **SHORT)
    assert not endpoint.requests_of("AWSBudgetServiceGateway.DescribeBudgets")
    with closing(snapshot_in(tmp_path)) as snapshot:
        assert ACTION not in missing_rights(snapshot).column("action").to_pylist()
