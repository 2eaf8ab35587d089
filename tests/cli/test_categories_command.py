"""`categories` as finance uses it: on the synced sample, and against moto's Cost Explorer."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from moto import mock_aws

from costlib.cli import main as costlib
from costlib.config import Settings, Source
from costlib.errors import CostlibError
from costlib.ingest.categories import describe, find_arn, write_definition
from costlib.ingest.client import Answer, CostExplorer, connect
from costlib.ingest.credentials import SAMPLE_ENVIRON
from costlib.sample.organization import tiny_organization
from costlib.sample.server import SampleEndpoint
from tests.queries.drafting import dimension, rule, written

Run = Callable[..., tuple[int, str, str]]
FIRST, SECOND = rule("A", dimension("LINKED_ACCOUNT", "111122223333")), rule("B", dimension("RECORD_TYPE", "Tax"))


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    monkeypatch.chdir(tmp_path)

    def command(*words: str) -> tuple[int, str, str]:
        capsys.readouterr()
        code = costlib(["categories", *words])
        printed = capsys.readouterr()
        return code, printed.out, printed.err

    return command


@pytest.fixture
def aws() -> Iterator[CostExplorer]:
    """moto's Cost Explorer behind the real client: every request is serialized, signed and parsed."""
    with mock_aws():
        yield client()


def client(url: str | None = None) -> CostExplorer:
    return connect(Settings(source=Source.aws), endpoint_url=url, environ=SAMPLE_ENVIRON, sleep=lambda _: None)


def save(draft: Mapping[str, Any], name: str = "draft.json") -> str:
    Path(name).write_text(json.dumps(draft), encoding="utf-8")
    return name


def test_what_is_shown_is_a_draft_that_changes_nothing(run: Run, sample_data_dir: Path) -> None:
    folder = ["--source", "sample", "--data-dir", str(sample_data_dir)]
    code, listed, _ = run("show", *folder)
    assert code == 0
    assert "Team" in listed
    code, shown, _ = run("show", "Team", *folder)
    save(json.loads(shown))
    assert run("check", "draft.json")[0] == 0
    code, moves, said = run("preview", "draft.json", "--months", "1", "--format", "csv", *folder)
    assert code == 0
    rows = list(csv.DictReader(io.StringIO(moves)))
    told = [row for row in rows if row["after"] != "(cannot be told)"]
    assert told
    assert sum(Decimal(row["unblended_cost"]) for row in told if row["before"] == row["after"]) > 0
    assert "Labeled before:" in said


def test_an_unknown_cost_category_names_the_known_ones(run: Run, sample_data_dir: Path) -> None:
    code, _, said = run("show", "Taem", "--source", "sample", "--data-dir", str(sample_data_dir))
    assert code == 2
    assert "Did you mean 'Team'?" in said


def test_a_draft_that_aws_would_refuse_is_refused_with_rule_and_remedy(run: Run) -> None:
    code, _, said = run("check", save(written(rule("A", dimension("AZ", "a")))))
    assert code == 2
    assert "rule 1: rules cannot look at the dimension 'AZ'" in said
    assert run("check", "nothing.json")[0] == 2


def test_the_sample_cannot_be_changed(run: Run) -> None:
    code, _, said = run("apply", save(written(FIRST)), "--confirm", "--source", "sample")
    assert code == 2
    assert "--source aws" in said


def test_a_change_is_shown_first_and_sent_only_when_confirmed(run: Run, aws: CostExplorer) -> None:
    arn = write_definition(aws, json.dumps(written(FIRST)))
    words = ("apply", save(written(SECOND, FIRST, DefaultValue="Rest")), "--arn", arn, "--source", "aws")
    code, shown, said = run(*words)
    assert code == 0
    assert [line for line in shown.splitlines() if line.startswith("+ rule 1")]
    assert "+ default value: Rest" in shown
    assert "Nothing was sent" in said
    assert json.loads(describe(aws, arn).rules) == [FIRST]
    assert run(*words, "--confirm")[0] == 0
    found = describe(aws, arn)
    assert json.loads(found.rules) == [SECOND, FIRST]
    assert found.default_value == "Rest"
    assert "AWS holds this already" in run(*words, "--confirm")[2]


def test_a_draft_of_another_name_is_not_written_over_a_cost_category(run: Run, aws: CostExplorer) -> None:
    arn = write_definition(aws, json.dumps(written(FIRST)))
    file = save(written(SECOND, name="Other"))
    code, _, said = run("apply", file, "--arn", arn, "--confirm", "--source", "aws")
    assert code == 2
    assert "cannot rename" in said
    assert json.loads(describe(aws, arn).rules) == [FIRST]


def test_a_cost_category_that_is_new_is_created(run: Run, aws: CostExplorer, monkeypatch: pytest.MonkeyPatch) -> None:
    """moto has no list of definitions: the answer to that one question is given here, the rest is moto's."""

    class Listing:
        def ask(self, operation: str, parameters: Mapping[str, object]) -> Answer:
            if operation != "ListCostCategoryDefinitions":
                return aws.ask(operation, parameters)
            return Answer({"CostCategoryReferences": []}, datetime(2026, 11, 24), 0, 1)

    monkeypatch.setattr("costlib.ingest.client.connect", lambda *_, **__: Listing())
    code, shown, said = run("apply", save(written(FIRST)), "--confirm", "--source", "aws")
    assert code == 0
    assert "new cost category" in shown
    arn = said.split("AWS took it as ")[1].split(". ")[0]
    assert describe(aws, arn).name == "Team"


def test_a_cost_category_is_found_by_its_name_on_any_page() -> None:
    with SampleEndpoint(tiny_organization(date(2026, 11, 24), accounts=2, days=3), page_size=1) as endpoint:
        asking = client(endpoint.url)
        arn = find_arn(asking, "Environment")
        assert arn is not None
        assert describe(asking, arn).name == "Environment"
        assert find_arn(asking, "Nothing") is None


def test_an_update_that_aws_refuses_is_told_in_its_words(aws: CostExplorer) -> None:
    gone = {**written(FIRST), "CostCategoryArn": "arn:aws:ce::123456789012:costcategory/gone"}
    gone.pop("Name")
    with pytest.raises(CostlibError):
        write_definition(aws, json.dumps(gone))
