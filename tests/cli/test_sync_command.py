"""`costlib sync` and `status` as a person or a script meets them: against an endpoint named by AWS's own variables."""

from __future__ import annotations

import argparse
import getpass
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from costlib.cli import main
from costlib.cli.eyes import by_whom
from costlib.cli.sync import progress_line, utc_now
from costlib.sample.faults import Faults
from costlib.sample.organization import tiny_organization
from costlib.sample.server import SampleEndpoint
from costlib.store.audit import Event, entries
from costlib.store.snapshot import open_current
from costlib.store.status import RunState, Status, read_status
from costlib.store.warehouse import sync_lock
from tests.ingest.truth import differences

ORGANIZATION = tiny_organization(utc_now().date(), days=6)
CUBE = ("charge_date", "usage_account_id", "service", "record_type")
ROOT = Path(__file__).parents[2]


@pytest.fixture
def endpoint(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[SampleEndpoint]:
    """An endpoint that boto3 finds through the environment, with the data folder and a short history beside it."""
    with SampleEndpoint(ORGANIZATION) as endpoint:
        settings = {
            "AWS_ENDPOINT_URL_COST_EXPLORER": endpoint.url,
            "AWS_ACCESS_KEY_ID": "key",
            "AWS_SECRET_ACCESS_KEY": "planted-secret",
            "AWS_CONFIG_FILE": "/nowhere",
            "AWS_SHARED_CREDENTIALS_FILE": "/nowhere",
            "AWS_EC2_METADATA_DISABLED": "true",
            "COSTLIB_SOURCE": "aws",
            "COSTLIB_DATA_DIR": str(tmp_path / "data"),
            "COSTLIB_HISTORY_MONTHS": "1",
            "COSTLIB_REQUESTS_PER_SECOND": "100",
        }
        for name, value in settings.items():
            monkeypatch.setenv(name, value)
        yield endpoint


def test_a_sync_ends_with_one_json_object_and_the_store_equals_the_ledger(
    endpoint: SampleEndpoint, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["sync", "--json"]) == 0
    said = capsys.readouterr()
    result: dict[str, Any] = json.loads(said.out)
    assert result["requests"] == endpoint.paid_requests
    assert Decimal(result["request_cost_usd"]) == Decimal(endpoint.paid_requests) / 100
    assert {"snapshot_id", "windows", "rows", "restatements", "seconds"} <= result.keys()
    assert "Ties out." in said.err
    assert "planted-secret" not in said.out + said.err
    assert differences(open_current(tmp_path / "data" / "aws"), endpoint, CUBE) == {}


def test_each_sync_that_starts_is_in_the_audit_log_once_with_who_began_it(
    endpoint: SampleEndpoint, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = tmp_path / "data" / "aws"
    assert main(["sync", "--plan"]) == 0
    assert entries(source) == []
    assert main(["sync", "--by", "kim"]) == 0
    assert main(["sync", "--full"]) == 0
    with sync_lock(source):
        assert main(["sync", "--by", "too late"]) == 3
    logged = [(entry.event, entry.person.name, entry.about) for entry in entries(source)]
    started = Event.sync_started
    assert logged == [(started, getpass.getuser(), "everything again"), (started, "kim", "")]
    endpoint.faults = Faults(denied_operations=frozenset({"GetCostAndUsage"}))
    assert main(["sync", "--by", "lee"]) == 2
    assert entries(source)[0].person.name == "lee", "one that fails has started, too"


def test_a_log_that_cannot_be_written_to_is_said_and_keeps_nobody_from_fresh_data(
    endpoint: SampleEndpoint, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "data" / "aws").mkdir(parents=True)
    (tmp_path / "data" / "aws" / "people.sqlite").write_bytes(b"no database" * 100)
    assert main(["sync"]) == 0
    said = capsys.readouterr().err
    assert "not in the audit log" in said
    assert "Ties out." in said


def test_a_user_without_a_name_is_a_number(monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody() -> str:
        raise KeyError("getpwuid(): uid not found")

    monkeypatch.setattr(getpass, "getuser", nobody)
    assert by_whom(argparse.Namespace(by=None)) == f"user {os.getuid()}"
    assert by_whom(argparse.Namespace(by="kim")) == "kim"


def test_a_plan_of_an_empty_store_asks_the_totals_and_of_a_filled_one_nothing(
    endpoint: SampleEndpoint, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["sync", "--plan", "--json"]) == 0
    assert 0 < endpoint.paid_requests <= 4
    first = json.loads(capsys.readouterr().out)
    assert main(["sync"]) == 0
    endpoint.forget_requests()
    capsys.readouterr()
    assert main(["sync", "--plan"]) == 0
    assert endpoint.paid_requests == 0
    assert "requests, about $0." in capsys.readouterr().out
    assert first["total_requests"] > 0


def test_the_plan_of_an_unchanged_day_is_near_what_the_next_sync_asks(
    endpoint: SampleEndpoint, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["sync"]) == 0
    capsys.readouterr()
    assert main(["sync", "--plan", "--json"]) == 0
    planned = json.loads(capsys.readouterr().out)["total_requests"]
    endpoint.serve(endpoint.organization.on(ORGANIZATION.today))
    endpoint.forget_requests()
    assert main(["sync"]) == 0
    assert endpoint.paid_requests <= planned


def test_status_says_what_is_held_and_what_it_cost(
    endpoint: SampleEndpoint, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["sync"]) == 0
    capsys.readouterr()
    assert main(["status", "--json"]) == 0
    status: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert status["ties_out"] is True
    assert status["requests_this_month"] == endpoint.paid_requests
    assert status["last_sync"]["state"] == "ok"
    assert [run["state"] for run in status["runs"]] == ["ok"]


def test_status_before_the_first_sync_says_what_to_do(
    endpoint: SampleEndpoint, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["status"]) == 1
    assert "costlib sync" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("faults", "code", "words"),
    [
        (Faults(denied_operations=frozenset({"GetCostAndUsage"})), 2, "ce:GetCostAndUsage"),
        (Faults(is_not_enabled=True), 2, "Cost Explorer"),
        (Faults(is_too_new=True), 3, "data"),
        (Faults(odd_amount="1e30"), 1, "1e30"),
        (Faults(repeats_a_key=True), 1, "twice"),
    ],
)
def test_a_failure_names_the_thing_and_the_remedy_with_its_exit_code(
    endpoint: SampleEndpoint,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    faults: Faults,
    code: int,
    words: str,
) -> None:
    endpoint.faults = faults
    assert main(["sync"]) == code
    message, remedy, *_ = capsys.readouterr().err.splitlines()
    assert words in message
    assert remedy.strip()
    status = read_status(tmp_path / "data" / "aws")
    assert status is not None
    assert status.state in (RunState.failed, RunState.partial)
    assert words in status.message
    assert status.checked_at is None


def test_without_credentials_the_remedy_says_how_to_give_them(
    endpoint: SampleEndpoint, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    assert main(["sync"]) == 2
    assert "credentials" in capsys.readouterr().err


def test_a_second_sync_is_told_to_wait(
    endpoint: SampleEndpoint, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with sync_lock(tmp_path / "data" / "aws"):
        assert main(["sync"]) == 3
    assert "Another sync" in capsys.readouterr().err


def test_sample_and_real_data_never_mix(endpoint: SampleEndpoint, tmp_path: Path) -> None:
    assert main(["sync"]) == 0
    assert [p.name for p in (tmp_path / "data").iterdir()] == ["aws"]


def test_an_unknown_setting_is_named_with_the_nearest_known_one(
    endpoint: SampleEndpoint, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COSTLIB_MAX_REQUEST_PER_RUN", "3")
    assert main(["sync"]) == 2
    assert "Did you mean 'max_requests_per_run'" in capsys.readouterr().err


def test_a_full_disk_loses_nothing_and_a_later_sync_completes(endpoint: SampleEndpoint, tmp_path: Path) -> None:
    with_little_room = ["sh", "-c", 'ulimit -f 4000; exec "$@"', "sh"]
    sync = [*with_little_room, sys.executable, "-m", "costlib", "sync"]
    cramped = subprocess.run(sync, cwd=ROOT, env=os.environ, capture_output=True, text=True, check=False)
    assert cramped.returncode == 1
    assert "Make room" in cramped.stderr
    assert main(["sync"]) == 0
    assert differences(open_current(tmp_path / "data" / "aws"), endpoint, CUBE) == {}


def test_progress_shows_requests_dollars_and_time_left() -> None:
    status = Status(
        RunState.running, "run", 1, utc_now(), phase="Charges", requests_done=30, requests_expected=120,
        cost_usd=Decimal("0.30"), seconds_left=45.2,
    )  # fmt: skip
    line = progress_line(status, width=8)
    assert line == "Charges            ██░░░░░░ 30/120 requests  $0.30  about 45 s left"
