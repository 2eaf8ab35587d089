"""Planted secrets come out nowhere: not on screen, not in a log, a status, an error or a file, whatever goes wrong."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from costlib.cli import main as costlib
from costlib.config import SETTINGS, is_secret, load
from costlib.errors import ConfigError
from costlib.ingest.client import connect
from costlib.sample.organization import tiny_organization
from costlib.sample.server import SampleEndpoint
from costlib.ui.sync_process import failure_in
from tests.browser.server import DASHBOARD, ROOT, StreamlitServer
from tests.ingest.scripted_endpoint import Reply, ScriptedEndpoint, refusal

KEY, SECRET, TOKEN = (
    "AKIAPLANTEDPLANTED00",
    "planted/Secret+Key/0123456789abcdefghijkl",
    "PlantedSessionToken//AQoDYXdz==",
)
EXTERNAL_ID, WEBHOOK = "planted-external-id-42", "https://hooks.example/planted/T000/B000/XXXXplantedXXXX"
PLANTED = (SECRET, TOKEN, EXTERNAL_ID, WEBHOOK, "XXXXplantedXXXX")
SIGNATURE = (
    f"The request signature we calculated does not match. The Canonical String should have been 'POST / "
    f"x-amz-security-token:{TOKEN}'"
)
REFUSALS = {
    "denied": refusal(
        "AccessDeniedException", "User: arn:aws:iam::1:user/x is not authorized to perform: ce:GetCostAndUsage"
    ),
    "expired": refusal("ExpiredTokenException", "The security token included in the request is expired"),
    "signature": refusal("SignatureDoesNotMatch", SIGNATURE, 403),
    "invalid signature": refusal("InvalidSignatureException", SIGNATURE, 403),
    "not ready": refusal("DataUnavailableException", "no data"),
    "nonsense": Reply(200, b"<html>not AWS</html>"),
    "odd": Reply(200, b'{"ResultsByTime": [{"TimePeriod": {"Start": "?"}}]}'),
}
COMMANDS = (["sync"], ["sync", "--plan"], ["doctor"], ["doctor", "--json"], ["status"])


@pytest.fixture
def planted(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A folder to work in, and secrets in every place where AWS and people keep them."""
    environment = {
        "AWS_ACCESS_KEY_ID": KEY,
        "AWS_SECRET_ACCESS_KEY": SECRET,
        "AWS_SESSION_TOKEN": TOKEN,
        "AWS_REGION": "us-east-1",
        "COSTLIB_SOURCE": "aws",
        "COSTLIB_DATA_DIR": str(tmp_path / "data"),
        "COSTLIB_EXTERNAL_ID": EXTERNAL_ID,
        "SLACK_WEBHOOK": WEBHOOK,
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    return tmp_path


def leaks(text: str | bytes) -> list[str]:
    content = text.encode() if isinstance(text, str) else text
    return [secret for secret in PLANTED if secret.encode() in content]


def files_of(folder: Path) -> Iterator[tuple[Path, bytes]]:
    return ((path, path.read_bytes()) for path in folder.rglob("*") if path.is_file())


@pytest.mark.parametrize("wrong", REFUSALS)
def test_no_failure_says_a_secret(
    planted: Path,
    wrong: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setitem(connect.__kwdefaults__ or {}, "sleep", lambda _: None)  # how patient it is, other tests say
    with ScriptedEndpoint(REFUSALS[wrong]) as endpoint:
        monkeypatch.setenv("AWS_ENDPOINT_URL_COST_EXPLORER", endpoint.url)
        monkeypatch.setenv("AWS_ENDPOINT_URL_STS", endpoint.url)
        for command in COMMANDS:
            assert costlib(command) != 0, command
        assert any(TOKEN in str(r.authorization) + r.user_agent or KEY in r.authorization for r in endpoint.received)
    said = capsys.readouterr()
    assert said.err
    assert not leaks(said.out + said.err + caplog.text)
    assert not [(path, found) for path, content in files_of(planted) if (found := leaks(content))]


def test_a_sync_that_succeeds_stores_no_secret_and_a_backup_has_none(
    planted: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COSTLIB_HISTORY_MONTHS", "1")
    today = datetime.now(UTC).date()  # a command goes by the clock
    with SampleEndpoint(tiny_organization(today, accounts=2, days=40)) as endpoint:
        monkeypatch.setenv("AWS_ENDPOINT_URL_COST_EXPLORER", endpoint.url)
        assert costlib(["sync", "--json"]) == 0
    assert costlib(["backup", str(planted / "backup")]) == 0
    assert costlib(["restore", str(planted / "backup"), "--data-dir", str(planted / "restored")]) == 0
    said = capsys.readouterr()
    assert not leaks(said.out + said.err)
    held = dict(files_of(planted))
    assert {path.name for path in held} >= {"warehouse.duckdb", "status.json", "costlib.toml"}
    assert not [(path, found) for path, content in held.items() if (found := leaks(content))]


def test_a_bug_that_quotes_secrets_shows_them_on_no_page(planted: Path) -> None:
    """Python prints the error to the log, whole; the status and the sentence that pages show name its kind alone."""
    broken = planted / "sitecustomize.py"
    broken.write_text(
        "import costlib.ingest.client as c\ndef connect(*a, **k):\n    raise RuntimeError(k)\nc.connect = connect\n"
    )
    environ = {**os.environ, "PYTHONPATH": f"{planted}:{ROOT}", "AWS_ENDPOINT_URL_COST_EXPLORER": "http://127.0.0.1:9"}
    done = subprocess.run(
        [sys.executable, "-m", "costlib", "sync"], env=environ, capture_output=True, text=True, cwd=planted, check=False
    )
    assert leaks(done.stderr), "or this test shows nothing"
    status = (planted / "data" / "aws" / "status.json").read_text()
    assert "RuntimeError" in status
    assert not leaks(status + failure_in(done.stderr))


def test_the_server_and_the_sync_it_starts_say_no_secret(planted: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with ScriptedEndpoint(REFUSALS["signature"]) as endpoint:
        monkeypatch.setenv("AWS_ENDPOINT_URL_COST_EXPLORER", endpoint.url)
        with StreamlitServer(DASHBOARD, planted / "log", {"COSTLIB_AUTO_SYNC_HOURS": "0"}) as url:
            answers = []
            for path in ("/", "/readyz", "/healthz", "/_stcore/health", "/_stcore/host-config"):
                try:
                    with urllib.request.urlopen(url + path, timeout=30) as got:
                        answers.append(got.read())
                except urllib.error.HTTPError as error:
                    with error:
                        answers.append(error.read())
    assert not [found for content in answers if (found := leaks(content))]
    assert not [(path, found) for path, content in files_of(planted) if (found := leaks(content))]


def test_a_page_shows_the_sentence_with_which_a_sync_ended() -> None:
    assert failure_in("note: x\ncostlib: No room.\n  Make room.\n") == "No room.\n  Make room."
    assert "sync.log" in failure_in("Traceback (most recent call last):\nRuntimeError: x")


def test_a_secret_setting_that_cannot_be_used_is_not_quoted(tmp_path: Path) -> None:
    assert is_secret("external_id")
    secret = [name for name in SETTINGS if is_secret(name)]
    for name in secret:
        file = tmp_path / "c.toml"
        file.write_text(f"{name} = [[{json.dumps(WEBHOOK)}]]\n")
        with pytest.raises(ConfigError) as refused:
            load(file, {})
        assert not leaks(str(refused.value))


def test_what_looks_for_leaks_finds_one() -> None:
    assert leaks(f"url={WEBHOOK}") == [WEBHOOK, "XXXXplantedXXXX"]
