"""`forecast`: the periods with AWS's beside them, and the month's end by a dimension, as the page has them."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from contextlib import closing
from decimal import Decimal
from pathlib import Path

import pytest

from costlib.access import EVERYTHING
from costlib.cli import main as costlib
from costlib.money import rounded
from costlib.queries.filters import Filters
from costlib.queries.forecasts import outlook
from costlib.queries.statement_history import cost_centers
from costlib.store.snapshot import open_current
from costlib.vocabulary import CostMetric

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(sample_data_dir: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    monkeypatch.setenv("COSTLIB_SOURCE", "sample")

    def command(*words: str) -> tuple[int, str, str]:
        capsys.readouterr()
        code = costlib(["forecast", "--data-dir", str(sample_data_dir), *words])
        printed = capsys.readouterr()
        return code, printed.out, printed.err

    return command


def test_periods_are_the_questions_answers_with_awss_beside_them(run: Run, sample_data_dir: Path) -> None:
    code, out, err = run("--format", "csv")
    rows = list(csv.DictReader(io.StringIO(out)))
    snapshot = open_current(sample_data_dir / "sample")
    found = outlook(snapshot, EVERYTHING, Filters(snapshot.period))
    is_over = snapshot.as_of.date() >= found.month.period.end
    snapshot.close()
    ours = [row for row in rows if row["forecaster"] == "costlib"]
    assert code == 0
    assert [row["period"] for row in ours] == [span.name for span in found.spans]
    assert [Decimal(row["forecast"]) for row in ours] == [rounded(span.expected) for span in found.spans]
    assert [Decimal(row["charged"]) for row in ours] == [span.actual for span in found.spans]
    theirs = ["next_month", "later_month"] if is_over else ["month", "next_month"]
    assert [row["period"] for row in rows if row["forecaster"] == "aws"][:2] == theirs
    assert found.winner.label in err
    assert "past dates" in err


def test_a_level_adds_up_to_the_month(run: Run) -> None:
    month = json.loads(run("--format", "json")[1])[0]
    parts = json.loads(run("--format", "json", "--level", "cost_category:Team")[1])
    assert sum(Decimal(part["charged"]) for part in parts) == Decimal(month["charged"])
    assert rounded(sum((Decimal(part["forecast"]) for part in parts), Decimal(0))) == Decimal(month["forecast"])
    assert "Unallocated" in {part["cost_category:Team"] for part in parts}


def test_filters_and_metrics_apply(run: Run) -> None:
    whole, part = (
        json.loads(run("--format", "json", *words)[1])[0] for words in ((), ("--where", "record_type=Usage"))
    )
    assert Decimal(part["forecast"]) != Decimal(whole["forecast"])  # of which nothing is charged yet on the 2nd
    amortized = json.loads(run("--format", "json", "--metric", "amortized_cost")[1])
    assert {row["forecaster"] for row in amortized} == {"costlib"}
    assert Decimal(amortized[0]["forecast"]) != Decimal(whole["forecast"])
    assert run("--leave-out", "tax")[1] != run()[1]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--level", "servce"), "Did you mean 'service'?"),
        (("--level", "charge_date"), "is time"),
        (("--metric", "all"), "one cost metric"),
        (("--where", "service=Nothing"), "Not enough history"),
    ],
)
def test_what_cannot_be_forecast_is_said(run: Run, words: tuple[str, ...], said: str) -> None:
    code, out, err = run(*words)
    assert code != 0
    assert out == ""
    assert said in err


def test_cost_centers_own_charges_add_up_to_all_charges(run: Run, sample_data_dir: Path) -> None:
    whole = json.loads(run("--format", "json")[1])[0]
    with closing(open_current(sample_data_dir / "sample")) as snapshot:
        names = cost_centers(snapshot, EVERYTHING, CostMetric.unblended_cost)
    each = [json.loads(run("--format", "json", "--cost-center", name)[1]) for name in names]
    assert sum(Decimal(rows[0]["charged"]) for rows in each) == Decimal(whole["charged"])
    assert {row["forecaster"] for rows in each for row in rows} == {"costlib"}
    code, _, err = run("--cost-center", "Payment")
    assert code == 2
    assert "Did you mean 'Payments'?" in err
