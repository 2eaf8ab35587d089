"""`budgets` as finance uses it, on a synced organization, without AWS after the sync."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

from costlib.store.snapshot import current_id
from tests.cli.conftest import Run, rows

BUDGETS = '[[budget]]\nid = "all"\nname = "All"\ntotal = true\namount = 100\n'


def test_the_list_ties_out_with_what_query_says_of_the_period(run: Run) -> None:
    code, out, _ = run("budgets", "list", "--format", "csv")
    assert code == 0
    listed = {row["budget"]: row for row in rows(out)}
    assert len(listed) == 10
    wheres = {"bill": (), "sandbox": ("--where", "cost_category:Environment=Sandbox"), "year": ()}
    for name, where in wheres.items():
        row = listed[name]
        month = run("query", "--group-by", "billing_month", "--metric", row["metric"], *where)[1]
        period = [m for m in rows(month) if row["start"] <= m["billing_month"] <= row["end"]]
        assert Decimal(row["actual"]) == sum((Decimal(m[row["metric"]]) for m in period), Decimal(0))
    for row in listed.values():
        assert Decimal(row["agreed"]) + Decimal(row["carried"]) == Decimal(row["amount"])


def test_a_cost_centers_budget_is_what_its_statement_says(run: Run) -> None:
    row = next(r for r in rows(run("budgets", "list", "--format", "csv")[1]) if r["budget"] == "payments")
    lines = run("showback", "--month", row["start"][:7], "--cost-center", "Payments")[1]
    assert Decimal(row["actual"]) == sum((Decimal(line["amount"]) for line in rows(lines)), Decimal(0))


def test_the_list_is_json_too(run: Run) -> None:
    listed = json.loads(run("budgets", "list", "--format", "json")[1])
    assert {row["state"] for row in listed} <= {"over", "at risk", "on track", "not known"}


def test_check_says_what_a_file_holds_or_what_is_wrong_with_it(run: Run) -> None:
    Path("mine.toml").write_text(BUDGETS, encoding="utf-8")
    code, out, _ = run("budgets", "check", "mine.toml")
    assert (code, "1 budget. Nothing is wrong" in out) == (0, True)
    Path("mine.toml").write_text(BUDGETS.replace("100", '"100"'), encoding="utf-8")
    code, _, err = run("budgets", "check", "mine.toml")
    assert (code, "mine.toml, line 5, budget 'all'" in err) == (2, True)
    code, _, err = run("budgets", "check")
    assert (code, "budgets.toml cannot be read" in err) == (2, True)


def test_apply_publishes_and_becomes_the_file(run: Run) -> None:
    source = Path("data/sample")
    before = current_id(source)
    Path("mine.toml").write_text(BUDGETS, encoding="utf-8")
    code, _, err = run("budgets", "apply", "mine.toml", "--note", "Agreed")
    assert (code, "are in force" in err) == (0, True)
    assert current_id(source) != before
    assert Path("budgets.toml").read_text(encoding="utf-8") == BUDGETS
    (row,) = rows(run("budgets", "list", "--format", "csv")[1])
    assert (row["budget"], row["state"]) == ("all", "over")
    assert "were in force already" in run("budgets", "apply", "--note", "Again")[2]
