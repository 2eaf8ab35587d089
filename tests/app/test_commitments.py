"""The commitments page: what it shows, what it says does not apply, and what it says when there is nothing to show."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from costlib.access import EVERYTHING, Scope
from costlib.periods import DAY, Granularity, Period, Preset, preset_period
from costlib.queries.commitments import totals
from costlib.queries.filters import Filters
from costlib.store.snapshot import open_current
from costlib.ui import commitment_charts, identity
from costlib.ui.identity import Viewer
from costlib.ui.wording import Currency
from costlib.vocabulary import CommitmentKind
from tests.app.conftest import UseOrganization
from tests.app.pages import COMMITMENTS, chart_texts, metric, opened, said
from tests.queries.snapshots import Charge, Organization, amounts
from tests.queries.test_commitments import covered, told

USD = Currency("USD")
PLANS, RESERVED = CommitmentKind.savings_plan, CommitmentKind.reservation
DAYS = Period(date(2026, 3, 1), date(2026, 3, 19))
READ = datetime(2026, 3, 20, 6)


def organization_of(
    utilization: Sequence[tuple[Any, ...]] = (), coverage: Sequence[tuple[Any, ...]] = (), **rows: Any
) -> Organization:
    """One account that owns and uses a Savings Plan worth 4 dollars a day, 3 of them used."""
    charges = [
        Charge(day, "1", "Compute", record_type, amounts("0", amortized_cost=amount))
        for day in DAYS
        for record_type, amount in ((PLANS.used_in, "3"), (PLANS.unused_in, "1"))
    ]
    tables = {"commitment_utilization": utilization, "commitment_coverage": coverage, **rows}
    return Organization(charges, rows=tables)


PLAN_DAYS = [told(day, "3", "1", saved="2") for day in DAYS]
PLAN_COVERAGE = [covered(day, "5", "15") for day in DAYS]


def test_the_headline_is_what_the_question_answers_for_the_chosen_period(sample: Path) -> None:
    snapshot = open_current(sample / "sample")
    period = preset_period(Preset.last_90_days, snapshot.complete_through)
    plans, reserved = totals(snapshot, EVERYTHING, Filters(period))
    app = opened(COMMITMENTS, {"period": "Last 90 days"})
    assert not app.exception
    for label, name in (("Committed", "total"), ("Used", "used"), ("Unused", "unused")):
        both = getattr(plans, name) + getattr(reserved, name)
        assert metric(app, label) == USD.exact(both)
    assert metric(app, "Coverage · Savings Plans") == f"{plans.coverage or 0:.1%}"
    assert metric(app, "Coverage · Reservations") == f"{reserved.coverage or 0:.1%}"


def test_the_differences_to_the_charges_are_zero_on_the_sample_and_said_to_be(sample: Path) -> None:
    app = opened(COMMITMENTS, {"period": "Last 13 months", "granularity": "Monthly"})
    shown = app.dataframe[0].value
    assert len(shown) >= 24
    for name in ("used_difference", "unused_difference"):
        assert {value for value in shown[name] if value is not None} == {Decimal("0.00")}
    assert "equal the amortized charges to the last digit" in said(app)
    assert "once the month is over" in said(app)


def test_a_shared_commitment_is_said_to_have_an_owner_and_users(sample: Path, organization: UseOrganization) -> None:
    assert "shared here" in said(opened(COMMITMENTS))
    organization(organization_of(PLAN_DAYS, PLAN_COVERAGE))
    assert "shared here" not in said(opened(COMMITMENTS))


def test_filters_that_do_not_apply_are_named(sample: Path) -> None:
    assert "not filtered" not in said(opened(COMMITMENTS))
    app = opened(COMMITMENTS, {"services": "AWS Lambda", "without_tax": "true"})
    shown = said(app)
    assert "These figures are not filtered" in shown
    assert "only AWS Lambda, without tax" in shown
    assert metric(app, "Committed") == metric(opened(COMMITMENTS), "Committed")


def test_one_kind_alone_has_one_chart_of_parts_and_no_table_of_services(organization: UseOrganization) -> None:
    organization(organization_of(PLAN_DAYS, PLAN_COVERAGE))
    app = opened(COMMITMENTS)
    assert not app.exception
    parts, coverage = chart_texts(app)
    assert "Savings Plans, used and unused" in parts
    assert "Used: $54.00; unused: $18.00" in parts
    assert "25.0% to 25.0%" in coverage
    assert "Reservations" not in said(app).replace("hours of instances for reservations", "")
    assert len(app.dataframe) == 1
    assert metric(app, "Utilization") == "75.0%"


def test_a_difference_is_said_with_its_size(organization: UseOrganization) -> None:
    wrong = [told(DAYS.start, "3.5", "1"), *PLAN_DAYS[1:]]
    organization(organization_of(wrong, PLAN_COVERAGE))
    app = opened(COMMITMENTS)
    assert "1 row differs from the amortized charges, by $0.50 in all" in said(app)
    assert app.dataframe[0].value["used_difference"].tolist() == [Decimal("0.50")]


def test_an_organization_without_commitments_is_told_so(organization: UseOrganization) -> None:
    organization(Organization([Charge(day, "1", "Compute", "Usage", amounts("1")) for day in DAYS]))
    app = opened(COMMITMENTS)
    assert not app.exception
    assert "No commitments" in said(app)
    assert not app.metric
    assert not app.get("plotly_chart")


def test_a_missing_right_is_named_with_the_policy_that_grants_it(organization: UseOrganization) -> None:
    right = [("ce:GetSavingsPlansUtilization", "used and unused parts of Savings Plans", READ)]
    organization(organization_of(missing_rights=right))
    shown = said(opened(COMMITMENTS))
    assert "ce:GetSavingsPlansUtilization" in shown
    assert "deploy/iam/optional-commitments.json" in shown


def test_a_right_that_is_missing_leaves_what_the_others_bring(organization: UseOrganization) -> None:
    organization(organization_of(PLAN_DAYS, missing_rights=[("ce:GetSavingsPlansCoverage", "coverage", READ)]))
    app = opened(COMMITMENTS)
    assert "ce:GetSavingsPlansCoverage" in said(app)
    assert metric(app, "Used") == "$54.00"
    assert metric(app, "Coverage · Savings Plans") == "not available"


def test_figures_that_were_not_told_are_not_available_and_never_zero(organization: UseOrganization) -> None:
    organization(organization_of([*PLAN_DAYS[:-1], told(DAYS.last_day, None, None)], PLAN_COVERAGE))
    app = opened(COMMITMENTS)
    assert not app.exception
    assert metric(app, "Used") == metric(app, "Utilization") == "not available"


def test_commitments_without_figures_and_without_a_reason_point_to_the_last_sync(organization: UseOrganization) -> None:
    organization(organization_of())
    assert "told nothing about Savings Plans" in said(opened(COMMITMENTS))


def test_a_billing_view_is_given_as_the_reason(organization: UseOrganization, monkeypatch: pytest.MonkeyPatch) -> None:
    organization(organization_of())
    monkeypatch.setenv("COSTLIB_BILLING_VIEW_ARN", "arn:aws:billing::111122223333:billingview/custom-1")
    assert "billing view" in said(opened(COMMITMENTS))


def test_a_period_that_aws_told_nothing_about_says_which_it_did(organization: UseOrganization) -> None:
    organization(organization_of(PLAN_DAYS[:3], PLAN_COVERAGE[:3]))
    app = opened(COMMITMENTS, {"period": "Last 7 days"})
    assert "AWS has told about 1–3 Mar 2026" in said(app)
    assert not app.metric


def test_somebody_who_sees_some_accounts_sees_none_of_it(sample: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    account = open_current(sample / "sample").rows("SELECT MIN(usage_account_id) FROM accounts").__next__()[0]
    monkeypatch.setattr(identity, "viewer", lambda: Viewer("Team lead", Scope(frozenset({str(account)}))))
    app = opened(COMMITMENTS)
    assert not app.exception
    assert "Commitments are the payer's" in said(app)
    assert not app.metric
    assert not app.dataframe
    assert not app.get("plotly_chart")


def test_long_spans_are_drawn_without_gaps_between_days() -> None:
    def rows(days: int) -> pa.Table:
        return pa.Table.from_pylist(
            [
                {
                    "period_start": DAYS.start + n * DAY,
                    "kind": "savings_plan",
                    "total": Decimal(4),
                    "used": Decimal(3),
                    "unused": Decimal(1),
                    "utilization": 0.75,
                    "coverage": 0.5,
                    "is_estimated": False,
                }
                for n in range(days)
            ]
        )

    long, short = (commitment_charts.used_and_unused(rows(days), PLANS, USD, Granularity.daily) for days in (200, 20))
    assert long
    assert short
    assert (long.figure.layout.bargap, short.figure.layout.bargap) == (0, 0.18)
    assert commitment_charts.used_and_unused(rows(3), RESERVED, USD, Granularity.daily) is None
