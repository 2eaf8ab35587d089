"""The documentation is complete and true: what the program has is written down, and what is written down exists."""

from __future__ import annotations

import argparse
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from costlib import config, errors
from costlib.cli import COMMANDS, _parser, exit_code_of
from costlib.store.migrations import migrate

ROOT = Path(__file__).resolve().parent.parent
DOCUMENTS = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")


def rows(document: str) -> dict[str, list[str]]:
    """The tables of a document: first cell (without backticks) → the other cells."""
    lines = (ROOT / "docs" / document).read_text(encoding="utf-8").splitlines()
    cells = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines if line.startswith("| `")]
    return {row[0].strip("`| "): [cell.strip("| ") for cell in row[1:]] for row in cells}


def test_every_setting_is_documented_with_its_variable_and_its_true_default(tmp_path: Path) -> None:
    documented = rows("settings.md")
    assert set(documented) == set(config.SETTINGS)
    for name, (variable, unit, _, meaning) in documented.items():
        assert variable == f"`COSTLIB_{name.upper()}`"
        assert unit
        assert meaning
    file = tmp_path / "costlib.toml"
    file.write_text(
        "\n".join(f"{name} = {cells[2].strip('`')}" for name, cells in documented.items()), encoding="utf-8"
    )
    assert config.load(file, {}) == config.Settings()


def test_the_example_settings_file_can_be_loaded(tmp_path: Path) -> None:
    text = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    example = re.search(r"```toml\n(.*?)```", text, re.DOTALL)
    assert example
    file = tmp_path / "costlib.toml"
    file.write_text(example.group(1), encoding="utf-8")
    assert config.load(file, {}).tags == ("team",)


def every_error(of: type[errors.CostlibError] = errors.CostlibError) -> Iterator[type[errors.CostlibError]]:
    for error in of.__subclasses__():
        yield error
        yield from every_error(error)


def test_every_error_is_documented_with_its_exit_code_and_a_way_out() -> None:
    documented = rows("errors.md")
    existing = {error.__name__: error for error in every_error() if error.__module__.startswith(f"{errors.__name__}.")}
    assert set(documented) == set(existing)
    for name, error in existing.items():
        code, when, remedy = documented[name]
        assert int(code) == exit_code_of(error.__new__(error)), name
        assert when
        assert remedy


def test_every_direct_dependency_is_documented() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    pins = [*project["dependencies"], *project["optional-dependencies"]["dev"]]
    assert set(rows("dependencies.md")) == {re.split(r"[=\[]", pin)[0] for pin in pins}


def test_every_dependency_is_pinned_exactly_and_no_host_is_named() -> None:
    pinned = re.compile(r"[a-z0-9._-]+==[^\s;]+( ; .+)?")
    for file in ("requirements.txt", "requirements-dev.txt"):
        lines = (ROOT / file).read_text(encoding="utf-8").splitlines()
        pins = [line for line in lines if not line.startswith(("#", "-r requirements.txt"))]
        assert pins
        assert all(pinned.fullmatch(line) for line in pins), file


def commands() -> Iterator[tuple[str, argparse.ArgumentParser]]:
    """Every command and subcommand, as people type it."""
    waiting = [("", _parser([]))]
    while waiting:
        typed, parser = waiting.pop()
        if typed:
            yield typed, parser
        for action in parser._actions:
            if isinstance(action, argparse._SubParsersAction):
                waiting += [(f"{typed} {name}".strip(), sub) for name, sub in action.choices.items()]


def test_every_command_and_option_is_documented() -> None:
    text = (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")
    sections = dict(re.findall(r"^## `([^`]+)`\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL))
    everywhere = text.split("\n## ")[0]
    found = {typed for typed, _ in commands()}
    assert set(COMMANDS) <= found
    for typed, parser in commands():
        section = sections.get(typed) or sections.get(typed.split()[0], "")
        for action in parser._actions:
            for option in (o for o in action.option_strings if o.startswith("--") and o != "--help"):
                assert f"`{option}" in section + everywhere, f"{typed} {option}"
    assert set(sections) <= found


def test_the_commands_in_the_documents_exist() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    for document in DOCUMENTS:
        text = document.read_text(encoding="utf-8")
        assert set(re.findall(r"`?make ([a-z]+)", text)) - {"sure"} <= targets, document
        assert set(re.findall(r"-m costlib ([a-z]+)", text)) <= set(COMMANDS), document


def test_the_readme_shows_the_policy_that_the_role_gets() -> None:
    policy = (ROOT / "deploy" / "iam" / "sync-policy.json").read_text(encoding="utf-8")
    assert policy.strip() in (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_link_leads_somewhere(document: Path) -> None:
    for target in LINK.findall(document.read_text(encoding="utf-8")):
        if not target.startswith(("https://", "#")):
            assert (document.parent / target.split("#")[0]).exists(), target


def test_every_table_of_the_store_is_documented_with_its_columns() -> None:
    documented = rows("data.md")
    connection = duckdb.connect()
    migrate(connection)
    columns: dict[str, list[str]] = {}
    for table, column in connection.execute(
        "SELECT table_name, column_name FROM duckdb_columns() WHERE NOT internal"
    ).fetchall():
        columns.setdefault(table, []).append(column)
    assert set(documented) == set(columns)
    for table, (_, described) in documented.items():
        unsaid = [c for c in columns[table] if f"`{c}`" not in described and not c.endswith("_cost")]
        assert not unsaid or described == "the writer's own", (table, unsaid)
