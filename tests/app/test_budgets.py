"""The budgets page: how each stands, the chosen one by day, AWS's beside, mistakes by line, and saving by finance."""

from __future__ import annotations

from collections.abc import Hashable
from contextlib import closing
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from costlib.access import EVERYTHING, Role, Scope
from costlib.queries.budgets import budget_versions, standings
from costlib.store.budgets import BUDGETS_PROBLEM, AwsBudget, replace_aws_budgets
from costlib.store.ledger import note_missing_right
from costlib.store.republish import republish
from costlib.store.snapshot import current_id, open_current
from costlib.ui import budgets_editor, identity
from costlib.ui.identity import Viewer
from costlib.ui.wording import Currency
from tests.app.conftest import UseOrganization
from tests.app.pages import BUDGETS as PAGE
from tests.app.pages import STATEMENT, chart_texts, metric, opened, said
from tests.queries.ruled import NOON, put_rules
from tests.queries.snapshots import Organization, amounts
from tests.queries.test_budgets import BUDGETS, EVERY_DAY, put

USD = Currency("USD")
WRONG = BUDGETS.replace("amount = 60", 'amount = "60"')
NEW = BUDGETS.replace("amount = 900", "amount = 950")


@pytest.fixture
def source(organization: UseOrganization, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Hand-written charges with rules and budgets in force; a save writes the budgets file beside them."""
    monkeypatch.setenv("COSTLIB_BUDGETS_FILE", str(tmp_path / "budgets.toml"))
    source = organization(Organization(EVERY_DAY, accounts={"1": "One", "2": "Two"}))
    put_rules(source)
    put(source, BUDGETS)
    return source


def is_looking(monkeypatch: pytest.MonkeyPatch, role: Role | None, scope: Scope = EVERYTHING) -> None:
    monkeypatch.setattr(identity, "viewer", lambda: Viewer("Kim", scope, role=role))


def rows(app: AppTest, column: str) -> list[dict[Hashable, Any]]:
    """The rows of the table that has this column."""
    return next(frame.value for frame in app.dataframe if column in frame.value.columns).to_dict("records")


def test_every_budget_is_shown_the_worst_first_with_its_figures(source: Path) -> None:
    app = opened(PAGE)
    assert not app.exception
    shown = rows(app, "probability")
    assert [row["state"] for row in shown] == sorted(
        [row["state"] for row in shown], key=["▲ Over", "◆ At risk", "● On track"].index
    )
    with closing(open_current(source)) as snapshot:
        truth = {s.budget.name: s for s in standings(snapshot, EVERYTHING)}
    assert {row["name"] for row in shown} == set(truth)
    for row in shown:
        assert Decimal(str(row["actual"])) == round(truth[str(row["name"])].actual or Decimal(0), 2)
        assert row["crossing"] == truth[str(row["name"])].crossing or row["crossing"] is None
    assert "2 budgets without an amount for this month" in said(app)


def test_a_link_opens_a_budget_with_its_burn_up(source: Path) -> None:
    app = opened(PAGE, {"budget": "A (a)"})
    assert not app.exception
    with closing(open_current(source)) as snapshot:
        truth = next(s for s in standings(snapshot, EVERYTHING) if s.budget.budget_id == "a")
    assert metric(app, "Budget") == USD.exact(truth.amount)
    assert metric(app, "Spent so far") == USD.exact(truth.actual)
    assert metric(app, "Expected at its end") == USD.exact(truth.expected)
    assert "carried over" in said(app)
    (drawn,) = chart_texts(app)
    assert f"A has spent {USD.exact(truth.actual)} of {USD.exact(truth.amount)} in 1–31 Mar 2026." in drawn


def test_a_metric_that_aws_does_not_offer_is_not_available_and_never_zero(
    organization: UseOrganization,
) -> None:
    without = [replace(c, amounts=amounts("3", amortized_cost=None)) for c in EVERY_DAY]
    put(organization(Organization(without)), BUDGETS)
    app = opened(PAGE, {"budget": "A (team)"})
    assert not app.exception
    assert metric(app, "Spent so far") == metric(app, "Expected at its end") == "not available"
    assert "0.00" not in metric(app, "Budget").replace("300.00", "")
    assert not chart_texts(app)
    row = next(row for row in rows(app, "probability") if row["of"] == "Team: A")
    assert (row["state"], row["probability"] != row["probability"]) == ("–", True)


def test_a_budget_that_does_not_exist_is_named(source: Path) -> None:
    app = opened(PAGE, {"budget": "Marketing"})
    assert not app.exception
    assert "Marketing" in " ".join(warning.value for warning in app.warning)


def test_whoever_sees_less_sees_fewer_budgets_and_no_text(source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    is_looking(monkeypatch, Role.lead, Scope(frozenset({"1"}), frozenset({"A"})))
    app = opened(PAGE)
    assert not app.exception
    assert [row["name"] for row in rows(app, "probability")] == ["A"]
    assert not app.text_area
    assert "Everything" not in said(app)
    assert "shown to whoever sees every account" in said(app)


def test_whoever_sees_no_budget_is_told_why(source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    is_looking(monkeypatch, Role.lead, Scope(frozenset({"1"})))
    app = opened(PAGE)
    assert not app.exception
    assert "No budget is open to you" in said(app)
    assert not app.dataframe


def test_without_budgets_one_begins_with_the_shortest_ones(organization: UseOrganization) -> None:
    organization(Organization(EVERY_DAY))
    app = opened(PAGE)
    assert not app.exception
    assert "There are no budgets for this month yet" in said(app)
    assert "[[budget]]" in str(app.text_area(key="budgets_text").value)


def test_a_file_that_cannot_be_used_is_named(organization: UseOrganization) -> None:
    problem = (BUDGETS_PROBLEM, "budgets.toml, line 7")
    organization(
        Organization(EVERY_DAY, rows={"meta": [("currency", "USD"), ("as_of", "2026-03-20T06:00:00"), problem]})
    )
    assert "The budgets file cannot be used" in said(opened(PAGE))


def edited(text: str) -> AppTest:
    app = opened(PAGE)
    app.text_area(key="budgets_text").set_value(text)
    return app.run()


def press(app: AppTest) -> None:
    next(button for button in app.button if button.label == "Put in force").click().run()


def test_a_mistake_is_named_by_its_line(source: Path) -> None:
    app = edited(WRONG)
    assert not app.exception
    line = WRONG.split("\n").index('amount = "60"') + 1
    assert [error.proto.title for error in app.error] == [f"Line {line}, budget compute"]
    assert f'→ {line}  amount = "60"' in said(app)
    assert app.get("download_button")


def test_finance_puts_budgets_in_force_with_a_note_by_the_command_itself(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    is_looking(monkeypatch, Role.finance)
    before = current_id(source)
    app = edited(NEW)
    press(app)
    assert current_id(source) == before
    app.text_input(key="budgets_note").set_value("Agreed in March -- for all")
    press(app)
    app.session_state[budgets_editor.BUDGETS.mine_key].child.wait(60)
    app.run()
    assert not app.exception
    assert "are in force." in said(app)
    assert "Agreed in March -- for all" in said(app)
    with closing(open_current(source)) as snapshot:
        newest = budget_versions(snapshot, EVERYTHING)[0]
    assert (newest.applied_by, newest.note, newest.text) == ("Kim", "Agreed in March -- for all", NEW)
    assert (tmp_path / "budgets.toml").read_text(encoding="utf-8") == NEW


@pytest.mark.parametrize("role", [Role.lead, Role.executive])
def test_nobody_but_finance_can_save(source: Path, monkeypatch: pytest.MonkeyPatch, role: Role) -> None:
    is_looking(monkeypatch, role)
    app = edited(NEW)
    assert "Finance puts budgets in force" in said(app)
    assert "Put in force" not in [button.label for button in app.button]


FILTERS = {
    "": "everything",
    '{"Service": ["EC2", "S3"]}': "Service EC2, S3",
    '{"Dimensions": {"Key": "SERVICE", "Values": ["S3"]}}': "SERVICE S3",
    '{"And": [{"Not": {"Tags": {"Key": "t", "Values": ["a"]}}}, {"Dimensions": {"Key": "R", "Values": ["x"]}}]}': (
        "(not (t a)) and (R x)"
    ),
}


def test_awss_budgets_stand_beside_ours(source: Path) -> None:
    five = (Decimal("5.5"), Decimal(3), Decimal(6))
    told = [
        AwsBudget("1", f"spend {n}", "COST", "MONTHLY", None, None, "USD", *five, narrowed, NOON)
        for n, narrowed in enumerate(FILTERS)
    ]
    republish(source, 9, NOON, lambda warehouse: replace_aws_budgets(warehouse, told))
    shown = rows(opened(PAGE), "limit")
    assert (shown[0]["name"], float(shown[0]["limit"]), float(shown[0]["forecast"])) == ("spend 0", 5.5, 6.0)
    assert [row["narrowed_to"] for row in shown] == list(FILTERS.values())


def test_a_missing_right_is_named_where_awss_budgets_would_be(source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COSTLIB_SOURCE", "aws")
    source.rename(source.parent / "aws")
    source = source.parent / "aws"
    assert "has none of cost" in said(opened(PAGE))
    republish(source, 9, NOON, lambda w: note_missing_right(w, "budgets:ViewBudget", "budgets", NOON))
    assert "it lacks budgets:ViewBudget (deploy/iam/optional-budgets.json)" in said(opened(PAGE))


def test_a_statement_names_its_budget(source: Path) -> None:
    february = said(opened(STATEMENT, {"month": "February 2026", "cost_center": "B"}))
    assert "Budget of February 2026: $320.00, actual " in february
    march = said(opened(STATEMENT, {"month": "March 2026", "cost_center": "B"}))
    assert "Budget of" not in march
    rolled = said(opened(STATEMENT, {"month": "February 2026", "cost_center": "A"}))
    assert "$150.00 agreed" in rolled
