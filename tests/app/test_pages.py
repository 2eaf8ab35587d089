"""Every page: with all data, without any, with data that cannot be read, for somebody who may see less."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from costlib.access import EVERYTHING, Scope
from costlib.periods import Period
from costlib.queries import options, overview, ranking
from costlib.queries.filters import Filters
from costlib.queries.forecasts import outlook
from costlib.store.migrations import SCHEMA_VERSION
from costlib.store.snapshot import current_id, open_current, snapshot_path
from costlib.ui import identity
from costlib.ui.identity import Viewer
from costlib.ui.wording import Currency
from tests.app.conftest import UseData, UseOrganization
from tests.app.pages import (
    ACCOUNTS,
    ANOMALIES,
    BUDGETS,
    COMMITMENTS,
    EVERY_PAGE,
    FRESHNESS,
    OVERVIEW,
    ROOT,
    SERVICES,
    VERIFY,
    WITHOUT_CHARTS,
    chart_texts,
    metric,
    opened,
    said,
)
from tests.queries.snapshots import Charge, Organization, amounts

USD = Currency("USD")


@pytest.mark.parametrize("page", EVERY_PAGE)
def test_every_page_shows_where_its_data_comes_from_and_how_fresh_it_is(sample: Path, page: str) -> None:
    app = opened(page)
    assert not app.exception
    shown = said(app)
    for words in ("Sample data", "Ties out", "Data through", "synced", "Single user"):
        assert words in shown


@pytest.mark.parametrize("page", [page for page in EVERY_PAGE if page not in WITHOUT_CHARTS])
def test_every_chart_has_a_text_alternative(sample: Path, page: str) -> None:
    texts = chart_texts(opened(page))
    assert texts
    assert all(len(text) > 40 for text in texts), texts


def test_the_overviews_figures_are_the_questions_answers(sample: Path) -> None:
    snapshot = open_current(sample / "sample")
    found = overview.headline(snapshot, EVERYTHING, Filters(snapshot.period))
    app = opened(OVERVIEW)
    assert metric(app, "Last complete day") == USD.exact(found.last_complete_amount)
    assert metric(app, "Month to date") == USD.exact(found.month_to_date)
    ahead = outlook(snapshot, EVERYTHING, Filters(snapshot.period))
    assert metric(app, "Month end") == USD.exact(ahead.month.expected)
    assert metric(app, "Last month") == USD.exact(found.last_month_total)


def test_days_that_are_still_arriving_are_set_apart_in_the_legend(sample: Path) -> None:
    specs = [chart.proto.spec for chart in opened(OVERVIEW).get("plotly_chart")]
    assert any("Still arriving" in spec and "Estimated" in spec for spec in specs)


def test_the_freshness_page_shows_syncs_requests_and_their_price(sample: Path) -> None:
    app = opened(FRESHNESS)
    shown = said(app)
    assert "Last syncs" in shown
    assert "Tie-out by day" in shown
    assert "not billed: sample" in shown
    assert metric(app, "Requests in").startswith("$")


def test_an_empty_data_folder_says_which_command_fills_it(use_data: UseData, tmp_path: Path) -> None:
    use_data(tmp_path)
    for page in EVERY_PAGE:
        app = opened(page)
        assert not app.exception
        assert "Nothing has been synced yet" in said(app)
        assert "python -m costlib sync" in said(app)
        assert not app.get("plotly_chart")


def test_the_first_sync_of_a_real_source_is_left_to_its_owner(
    use_data: UseData, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_data(tmp_path)
    monkeypatch.setenv("COSTLIB_SOURCE", "aws")
    monkeypatch.setenv("COSTLIB_AUTO_SYNC_HOURS", "24")
    shown = said(opened())
    assert "python -m costlib sync --plan" in shown
    assert "Sample data" not in shown
    assert not (tmp_path / "aws").exists()


def test_a_corrupt_snapshot_is_named_with_the_way_out(organization: UseOrganization) -> None:
    source = organization(Organization([charge("2026-03-01")]))
    snapshot_path(source, str(current_id(source))).write_bytes(b"no database")
    for page in EVERY_PAGE:
        app = opened(page)
        assert not app.exception
        assert "The data cannot be read" in said(app)
        assert "python -m costlib sync" in said(app)


def test_a_snapshot_of_a_later_program_is_named_with_the_way_out(organization: UseOrganization) -> None:
    source = organization(Organization([charge("2026-03-01")]))
    path = snapshot_path(source, str(current_id(source)))
    with duckdb.connect(str(path)) as connection:
        connection.execute("UPDATE meta SET value = ? WHERE key = 'schema_version'", [str(SCHEMA_VERSION + 1)])
    shown = said(opened())
    assert f"schema version {SCHEMA_VERSION + 1}" in shown
    assert "Install the newer version" in shown


def test_settings_that_cannot_be_used_are_named(sample: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COSTLIB_AUTO_SYNC_HOURS", "soon")
    app = opened()
    assert not app.exception
    assert "auto_sync_hours" in said(app)


def test_nobody_signed_in_sees_no_cost(sample: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(identity, "viewer", lambda: None)
    for page in EVERY_PAGE:
        app = opened(page)
        assert "Nobody is signed in" in said(app)
        assert not app.metric
        assert not app.dataframe


def test_a_page_reached_without_the_frame_shows_nothing(sample: Path) -> None:
    for page in EVERY_PAGE:
        app = AppTest.from_file(str(ROOT / page), default_timeout=60).run()
        assert "This page cannot be opened by itself" in said(app)
        assert not app.metric


def test_somebody_who_may_see_one_account_sees_no_other(sample: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    snapshot = open_current(sample / "sample")
    accounts = options.options(snapshot, EVERYTHING).accounts
    (mine, my_name), (_, other_name) = accounts[0], accounts[1]
    scope = Scope(frozenset({mine}))
    monkeypatch.setattr(identity, "viewer", lambda: Viewer("Team lead", scope))
    app = opened(ACCOUNTS, {"accounts": other_name})
    assert app.dataframe[0].value["usage_account_name"].tolist() == [my_name]
    assert "is not known" in said(app)
    assert app.multiselect(key="accounts").options == [my_name]
    expected = ranking.total(snapshot, scope, Filters(_last_30_days(snapshot.complete_through)))
    assert metric(app, "Total") == USD.exact(expected.amount)
    assert not opened(FRESHNESS).exception
    assert "sees 1 account" in said(app)


def test_names_are_shown_as_they_are_whatever_markdown_would_make_of_them(organization: UseOrganization) -> None:
    awkward = "$5 *stars* _under_ [link](x) <b> `code` :red[x] # 1\nsecond"
    rows = [
        charge(f"2026-{month}-{day:02}", service=awkward, account="1") for month in ("02", "03") for day in (1, 9, 18)
    ]
    rows.append(charge("2026-03-10", service=awkward, account="1", amount="40"))
    organization(Organization(rows, accounts={"1": "=*$a*_b_"}))
    one_line = awkward.replace("\n", " ")
    app = opened(OVERVIEW)
    assert not app.exception
    sentence = next(m.value for m in app.markdown if "is up" in m.value)
    assert one_line in said(app)
    assert "\\$5 \\*stars\\*" in sentence
    services = opened(SERVICES, {"service": awkward})
    assert not services.exception
    assert one_line in said(services)
    assert services.selectbox(key="service").value == awkward


def test_a_cost_metric_that_aws_does_not_offer_is_not_available_and_never_zero(organization: UseOrganization) -> None:
    charges = [charge(f"2026-03-{day:02}", net=None) for day in range(1, 19)]
    organization(Organization(charges))
    for page in EVERY_PAGE:
        app = opened(page, {"metric": "Net unblended"})
        assert not app.exception
        assert page in (COMMITMENTS, VERIFY, BUDGETS, ANOMALIES) or "not available" in said(app)
        assert page in (FRESHNESS, ANOMALIES) or "$0.00" not in said(app)


def test_a_day_that_does_not_tie_out_is_shown_with_its_difference(organization: UseOrganization) -> None:
    days = [date(2026, 3, day) for day in range(1, 19)]
    control = [(day, False, *amounts("10" if day.day != 7 else "12.5")) for day in days]
    organization(Organization([charge(str(day)) for day in days], daily_totals=control))
    app = opened(FRESHNESS)
    assert "Does not tie out: $2.50" in said(app)
    assert "Differing: 7 Mar" in chart_texts(app)[0]
    differing = next(frame.value for frame in app.dataframe if "control" in frame.value)
    assert differing["difference"].tolist() == [Decimal("-2.50")]


def test_filters_that_keep_nothing_say_so(organization: UseOrganization) -> None:
    organization(Organization([charge("2026-01-05"), charge("2026-03-18", service="Other thing")]))
    app = opened(SERVICES, {"period": "Last 7 days", "services": "Compute"})
    assert not app.exception
    assert "No charges match these filters" in said(app)


def test_what_was_charged_only_in_the_compared_period_is_listed_with_its_fall(organization: UseOrganization) -> None:
    organization(Organization([charge("2026-03-01"), charge("2026-03-08", service="Gone"), charge("2026-03-18")]))
    app = opened(SERVICES, {"period": "Last 7 days", "services": "Gone"})
    assert not app.exception
    assert metric(app, "Total") == "$0.00"
    assert app.dataframe[0].value["change"].tolist() == [Decimal("-10.00")]
    assert "No charges here" in said(app)
    overview_of_gone = opened(OVERVIEW, {"services": "Gone"})
    assert not overview_of_gone.exception


def test_a_new_snapshot_is_shown_by_the_next_rerun(organization: UseOrganization) -> None:
    first = organization(Organization([charge("2026-03-18", amount="10")]))
    app = opened(SERVICES)
    assert metric(app, "Total") == "$10.00"
    second = organization(Organization([charge("2026-03-18", amount="11")]))
    snapshot_path(second, "s1").rename(snapshot_path(first, "s2"))
    (first / "CURRENT").write_text("s2")
    st.cache_data.clear()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COSTLIB_DATA_DIR", str(first.parent))
        app.run()
    assert metric(app, "Total") == "$11.00"


def charge(day: str, service: str = "Compute", account: str = "1", amount: str = "10", net: str | None = "9") -> Charge:
    """Usage of one day."""
    five = amounts(amount, net_unblended_cost=net, net_amortized_cost=net)
    return Charge(date.fromisoformat(day), account, service, "Usage", five)


def _last_30_days(last: date) -> Period:
    return Period(date.fromordinal(last.toordinal() - 29), date.fromordinal(last.toordinal() + 1))
