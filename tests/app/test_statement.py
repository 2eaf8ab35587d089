"""The showback pages: a statement that ends in its total, the rows behind each line, and all statements together."""

from __future__ import annotations

from collections.abc import Hashable
from contextlib import closing
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from costlib.access import EVERYTHING, Scope
from costlib.money import rounded, total
from costlib.queries.showback import Question, months, statement
from costlib.store.showback import RULES_PROBLEM
from costlib.store.snapshot import open_current
from costlib.ui import identity
from costlib.ui.identity import Viewer
from costlib.ui.showback_month import in_words
from costlib.ui.wording import Currency
from tests.app.conftest import UseOrganization
from tests.app.pages import SHARED_COSTS, STATEMENT, chart_texts, metric, opened, said
from tests.queries.ruled import CHARGES, FEBRUARY, RULES, close, put_rules, restate
from tests.queries.snapshots import Organization, amounts

USD = Currency("USD")


@pytest.fixture
def source(organization: UseOrganization) -> Path:
    """Hand-written charges with rules in force: A and B share support and the network."""
    source = organization(Organization(CHARGES, accounts={"1": "One", "2": "Two"}))
    put_rules(source)
    return source


def sees(monkeypatch: pytest.MonkeyPatch, *cost_centers: str) -> None:
    scope = Scope(frozenset({"1"}), frozenset(cost_centers) if cost_centers else None)
    monkeypatch.setattr(identity, "viewer", lambda: Viewer("Team lead", scope))


def rows(app: AppTest, first_column: str) -> list[dict[Hashable, Any]]:
    """The rows of the table that begins with this column."""
    table = next(frame.value for frame in app.dataframe if frame.value.columns[0] == first_column)
    return table.to_dict("records")


def test_a_statement_of_the_sample_ends_in_the_total_that_its_lines_make(sample: Path) -> None:
    with closing(open_current(sample / "sample")) as snapshot:
        before, month = sorted(state.month for state in months(snapshot))[11:13]
        truth = total(statement(snapshot, EVERYTHING, Question(month), "Payments").column("amount").to_pylist())
    app = opened(STATEMENT, {"month": in_words(month), "cost_center": "Payments"})
    assert not app.exception
    assert metric(app, "Statement total") == USD.exact(truth)
    lines = rows(app, "line")
    assert (lines[-1]["line"], lines[-1]["amount"]) == ("Statement total", rounded(truth or Decimal(0)))
    assert {"Own cost, total", "Shared cost, total"} <= {line["line"] for line in lines}
    parts = rows(app, "reason")
    assert (parts[-1]["reason"], parts[-1]["amount"]) == ("Left unexplained", 0)
    span = f"{in_words(before)} to {in_words(month)}"
    assert f"Waterfall chart: statement of Payments from {span}" in chart_texts(app)[0]
    assert "Stacked chart: own and shared cost by month, 13 months" in chart_texts(app)[1]


def test_own_cost_and_shared_lines_say_where_they_come_from(source: Path) -> None:
    app = opened(STATEMENT, {"cost_center": "A"})
    assert not app.exception
    found = {line["line"]: line for line in rows(app, "line")}
    assert found["Compute"]["amount"] == 150
    assert found["AWS Support"]["amount"] == 12
    assert found["AWS Support"]["pool"] == 30
    assert found["AWS Support"]["driver"] == "$160.00 of $400.00"
    assert found["Network"]["driver"] == "1 of 2, in equal parts"
    assert metric(app, "Statement total") == "$192.00"
    assert metric(app, "Year to date") == "$317.00"
    by_account = opened(STATEMENT, {"cost_center": "A", "own_cost_by": "Account"})
    assert rows(by_account, "line")[0]["line"] == "One"


def test_the_newest_month_that_is_over_comes_first_and_one_that_is_not_says_so(source: Path) -> None:
    app = opened(STATEMENT)
    assert app.selectbox(key="month").value == FEBRUARY
    assert app.selectbox(key="month").options == ["March 2026", "February 2026", "January 2026"]
    assert "Open · no estimated days" in said(app)
    march = said(opened(STATEMENT, {"month": "March 2026", "cost_center": "A"}))
    assert "Not over: 18 of 31 days are complete" in march
    assert "whole months are compared: shared cost cannot be cut by days" in march


def test_a_shared_line_opens_its_rule_its_pool_and_its_driver(source: Path) -> None:
    app = opened(STATEMENT, {"cost_center": "A", "line": "Shared cost: AWS Support"})
    assert not app.exception
    shown = said(app)
    assert "$160.00 of $400.00 is 40.00%. 40.00% of the pool of $30.00 is $12.00." in shown.replace("**", "")
    assert "The support fee follows use." in shown
    assert "The charges whose service is Support." in shown
    pool = rows(app, "part")
    assert [(row["part"], row["amount"], row["service"]) for row in pool] == [(12, 30, "Support")]
    driver = next(f.value for f in app.dataframe if list(f.value.columns)[:2] == ["amount", "account"])
    assert driver["amount"].tolist() == [160]
    assert [row["cost_center"] for row in rows(app, "cost_center")] == ["B", "A"]


def test_any_line_can_be_opened_and_a_link_to_one_that_is_not_there_says_so(source: Path) -> None:
    own = opened(STATEMENT, {"cost_center": "A", "line": "Own cost: Compute"})
    assert "was charged for what A used itself" in said(own)
    assert {row["record_type"] for row in rows(own, "amount")} == {"Usage", "Credit"}
    out = opened(STATEMENT, {"cost_center": "Network", "line": "Moved out: Network"})
    assert "moves it on; it moved $60.00 in all" in said(out)
    gone = opened(STATEMENT, {"cost_center": "A", "line": "Shared cost: Suport"})
    assert "Line: “Shared cost: Suport” is not known" in said(gone)
    assert not gone.exception


def test_a_lead_sees_the_own_statement_the_pools_total_and_no_row_of_others(
    source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sees(monkeypatch, "A")
    app = opened(STATEMENT, {"cost_center": "B", "line": "Shared cost: Network"})
    assert not app.exception
    assert app.selectbox(key="cost_center").options == ["A"]
    assert "Cost center: “B” is not known" in said(app)
    (pool,) = rows(app, "part")
    assert (pool["part"], pool["amount"], pool["account"], pool["service"]) == (30, 60, "", "")
    assert pool["cost_center"] == "Cost centers that are not yours to see"
    assert "Who shares it" not in said(app)
    everyone = opened(SHARED_COSTS)
    assert [row["cost_center"] for row in rows(everyone, "cost_center")] == ["A", "All that you see"]
    assert "AWS's own total" not in said(everyone)


def test_somebody_without_a_statement_is_told_whom_to_ask(source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sees(monkeypatch)
    for page in (STATEMENT, SHARED_COSTS):
        app = opened(page)
        assert "No statement is open to you" in said(app)
        assert not app.dataframe
        assert not app.metric
    sees(monkeypatch, "Nobody of that name")
    for page in (STATEMENT, SHARED_COSTS):
        app = opened(page)
        assert not app.exception
        assert "No statement is open to you" in said(app)


def test_without_rules_the_pages_say_what_to_write(organization: UseOrganization) -> None:
    organization(Organization(CHARGES))
    for page in (STATEMENT, SHARED_COSTS):
        app = opened(page)
        assert not app.exception
        assert "There is no showback yet" in said(app)
        assert "[[cost_center]]" in said(app)
        assert "python -m costlib rules check" in said(app)
        assert not app.dataframe


def test_rules_that_cannot_be_used_are_named_and_the_last_good_ones_stay(organization: UseOrganization) -> None:
    rows = {"meta": [("currency", "USD"), ("as_of", "2026-03-20T06:00:00"), (RULES_PROBLEM, "allocation.toml, line 7")]}
    organization(Organization(CHARGES, rows=rows))
    for page in (STATEMENT, SHARED_COSTS):
        app = opened(page)
        assert "The rules file cannot be used" in said(app)
        assert "allocation.toml, line 7" in said(app)
        assert "The last good rules are in force" in said(app)


def test_all_cost_centers_end_in_awss_own_total_with_no_difference(sample: Path) -> None:
    app = opened(SHARED_COSTS)
    assert not app.exception
    assert metric(app, "Difference") == "$0.00"
    assert metric(app, "All statements") == metric(app, "AWS's own total")
    table = rows(app, "cost_center")
    assert [row["cost_center"] for row in table[-3:]] == ["All cost centers", "AWS's own total", "Difference"]
    assert table[-1]["total"] == 0
    moved = {row["rule"]: row for row in rows(app, "rule")}
    assert moved["Unused Savings Plan"]["kept"] == "there was nothing to move"
    assert moved["Platform"]["targets"] == 5


def test_a_rule_opens_where_its_pool_came_from_and_who_shares_it(source: Path) -> None:
    app = opened(SHARED_COSTS, {"rule": "Network"})
    assert not app.exception
    assert "What this rule moved in February 2026" in said(app)
    shares = next(f.value for f in app.dataframe if list(f.value.columns)[:2] == ["cost_center", "amount"])
    assert shares["amount"].tolist() == [30, 30]
    assert [row["service"] for row in rows(app, "amount")] == ["Gateway"]


def test_two_rules_of_one_name_are_told_apart_by_their_ids(organization: UseOrganization) -> None:
    put_rules(organization(Organization(CHARGES)), RULES.replace('name = "Network"', 'name = "AWS Support"'))
    app = opened(STATEMENT, {"cost_center": "A", "line": "Shared cost: AWS Support (network)"})
    assert not app.exception
    assert "1 of 2, in equal parts is 50.00%" in said(app).replace("**", "")
    everyone = opened(SHARED_COSTS, {"rule": "AWS Support (support)"})
    assert [row["rule"] for row in rows(everyone, "rule")] == ["AWS Support (support)", "AWS Support (network)"]
    assert "The support fee follows use." in said(everyone)


def test_a_closed_month_stays_and_what_aws_moved_since_is_listed_and_carried(source: Path) -> None:
    statement_id = close(source, FEBRUARY)
    before = opened(STATEMENT, {"cost_center": "A"})
    assert f"Closed · statement {statement_id}" in said(before)
    assert "What AWS has changed" not in said(before)
    assert "Nothing has changed since it was closed" in said(opened(SHARED_COSTS))
    restate(source, "2026-02-10", "A", "40")
    app = opened(STATEMENT, {"cost_center": "A"})
    assert metric(app, "Statement total") == "$192.00"
    assert "is closed, so this statement stays" in said(app)
    everyone = opened(SHARED_COSTS)
    assert metric(everyone, "Restated since closing") == "$40.00"
    lines = next(f.value for f in everyone.dataframe if "as_closed" in f.value.columns)
    assert lines["difference"].sum() == 40
    march = opened(
        STATEMENT, {"month": "March 2026", "cost_center": "A", "line": "Adjustment: February 2026, restated"}
    )
    assert not march.exception
    assert "AWS has changed February 2026 since it was closed" in said(march)
    assert "Adjustments to closed months" in {row["reason"] for row in rows(march, "reason")}
    carried = opened(SHARED_COSTS, {"month_of_all": "March 2026"})
    assert metric(carried, "Adjustments in them") == "$40.00"
    assert metric(carried, "Difference") == "$0.00"


def test_the_first_stored_month_has_nothing_to_compare_with(source: Path) -> None:
    app = opened(STATEMENT, {"month": "January 2026", "cost_center": "A"})
    assert not app.exception
    assert "there is nothing to compare with" in said(app)


def test_a_metric_that_is_missing_for_one_charge_is_not_available_for_any_statement(
    organization: UseOrganization,
) -> None:
    lacking = replace(CHARGES[4], amounts=amounts("160", net_unblended_cost=None))
    put_rules(organization(Organization([*CHARGES[:4], lacking, *CHARGES[5:]])))
    for page in (STATEMENT, SHARED_COSTS):
        app = opened(page, {"metric": "Net unblended"})
        assert not app.exception
        assert "Net unblended cost is not available for February 2026" in said(app)
        assert not app.metric
        march = opened(page, {"metric": "Net unblended", "month": "March 2026", "month_of_all": "March 2026"})
        assert not march.exception
        assert "not available" in said(march)
