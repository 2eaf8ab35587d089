"""Signing in by OpenID Connect in a real browser, against a provider on this machine."""

from __future__ import annotations

import contextlib
import json
import re
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from costlib.store.audit import Event, entries
from tests.app.test_sign_in import ACCESS
from tests.browser.server import DASHBOARD, StreamlitServer
from tests.queries.snapshots import published
from tests.queries.two_accounts import two_accounts

TOKEN_LIVES_SECONDS = 40
PATIENCE = 60_000


@pytest.fixture
def provider(tmp_path: Path) -> Iterator[str]:
    """A process of its own, which knows two people."""
    port = _free_port()
    command = [sys.executable, "-m", "oidc_provider_mock", "--port", str(port)]
    command += ["--token-max-age", str(TOKEN_LIVES_SECONDS)]
    for person in ("kim", "eve"):
        claims = {"sub": person, "email": f"{person}@example.com", "email_verified": True}
        command += ["--user-claims", json.dumps(claims)]
    url = f"http://127.0.0.1:{port}"
    with (tmp_path / "provider.log").open("w") as log:
        process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)
    try:
        _wait_for(f"{url}/.well-known/openid-configuration")
        yield url
    finally:
        process.terminate()
        process.wait()


@pytest.fixture
def source_dir(tmp_path: Path) -> Path:
    with published(two_accounts(), tmp_path / "data"):
        pass
    (source,) = (tmp_path / "data").iterdir()
    return source.rename(tmp_path / "data" / "sample")


@pytest.fixture
def url(provider: str, source_dir: Path, tmp_path: Path) -> Iterator[str]:
    """The dashboard with sign-in configured in the home folder's secrets."""
    port = _free_port()
    home = tmp_path / "home"
    (home / ".streamlit").mkdir(parents=True)
    (home / ".streamlit" / "secrets.toml").write_text(
        f"""[auth]
redirect_uri = "http://127.0.0.1:{port}/oauth2callback"
cookie_secret = "{"s3cret" * 8}"
client_id = "dashboard"
client_secret = "planted-client-secret"
server_metadata_url = "{provider}/.well-known/openid-configuration"
"""
    )
    (tmp_path / "access.toml").write_text(ACCESS)
    environment = {
        "HOME": str(home),
        "COSTLIB_DATA_DIR": str(source_dir.parent),
        "COSTLIB_SOURCE": "sample",
        "COSTLIB_AUTO_SYNC_HOURS": "0",
        "COSTLIB_ACCESS_FILE": str(tmp_path / "access.toml"),
    }
    log = tmp_path / "server.log"
    with StreamlitServer(DASHBOARD, log, environment, port) as found:
        yield found
    said = log.read_text(errors="replace")
    assert "Traceback" not in said, said
    assert "planted-client-secret" not in said
    assert "s3cret" not in said


def test_sign_in_see_ones_own_sign_out_and_be_signed_out(browser: Browser, url: str, source_dir: Path) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    page.goto(f"{url}/accounts")
    expect(page.get_by_text("Nobody is signed in")).to_be_visible(timeout=PATIENCE)
    _sign_in(page, "kim")
    expect(page.get_by_text("sees 1 account")).to_be_visible(timeout=PATIENCE)
    page.get_by_role("link", name="Accounts").click()
    expect(page.get_by_text("Mine").first).to_be_visible(timeout=PATIENCE)
    expect(page.get_by_text("Foreign")).to_have_count(0)
    _until_the_token_ends(page)
    expect(page.get_by_text("sees 1 account")).to_have_count(0)
    _sign_in(page, "kim")
    page.get_by_role("button", name="Sign out").click()
    expect(page).to_have_url(re.compile("/oauth2/end_session"), timeout=PATIENCE)
    page.goto(url)
    expect(page.get_by_text("Nobody is signed in")).to_be_visible(timeout=PATIENCE)
    _sign_in(page, "eve")
    expect(page.get_by_text("You have no access yet")).to_be_visible(timeout=PATIENCE)
    context.close()
    assert [e.event for e in entries(source_dir) if e.event is Event.signed_in] == [Event.signed_in] * 2


def _sign_in(page: Page, person: str) -> None:
    page.get_by_role("button", name="Sign in").click()
    page.get_by_placeholder("sub").fill(person)
    page.get_by_role("button", name="Authorize").click()


def _until_the_token_ends(page: Page) -> None:
    ended = page.get_by_text("Your session has ended")
    for _ in range(TOKEN_LIVES_SECONDS):
        page.reload()
        expect(ended.or_(page.get_by_text("sees 1 account"))).to_be_visible(timeout=PATIENCE)
        if ended.is_visible():
            return
        page.wait_for_timeout(1000)
    raise AssertionError("The session outlived its token.")


def _wait_for(url: str) -> None:
    deadline = time.monotonic() + PATIENCE / 1000
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError), urllib.request.urlopen(url, timeout=5):
            return
        time.sleep(0.1)
    raise AssertionError("The provider did not start.")


def _free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])
