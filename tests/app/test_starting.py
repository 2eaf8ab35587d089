"""The server does not start where others would see cost without signing in."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from costlib.errors import UnsafeStart
from costlib.ui.addresses import address_of, is_loopback, require_safe
from tests.app.pages import ROOT

WHOLE = {
    "redirect_uri": "https://costs.example.com/oauth2callback",
    "cookie_secret": "x" * 40,
    "client_id": "a",
    "client_secret": "b",
    "server_metadata_url": "https://login.example.com/.well-known/openid-configuration",
}


def refused(options: list[str], home: Path, **environment: str) -> tuple[int, str]:
    """How a real server ends that does not start, and what it says."""
    ended = subprocess.run(
        [sys.executable, "-m", "costlib.ui.serve", "--server.headless", "true", *options],
        cwd=ROOT,
        env={**os.environ, "HOME": str(home), **environment},
        capture_output=True,
        text=True,
        timeout=120,
    )
    return ended.returncode, ended.stderr


def with_secrets(home: Path, auth: Mapping[str, str]) -> Path:
    (home / ".streamlit").mkdir()
    lines = [f'{name} = "{value}"' for name, value in auth.items()]
    (home / ".streamlit" / "secrets.toml").write_text("\n".join(["[auth]", *lines]))
    return home


def test_without_sign_in_a_server_for_others_does_not_start(tmp_path: Path) -> None:
    code, said = refused(["--server.address", "0.0.0.0"], tmp_path)
    assert code == 2
    assert "nobody signs in" in said
    assert "COSTLIB_ALLOW_ANONYMOUS=1" in said


def test_with_a_short_cookie_secret_no_server_starts(tmp_path: Path) -> None:
    home = with_secrets(tmp_path, {**WHOLE, "cookie_secret": "short"})
    code, said = refused(["--server.address", "127.0.0.1"], home)
    assert (code, "cookie_secret" in said, "short" in said.split()) == (2, True, False)


def test_with_sign_in_and_no_access_file_no_server_starts(tmp_path: Path) -> None:
    code, said = refused([], with_secrets(tmp_path, WHOLE), COSTLIB_ACCESS_FILE=str(tmp_path / "none.toml"))
    assert code == 2
    assert "none.toml" in said


@pytest.mark.parametrize("address", ["127.0.0.1", "127.8.8.8", "::1", "localhost"])
def test_this_machine_alone_reaches_a_loopback_address(address: str) -> None:
    assert is_loopback(address)
    require_safe(address, {}, is_anonymous_allowed=False)


@pytest.mark.parametrize("address", ["0.0.0.0", "::", "10.0.0.1", "costs.example.com", "", None, "localhost.evil"])
def test_others_reach_any_other_address(address: str | None) -> None:
    with pytest.raises(UnsafeStart):
        require_safe(address, {}, is_anonymous_allowed=False)
    require_safe(address, {}, is_anonymous_allowed=True)
    require_safe(address, WHOLE, is_anonymous_allowed=False)


@pytest.mark.parametrize("missing", WHOLE)
def test_sign_in_is_whole_or_refused_by_the_name_of_what_is_missing(missing: str) -> None:
    with pytest.raises(UnsafeStart, match=missing):
        require_safe("0.0.0.0", {name: text for name, text in WHOLE.items() if name != missing}, True)


def test_each_of_several_providers_has_to_be_whole() -> None:
    shared = {name: WHOLE[name] for name in ("redirect_uri", "cookie_secret")}
    provider = {name: text for name, text in WHOLE.items() if name not in shared}
    require_safe("0.0.0.0", {**shared, "okta": provider}, False)
    with pytest.raises(UnsafeStart, match="client_secret"):
        require_safe("0.0.0.0", {**shared, "okta": {"client_id": "a"}}, False)


def test_the_last_address_that_is_asked_for_counts() -> None:
    assert address_of([], "127.0.0.1") == "127.0.0.1"
    assert address_of(["--server.address=0.0.0.0", "--x"], "127.0.0.1") == "0.0.0.0"
    assert address_of(["--server.address", "::1", "--server.address", "0.0.0.0"], None) == "0.0.0.0"
