"""`python -m costlib sample serve`, asked by the AWS command line."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from costlib.sample.organization import tiny_organization

SERVE = (sys.executable, "-m", "costlib", "sample", "serve")
TODAY = date(2026, 11, 24)


@pytest.fixture
def served() -> Iterator[subprocess.Popen[str]]:
    arguments = (*SERVE, "--organization", "tiny", "--today", TODAY.isoformat(), "--page-size", "20")
    pipe = subprocess.PIPE
    with subprocess.Popen(arguments, stdout=pipe, stderr=pipe, text=True) as process:
        yield process
        process.kill()


def _aws(url: str, *arguments: str) -> dict[str, list[dict[str, dict[str, dict[str, str]]]]]:
    own = {"AWS_ACCESS_KEY_ID": "sample", "AWS_SECRET_ACCESS_KEY": "sample", "AWS_DEFAULT_REGION": "us-east-1"}
    environment = {**os.environ, **own, "AWS_ENDPOINT_URL_COST_EXPLORER": url}
    aws = str(Path(sys.executable).parent / "aws")
    done = subprocess.run((aws, "ce", *arguments), env=environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    answer: dict[str, list[dict[str, dict[str, dict[str, str]]]]] = json.loads(done.stdout)
    return answer


def test_the_aws_command_line_gets_the_truth(served: subprocess.Popen[str]) -> None:
    assert served.stdout
    assert served.stderr
    url = served.stdout.readline().strip()
    assert url.startswith("http://127.0.0.1:")
    answer = _aws(
        url,
        "get-cost-and-usage",
        *("--time-period", "Start=2026-11-01,End=2026-11-25"),
        *("--granularity", "MONTHLY", "--metrics", "UnblendedCost"),
    )
    rows = tiny_organization(TODAY).charges().to_pylist()
    november = sum((r["unblended_cost"] for r in rows if r["charge_date"].month == 11), Decimal(0))
    assert Decimal(answer["ResultsByTime"][0]["Total"]["UnblendedCost"]["Amount"]) == november
    served.send_signal(signal.SIGTERM)
    out, narration = served.communicate(timeout=20)
    assert served.returncode == 0
    assert out == ""
    assert f"export AWS_ENDPOINT_URL_COST_EXPLORER={url}" in narration
    assert narration.strip().endswith("--metrics UnblendedCost"), "nothing is said at the end"


def test_it_stops_on_ctrl_c(served: subprocess.Popen[str]) -> None:
    assert served.stdout
    served.stdout.readline()
    served.send_signal(signal.SIGINT)
    served.communicate(timeout=20)
    assert served.returncode == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--page-size", "0"), "--page-size 1"),
        (("--throttle", "-1"), "rate above 0"),
        (("--today", "yesterday"), "'yesterday' is not a day"),
        (("--port", "99999999", "--organization", "tiny"), "another --port"),
    ],
)
def test_what_cannot_be_served_is_refused(arguments: tuple[str, ...], message: str) -> None:
    done = subprocess.run((*SERVE, *arguments), capture_output=True, text=True, timeout=60)
    assert done.returncode == 2
    assert message in done.stderr
    assert done.stdout == ""
