"""The forecast page: its figures are the question's answers, what is missing is said, and the overview agrees."""

from __future__ import annotations

from contextlib import closing
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from costlib.access import EVERYTHING
from costlib.periods import DAY, Period
from costlib.queries.filters import Filters
from costlib.queries.forecast_record import aws_outlook
from costlib.queries.forecasts import outlook
from costlib.store.snapshot import open_current
from costlib.ui.wording import Currency, count
from tests.app.conftest import UseOrganization
from tests.app.pages import FORECAST, OVERVIEW, chart_texts, metric, opened, said
from tests.queries.snapshots import Charge, Organization, amounts

USD = Currency("USD")
AS_OF = datetime(2026, 3, 20, 12)


def one_service(days: int) -> Organization:
    """So many days of one service, the last one today."""
    last = AS_OF.date()
    rows = [
        Charge(day, "111", "EC2", "Usage", amounts(f"{100 + day.weekday()}"))
        for day in Period(last - (days - 1) * DAY, last + DAY)
    ]
    return Organization(rows, as_of=AS_OF)


def test_the_figures_are_the_questions_answers(sample: Path) -> None:
    snapshot = open_current(sample / "sample")
    filters = Filters(snapshot.period)
    found, aws = outlook(snapshot, EVERYTHING, filters), aws_outlook(snapshot, EVERYTHING, filters)
    app = opened(FORECAST)
    assert not app.exception
    theirs = aws.month(found.month.period.start)
    is_over = snapshot.as_of.date() >= found.month.period.end  # its last days may still arrive then
    assert (theirs is None) == is_over
    assert metric(app, "Month end") == USD.exact(found.month.expected)
    assert metric(app, "Last month") == USD.exact(found.last_month)
    assert metric(app, "AWS's forecast") == (USD.exact(theirs.expected) if theirs else "–")
    assert USD.compact(found.month.likely.lower) in metric(app, "Probably between")
    assert USD.exact(found.month.expected) in chart_texts(app)[0]
    assert found.winner.label in said(app)
    snapshot.close()


def test_the_overview_says_the_same_and_how_good_it_is(sample: Path) -> None:
    with closing(open_current(sample / "sample")) as snapshot:
        record = outlook(snapshot, EVERYTHING, Filters(snapshot.period)).record
    assert record is not None
    page, overview = opened(FORECAST), opened(OVERVIEW)
    assert metric(overview, "Month end") == metric(page, "Month end")
    assert f"forecasts {count(record.days, 'day')} ahead were off by" in said(overview)
    assert "past dates" in said(overview)


def test_a_filter_forecasts_its_part_and_says_why_awss_is_not_beside_it(sample: Path) -> None:
    everything, part = opened(FORECAST), opened(FORECAST, {"record_types": ["Usage"]})
    assert not part.exception
    assert metric(part, "Month end") != metric(everything, "Month end")
    assert metric(part, "AWS's forecast") == "–"


def test_accounts_may_be_the_parts(sample: Path) -> None:
    app = opened(FORECAST, {"forecast_by": "By account"})
    assert not app.exception
    (names,) = [list(frame.value["name"]) for frame in app.dataframe if "name" in frame.value]
    assert "storefront-prod" in " ".join(names)
    assert names[-1] == "Total"


def test_nothing_that_matches_is_said(sample: Path) -> None:
    app = opened(FORECAST, {"record_types": ["Tax"], "services": ["AWS CodeArtifact"]})
    assert not app.exception
    assert "No charges match these filters" in said(app)


@pytest.mark.parametrize(("days", "has"), [(10, 8), (15, 13)])
def test_too_little_history_says_what_it_takes_and_the_overview_falls_back(
    organization: UseOrganization, days: int, has: int
) -> None:
    organization(one_service(days))
    app = opened(FORECAST)
    assert not app.exception
    assert "Not enough history to forecast" in said(app)
    assert f"It has {has} complete days and needs 14" in said(app)
    assert "Projected month end · run-rate" in said(opened(OVERVIEW))


def test_just_enough_history_is_forecast_without_a_fiscal_year(organization: UseOrganization) -> None:
    organization(one_service(30))
    app = opened(FORECAST)
    assert not app.exception
    assert Decimal(metric(app, "Month end").strip("$").replace(",", "")) > 3000
    assert metric(app, "Last month") == "not available"


def test_kept_forecasts_that_came_due_are_on_the_report_card(organization: UseOrganization) -> None:
    rows = one_service(120)
    day = date(2026, 3, 10)
    head = ("aws", day, "total", "", "unblended_cost", "daily", day, day + DAY)
    rows.rows = {"forecasts": [(*head, Decimal(100), Decimal(90), Decimal(110), 80, "", AS_OF)]}
    organization(rows)
    text = said(opened(FORECAST))
    assert "since 10 Mar 2026" in text
    assert "none has yet" not in text


def test_a_cost_centers_own_charges_are_forecast_alone(sample: Path) -> None:
    with closing(open_current(sample / "sample")) as snapshot:
        truth = outlook(snapshot, EVERYTHING.of_center("Payments"), Filters(snapshot.period)).month
    app = opened(FORECAST, {"forecast_center": "Payments"})
    assert not app.exception
    assert metric(app, "Month end") == USD.exact(truth.expected)
    unknown = opened(FORECAST, {"forecast_center": "Payment"})
    assert "“Payment” is not known" in said(unknown)
    assert not unknown.exception
