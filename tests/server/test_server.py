"""The running server: what it answers to load balancers and strangers, how it stops, and what it never shows."""

from __future__ import annotations

import http.client
import json
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import streamlit
from websockets.exceptions import ConnectionClosed, InvalidStatus

from costlib.store.snapshot import current_id, snapshot_path
from tests.browser.server import DASHBOARD, ROOT, StreamlitServer
from tests.server.session import Session, finished, session

STATIC = Path(streamlit.__file__).parent / "static" / "static"
pytestmark = pytest.mark.xdist_group("server")


@contextmanager
def served(data_dir: Path, log: Path, **environment: str) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """The URL and the process of a dashboard over a data folder."""
    environ = {"COSTLIB_SOURCE": "sample", "COSTLIB_DATA_DIR": str(data_dir), "COSTLIB_AUTO_SYNC_HOURS": "0"}
    server = StreamlitServer(DASHBOARD, log, environ | environment)
    with server as url:
        yield url, server._process


@pytest.fixture(scope="module")
def url(sample_data_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with served(sample_data_dir, tmp_path_factory.mktemp("server") / "log") as (url, _):
        yield url


def answer(url: str, path: str, **headers: str) -> tuple[int, dict[str, str], str]:
    """Status, headers and text."""
    request = urllib.request.Request(url + path, headers={k.replace("_", "-"): v for k, v in headers.items()})
    try:
        with urllib.request.urlopen(request, timeout=30) as got:
            return got.status, {k.lower(): v for k, v in got.headers.items()}, got.read().decode(errors="replace")
    except urllib.error.HTTPError as error:
        with error:
            return error.code, {k.lower(): v for k, v in error.headers.items()}, error.read().decode(errors="replace")


def test_it_says_that_it_lives_and_what_it_has_to_show(url: str, sample_data_dir: Path) -> None:
    assert answer(url, "/healthz")[::2] == (200, "ok\n")
    status, headers, text = answer(url, "/readyz")
    found = json.loads(text)
    assert status == 200
    assert found["ready"] is True
    assert found["snapshot_id"] == current_id(sample_data_dir / "sample")
    published = datetime.strptime(found["snapshot_id"][:15], "%Y%m%dT%H%M%S").replace(tzinfo=UTC)
    assert found["snapshot_age_seconds"] == pytest.approx((datetime.now(UTC) - published).total_seconds(), abs=60)
    assert headers["cache-control"] == "no-store"


def test_it_lives_and_is_not_ready_until_there_is_a_snapshot_that_can_be_read(
    tmp_path: Path, sample_data_dir: Path
) -> None:
    data = tmp_path / "data"
    with served(data, tmp_path / "log") as (url, _):
        assert answer(url, "/healthz")[0] == 200
        status, _, text = answer(url, "/readyz")
        assert (status, json.loads(text)["problem"]) == (503, "NoSnapshot")
        shutil.copytree(sample_data_dir, data, dirs_exist_ok=True)
        assert answer(url, "/readyz")[0] == 200
        snapshot_path(data / "sample", current_id(data / "sample") or "").unlink()
        status, _, text = answer(url, "/readyz")
        assert (status, json.loads(text)["problem"]) == (503, "SnapshotCorrupt")


def test_no_other_site_may_frame_it_and_nothing_is_guessed_from_content(url: str) -> None:
    for path in ("/", "/healthz", "/services"):
        _, headers, _ = answer(url, path)
        assert "frame-ancestors 'self'" in headers["content-security-policy"]
        assert headers["x-frame-options"] == "SAMEORIGIN"
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"


def test_no_other_site_may_read_it(url: str) -> None:
    for path in ("/_stcore/health", "/readyz", "/_stcore/host-config", "/"):
        _, headers, _ = answer(url, path, Origin="https://evil.example")
        assert headers.get("access-control-allow-origin") not in ("*", "https://evil.example"), path


def test_no_other_site_may_open_a_session(url: str) -> None:
    async def visit(origin: str) -> None:
        async with session(url, origin=origin) as visitor:
            await visitor.run()

    for origin in ("https://evil.example", "null", "http://127.0.0.1.evil.example"):
        with pytest.raises((InvalidStatus, ConnectionClosed)):
            finished(visit(origin))
    finished(visit(url))


def test_a_file_is_not_uploaded_without_the_token_against_forgery(url: str) -> None:
    with closing(http.client.HTTPConnection(urlsplit(url).netloc, timeout=30)) as connection:
        connection.request("PUT", "/_stcore/upload_file/session/file", b"x", {"Origin": "https://evil.example"})
        assert connection.getresponse().status == 403


def test_no_program_may_drive_the_pages(url: str) -> None:
    request = urllib.request.Request(
        f"{url}/_stcore/agent/interact", b"{}", {"Content-Type": "application/json"}, method="POST"
    )
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request, timeout=30)
    with refused.value as error:
        assert error.code == 403


@pytest.mark.parametrize(
    "path", ["/download/../../server.py", "/download/%2e%2e%2fserver.py", "/download/..", "/..%2fserver.py"]
)
def test_no_path_leads_to_a_file_of_ours(url: str, path: str) -> None:
    with closing(http.client.HTTPConnection(urlsplit(url).netloc, timeout=30)) as connection:
        connection.request("GET", path)
        assert b"costlib.ui" not in connection.getresponse().read()


@pytest.mark.parametrize("start_in", ["the repository", "elsewhere"])
def test_the_safe_settings_hold_wherever_it_is_started_from(start_in: str, tmp_path: Path) -> None:
    """Asked of Streamlit itself, in the process that `serve` makes. Left alone, it asks a server of AWS's for its own
    address as soon as a stranger knocks."""
    ask = (
        "import json\n"
        "from costlib.ui import serve\n"
        "from streamlit import config, net_util\n"
        "from streamlit.web.server import server_util\n"
        "from streamlit.web import bootstrap\n"
        f"names = {SAFE_SETTINGS!r}\n"
        "def say(*_, **__):\n"
        "    found = {name: config.get_option(name) for name in names}\n"
        "    net_util._make_blocking_http_get = lambda *_, **__: found.update(asked_the_network=True)\n"
        "    server_util.is_url_from_allowed_origins('https://evil.example')\n"
        "    print(json.dumps(found))\n"
        "bootstrap.run = bootstrap.run_asgi_app = say\n"
        "serve.serve(['--server.headless', 'true', '--server.address', '127.0.0.1'])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", ask],
        cwd=ROOT if start_in == "the repository" else tmp_path,
        env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin", "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert json.loads(done.stdout.splitlines()[-1]) == SAFE_SETTINGS, done.stderr


SAFE_SETTINGS = {
    "client.showErrorDetails": "none",
    "client.disableDataExport": True,
    "server.enableXsrfProtection": True,
    "server.enableCORS": True,
    "server.enableAgentApi": False,
    "browser.gatherUsageStats": False,
}


def test_a_bug_is_logged_whole_and_shown_as_one_sentence(tmp_path: Path, sample_data_dir: Path) -> None:
    """The page is told of a currency that is none: a bug that no test of ours expects to find."""
    data = tmp_path / "data"
    shutil.copytree(sample_data_dir, data)
    broken = tmp_path / "sitecustomize.py"
    broken.write_text(
        "import costlib.store.status as status\n"
        "def read_status(_):\n    raise RuntimeError('the secret inside')\n"
        "status.read_status = read_status\n"
    )
    log = tmp_path / "log"
    with served(data, log, PYTHONPATH=f"{tmp_path}:{ROOT}") as (url, _):
        drawn = finished(drawn_page(url))
    assert drawn.exceptions
    assert "the secret inside" not in drawn.text
    assert "Traceback" not in drawn.text
    assert "the secret inside" in log.read_text()


async def drawn_page(url: str, page: str = "", query: str = ""):
    async with session(url) as visitor:
        return await visitor.run(page, query)


def test_it_stops_when_told_to_although_a_session_and_a_slow_download_are_open(
    tmp_path: Path, sample_data_dir: Path
) -> None:
    log = tmp_path / "log"

    async def visit(url: str, stop: Callable[[], None]) -> None:
        async with session(url) as visitor:
            assert not (await visitor.run()).exceptions
            stop()
            with pytest.raises(ConnectionClosed):
                await runs_for_ever(visitor)

    with served(sample_data_dir, log) as (url, process), slow_download(url):
        began = time.monotonic()
        finished(visit(url, lambda: process.send_signal(signal.SIGTERM)))
        assert process.wait(30) in (0, -signal.SIGTERM)
        assert time.monotonic() - began < 15
    assert "Traceback" not in log.read_text(), log.read_text()


async def runs_for_ever(visitor: Session) -> None:
    while True:
        await visitor.run()


@contextmanager
def slow_download(url: str) -> Iterator[None]:
    """Somebody who has asked for a file of some megabytes and reads none of it."""
    host, port = urlsplit(url).netloc.split(":")
    largest = max(STATIC.rglob("*"), key=lambda path: path.stat().st_size).relative_to(STATIC)
    with socket.socket() as reader:
        reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        reader.connect((host, int(port)))
        reader.sendall(f"GET /static/{largest} HTTP/1.1\r\nHost: {host}:{port}\r\n\r\n".encode())
        assert reader.recv(12) == b"HTTP/1.1 200"
        yield
