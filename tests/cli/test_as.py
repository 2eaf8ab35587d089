"""`--as`: the command line through somebody's eyes, and the audit log that it keeps."""

from __future__ import annotations

import csv
import json
from datetime import datetime
from hashlib import sha256
from pathlib import Path

import pytest

from costlib.cli import main
from costlib.store.audit import Entry, Event, entries, record
from costlib.store.saved_views import Person
from tests.app.test_sign_in import ACCESS
from tests.queries.snapshots import published
from tests.queries.two_accounts import two_accounts

QUERY = ["query", "--group-by", "usage_account_id"]


@pytest.fixture
def data_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    with published(two_accounts(), tmp_path / "data"):
        pass
    (source,) = (tmp_path / "data").iterdir()
    source.rename(tmp_path / "data" / "sample")
    (tmp_path / "access.toml").write_text(ACCESS)
    monkeypatch.setenv("COSTLIB_ACCESS_FILE", str(tmp_path / "access.toml"))
    monkeypatch.setenv("COSTLIB_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("COSTLIB_SOURCE", "sample")
    return tmp_path / "data"


def accounts(text: str) -> set[str]:
    return {row[0] for row in csv.reader(text.splitlines())} - {"usage_account_id"}


@pytest.mark.parametrize(
    ("eyes", "seen"),
    [
        ([], {"111111111111", "222222222222"}),
        (["kim@example.com"], {"111111111111"}),
        (["group:search"], {"222222222222"}),
        (["kim@example.com", "group:search"], {"111111111111", "222222222222"}),
        (["ada@example.com"], {"111111111111", "222222222222"}),
    ],
)
def test_a_query_shows_what_that_person_sees(
    data_dir: Path, capsys: pytest.CaptureFixture[str], eyes: list[str], seen: set[str]
) -> None:
    assert main([*QUERY, *(word for name in eyes for word in ("--as", name))]) == 0
    assert accounts(capsys.readouterr().out) == seen


def test_somebody_unknown_sees_nothing(data_dir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*QUERY, "--as", "eve@example.com"]) == 2
    said = capsys.readouterr()
    assert not said.out
    assert "No rule of" in said.err


def test_an_export_holds_what_that_person_sees_and_is_written_down_with_its_hash(
    data_dir: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "costs.csv"
    assert main(["export", "--group-by", "usage_account_id", "--as", "group:search", "-o", str(file)]) == 0
    assert accounts(file.read_text()) == {"222222222222"}
    manifest = json.loads(file.with_name("costs.csv.manifest.json").read_text())
    assert manifest["seen"] == {"accounts": [], "cost_centers": [], "cost_category:Team": ["Search"]}
    for eyes, code in (("group:search", 0), ("ada@example.com", 0), ("kim@example.com", 2)):
        assert main(["verify", str(file), "--as", eyes]) == code
    capsys.readouterr()
    assert main(["audit", "--format", "json"]) == 0
    (line,) = json.loads(capsys.readouterr().out)
    assert line["event"] == "exported"
    assert manifest["sha256"] in line["about"]
    assert "as group:search" in line["person_name"]


def test_a_report_names_nobody_elses_accounts(data_dir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", "--month", "2026-03", "--as", "kim@example.com", "-o", str(data_dir / "r.html")]) == 0
    text = (data_dir / "r.html").read_text()
    assert "Mine" in text
    assert "Foreign" not in text
    (entry,) = entries(data_dir / "sample")
    assert entry.about == f"r.html, SHA-256 {sha256(text.encode()).hexdigest()}"
    assert entry.person.name.endswith("as kim@example.com")


def test_the_log_begins_where_it_is_asked_to(data_dir: Path, capsys: pytest.CaptureFixture[str]) -> None:

    for day in (4, 5):
        record(data_dir / "sample", Entry(datetime(2026, 3, day), Event.signed_in, Person("7", "kim"), ""))
    assert main(["audit", "--since", "2026-03-05", "--format", "csv"]) == 0
    assert capsys.readouterr().out.splitlines()[1:] == ["2026-03-05 00:00:00,signed_in,7,kim,"]


def test_the_audit_log_is_for_administrators_alone(data_dir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    record(data_dir / "sample", Entry(datetime(2026, 3, 4), Event.signed_in, Person("7", "somebody"), ""))
    for eyes, code in (("kim@example.com", 2), ("group:search", 2), ("ada@example.com", 0)):
        assert main(["audit", "--as", eyes]) == code
        assert ("somebody" in capsys.readouterr().out) == (code == 0)


@pytest.mark.parametrize("more", [["--account", "111111111111"], ["--cost-center", "x"], ["--send"], ["--dry-run"]])
def test_a_digest_as_somebody_is_neither_narrowed_nor_sent(
    data_dir: Path, capsys: pytest.CaptureFixture[str], more: list[str]
) -> None:
    assert main(["digest", "--as", "kim@example.com", *more]) == 2
    said = capsys.readouterr()
    assert not said.out
    assert "--as" in said.err


def test_how_much_all_charges_miss_is_for_those_who_see_them_all(
    data_dir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for eyes, told in ((["--as", "kim@example.com"], False), (["--as", "ada@example.com"], True), ([], True)):
        main(["status", "--json", *eyes])
        assert (json.loads(capsys.readouterr().out)["difference"] is not None) == told


def test_a_backup_is_in_the_log(data_dir: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["backup", str(tmp_path / "b")]) == 0
    capsys.readouterr()
    assert main(["audit", "--format", "json"]) == 0
    (line,) = json.loads(capsys.readouterr().out)
    assert (line["event"], line["about"]) == ("backed_up", "b, snapshot s1")
