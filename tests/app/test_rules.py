"""The rules page: what is in force in words, mistakes by their line, who gains and who loses, and saving by finance."""

from __future__ import annotations

from contextlib import closing
from decimal import Decimal
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from costlib.access import EVERYTHING, Role, Scope
from costlib.queries.rule_history import versions
from costlib.queries.showback import Question, matrix
from costlib.store.showback import RULES_PROBLEM
from costlib.store.snapshot import current_id, open_current
from costlib.ui import identity, rules_editor
from costlib.ui.identity import Viewer
from tests.app.conftest import UseOrganization
from tests.app.pages import RULES as RULES_PAGE
from tests.app.pages import chart_texts, metric, opened, said
from tests.queries.ruled import CHARGES, FEBRUARY, RULES, put_rules
from tests.queries.snapshots import Organization

FIXED = RULES.replace('method = "even"', 'method = "fixed"\npercent = { A = 80, B = 20 }')
"""The network, 60 in February and 40 in January, by agreement."""
WRONG = RULES.replace('method = "even"', 'method = "evenly"')


@pytest.fixture
def source(organization: UseOrganization, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Hand-written charges with rules in force; a save writes the rules file beside them."""
    monkeypatch.setenv("COSTLIB_RULES_FILE", str(tmp_path / "allocation.toml"))
    source = organization(Organization(CHARGES, accounts={"1": "One", "2": "Two"}))
    put_rules(source, note="First rules")
    return source


def is_looking(monkeypatch: pytest.MonkeyPatch, role: Role | None, scope: Scope = EVERYTHING) -> None:
    monkeypatch.setattr(identity, "viewer", lambda: Viewer("Kim", scope, role=role))


def edited(text: str) -> AppTest:
    app = opened(RULES_PAGE)
    app.text_area(key="rules_text").set_value(text)
    return app.run()


def table(app: AppTest, column: str) -> list[dict[str, object]]:
    """The rows of the table that has this column."""
    frame = next(frame.value for frame in app.dataframe if column in frame.value.columns)
    return [{str(name): value for name, value in row.items()} for row in frame.to_dict("records")]


def test_the_rules_in_force_read_like_sentences_with_their_versions(source: Path) -> None:
    put_rules(source, FIXED, note="By agreement")
    app = opened(RULES_PAGE)
    assert not app.exception
    shown = said(app)
    assert "The value of Team." in shown
    assert "2. Network" in shown.replace("**", "")
    assert "Moves: everything that Network holds when the rule's turn comes." in shown
    assert "Split: in agreed percentages: A 80% and B 20%." in shown
    assert "by finance" in shown
    assert {row["note"] for row in table(app, "note")} == {"First rules", "By agreement"}
    assert app.text_area(key="rules_text").value == FIXED
    assert "nothing would change" in shown


def test_a_mistake_is_named_by_its_line_and_nothing_is_replayed(source: Path) -> None:
    app = edited(WRONG)
    assert not app.exception
    line = WRONG.split("\n").index('method = "evenly"') + 1
    assert [error.proto.title for error in app.error] == [f"Line {line}, rule network"]
    assert "unknown method 'evenly'" in said(app)
    assert f'→ {line}  method = "evenly"' in said(app)
    assert "Mend the rules above" in said(app)
    assert app.get("download_button")


def test_other_rules_show_who_would_pay_more_and_less_in_sums_of_zero(source: Path) -> None:
    app = edited(FIXED)
    assert not app.exception
    assert metric(app, "Sum of all changes") == "$0.00"
    assert metric(app, "Would pay more") == "$30.00"
    rows = {row["cost_center"]: row for row in table(app, "tried")}
    assert (rows["A"]["change_2026_02"], rows["A"]["change_2026_01"], rows["A"]["change"]) == (18, 12, 30)
    assert (rows["B"]["change_2026_02"], rows["B"]["change_2026_01"], rows["B"]["change"]) == (-18, -12, -30)
    for column in ("change", "change_2026_01", "change_2026_02", "change_2026_03"):
        assert sum(Decimal(str(row[column])) for name, row in rows.items() if name != "All cost centers") == 0
        assert rows["All cost centers"][column] == 0
    assert rows["All cost centers"]["tried"] == rows["All cost centers"]["in_force"] == 1040
    assert "A +$30.00" in chart_texts(app)[0]
    app.segmented_control(key="replayed_months").set_value(1)
    assert "No cost center would pay more or less" in said(app.run())


def test_finance_puts_rules_in_force_with_a_note_by_the_command_itself(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    is_looking(monkeypatch, Role.finance)
    before = current_id(source)
    app = edited(FIXED)
    press(app)
    assert current_id(source) == before
    app.text_input(key="rules_note").set_value("Agreed in March -- for all")
    press(app)
    app.session_state[rules_editor.RULES.mine_key].child.wait(60)
    app.run()
    assert not app.exception
    assert "is in force." in said(app)
    assert "Agreed in March -- for all" in said(app)
    assert current_id(source) != before
    with closing(open_current(source)) as snapshot:
        newest = versions(snapshot)[0]
        given = {
            row["cost_center"]: row["given"] for row in matrix(snapshot, EVERYTHING, Question(FEBRUARY)).to_pylist()
        }
    assert (newest.applied_by, newest.note, newest.text) == ("Kim", "Agreed in March -- for all", FIXED)
    assert (given["A"], given["B"]) == (12 + 48, 18 + 12)
    assert (tmp_path / "allocation.toml").read_text() == FIXED


def press(app: AppTest) -> None:
    next(button for button in app.button if button.label == "Put in force").click().run()


def test_what_the_command_refuses_is_shown_and_the_rules_in_force_stay(
    source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    is_looking(monkeypatch, Role.finance)
    app = edited(FIXED)
    app.text_input(key="rules_note").set_value("Agreed")
    (source / "warehouse.duckdb").rename(source / "elsewhere")
    (source / "warehouse.duckdb").write_text("no database")
    press(app)
    app.session_state[rules_editor.RULES.mine_key].child.wait(60)
    app.run()
    assert "The rules were not put in force" in [error.proto.title for error in app.error]
    assert "First rules" in said(app)


@pytest.mark.parametrize("role", [Role.lead, Role.executive])
def test_nobody_but_finance_can_save(source: Path, monkeypatch: pytest.MonkeyPatch, role: Role) -> None:
    is_looking(monkeypatch, role)
    app = edited(FIXED)
    assert "Finance puts rules in force" in said(app)
    assert "Put in force" not in [button.label for button in app.button]
    assert metric(app, "Sum of all changes") == "$0.00"
    assert app.get("download_button")


def test_whoever_sees_some_statements_only_is_told_why_there_are_no_rules(
    source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for scope in (Scope(frozenset({"1"})), Scope(None, frozenset({"A"})), Scope(frozenset({"1"}), frozenset({"A"}))):
        is_looking(monkeypatch, Role.lead, scope)
        app = opened(RULES_PAGE)
        assert not app.exception
        assert "The rules are not open to you as a whole" in said(app)
        assert not app.text_area
        assert "Network" not in said(app)


def test_without_rules_one_begins_with_the_shortest_ones(organization: UseOrganization) -> None:
    organization(Organization(CHARGES))
    app = opened(RULES_PAGE)
    assert not app.exception
    assert "No rules are in force yet" in said(app)
    assert 'cost_category = "Team"' in str(app.text_area(key="rules_text").value)


def test_a_file_that_cannot_be_used_is_named(organization: UseOrganization) -> None:
    rows = {"meta": [("currency", "USD"), ("as_of", "2026-03-20T06:00:00"), (RULES_PROBLEM, "allocation.toml, line 7")]}
    organization(Organization(CHARGES, rows=rows))
    assert "The rules file cannot be used" in said(opened(RULES_PAGE))


def test_an_edit_stays_while_one_looks_at_other_pages_and_a_version_can_be_taken_back(source: Path) -> None:
    put_rules(source, FIXED, note="By agreement")
    app = edited(WRONG)
    earlier = next(name for name in app.selectbox(key="rules_start").options if name.startswith("Version"))
    app.selectbox(key="rules_start").select(earlier).run()
    assert app.text_area(key="rules_text").value == RULES


def test_awss_split_charge_rules_of_the_sample_are_a_start(sample: Path) -> None:
    app = opened(RULES_PAGE)
    app.selectbox(key="rules_start").select("AWS's split charge rules of Team").run()
    assert not app.exception
    assert 'source = { cost_center = "Platform" }' in str(app.text_area(key="rules_text").value)
    assert not app.error
    assert metric(app, "Sum of all changes") == "$0.00"
