"""The changes page: everything, less, nothing to compare, nothing at all."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from functools import partial
from pathlib import Path

import pyarrow as pa
import pytest
import streamlit as st
from hypothesis import given
from hypothesis import strategies as st_
from streamlit.testing.v1 import AppTest

from costlib.access import EVERYTHING, Scope
from costlib.money import rounded, total
from costlib.periods import DAY, Comparison, LikeForLike, Period, Preset, compared_period, preset_period
from costlib.queries import changes as question
from costlib.queries import options
from costlib.queries.filters import Filters
from costlib.store.snapshot import open_current
from costlib.ui import cards, identity, tables
from costlib.ui.changes import MOVERS_SHOWN, Found, bars_of
from costlib.ui.identity import Viewer
from costlib.ui.sentences import Reader
from costlib.ui.waterfall import spans
from costlib.ui.wording import Currency
from tests.app.conftest import UseOrganization
from tests.app.pages import ACCOUNTS, CHANGES, OVERVIEW, SERVICES, chart_texts, metric, opened, said
from tests.queries.snapshots import Charge, Organization, amounts

USD = Currency("USD")
TO_DATE = {"period": "Month to date", "compare": "Same period last month"}
FEB_MARCH = list(Period(date(2026, 2, 1), date(2026, 3, 20)))


def charge(day: date, amount: str | None, service: str = "EC2", account: str = "1") -> Charge:
    return Charge(day, account, service, "Usage", amounts(amount))


def moved(**more: object) -> Organization:
    """As of 20 March, 6:00: the 18th is the last complete day. EC2 went from 2 to 5 a day, S3 is gone."""
    charges = [charge(day, "5" if day.month == 3 else "2") for day in FEB_MARCH]
    charges += [charge(day, "1", "S3", "2") for day in FEB_MARCH if day.month == 2]
    return replace(Organization(charges, days=FEB_MARCH, accounts={"1": "Checkout", "2": "Search"}), **more)  # type: ignore[arg-type]


def figures(app: AppTest) -> dict[str, str]:
    return {name: metric(app, name) for name in ("Now", "Before", "Difference", "New", "Gone", "Grew", "Shrank")}


def test_the_page_says_what_moved_why_and_how_it_adds_up(organization: UseOrganization) -> None:
    organization(moved())
    app = opened(CHANGES, TO_DATE)
    assert not app.exception
    assert figures(app) == {
        "Now": "$90.00",
        "Before": "$54.00",
        "Difference": "+$36.00",
        "New": "$0.00",
        "Gone": "−$18.00",
        "Grew": "+$54.00",
        "Shrank": "$0.00",
    }
    shown = said(app)
    assert "Now · 1–18 Mar 2026" in shown
    assert "Before · 1–18 Feb 2026" in shown
    assert "18 complete days against as many." in shown
    assert "it rose by $54.00 in some places and fell by $18.00 in others" in shown
    assert "**EC2** is up $54.00 (+150.0%) to $90.00, all of it in *Checkout*." in shown
    assert "**S3** is gone: it was $18.00, all of it in *Search*." in shown
    assert "From Before $54.00 to Now $90.00. Largest steps: EC2 +$54.00, S3 −$18.00." in chart_texts(app)[0]
    table = app.dataframe[0].value
    assert table["service"].tolist() == ["EC2", "S3"]
    assert table["gone"].tolist() == [Decimal("0.00"), Decimal("-18.00")]


@pytest.mark.parametrize("by", ["Account", "Team", "Environment", "Record type", "Charge category", "Region"])
def test_by_every_dimension_the_table_adds_up_to_the_same_difference(sample: Path, by: str) -> None:
    snapshot = open_current(sample / "sample")
    now = preset_period(Preset.month_to_date, snapshot.complete_through)
    before = compared_period(now, Comparison.last_month)
    truth = question.together(question.changes(snapshot, EVERYTHING, Filters(now), "service", before))
    app = opened(CHANGES, {**TO_DATE, "changes_by": by})
    assert not app.exception
    assert metric(app, "Now") == USD.exact(truth.amount)
    assert metric(app, "Difference") == USD.change(truth.change)
    shown = app.dataframe[0].value
    tolerance = Decimal("0.005") * len(shown)
    for column in ("change", "new", "gone", "grew", "shrank"):
        assert column in shown
    assert truth.change is not None
    assert abs(sum(shown["change"], Decimal(0)) - truth.change) <= tolerance
    parts = sum((sum(shown[column], Decimal(0)) for column in ("new", "gone", "grew", "shrank")), Decimal(0))
    assert abs(parts - truth.change) <= 4 * tolerance


def test_days_that_aws_is_still_adding_to_are_left_out_and_said_to_be(organization: UseOrganization) -> None:
    organization(moved())
    app = opened(
        CHANGES,
        {"period": "Custom dates", "dates": ["2026-03-01", "2026-03-19"], "compare": "Same period last month"},
    )
    assert metric(app, "Now") == "$90.00"
    assert "AWS is still adding to the days after Wed 18 Mar: they are left out." in said(app)
    only_arriving = opened(CHANGES, {"period": "Custom dates", "dates": ["2026-03-19", "2026-03-19"]})
    assert not only_arriving.exception
    assert "No complete day in this period" in said(only_arriving)
    assert not only_arriving.dataframe


def test_thirty_days_of_march_meet_all_of_february_as_28_days_against_28(organization: UseOrganization) -> None:
    days = list(Period(date(2026, 2, 1), date(2026, 4, 1)))
    organization(
        Organization([charge(day, "1") for day in days], days=days, as_of=moved().as_of.replace(day=31, hour=23))
    )
    app = opened(
        CHANGES,
        {"period": "Custom dates", "dates": ["2026-03-01", "2026-03-29"], "compare": "Same period last month"},
    )
    assert (metric(app, "Now"), metric(app, "Before")) == ("$28.00", "$28.00")
    assert "Feb 2026 is shorter: the days after Sat 28 Mar are left out." in said(app)
    assert "Cost is **the same** as before." in said(app)
    assert "Nothing moved between the two periods." in said(app)


def test_with_nothing_to_compare_it_is_the_previous_period_and_says_so(organization: UseOrganization) -> None:
    organization(moved())
    app = opened(CHANGES, {"period": "Last 7 days", "compare": "Nothing"})
    assert "“Compare with” is set to nothing, so this is the previous period." in said(app)
    assert metric(app, "Before · 5–11 Mar 2026") == "$35.00"


def test_a_period_before_the_stored_days_is_not_available(organization: UseOrganization) -> None:
    organization(moved())
    app = opened(CHANGES, {"period": "Month to date", "compare": "Same period last year"})
    assert not app.exception
    assert metric(app, "Before") == metric(app, "Difference") == "not available"
    assert "The period before is not stored" in said(app)
    assert app.dataframe[0].value.columns.tolist() == ["service", "unblended_cost"]


def test_a_missing_metric_is_not_available(organization: UseOrganization) -> None:
    rows = moved()
    rows.charges.append(charge(date(2026, 3, 3), None, "S3"))
    organization(rows)
    app = opened(CHANGES, TO_DATE)
    assert metric(app, "Now") == metric(app, "Difference") == "not available"
    assert "Unblended cost is not available" in said(app)
    assert "not stored" not in said(app)
    assert not app.get("plotly_chart")


def test_days_that_aws_may_still_change_are_said_to_be_so(organization: UseOrganization) -> None:
    organization(moved())
    assert "AWS may still change the latest of them." in said(opened(CHANGES, TO_DATE))
    st.cache_data.clear()
    organization(moved(estimated_from=date(2026, 3, 19)))
    assert "AWS may still change" not in said(opened(CHANGES, TO_DATE))


def test_without_any_charge_the_page_says_so(organization: UseOrganization) -> None:
    organization(moved())
    app = opened(CHANGES, {**TO_DATE, "record_types": "Usage", "services": "S3", "accounts": "Checkout"})
    assert not app.exception
    assert "No charges match these filters" in said(app)


def test_a_team_lead_sees_the_own_changes_only(sample: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    snapshot = open_current(sample / "sample")
    mine, my_name = options.options(snapshot, EVERYTHING).accounts[0]
    scope = Scope(frozenset({mine}))
    monkeypatch.setattr(identity, "viewer", lambda: Viewer("Team lead", scope))
    app = opened(CHANGES, {**TO_DATE, "changes_by": "Account"})
    assert app.dataframe[0].value["usage_account_name"].tolist() == [my_name]
    now = preset_period(Preset.month_to_date, snapshot.complete_through)
    table = question.changes(snapshot, scope, Filters(now), "service", compared_period(now, Comparison.last_month))
    assert metric(app, "Difference") == USD.change(question.together(table).change)
    by_region = opened(CHANGES, {**TO_DATE, "changes_by": "Region"})
    assert not by_region.exception
    assert "No stored table holds" in said(by_region)
    assert not by_region.dataframe


def test_what_is_kept_by_month_offers_whole_months_and_compares_them(sample: Path) -> None:
    app = opened(CHANGES, {**TO_DATE, "period": "Last 7 days", "changes_by": "Usage type"})
    assert "Usage type is kept by whole months" in said(app)
    app.button(key="changes_whole_months").click().run()
    assert not app.exception
    assert app.selectbox(key="period").value == Preset.last_month
    assert app.dataframe[0].value["usage_type"].tolist()
    app.selectbox(key="compare").select(Comparison.previous_period).run()
    assert "compared with the whole months before" in said(app)
    assert "not available" not in metric(app, "Before")


def test_an_unknown_dimension_of_a_link_is_named(sample: Path) -> None:
    app = opened(CHANGES, {"changes_by": "Servise"})
    assert "did you mean “Service”" in said(app)
    assert app.dataframe[0].value.columns[0] == "service"


@pytest.mark.parametrize(
    ("by", "page", "query"),
    [("Service", SERVICES, {"service": "EC2"}), ("Account", ACCOUNTS, {"account": "Checkout"})],
)
def test_a_name_and_a_bar_open_the_page_of_what_they_name(
    organization: UseOrganization, by: str, page: str, query: dict[str, str]
) -> None:
    went: list[tuple[str, dict[str, str]]] = []
    rows: list[Callable[[int], None]] = []
    bars: list[Callable[[], None]] = []
    organization(moved())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(st, "switch_page", lambda page, query_params: went.append((page, query_params)))
        patch.setattr(tables, "show", lambda view, key, opens: rows.append(opens))
        patch.setattr(cards, "figure", lambda drawing, key, opens: bars.append(partial(opens, drawing.keys[1])))
        opened(CHANGES, {**TO_DATE, "changes_by": by})
        rows[-1](0)
        bars[-1]()
    assert went == [(page, query)] * 2
    there = opened(page, query)
    assert not there.exception
    assert "is not known" not in said(there)
    assert there.selectbox(key=next(iter(query))).value in ("EC2", "1")


@pytest.mark.parametrize("by", ["Team", "Record type"])
def test_what_has_no_page_of_its_own_is_not_a_link(
    organization: UseOrganization, monkeypatch: pytest.MonkeyPatch, by: str
) -> None:
    opens: list[object] = []
    monkeypatch.setattr(tables, "show", lambda view, key, opens_: opens.append(opens_))
    organization(moved())
    assert "to open" not in said(opened(CHANGES, {**TO_DATE, "changes_by": by}))
    assert opens == [None]


def test_the_overview_tells_the_same_story(sample: Path) -> None:
    lines = [m.value for m in opened(OVERVIEW).markdown if ":material/trending" in m.value]
    assert lines
    assert lines == [m.value for m in opened(CHANGES, TO_DATE).markdown if ":material/trending" in m.value]


CHANGE = st_.integers(-(10**16), 10**16).map(lambda n: Decimal(n).scaleb(-10))


@given(st_.lists(st_.tuples(CHANGE.map(abs), CHANGE.map(abs)), min_size=1, max_size=30))
def test_the_waterfall_ends_exactly_at_now(pairs: list[tuple[Decimal, Decimal]]) -> None:
    moved = sorted(((f"k{i}", a, b) for i, (a, b) in enumerate(pairs)), key=lambda m: -abs(m[1] - m[2]))
    changes = [a - b for _, a, b in moved]
    split = question.Split(total(a for _, a, _ in moved), total(b for _, _, b in moved), *[Decimal(0)] * 4)
    top = [question.Mover(k, k, a, b, a - b) for k, a, b in moved if a != b][:MOVERS_SHOWN]
    table = pa.table({"change": pa.array(changes, pa.decimal128(38, 10))})
    day = Period(date(2026, 3, 1), date(2026, 3, 2))
    found = Found("service", LikeForLike(day, Period(day.start - DAY, day.start)), table, split, tuple(top))
    bars = bars_of(found, Reader(USD, {}), opens=True)
    if not top:
        assert bars == []
        return
    places = spans(bars)
    assert bars[-1].is_total
    assert places[-2].end == places[-1].end == split.amount
    assert places[0].end == split.previous
    steps = bars[1:-1]
    assert [abs(bar.amount) for bar in steps if bar.key] == sorted(
        (abs(b.amount) for b in steps if b.key), reverse=True
    )
    assert len(steps) <= MOVERS_SHOWN + 1
    assert rounded(split.amount or Decimal(0)) == rounded(bars[-1].amount)
