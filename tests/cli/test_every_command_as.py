"""Every command either sees what a lead sees, or is known to tell no charges: a new one cannot be forgotten."""

from __future__ import annotations

import argparse
import io
import json
import shutil
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from costlib.access import EVERYTHING
from costlib.cli import _parser, main
from costlib.periods import Period, add_months, month_start
from costlib.queries.breakdown import breakdown
from costlib.queries.filters import Filters
from costlib.sample.rules import SAMPLE_RULES
from costlib.store.snapshot import Snapshot, open_current
from costlib.vocabulary import CostMetric
from tests.test_documentation import commands, rows

MINE = "Payments"
OTHERS = ("Storefront", "Mobile")
"""Cost centers whose names are not also words of something else."""
REFUSED = 2
ACCESS = """\
[[rule]]
people = ["of the center"]
role = "lead"
cost_centers = ["Payments", "a center that there is not"]

[[rule]]
people = ["of the account"]
role = "executive"
accounts = ["{account}"]

[[rule]]
people = ["of the label"]
role = "lead"
"cost_category:Team" = ["Payments"]

[[rule]]
people = ["of finance"]
role = "finance"
everything = true
"""
OF_EC2 = {"Dimensions": {"Key": "SERVICE_CODE", "MatchOptions": ["EQUALS"], "Values": ["AmazonEC2"]}}
DRAFT = {"Name": "Team", "RuleVersion": "CostCategoryExpression.v1", "Rules": [{"Value": "All", "Rule": OF_EC2}]}


@dataclass(frozen=True)
class Told:
    """What a command said and wrote, and how it ended."""

    code: int
    text: str


@dataclass(frozen=True)
class World:
    """The sample in a folder of its own, with an access file; `secrets` are each lead's foreign ids, names, amounts."""

    folder: Path
    month: str
    account: str
    secrets: dict[str, frozenset[str]]

    def run(self, words: Sequence[str], read: Callable[[], tuple[str, str]], *eyes: str) -> Told:
        """A command in a folder in which nothing else is, so that what it writes is found."""
        shutil.rmtree(self.folder / "out", ignore_errors=True)
        (self.folder / "out").mkdir()
        known = {"MONTH": self.month, "OUT": str(self.folder / "out"), "IN": str(self.folder)}
        filled = [word.format(**known) for word in words] + [word for name in eyes for word in ("--as", name)]
        code = main(filled)
        said = "\n".join(read())
        return Told(code, "\n".join([said, *map(_text, sorted((self.folder / "out").iterdir()))]))


EXPORT = ["export", "--group-by", "billing_month,usage_account_name,cost_category:Team", "-o"]
ASKED: dict[str, list[list[str]]] = {
    "query": [
        ["query", "--group-by", "usage_account_id,usage_account_name,cost_category:Team", "--metric", "all"],
        ["query"],
        ["query", "--group-by", "billing_month,region"],
    ],
    "export": [[*EXPORT, "{OUT}/costs.csv"], [*EXPORT, "{OUT}/costs.xlsx"]],
    "verify": [["verify", "{IN}/costs.csv", "--json", "-o", "{OUT}/lines.csv"]],
    "report": [["report", "--month", "{MONTH}", "-o", "{OUT}/report.html"]],
    "showback": [
        ["showback", "--month", "{MONTH}"],
        ["showback", "--month", "{MONTH}", "--matrix"],
        ["showback", "--month", "{MONTH}", "--why", "support"],
        ["showback", "--month", "{MONTH}", "--format", "html", "-o", "{OUT}/statements.html"],
        ["showback", "--month", "{MONTH}", "--format", "xlsx", "-o", "{OUT}/statements.xlsx"],
    ],
    "forecast": [["forecast"], ["forecast", "--level", "usage_account_name"]],
    "digest": [["digest"], ["digest", "--weekly", "--format", "html", "-o", "{OUT}/digest.html"]],
    "anomalies": [["anomalies"]],
    "budgets list": [["budgets", "list", "--format", "csv"]],
    "rules preview": [["rules", "preview", "{IN}/allocation.toml"]],
    "categories show": [["categories", "show"], ["categories", "show", "Team"]],
    "categories preview": [["categories", "preview", "{IN}/draft.json", "--format", "csv"]],
    "audit": [["audit"]],
    "status": [["status"], ["status", "--json"]],
}
"""How each command is asked that sees less with `--as`."""
FOR_THOSE_WHO_SEE_ALL = ("rules preview", "audit", "categories show Team", "query --group-by billing_month,region")
"""Refused for a lead: what they tell cannot be cut."""


@pytest.fixture(scope="module")
def world(sample_data_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("eyes")
    shutil.copytree(sample_data_dir, folder / "data")
    (folder / "allocation.toml").write_text(SAMPLE_RULES)
    (folder / "draft.json").write_text(json.dumps(DRAFT))
    snapshot = open_current(folder / "data" / "sample")
    ours = {str(a) for (a,) in snapshot.rows(f"{_ACCOUNTS} WHERE cost_center = ?", (MINE,))}
    account = max(ours)
    month = add_months(month_start(snapshot.period.last_day), -1)
    secrets = {
        "of the center": frozenset(_secrets(snapshot, ours)),
        "of the account": frozenset(_secrets(snapshot, {account})),
        "of the label": frozenset(_secrets(snapshot, ours)),
    }
    snapshot.close()
    (folder / "access.toml").write_text(ACCESS.format(account=account))
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv("COSTLIB_DATA_DIR", str(folder / "data"))
        patch.setenv("COSTLIB_ACCESS_FILE", str(folder / "access.toml"))
        patch.setenv("COSTLIB_SOURCE", "sample")
        yield World(folder, f"{month:%Y-%m}", account, secrets)


_ACCOUNTS = "SELECT DISTINCT usage_account_id FROM showback_charges"


def _secrets(snapshot: Snapshot, ours: set[str]) -> Iterator[str]:
    """What a lead must not read: other accounts and cost centers, and what all of them together cost."""
    for account, name in snapshot.rows("SELECT usage_account_id, usage_account_name FROM accounts"):
        if account not in ours:
            yield from (str(account), str(name))
    yield from OTHERS
    first = Period(add_months(month_start(snapshot.period.last_day), -2), snapshot.period.end)
    whole = breakdown(snapshot, EVERYTHING, Filters(first), ["billing_month"], [CostMetric.unblended_cost])
    for amount in whole.column(CostMetric.unblended_cost).to_pylist():
        yield from (f"{amount:f}", f"{amount:,.2f}")


@pytest.fixture
def read(capsys: pytest.CaptureFixture[str]) -> Callable[[], tuple[str, str]]:
    capsys.readouterr()
    return lambda: tuple(capsys.readouterr())  # type: ignore[return-value]


def leaves() -> dict[str, argparse.ArgumentParser]:
    """Every command that does something, as people type it."""
    known = dict(commands())
    return {typed: parser for typed, parser in known.items() if not any(k.startswith(f"{typed} ") for k in known)}


def takes_as(parser: argparse.ArgumentParser) -> bool:
    return any("--as" in action.option_strings for action in parser._actions)


def test_every_command_sees_less_with_as_or_tells_no_charges_and_says_why() -> None:
    found = leaves()
    documented = {cell: rest for cell, rest in rows("cli.md").items() if not cell.startswith("-")}
    assert {typed for typed, parser in found.items() if takes_as(parser)} == set(ASKED)
    without = set(found) - set(ASKED)
    assert set(documented) == without
    assert all(len(reason) > 20 for (reason,) in documented.values())


def test_a_command_without_as_refuses_it(capsys: pytest.CaptureFixture[str]) -> None:
    for typed in set(leaves()) - set(ASKED):
        with pytest.raises(SystemExit) as ended:
            _parser([typed.split()[0]]).parse_args([*typed.split(), "--as", "kim@example.com"])
        assert ended.value.code == REFUSED
        capsys.readouterr()


CASES = [(typed, words) for typed, every in ASKED.items() for words in every]


@pytest.mark.parametrize("lead", ["of the center", "of the account", "of the label"])
@pytest.mark.parametrize(("typed", "words"), CASES, ids=[" ".join(words) for _, words in CASES])
def test_a_lead_reads_nothing_foreign(
    world: World, read: Callable[[], tuple[str, str]], typed: str, words: list[str], lead: str
) -> None:
    if typed == "verify":
        exported = ["export", "--group-by", "usage_account_name", "-o", "{IN}/costs.csv", "--force"]
        assert world.run(exported, read, lead).code == 0
    told, is_for_all = world.run(words, read, lead), " ".join(words).startswith(FOR_THOSE_WHO_SEE_ALL)
    assert not [secret for secret in world.secrets[lead] if secret in told.text], told.text[:2000]
    if lead == "of the center" or is_for_all:
        assert told.code == (REFUSED if is_for_all else 0), told.text


def test_the_owner_of_the_files_reads_all_of_it(world: World, read: Callable[[], tuple[str, str]]) -> None:
    """The secrets are there to be read: what is held against them above could fail."""
    secrets = world.secrets["of the center"]
    asked = {typed: every[-1 if typed in ("categories show", "forecast") else 0] for typed, every in ASKED.items()}
    del asked["verify"], asked["audit"], asked["status"], asked["categories preview"]
    texts = {typed: world.run(words, read).text for typed, words in asked.items()}
    silent = [typed for typed, text in texts.items() if not any(secret in text for secret in secrets)]
    assert not silent


def _text(file: Path) -> str:
    """What is in a file, and in the files of a workbook."""
    content = file.read_bytes()
    if not zipfile.is_zipfile(io.BytesIO(content)):
        return content.decode()
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        return "\n".join(book.read(name).decode(errors="replace") for name in book.namelist())
