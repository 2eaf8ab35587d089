"""The cost views page: the figures of all senses of cost, the steps between two, and the prepaid balance."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from costlib.access import EVERYTHING, Scope
from costlib.money import rounded
from costlib.periods import DAY, Preset, preset_period
from costlib.queries import breakdown, freshness, options
from costlib.queries.filters import Filters
from costlib.store.snapshot import open_current
from costlib.ui import identity
from costlib.ui.identity import Viewer
from costlib.ui.wording import Currency
from costlib.vocabulary import COST_METRICS, CostMetric
from tests.app.conftest import UseOrganization
from tests.app.pages import COST_VIEWS, chart_texts, metric, opened, said
from tests.queries.snapshots import Charge, Organization, amounts

USD = Currency("USD")
MARCH_1 = date(2026, 3, 1)


def charge(day: int, record_type: str, unblended: str, amortized: str | None) -> Charge:
    five = amounts(unblended, amortized_cost=amortized, net_amortized_cost=amortized)
    return Charge(MARCH_1 + day * DAY, "1", "Compute", record_type, five)


BOUGHT = [
    charge(0, "Usage", "50", "50"),
    charge(9, "SavingsPlanUpfrontFee", "1000", "0"),
    *(charge(day, "SavingsPlanRecurringFee", "0", "10") for day in range(9, 18)),
    charge(18, "Usage", "50", "50"),
]


def test_every_sense_of_cost_is_what_the_questions_answer_and_awss_own_total(sample: Path) -> None:
    snapshot = open_current(sample / "sample")
    month = preset_period(Preset.last_month, snapshot.complete_through)
    (sums,) = breakdown.breakdown(snapshot, EVERYTHING, Filters(month), [], COST_METRICS).to_pylist()
    app = opened(COST_VIEWS, {"period": "Last month"})
    assert not app.exception
    for sense in COST_METRICS:
        assert metric(app, sense.label) == USD.exact(sums[sense])
    table = app.dataframe[1].value
    assert table["record_type"].tolist()[-3:] == ["Total", "AWS's own total", "Difference"]
    for sense in COST_METRICS:
        control = freshness.tie_out_summary(snapshot, EVERYTHING, month, sense).control
        assert control is not None
        assert table[sense].tolist()[-3:] == [rounded(control), rounded(control), 0]
        assert abs(sum(table[sense].tolist()[:-3]) - rounded(control)) < Decimal("0.1")


def test_the_steps_lead_from_unblended_by_way_of_amortized_to_net_amortized(sample: Path) -> None:
    app = opened(COST_VIEWS, {"period": "Last 13 months"})
    steps = app.dataframe[0].value
    names = steps["step"].tolist()
    assert [name for name in names if name in {m.label for m in CostMetric}] == [
        "Unblended",
        "Amortized",
        "Net amortized",
    ]
    assert "Upfront fees taken out" in names
    assert "Unused commitment put in" in names
    assert steps["amount"].tolist()[-1] == 0
    assert names[-1] == "Left unexplained"
    assert "add up to the end, to the last digit" in said(app)
    assert "From Unblended $" in chart_texts(app)[0]
    assert "to Net amortized $" in chart_texts(app)[0]


def test_any_pair_can_be_linked_to_and_an_unknown_one_is_named(sample: Path) -> None:
    app = opened(COST_VIEWS, {"from_cost": "Net amortized", "to_cost": "Blended"})
    assert "Net amortized cost of" in said(app)
    assert "to Blended $" in chart_texts(app)[0]
    wrong = opened(COST_VIEWS, {"from_cost": "Amortised"})
    assert "From: “Amortised” is not known; did you mean “Amortized”?" in said(wrong)
    assert not wrong.exception
    same = opened(COST_VIEWS, {"from_cost": "Amortized", "to_cost": "Amortized"})
    assert "Choose two different senses" in said(same)


def test_the_sentence_explains_the_difference_by_the_prepaid_balance(organization: UseOrganization) -> None:
    organization(Organization(BOUGHT))
    app = opened(COST_VIEWS, {"period": "Last 30 days"})
    shown = said(app)
    assert "the difference of **$910.00** is the change of the prepaid balance" in shown
    assert "$1,000.00 was paid in advance and $90.00 was amortized, so the balance grew." in shown
    assert "No commitment ran on 1 Mar 2026, the first stored day" in shown
    assert "Balance at the end: $910.00" in chart_texts(app)[1]
    months = app.dataframe[2].value
    assert months["balance"].tolist() == [Decimal("910.00")]
    daily = opened(COST_VIEWS, {"prepaid_by": "Daily"}).dataframe[2].value
    assert daily["paid"].sum() == 1000
    assert daily["balance"].tolist()[0] == 910


def test_a_part_of_the_charges_is_warned_of_fees_and_use_that_lie_apart(organization: UseOrganization) -> None:
    organization(Organization(BOUGHT, accounts={"1": "One"}))
    assert "can lie apart" not in said(opened(COST_VIEWS))
    app = opened(COST_VIEWS, {"accounts": "One"})
    assert "Fees and use of a commitment can lie apart" in said(app)
    assert "AWS gives totals of all charges together only" in said(app)
    assert "AWS's own total" not in app.dataframe[1].value["record_type"].tolist()


def test_somebody_who_sees_one_account_sees_its_cost_and_is_told_why_there_is_no_balance(
    sample: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    snapshot = open_current(sample / "sample")
    ((mine, _), *_) = options.options(snapshot, EVERYTHING).accounts
    scope = Scope(frozenset({mine}))
    monkeypatch.setattr(identity, "viewer", lambda: Viewer("Team lead", scope))
    app = opened(COST_VIEWS, {"period": "Last month"})
    assert not app.exception
    month = preset_period(Preset.last_month, snapshot.complete_through)
    (sums,) = breakdown.breakdown(snapshot, scope, Filters(month), [], COST_METRICS).to_pylist()
    for sense in COST_METRICS:
        assert metric(app, sense.label) == USD.exact(sums[sense])
    shown = said(app)
    assert "The prepaid balance is of all accounts together" in shown
    assert "can lie apart" in shown
    assert "paid in advance and" not in shown
    assert len(app.dataframe) == 2


def test_a_sense_that_is_not_available_is_said_to_be_so(organization: UseOrganization) -> None:
    organization(Organization([charge(0, "Usage", "50", None), charge(18, "Usage", "50", "50")]))
    app = opened(COST_VIEWS)
    assert not app.exception
    assert metric(app, "Amortized") == "not available"
    assert "Net amortized cost is not available" in said(app)
    assert "the prepaid balance is not either" in said(app)
    assert "$0.00" not in said(app)


def test_filters_that_keep_nothing_say_so_and_leave_the_balance(organization: UseOrganization) -> None:
    organization(Organization([*BOUGHT, Charge(MARCH_1, "1", "Gone", "Usage", amounts("1"))]))
    app = opened(COST_VIEWS, {"period": "Last 7 days", "services": "Gone"})
    assert not app.exception
    assert "No charges match these filters" in said(app)
    assert not app.metric
    assert "Balance at the end: $910.00" in chart_texts(app)[0]
