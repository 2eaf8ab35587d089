"""`python -m costlib query`: stdout is data, stderr is narration."""

from __future__ import annotations

import csv as standard_csv
import io
import json
import subprocess
import sys
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from costlib.cli import main
from costlib.exports import csv
from costlib.vocabulary import COST_METRICS
from tests.queries.snapshots import Charge, Organization, amounts, published, truth

COMMA = "tag:a,b=c"
ORGANIZATION = Organization(
    [
        Charge(date(2026, 2, 3), "111", "EC2", "Usage", amounts("1.50"), ("red", "x=y")),
        Charge(date(2026, 2, 4), "111", "=cmd()", "Usage", amounts("-0.0000000092"), ("", "")),
        Charge(
            date(2026, 3, 4), "222", 'S3, "the\nbucket"', "Tax", amounts("2", net_unblended_cost=None), ("blue", "")
        ),
    ],
    labels=("cost_category:Team", COMMA),
    accounts={"111": "One"},
)
Ask = Callable[..., str]


@pytest.fixture(scope="module")
def data_dir(shelf: Path) -> Path:
    folder = shelf / "query"
    with published(ORGANIZATION, folder) as snapshot:
        assert snapshot.period.start == date(2026, 2, 3)
    (source,) = folder.iterdir()
    source.rename(folder / "sample")
    return folder


@pytest.fixture
def ask(data_dir: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Ask:
    """What `query` prints for these flags; the exit code and stderr must be as given."""
    monkeypatch.chdir(data_dir)

    def run(*flags: str, exit_code: int = 0, stderr: str = "") -> str:
        assert main(["query", "--data-dir", str(data_dir), *flags]) == exit_code
        captured = capsys.readouterr()
        assert stderr in captured.err if stderr else not captured.err
        return captured.out

    return run


def test_the_header_is_the_dimensions_as_asked_then_the_metrics(ask: Ask) -> None:
    out = ask("--group-by", "service,usage_account_id", "--metric", "amortized_cost", "--metric", "net_unblended_cost")
    assert out == (
        "service,usage_account_id,amortized_cost,net_unblended_cost\n"
        "'=cmd(),111,-0.0000000092,-0.0000000092\n"
        "EC2,111,1.5,1.5\n"
        '"S3, ""the\nbucket""",222,2,\n'
    )


def test_every_metric_equals_the_charges_added_up_by_hand(ask: Ask) -> None:
    dimensions = ["billing_month", "charge_category", "cost_category:Team", "service"]
    header, rows = csv.read(io.StringIO(ask("--group-by", ",".join(dimensions), "--metric", "all"), newline=""))
    assert header == [*dimensions, *COST_METRICS]
    found = [(*row[:4], *(Decimal(text) if text else None for text in row[4:])) for row in rows]
    expected = truth(ORGANIZATION, ORGANIZATION.charges, dimensions)
    assert found == [(str(month), *rest) for month, *rest in expected]


def test_without_dimensions_the_total_is_printed(ask: Ask) -> None:
    assert ask() == "unblended_cost\n3.4999999908\n"


def test_the_end_day_is_not_included(ask: Ask) -> None:
    assert ask("--start", "2026-02-03", "--end", "2026-02-04", "--group-by", "charge_date") == (
        "charge_date,unblended_cost\n2026-02-03,1.5\n"
    )
    assert ask("--start", "2026-02-04") == "unblended_cost\n1.9999999908\n"
    assert ask("--end", "2026-02-04") == "unblended_cost\n1.5\n"


def test_a_label_with_a_comma_is_quoted_as_in_csv_and_its_equals_sign_is_its_own(ask: Ask) -> None:
    out = ask("--group-by", f'"{COMMA}",record_type', "--where", f"{COMMA}=x=y")
    assert list(standard_csv.reader(io.StringIO(out))) == [
        [COMMA, "record_type", "unblended_cost"],
        ["x=y", "Usage", "1.5"],
    ]


@pytest.mark.parametrize(
    ("conditions", "total"),
    [
        (["service=EC2"], "1.5"),
        (["service=EC2", "record_type=Tax"], "0"),
        (["record_type=Usage", "record_type=Tax"], "3.4999999908"),
        (["cost_category:Team=Unallocated"], "-0.0000000092"),
        (["cost_category:Team="], "-0.0000000092"),
        (["usage_account_name=One"], "1.4999999908"),
        (["charge_category=Tax"], "2"),
        (["billing_month=2026-02"], "1.4999999908"),
        (["charge_date=2026-02-03", "charge_date=2026-03-04"], "3.5"),
        (['service=S3, "the\nbucket"'], "2"),
        (["usage_account_id=999"], "0"),
    ],
)
def test_values_of_one_dimension_widen_and_dimensions_narrow(ask: Ask, conditions: list[str], total: str) -> None:
    assert ask(*(flag for text in conditions for flag in ("--where", text))) == f"unblended_cost\n{total}\n"


def test_json_is_one_array_with_exact_amounts(ask: Ask) -> None:
    out = ask("--group-by", "charge_date,service", "--metric", "net_unblended_cost", "--format", "json")
    assert json.loads(out) == [
        {"charge_date": "2026-02-03", "service": "EC2", "net_unblended_cost": "1.5"},
        {"charge_date": "2026-02-04", "service": "=cmd()", "net_unblended_cost": "-0.0000000092"},
        {"charge_date": "2026-03-04", "service": 'S3, "the\nbucket"', "net_unblended_cost": None},
    ]
    assert json.loads(ask("--group-by", "service", "--where", "service=none", "--format", "json")) == []


def test_a_table_is_aligned_and_stays_on_its_lines(ask: Ask) -> None:
    assert ask("--group-by", "service", "--metric", "net_unblended_cost", "--format", "table").splitlines() == [
        "service            net_unblended_cost",
        "-----------------  ------------------",
        "=cmd()                  -0.0000000092",
        "EC2                      1.5000000000",
        'S3, "the\\nbucket"                 n/a',
    ]


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (["--group-by", "servce"], "Unknown dimension 'servce'.\n  Did you mean 'service'?"),
        (["--group-by", "cost_category:Taem"], "Did you mean 'cost_category:Team'?"),
        (["--group-by", "service,service"], "service is asked for twice."),
        (["--metric", "unblended"], "Did you mean 'unblended_cost'?"),
        (["--start", "yesterday"], "--start 'yesterday' is not a day.\n  Write days as YYYY-MM-DD"),
        (["--end", "2026-02-30"], "--end '2026-02-30' is not a day."),
        (["--start", "2026-03-04", "--end", "2026-03-04"], "holds no day"),
        (["--start", "2025-01-01", "--end", "2025-02-01"], "Stored are the days 2026-02-03 to 2026-03-04"),
        (["--start", "2027-01-01"], "Nothing is stored for 2027-01-01"),
        (["--end", "2026-01-01"], "Stored are the days 2026-02-03 to 2026-03-04"),
        (["--where", "service"], "--where 'service' has no value."),
        (["--where", "servce=EC2"], "Did you mean 'service'?"),
        (["--where", "charge_date=soon"], "charge_date 'soon' is not a day."),
        (["--group-by", "region"], "No stored lens holds region.\n  Add one to `lenses` in costlib.toml"),
        (["--where", "service=\udcff"], "is not UTF-8 text"),
    ],
)
def test_what_cannot_be_asked_is_named_with_the_way_out(ask: Ask, flags: list[str], said: str) -> None:
    assert ask(*flags, exit_code=2, stderr=said) == ""


def test_a_period_that_is_stored_in_part_is_answered_and_said_to_be(ask: Ask) -> None:
    out = ask("--start", "2026-01-01", stderr="Stored are the days 2026-02-03 to 2026-03-04")
    assert out == "unblended_cost\n3.4999999908\n"


def test_nothing_synced_yet_says_what_to_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["query", "--data-dir", str(tmp_path)]) == 1
    assert "python -m costlib sync" in capsys.readouterr().err


def test_help_says_that_the_end_is_exclusive_and_what_can_be_asked(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["query", "--help"])
    out = " ".join(capsys.readouterr().out.split())
    assert "not included" in out
    assert "cost_category:NAME" in out
    assert all(metric in out for metric in COST_METRICS)


def run_python(*arguments: str) -> subprocess.CompletedProcess[bytes]:
    root = Path(__file__).resolve().parents[2]
    environment = {"PATH": "", "LC_ALL": "C", "PYTHONPATH": str(root), "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}
    return subprocess.run([sys.executable, *arguments], capture_output=True, check=True, env=environment, cwd=root)


def test_the_program_itself_writes_utf_8_whatever_the_locale(shelf: Path) -> None:
    organization = Organization([Charge(date(2026, 3, 1), "111", "Zürich 服务", "Usage", amounts("1"))])
    folder = shelf / "locale"
    with published(organization, folder):
        (source,) = folder.iterdir()
        source.rename(folder / "sample")
    done = run_python("-m", "costlib", "query", "--data-dir", str(folder), "--group-by", "service")
    assert done.stdout.decode("utf-8") == "service,unblended_cost\nZürich 服务,1\n"
    assert done.stderr == b""


def test_a_query_starts_without_what_only_pages_and_syncs_need(data_dir: Path) -> None:
    code = f"""
import sys
from costlib.cli import main
main(["query", "--data-dir", {str(data_dir)!r}, "--group-by", "service"])
heavy = {{"pyarrow", "pandas", "numpy", "streamlit", "plotly", "boto3", "botocore"}} & set(sys.modules)
print(sorted(heavy), file=sys.stderr)
"""
    assert run_python("-c", code).stderr.decode().strip() == "[]"


def test_a_reader_that_stops_early_is_no_error(data_dir: Path) -> None:
    root = Path(__file__).resolve().parents[2]
    command = [sys.executable, "-m", "costlib", "query", "--data-dir", str(data_dir), "--group-by", "service"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=root) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 0
