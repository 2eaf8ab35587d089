"""An old export says of itself whether it is intact, and whether AWS has changed its mind since."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from costlib.cli import main as costlib
from costlib.exports import csv
from costlib.exports.manifest import manifest_path
from costlib.sample.organization import tiny_organization
from costlib.sample.server import SampleEndpoint
from tests.ingest.syncing import NOON, sync_from

Run = Callable[..., tuple[int, str, str]]
DAY = date(2026, 11, 12)


ORGANIZATION = tiny_organization(NOON.date(), days=30)


@pytest.fixture
def endpoint() -> Iterator[SampleEndpoint]:
    with SampleEndpoint(ORGANIZATION) as endpoint:
        yield endpoint


@pytest.fixture(scope="module")
def synced(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the first sync leaves; read only."""
    folder = tmp_path_factory.mktemp("synced")
    with SampleEndpoint(ORGANIZATION) as endpoint:
        sync(endpoint, folder)
    return folder


@pytest.fixture
def run(synced: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs a command in a folder with synced data."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COSTLIB_SOURCE", "sample")
    shutil.copytree(synced / "data", tmp_path / "data")

    def command(*words: str) -> tuple[int, str, str]:
        capsys.readouterr()
        code = costlib(list(words))
        printed = capsys.readouterr()
        return code, printed.out, printed.err

    return command


def sync(endpoint: SampleEndpoint, folder: Path, hours: int = 0) -> None:
    sync_from(endpoint, folder / "data", history_months=1, now=NOON + timedelta(hours=hours))


def export(run: Run, name: str, *words: str) -> Path:
    assert run("export", "--group-by", "charge_date,usage_account_id,service", *words, "-o", name)[0] == 0
    return Path(name)


def restate(endpoint: SampleEndpoint, delta: str | None) -> dict[str, Any]:
    """Change, or remove, the largest charge of DAY that is alone on its line; returns its key."""
    rows = [row for row in endpoint.charges().to_pylist() if row["charge_date"] == DAY]
    lines = Counter((row["usage_account_id"], row["service"]) for row in rows)
    alone = [row for row in rows if lines[row["usage_account_id"], row["service"]] == 1]
    row = max(alone, key=lambda row: row["unblended_cost"])
    key: dict[str, Any] = {n: row[n] for n in ("charge_date", "usage_account_id", "service", "record_type")}
    if delta is None:
        endpoint.withdraw(**key)
    else:
        endpoint.restate(**key, delta=Decimal(delta))
    return key


@pytest.mark.parametrize("ending", ["csv", "xlsx", "parquet"])
def test_an_untouched_export_of_unchanged_data_is_intact_and_current(run: Run, ending: str) -> None:
    file = export(run, f"a.{ending}")
    code, out, err = run("verify", str(file))
    assert (code, out) == (0, "")
    assert "Intact" in err
    assert "Current" in err


@pytest.mark.parametrize("ending", ["csv", "xlsx", "parquet"])
def test_a_restated_line_is_listed_with_what_it_was_and_is(
    run: Run, endpoint: SampleEndpoint, tmp_path: Path, ending: str
) -> None:
    file = export(run, f"a.{ending}", "--metric", "unblended_cost,amortized_cost")
    key = restate(endpoint, "0.5000000001")
    sync(endpoint, tmp_path, hours=1)
    code, out, err = run("verify", str(file), "--json")
    found = json.loads(out)
    assert code == 1
    assert (found["intact"], found["current"], found["restated_lines"]) == (True, False, 1)
    assert set(found["difference"].values()) == {"0.5000000001"}
    (line,) = found["lines"]
    assert line["key"] == [DAY.isoformat(), key["usage_account_id"], key["service"]]
    assert Decimal(line["now"][0]) - Decimal(line["then"][0]) == Decimal("0.5000000001")
    assert line["change"] == "changed"
    assert "Restated since: 1 line differs, by unblended_cost 0.5000000001 USD" in err


def test_a_line_that_vanished_and_one_that_came_are_listed_too(
    run: Run, endpoint: SampleEndpoint, tmp_path: Path
) -> None:
    before = export(run, "before.csv")
    key = restate(endpoint, None)
    sync(endpoint, tmp_path, hours=1)
    code, out, _ = run("verify", str(before))
    assert code == 1
    header, line = out.splitlines()
    assert header == "charge_date,usage_account_id,service,change,unblended_cost_then,unblended_cost_now"
    assert line.startswith(f"{DAY},{key['usage_account_id']},{key['service']},gone,")
    assert line.endswith(",")
    after = export(run, "after.csv")
    endpoint.restate(**key, delta=Decimal("7"))
    sync(endpoint, tmp_path, hours=2)
    _, out, err = run("verify", str(after))
    assert out.splitlines()[1] == f"{DAY},{key['usage_account_id']},{key['service']},new,,7"
    assert "1 line differs (1 new), by unblended_cost 7 USD" in err


@pytest.mark.parametrize("ending", ["csv", "xlsx", "parquet"])
def test_one_changed_byte_is_found(run: Run, ending: str) -> None:
    file = export(run, f"a.{ending}")
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)
    code, _, err = run("verify", str(file))
    assert code == 1
    assert "Altered: its bytes are not those that were exported" in err


def test_what_was_altered_is_said_by_rows_and_sums(run: Run) -> None:
    file = export(run, "a.csv")
    lines = file.read_text(encoding="utf-8").splitlines(keepends=True)
    file.write_text("".join(lines[:-1]), encoding="utf-8", newline="")
    _, _, err = run("verify", str(file))
    assert f"it has {len(lines) - 2:,} rows, not {len(lines) - 1:,}" in err
    assert "its unblended_cost sums to" in err


def test_rows_in_another_order_are_altered_and_not_compared(run: Run) -> None:
    file = export(run, "a.csv")
    head, first, second, *rest = file.read_text(encoding="utf-8").splitlines(keepends=True)
    file.write_text("".join([head, second, first, *rest]), encoding="utf-8", newline="")
    code, _, err = run("verify", str(file))
    assert code == 1
    assert "out of order" in err
    assert "Current" not in err


def test_filters_and_what_was_left_out_are_asked_again(run: Run) -> None:
    file = export(run, "a.csv", "--where", "record_type=Usage", "--leave-out", "support")
    assert run("verify", str(file))[0] == 0


def test_what_cannot_be_verified_says_why(run: Run) -> None:
    file = export(run, "a.csv")
    manifest = manifest_path(file)
    raw = json.loads(manifest.read_text(encoding="utf-8"))
    assert "not there" in run("verify", "absent.csv")[2]
    for change, words in (
        ({"schema": 99}, "has schema 99"),
        ({"product": "other"}, "is not the manifest of an export"),
        ({"source_id": "another payer"}, "another payer"),
        ({"start": "soon"}, "cannot be read"),
        ({"where": {"cost_category:Gone": ["x"]}}, "cost_category:Gone, which is not tracked any more"),
        ({"start": "2025-01-01"}, "The export is of 2025-01-01 to"),
        ({"as_of": "2027-01-01T00:00:00"}, "what is stored is older"),
    ):
        manifest.write_text(json.dumps({**raw, **change}), encoding="utf-8")
        code, _, err = run("verify", str(file))
        assert code in (1, 2)
        assert words in err
    manifest.unlink()
    assert "--manifest" in run("verify", str(file))[2]


def test_every_line_that_differs_is_in_the_file_that_was_asked_for(
    run: Run, endpoint: SampleEndpoint, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = export(run, "a.csv")
    restate(endpoint, "1")
    sync(endpoint, tmp_path, hours=1)
    restate(endpoint, None)
    sync(endpoint, tmp_path, hours=2)
    endpoint.restate(
        charge_date=DAY, usage_account_id="=1", service="'S3", record_type="Usage", delta=Decimal("0.0000000001")
    )
    sync(endpoint, tmp_path, hours=3)
    monkeypatch.setattr("costlib.cli.verify.PRINTED", 1)
    code, out, err = run("verify", str(file), "-o", "lines.csv")
    assert code == 1
    assert out.count("\n") == 2
    assert "-o FILE has all of them" in err
    with Path("lines.csv").open(encoding="utf-8", newline="") as opened:
        header, rows = csv.read(opened)
        found = list(rows)
    assert header[3:] == ["change", "unblended_cost_then", "unblended_cost_now"]
    assert [row[3] for row in found] == ["gone", "new"]
    assert found[1][1:] == ["=1", "'S3", "new", "", "0.0000000001"]
    listed = json.loads(run("verify", str(file), "--json")[1])["lines"]
    assert [[*line["key"], line["change"], line["then"][0] or "", line["now"][0] or ""] for line in listed] == found
    assert "exists already" in run("verify", str(file), "-o", "lines.csv")[2]


def test_what_is_still_estimated_is_not_final(run: Run) -> None:
    settled = export(run, "a.csv", "--end", "2026-11-03")
    assert "Final: none of its days was estimated." in run("verify", str(settled))[2]
    recent = export(run, "b.csv")
    assert "Not final: " in run("verify", str(recent))[2]
    found = json.loads(run("verify", str(recent), "--json")[1])
    assert found["estimated_days"] == found["estimated_days_then"] > 0
    raw = json.loads(manifest_path(settled).read_text(encoding="utf-8"))
    manifest_path(settled).write_text(json.dumps({**raw, "estimated_days": 2}), encoding="utf-8")
    assert "Final now: 2 of its days were estimated then" in run("verify", str(settled))[2]
