"""The filter bar and the drill path: in the URL, across pages, and deaf to what they do not know."""

from __future__ import annotations

from pathlib import Path

import pytest

from costlib.access import EVERYTHING
from costlib.periods import DAY, Comparison, Period, Preset, compared_period, preset_period
from costlib.queries import ranking
from costlib.queries.filters import Filters
from costlib.store.snapshot import Snapshot, open_current
from costlib.ui.filter_bar import COMPARISONS, PRESETS
from costlib.ui.url_values import Field, switch, unknown_dates, unknown_values
from costlib.ui.wording import Currency
from costlib.vocabulary import CostMetric
from tests.app.pages import ACCOUNTS, EVERY_PAGE, FRESHNESS, OVERVIEW, RULES, SERVICES, VERIFY, metric, opened, said

USD = Currency("USD")


@pytest.fixture
def snapshot(sample: Path) -> Snapshot:
    return open_current(sample / "sample")


def total(snapshot: Snapshot, filters: Filters) -> str:
    return USD.exact(ranking.total(snapshot, EVERYTHING, filters).amount)


def test_a_cold_link_shows_its_view(snapshot: Snapshot) -> None:
    link = {"period": "Last month", "metric": "Amortized", "without_tax": "true", "granularity": "Weekly"}
    app = opened(SERVICES, link)
    last_month = preset_period(Preset.last_month, snapshot.complete_through)
    assert metric(app, "Total") == total(
        snapshot, Filters(last_month, metric=CostMetric.amortized_cost, include_tax=False)
    )
    assert "Without tax" in said(app)
    assert "Weekly cost by service" in said(app)


@pytest.mark.parametrize("preset", [p for p in Preset if p is not Preset.custom])
def test_every_period_can_be_shown(snapshot: Snapshot, preset: Preset) -> None:
    app = opened(SERVICES, {"period": PRESETS[preset], "granularity": "Monthly"})
    assert not app.exception
    period = preset_period(preset, snapshot.complete_through).clip(snapshot.period)
    assert period
    assert metric(app, "Total") == total(snapshot, Filters(period))


@pytest.mark.parametrize("comparison", list(Comparison))
def test_every_comparison_can_be_shown(snapshot: Snapshot, comparison: Comparison) -> None:
    app = opened(SERVICES, {"compare": COMPARISONS[comparison]})
    assert not app.exception
    period = preset_period(Preset.last_30_days, snapshot.complete_through)
    compared = compared_period(period, comparison)
    is_stored = compared is not None and compared.start >= snapshot.period.start
    assert ("change" in app.dataframe[0].value) == is_stored


def test_a_label_narrows_every_page_and_says_so(snapshot: Snapshot) -> None:
    label, value = "cost_category:Team", "Unallocated"
    app = opened(SERVICES, {label: value})
    period = preset_period(Preset.last_30_days, snapshot.complete_through)
    assert metric(app, "Total") == total(snapshot, Filters(period, labels=((label, (value,)),)))
    assert "Only Team: Unallocated" in said(app)
    app.switch_page(ACCOUNTS).run()
    assert app.multiselect(key=label).value == [value]
    app.button(key="clear_filters").click().run()
    assert metric(app, "Total") == total(snapshot, Filters(period))


def test_custom_dates_are_both_included(snapshot: Snapshot) -> None:
    first, last = snapshot.period.start, snapshot.complete_through
    app = opened(SERVICES, {"period": "Custom dates", "dates": [first.isoformat(), last.isoformat()]})
    whole = Period(first, last + DAY)
    assert metric(app, "Total") == total(snapshot, Filters(whole))


def test_filters_survive_a_change_of_page(snapshot: Snapshot) -> None:
    app = opened(SERVICES)
    app.selectbox(key="period").select("Last 7 days").run()
    app.toggle(key="without_credits").set_value(True).run()
    expected = metric(app, "Total")
    app.switch_page(FRESHNESS).run()
    app.switch_page(ACCOUNTS).run()
    assert app.selectbox(key="period").value is Preset.last_7_days
    assert metric(app, "Total") == expected
    assert app.query_params["period"] == "Last 7 days"
    assert app.query_params["without_credits"] == "true"


BAD_LINKS = {
    "period": "Last 31 days",
    "metric": "Unblendet",
    "granularity": "hourly",
    "compare": "yesterday",
    "accounts": "nobody's account",
    "services": "Amazon Simple Storage Servic",
    "record_types": "$Usage*",
    "cost_category:Team": "No such team",
    "without_tax": "perhaps",
    "service": "no such service",
}


@pytest.mark.parametrize(("name", "value"), BAD_LINKS.items())
def test_an_unknown_value_of_a_link_is_named_and_left_out(sample: Path, name: str, value: str) -> None:
    everything = metric(opened(SERVICES), "Total")
    app = opened(SERVICES, {name: value})
    assert not app.exception
    assert "Part of this link is not understood" in said(app)
    assert value in said(app)
    assert metric(app, "Total") == everything


@pytest.mark.parametrize(
    "dates", [["2026-02-30"], ["1999-01-01", "1999-02-01"], ["2026-11-20", "2026-11-01"], ["2026-11-20"]]
)
def test_dates_that_are_no_stored_period_are_named(sample: Path, dates: list[str]) -> None:
    app = opened(SERVICES, {"period": "Custom dates", "dates": dates})
    assert not app.exception
    assert "Part of this link is not understood" in said(app)


def test_the_known_part_of_a_link_holds(snapshot: Snapshot) -> None:
    app = opened(ACCOUNTS, {"period": "Last 90 days", "metric": "cheapest", "accounts": ["search-dev", "nobody"]})
    assert "did you mean" not in said(app)
    assert "(90 days)" in said(app)
    assert app.dataframe[0].value["usage_account_name"].tolist() == ["search-dev"]


def test_every_page_survives_every_bad_link(sample: Path) -> None:
    for page in EVERY_PAGE:
        app = opened(page, BAD_LINKS)
        assert not app.exception
        assert app.metric or page in (RULES, VERIFY)


def test_a_value_forged_in_the_browser_is_left_out(sample: Path) -> None:
    app = opened(SERVICES)
    everything = metric(app, "Total")
    app.session_state["services"] = ["'; DROP TABLE charges; --"]
    app.run()
    assert not app.exception
    assert metric(app, "Total") == everything


def test_one_service_shows_its_accounts_record_types_and_days(snapshot: Snapshot) -> None:
    period = preset_period(Preset.last_30_days, snapshot.complete_through)
    app = opened(SERVICES)
    largest = app.dataframe[0].value["service"][0]
    app.selectbox(key="service").select(largest).run()
    assert metric(app, "Total") == total(snapshot, Filters(period, services=(largest,)))
    accounts, record_types, days = (frame.value for frame in app.dataframe)
    assert {"usage_account_name", "usage_account_id"} <= set(accounts)
    assert "record_type" in record_types
    assert len(days) == 30
    assert f"{largest} › Daily cost by account" in said(app)


def test_the_way_back_leads_back(sample: Path) -> None:
    app = opened(SERVICES)
    before = metric(app, "Total")
    largest = app.dataframe[0].value["service"][0]
    app.selectbox(key="service").select(largest).run()
    account = app.selectbox(key="service_account").options[0]
    app.selectbox(key="service_account").select(account).run()
    assert "By record type" in said(app)
    app.button(key="back_to_services").click().run()
    assert metric(app, "Total") == before
    assert "service_account" not in app.query_params
    app.selectbox(key="service").select(largest).run()
    assert app.selectbox(key="service_account").value is None


def test_another_service_is_opened_without_the_account_of_the_one_before(sample: Path) -> None:
    app = opened(SERVICES)
    first, second = app.dataframe[0].value["service"][:2]
    app.selectbox(key="service").select(first).run()
    app.selectbox(key="service_account").select(app.selectbox(key="service_account").options[0]).run()
    app.selectbox(key="service").select(second).run()
    assert app.selectbox(key="service_account").value is None


def test_one_account_shows_its_services(sample: Path) -> None:
    app = opened(ACCOUNTS, {"account": "search-prod"})
    assert not app.exception
    assert "service" in app.dataframe[0].value
    service = app.dataframe[0].value["service"][0]
    app = opened(ACCOUNTS, {"account": "search-prod", "account_service": service})
    assert f"search-prod › {service} › By record type" in said(app)


def test_the_overview_says_what_it_is_narrowed_to(sample: Path) -> None:
    app = opened(OVERVIEW, {"accounts": "search-dev", "without_support": "true"})
    assert "Only search-dev" in said(app)
    assert "Without support" in said(app)
    assert all("only search-dev" in c.value.replace("\\", "") for c in app.caption if "as of" in c.value)


def test_a_near_value_is_suggested() -> None:
    fields = [Field("metric", "Cost", ("Unblended", "Amortized")), switch("tax", "Leave out tax")]
    (unknown,) = unknown_values({"metric": ["Unblendet"], "tax": ["TRUE"], "other": ["x"]}, fields)
    assert unknown.near == "Unblended"
    assert not unknown_values({"metric": [""]}, fields)


def test_only_stored_days_in_order_are_dates(today) -> None:
    stored = Period(today.replace(day=1), today)
    assert not unknown_dates(["2026-11-01", "2026-11-23"], stored)
    assert unknown_dates(["2026-11-01", "2026-11-24"], stored)
    assert unknown_dates(["2026-11-05", "2026-11-03"], stored)
