"""The services of deploy/systemd: the dashboard's own has no AWS credentials and loads nothing that could find any."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from costlib.config import SETTINGS
from costlib.sample.organization import tiny_organization
from costlib.sample.server import SampleEndpoint
from costlib.store import audit
from costlib.store.audit import Entry, Event
from costlib.store.saved_views import Person
from costlib.store.sent import Sent, sending
from tests.browser.server import ROOT, StreamlitServer
from tests.ingest.syncing import NOON, sync_from
from tests.server.session import finished, session

UNITS = ROOT / "deploy" / "systemd"
PROGRAM = "/opt/showback/.venv/bin/python"
OF_AWS = ("boto3", "botocore", "costlib.ingest")
WATCH = """
import sys
class Watch:
    def find_spec(self, name, path=None, target=None):
        if name.startswith({names!r}):
            with open({log!r}, "a") as log:
                print(name, file=log)
sys.meta_path.insert(0, Watch())
"""
"""For a process that imports `sitecustomize`: writes down which of these modules anything asks for."""


def unit(name: str) -> list[tuple[str, str]]:
    """The lines of a unit file, as keys and values."""
    lines = (UNITS / name).read_text().splitlines()
    return [(k, v) for k, _, v in (line.partition("=") for line in lines if line and line[0] not in "#[")]


def environment(name: str) -> dict[str, str]:
    """What a service of systemd's finds: the unit's own variables, and nothing of whoever started the tests."""
    given = dict(value.split("=", 1) for key, value in unit(name) if key == "Environment")
    return {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"} | given


def command(name: str) -> list[str]:
    (line,) = [value for key, value in unit(name) if key == "ExecStart"]
    program, *words = shlex.split(line)
    assert program == PROGRAM
    return words


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """Where imports of AWS's packages are written down, by a process that finds `watch` on its path."""
    watch = tmp_path / "watch"
    watch.mkdir()
    asked = tmp_path / "asked"
    (watch / "sitecustomize.py").write_text(WATCH.format(names=OF_AWS, log=str(asked)))
    return asked


PAGES = ["", *sorted(path.stem for path in ROOT.glob("pages/*/*.py"))]


def test_the_dashboards_process_never_loads_what_could_find_credentials(
    tmp_path: Path, sample_data_dir: Path, log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Started as the unit says, but for where things lie; every page is opened in it."""
    data = shutil.copytree(sample_data_dir, tmp_path / "data")
    settings = tmp_path / "costlib.toml"
    settings.write_text('source = "sample"\n')
    environ = environment("showback.service") | {"COSTLIB_DATA_DIR": str(data), "COSTLIB_CONFIG": str(settings)}
    for name in os.environ:
        monkeypatch.delenv(name)
    for name, value in (environ | {"PYTHONPATH": f"{log.parent / 'watch'}:{ROOT}"}).items():
        monkeypatch.setenv(name, value)

    async def visit(url: str) -> list[str]:
        async with session(url) as visitor:
            return [problem for page in PAGES for problem in (await visitor.run(page)).exceptions]

    options = command("showback.service")
    with StreamlitServer(options[:2], tmp_path / "log", {}) as url:
        assert finished(visit(url)) == []
    assert not log.exists(), f"asked for {log.read_text()}"
    assert subprocess.run([sys.executable, "-c", "import boto3"], check=False).returncode == 0
    assert "boto3" in log.read_text(), "the watch sees what is imported"


def test_only_the_sync_is_given_credentials() -> None:
    assert command("showback-sync.service") == ["-m", "costlib", "sync"]
    of_the_pages, of_the_sync = dict(unit("showback.service")), dict(unit("showback-sync.service"))
    assert of_the_pages["User"] != of_the_sync["User"]
    assert of_the_pages["Group"] == of_the_sync["Group"]
    given = environment("showback.service")
    assert given["COSTLIB_SYNC_FROM_APP"] == "0"
    assert given["AWS_EC2_METADATA_DISABLED"] == "true"
    assert [name for name in given if name.startswith("AWS_")] == ["AWS_EC2_METADATA_DISABLED"]
    assert "EnvironmentFile" not in of_the_pages
    assert of_the_sync["EnvironmentFile"].lstrip("-") in of_the_pages["InaccessiblePaths"]
    assert "169.254.169.254" in of_the_pages["IPAddressDeny"]
    unset = " ".join(value for key, value in unit("showback.service") if key == "UnsetEnvironment").split()
    assert {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"} <= set(unset)


@pytest.mark.parametrize("name", ["showback.service", "showback-sync.service"])
def test_a_service_may_write_nothing_but_the_data(name: str) -> None:
    lines = dict(unit(name))
    assert lines["ProtectSystem"] == "strict"
    assert lines["ReadWritePaths"] == "/var/lib/showback"
    assert lines["ProtectHome"] == "yes"
    assert lines["NoNewPrivileges"] == "yes"
    assert lines["CapabilityBoundingSet"] == ""
    for variable, value in environment(name).items():
        if variable.startswith("COSTLIB_"):
            assert variable.removeprefix("COSTLIB_").lower() in (*SETTINGS, "config")
            assert not variable.endswith("_FILE") or value.startswith("/var/lib/showback/"), "pages put them in force"


def test_what_one_service_writes_the_other_can_read_and_replace(tmp_path: Path) -> None:
    """Two users of one group: the data folder hands its group on, and the units' umask leaves all to it."""
    umask = dict(unit("showback.service"))["UMask"]
    assert dict(unit("showback-sync.service"))["UMask"] == umask
    before = os.umask(int(umask, 8))
    try:
        with SampleEndpoint(tiny_organization(NOON.date(), accounts=1, days=3)) as endpoint:
            sync_from(endpoint, tmp_path / "data", history_months=0)
        audit.record(tmp_path / "data" / "sample", Entry(NOON, Event.exported, Person("a", "Ann"), "a file"))
        with sending(tmp_path / "data" / "sample") as ledger:
            ledger.record([Sent("chat", "key", "A title", NOON)])
    finally:
        os.umask(before)
    written = list((tmp_path / "data").rglob("*"))
    assert {"CURRENT", "status.json", "warehouse.duckdb", "people.sqlite"} <= {path.name for path in written}
    assert {path.name: f"{path.stat().st_mode & 0o777:o}" for path in written} == {
        path.name: "770" if path.is_dir() else "660" for path in written
    }


def test_the_deployment_is_documented() -> None:
    text = (ROOT / "docs" / "deployment.md").read_text()
    for file in UNITS.iterdir():
        assert file.name in text, file.name
    for path in re.findall(r"/(?:etc|var/lib|opt)/showback[\w./-]*", (UNITS / "showback-sync.service").read_text()):
        assert Path(path.split("/.venv")[0]).name in text, path
