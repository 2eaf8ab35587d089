"""`rules`, `showback` and `close` as finance uses them, on a synced organization, without AWS after the sync."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

from costlib.sample.rules import SAMPLE_RULES
from costlib.store.snapshot import current_id
from tests.cli.conftest import Run, rows

MONTH = "2026-10"


def amounts(text: str, column: str = "amount") -> Decimal:
    return sum((Decimal(row[column]) for row in rows(text)), Decimal(0))


def write(text: str, name: str = "new.toml") -> str:
    Path(name).write_text(text, encoding="utf-8")
    return name


def test_all_statements_sum_to_what_query_says_of_the_month(run: Run) -> None:
    month = max(row["billing_month"] for row in rows(run("query", "--group-by", "billing_month")[1]))
    for metric in ("unblended_cost", "net_amortized_cost"):
        bill = run("query", "--group-by", "billing_month", "--metric", metric, "--where", f"billing_month={month}")[1]
        code, lines, _ = run("showback", "--month", month[:7], "--metric", metric)
        assert code == 0
        assert amounts(lines) == Decimal(rows(bill)[0][metric])
        matrix = run("showback", "--month", month[:7], "--metric", metric, "--matrix")[1]
        assert amounts(matrix, "total") == amounts(lines)


def test_a_shared_line_leads_to_the_rows_of_its_pool(run: Run) -> None:
    month = rows(run("query", "--group-by", "billing_month")[1])[-2]["billing_month"][:7]
    lines = rows(run("showback", "--month", month, "--cost-center", "Payments")[1])
    line = next(row for row in lines if row["rule_id"] == "platform")
    code, pool, _ = run("showback", "--month", month, "--cost-center", "Payments", "--why", "platform")
    assert code == 0
    assert amounts(pool) == Decimal(line["pool"])
    assert amounts(pool, "part") == Decimal(line["amount"])
    assert "Rules: support" in run("showback", "--month", month, "--why", "suport")[2]
    table = run("showback", "--month", month, "--cost-center", "Payments", "--format", "table")[1]
    shared = next(text for text in table.splitlines() if "platform" in text)
    assert "n/a" not in shared


def test_rules_that_hold_are_said_to_and_others_are_named_by_line(run: Run) -> None:
    assert run("rules", "check", write(SAMPLE_RULES))[0] == 0
    code, out, err = run("rules", "check", write(SAMPLE_RULES.replace("Payments = 34", "Payments = 35")))
    assert (code, out) == (2, "")
    assert "new.toml, line " in err
    assert "rule 'security': the percentages sum to 101" in err
    assert run("rules", "check", "absent.toml")[0] == 2


def test_a_preview_shows_who_gains_and_who_loses_and_changes_nothing(run: Run) -> None:
    before = current_id(Path("data/sample"))
    changed = write(SAMPLE_RULES.replace("Payments = 34, Data = 22", "Payments = 20, Data = 36"))
    code, out, _ = run("rules", "preview", changed, "--months", "2", "--format", "csv")
    assert code == 0
    found = rows(out)
    assert len({row["billing_month"] for row in found}) == 2
    by_center = {row["cost_center"]: Decimal(row["change"]) for row in found[: len(found) // 2]}
    assert by_center["Data"] > 0 > by_center["Payments"]
    assert sum(by_center.values()) == 0
    assert current_id(Path("data/sample")) == before


def test_a_preview_of_the_rules_in_force_changes_nothing_for_anybody(run: Run) -> None:
    out = run("rules", "preview", write(SAMPLE_RULES), "--format", "csv")[1]
    assert {row["change"] for row in rows(out)} == {"0"}


def test_applied_rules_are_in_force_at_once_and_stay_so_for_the_next_sync(run: Run) -> None:
    changed = write(SAMPLE_RULES.replace("Payments = 34, Data = 22", "Payments = 20, Data = 36"))
    tried = {
        (row["billing_month"][:7], row["cost_center"]): Decimal(row["tried"])
        for row in rows(run("rules", "preview", changed, "--format", "csv")[1])
    }
    month = max(month for month, _ in tried)
    assert run("rules", "apply", changed, "--note", "as agreed")[0] == 0
    matrix = rows(run("showback", "--month", month, "--matrix")[1])
    assert {(month, row["cost_center"]): Decimal(row["total"]) for row in matrix} == {
        key: whole for key, whole in tried.items() if key[0] == month
    }
    assert Path("allocation.toml").read_text(encoding="utf-8") == Path(changed).read_text(encoding="utf-8")


def test_rules_that_cannot_be_used_are_not_applied(run: Run) -> None:
    before = current_id(Path("data/sample"))
    assert run("rules", "apply", write("[[rule]]\nid = 1\n"), "--note", "x")[0] == 2
    assert current_id(Path("data/sample")) == before
    assert not Path("allocation.toml").exists()


def test_a_closed_month_prints_the_same_bytes_whatever_rules_come_after(run: Run) -> None:
    month = sorted({row["billing_month"] for row in rows(run("query", "--group-by", "billing_month")[1])})[-3][:7]
    before = run("showback", "--month", month)[1]
    code, statement_id, _ = run("close", month, "--force", "The sample never settles.")
    assert code == 0
    assert len(statement_id.strip()) == 16
    run(
        "rules",
        "apply",
        write(SAMPLE_RULES.replace("proportional", "even").replace("driver", "# driver")),
        "--note",
        "x",
    )
    assert run("showback", "--month", month, "--as-closed")[1] == before
    assert run("showback", "--month", month)[1] == before
    assert run("close", month)[0] == 2


def test_what_cannot_be_shown_says_why(run: Run) -> None:
    assert "Stored are" in run("showback", "--month", "2001-01")[2]
    assert "is not a month" in run("showback", "--month", "October")[2]
    month = rows(run("query", "--group-by", "billing_month")[1])[-1]["billing_month"][:7]
    assert "is not closed" in run("showback", "--month", month, "--as-closed")[2]
    assert "--matrix" in run("showback", "--month", month, "--cost-center", "Nobody")[2]
    assert "no reason" in run("close", month, "--force", " ")[2]


def test_statements_are_written_as_files_for_people(run: Run) -> None:
    month = rows(run("query", "--group-by", "billing_month")[1])[-2]["billing_month"][:7]
    assert run("showback", "--month", month, "--format", "html", "-o", "all.html")[0] == 0
    page = Path("all.html").read_text(encoding="utf-8")
    assert "Difference, adjustments aside" in page
    assert "Sample data: a made-up organization" in page
    code, out, err = run("showback", "--month", month, "--cost-center", "Payments", "--format", "xlsx", "-o", "p.xlsx")
    assert (code, out) == (0, "")
    assert f"p.xlsx: 1 statement of {month}." in err
    again = ("showback", "--month", month, "--format", "html", "-o", "all.html")
    assert run(*again)[0] == 2
    assert run(*again, "--force")[0] == 0
    assert Path("all.html").read_text(encoding="utf-8") == page


def test_a_file_needs_a_name_and_holds_whole_statements(run: Run) -> None:
    assert "Name it with -o FILE" in run("showback", "--month", MONTH, "--format", "html")[2]
    assert "Redirect what" in run("showback", "--month", MONTH, "-o", "x.csv")[2]
    assert "Leave --matrix" in run("showback", "--month", MONTH, "--matrix", "--format", "xlsx", "-o", "x.xlsx")[2]
    code, _, err = run("showback", "--month", MONTH, "--cost-center", "Nobody", "--format", "xlsx", "-o", "x.xlsx")
    assert code == 2
    assert "'Nobody' has no statement" in err
    assert not Path("x.xlsx").exists()
