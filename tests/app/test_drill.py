"""From the overview to one day of an account's service and back: every level adds up to the one before."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from costlib.access import EVERYTHING, Scope
from costlib.money import rounded
from costlib.periods import DAY, Period
from costlib.queries import ranking
from costlib.queries.filters import Filters
from costlib.store.snapshot import Snapshot, open_current
from costlib.ui import identity
from costlib.ui.identity import Viewer
from costlib.ui.wording import Currency
from tests.app.conftest import UseOrganization
from tests.app.pages import ACCOUNTS, OVERVIEW, SERVICES, chart_texts, metric, opened, read, said
from tests.queries.snapshots import Charge, Organization, amounts

USD = Currency("USD")
COMPUTE, ACCOUNT = "Amazon Elastic Compute Cloud - Compute", "data-lake-prod"
TOTAL = "total_unblended_cost"


@pytest.fixture
def snapshot(sample: Path) -> Snapshot:
    return open_current(sample / "sample")


def table(app: AppTest, column: str) -> list[dict[Any, Any]]:
    """The rows of the first table that has this column."""
    return next(frame.value.to_dict("records") for frame in app.dataframe if column in frame.value)


def crumbs(app: AppTest) -> list[str]:
    return [read(button.label) for button in app.button if str(button.key).startswith("back_to_")]


def a_day(app: AppTest, place: int = 3) -> date:
    """One of the days in the days table."""
    return date.fromisoformat(str(table(app, "charge_date")[place]["charge_date"])[:10])


def test_each_level_adds_up_to_what_was_clicked(snapshot: Snapshot) -> None:
    app = opened(SERVICES, {"service": COMPUTE, "period": "Month to date"})
    accounts = table(app, "usage_account_name")
    off = sum(row["unblended_cost"] for row in accounts) - Decimal(metric(app, "Total").strip("$").replace(",", ""))
    assert abs(off) <= Decimal("0.01") * len(accounts)
    clicked = next(row for row in accounts if row["usage_account_name"] == ACCOUNT)
    app.selectbox(key="service_account").select(clicked["usage_account_id"]).run()
    assert metric(app, "Total") == USD.exact(clicked["unblended_cost"])
    day = a_day(app)
    of_day = next(r for r in table(app, "charge_date") if str(r["charge_date"]).startswith(day.isoformat()))
    app.selectbox(key="day").select(day).run()
    assert metric(app, "Total") == USD.exact(of_day["unblended_cost"])
    truth = ranking.total(
        snapshot,
        EVERYTHING,
        Filters(Period(day, day + DAY), services=(COMPUTE,), accounts=(clicked["usage_account_id"],)),
    )
    assert metric(app, "Total") == USD.exact(truth.amount)
    for column in ("record_type", "cost_category:Team", "cost_category:Environment"):
        rows = table(app, column)
        assert rows[-1][column] == "Total"
        assert rows[-1][TOTAL] == rounded(truth.amount or Decimal(0))


def test_regions_of_the_day_are_the_services_in_all_accounts_and_say_so(snapshot: Snapshot) -> None:
    day = snapshot.complete_through
    app = opened(SERVICES, {"service": COMPUTE, "service_account": ACCOUNT, "day": day.isoformat()})
    whole = ranking.total(snapshot, EVERYTHING, Filters(Period(day, day + DAY), services=(COMPUTE,)))
    assert table(app, "region")[-1][TOTAL] == rounded(whole.amount or Decimal(0))
    assert f"Region · {COMPUTE} in all accounts" in said(app)
    assert "holds usage type by whole months only" in said(app)


def test_a_link_to_a_day_holds_whatever_the_period_is(snapshot: Snapshot) -> None:
    day = snapshot.period.start
    link = {"account": ACCOUNT, "account_service": COMPUTE, "day": day.isoformat(), "period": "Last 7 days"}
    app = opened(ACCOUNTS, link)
    assert not app.exception
    assert f"{ACCOUNT} › {COMPUTE} › {day:%a} {day.day} {day:%b} {day.year}" in said(app)
    assert "Final: AWS no longer calls it estimated" in said(app)


def test_a_day_says_whether_it_may_still_change(snapshot: Snapshot) -> None:
    link = {"service": COMPUTE, "service_account": ACCOUNT}
    assert "Estimated: AWS may still change it" in said(
        opened(SERVICES, {**link, "day": snapshot.complete_through.isoformat()})
    )
    assert "Still arriving" in said(opened(SERVICES, {**link, "day": snapshot.period.last_day.isoformat()}))


def test_each_crumb_leads_one_level_up(sample: Path) -> None:
    app = opened(SERVICES, {"service": COMPUTE, "service_account": ACCOUNT})
    account_total = metric(app, "Total")
    app.selectbox(key="day").select(a_day(app)).run()
    assert crumbs(app) == ["All services", COMPUTE, ACCOUNT]
    app.button(key="back_to_account").click().run()
    assert metric(app, "Total") == account_total
    assert "day" not in app.query_params
    assert crumbs(app) == ["All services", COMPUTE]
    app.button(key="back_to_service").click().run()
    assert crumbs(app) == ["All services"]
    assert app.selectbox(key="service").value == COMPUTE
    app.button(key="back_to_services").click().run()
    assert crumbs(app) == []
    assert "service" not in app.query_params


def test_another_account_is_opened_without_the_day_of_the_one_before(sample: Path) -> None:
    app = opened(SERVICES, {"service": COMPUTE, "service_account": ACCOUNT})
    app.selectbox(key="day").select(a_day(app)).run()
    other = next(o for o in app.selectbox(key="service_account").options if o != ACCOUNT)
    app.selectbox(key="service_account").select(other).run()
    assert app.selectbox(key="day").value is None


@pytest.mark.parametrize("day", ["2020-01-01", "tomorrow", "2026-02-30"])
def test_a_day_that_is_not_stored_is_named(sample: Path, day: str) -> None:
    app = opened(SERVICES, {"service": COMPUTE, "service_account": ACCOUNT, "day": day})
    assert not app.exception
    assert f"Day: “{day}” is not known" in said(app)
    assert "By record type" in said(app)


def test_the_restatements_of_the_day_are_those_of_what_is_open(organization: UseOrganization) -> None:
    day = date(2026, 3, 10)
    charges = [Charge(date(2026, 3, d), a, "EC2", "Usage", amounts("4")) for d in (10, 18) for a in ("111", "222")]
    noticed = "2026-03-19 06:00:00"

    def restated(on: date, account: str, service: str, old: str) -> tuple[object, ...]:
        return ("r1", noticed, on, account, service, "Usage", False, *amounts(old), *amounts("4"))

    rows = [
        restated(day, "111", "EC2", "3"),
        restated(day, "222", "EC2", "2"),
        restated(day, "111", "S3", "1"),
        restated(date(2026, 3, 18), "111", "EC2", "0.5"),
    ]
    organization(Organization(charges, rows={"restatements": rows}))
    app = opened(SERVICES, {"service": "EC2", "service_account": "111", "day": day.isoformat()})
    assert not app.exception
    assert [row["old"] for row in table(app, "old")] == [Decimal("3.00")]
    empty = opened(SERVICES, {"service": "EC2", "service_account": "222", "day": "2026-03-18"})
    assert "AWS has changed nothing of it" in said(empty)


def test_a_day_without_charges_says_so(organization: UseOrganization) -> None:
    charges = [Charge(date(2026, 3, d), "111", "EC2", "Usage", amounts("4")) for d in (10, 18)]
    organization(Organization(charges, days=[date(2026, 3, 11)]))
    app = opened(SERVICES, {"service": "EC2", "service_account": "111", "day": "2026-03-11"})
    assert not app.exception
    assert metric(app, "Total") == "$0.00"
    assert "No charges match" in said(app)


def test_names_on_the_path_are_shown_as_they_are(organization: UseOrganization) -> None:
    service, account = "$5 *a* [x](y) :red[z]", "`Other` $"
    organization(
        Organization([Charge(date(2026, 3, 18), "1", service, "Usage", amounts("4"))], accounts={"1": account})
    )
    app = opened(SERVICES, {"service": service, "service_account": account, "day": "2026-03-18"})
    assert not app.exception
    assert f"{service} › {account} › Wed 18 Mar 2026" in said(app)
    assert crumbs(app) == ["All services", service, account]


def test_a_narrower_scope_sees_no_region_of_other_peoples_accounts(
    snapshot: Snapshot, monkeypatch: pytest.MonkeyPatch
) -> None:
    ((account,),) = snapshot.rows("SELECT usage_account_id FROM accounts WHERE usage_account_name = ?", (ACCOUNT,))
    monkeypatch.setattr(identity, "viewer", lambda: Viewer("Team lead", Scope(frozenset({str(account)}))))
    day = snapshot.complete_through
    app = opened(SERVICES, {"service": COMPUTE, "service_account": ACCOUNT, "day": day.isoformat()})
    assert not app.exception
    assert all("region" not in frame.value for frame in app.dataframe)
    assert "No stored table holds" in said(app)


def test_the_overview_ranks_accounts_as_well(sample: Path) -> None:
    app = opened(OVERVIEW, {"ranked_by": "By account"})
    assert not app.exception
    assert any("month to date by account" in text and ACCOUNT in text for text in chart_texts(app))
    assert any("month to date by service" in text for text in chart_texts(opened(OVERVIEW)))
