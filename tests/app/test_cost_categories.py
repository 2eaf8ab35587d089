"""The cost categories page: its figures are the questions' answers, and it names nobody's accounts to others."""

from __future__ import annotations

import json
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from costlib.access import EVERYTHING, Scope
from costlib.periods import Preset, preset_period
from costlib.queries import labels
from costlib.queries.filters import Filters
from costlib.store.snapshot import open_current
from costlib.ui import identity
from costlib.ui.identity import Viewer
from costlib.ui.wording import Currency, share
from tests.app.conftest import UseOrganization
from tests.app.pages import COST_CATEGORIES, chart_texts, metric, opened, read, said
from tests.queries.snapshots import Charge, Organization, Rows, amounts

USD = Currency("USD")
TEAM, TAG = "cost_category:Team", "tag:owner"
START, WHEN = date(2026, 3, 1), datetime(2026, 3, 19, 12)


def charge(day: int, amount: str, team: str = "", owner: str = "", account: str = "1", service: str = "EC2") -> Charge:
    return Charge(date(2026, 3, day), account, service, "Usage", amounts(amount), (team, owner))


def rule(value: str, *accounts: str) -> dict[str, Any]:
    return {"Value": value, "Rule": {"Dimensions": {"Key": "LINKED_ACCOUNT", "Values": list(accounts)}}}


def content(*rules: dict[str, Any]) -> str:
    more: dict[str, Any] = {
        "effective_start": "2026-03-01",
        "effective_end": None,
        "default_value": None,
        "split_charge_rules": [],
    }
    return json.dumps({**more, "rules": list(rules)})


OLD, NEW = rule("Shop", "111111111111"), rule("Shop", "111111111111", "222222222222")
SPLITS = [{"Source": "Shop", "Targets": ["Search"], "Method": "EVEN"}]
DEFINITION = ("Team", "arn", START, None, "APPLIED", None, json.dumps([NEW]), json.dumps(SPLITS), WHEN)
CHANGE = ("run", WHEN, "Team", START, content(OLD), content(NEW))
ROWS: dict[str, Rows] = {"cost_category_definitions": [DEFINITION], "cost_category_changes": [CHANGE]}
CHARGES = [
    charge(10, "60", "Shop", "me", account="111111111111"),
    charge(11, "25", account="222222222222"),
    charge(11, "10", account="222222222222", service="S3"),
    charge(11, "5", account="111111111111", service="S3"),
    charge(12, "-2", "Shop", account="111111111111"),
]
NAMES = {"111111111111": "shop-prod", "222222222222": "data-lake"}


def two_accounts(**more: Any) -> Organization:
    return Organization(CHARGES, labels=(TEAM, TAG), accounts=NAMES, rows=ROWS, **more)


def test_the_figures_are_the_questions_answers(sample: Path) -> None:
    snapshot = open_current(sample / "sample")
    filters = Filters(preset_period(Preset.last_30_days, snapshot.complete_through))
    found = labels.coverage(snapshot, EVERYTHING, filters, TEAM)
    app = opened(COST_CATEGORIES, {"label": "Team"})
    assert not app.exception
    assert metric(app, "Coverage") == share(found.share)
    assert metric(app, "Unallocated") == USD.exact(found.unallocated)
    assert metric(app, "Labeled") == USD.exact(found.labeled)
    assert f"{USD.exact(abs(found.short_by or Decimal(0)))} above the target" in deltas(app)
    assert "Unallocated" in app.dataframe[0].value[TEAM].tolist()
    assert any("coverage of Team by month" in text for text in chart_texts(app))


def deltas(app: Any) -> str:
    return read("\n".join(str(m.delta) for m in app.metric))


def test_a_missed_target_says_by_how_much_and_which_pairs_would_reach_it(organization: UseOrganization) -> None:
    organization(two_accounts())
    app = opened(COST_CATEGORIES, {"label": "Team"})
    assert metric(app, "Coverage") == "60.0%"
    assert metric(app, "Unallocated") == "$40.00"
    assert "-$30.00 short of the target" in deltas(app)
    assert "Labeling **the first 2 pairs** brings coverage to the target of 90%" in said(app)
    queue = app.dataframe[3].value
    assert queue["usage_account_name"].tolist() == ["data-lake", "data-lake", "shop-prod"]
    assert queue["running_unblended_cost"].tolist() == [Decimal(25), Decimal(35), Decimal(40)]
    every = app.dataframe[1].value
    assert dict(zip(every["name"], every["target"], strict=True)) == {"Team": "missed", "Tag owner": "missed"}


def test_the_definition_is_read_in_rules_with_what_changed(organization: UseOrganization) -> None:
    organization(two_accounts())
    shown = said(opened(COST_CATEGORIES, {"label": "Team"}))
    assert "1. **Shop** ← accounts shop-prod, data-lake" in shown
    assert "Everything else has no value" in shown
    assert "Cost of **Shop** is split over Search in equal parts" in shown
    assert "Cost Explorer does not apply these" in shown
    assert "Effective from 1 Mar 2026 · read 19 Mar 2026, 12:00 UTC" in shown
    assert "Rule 1 changed: **Shop** ← accounts shop-prod, data-lake; before: **Shop** ← account shop-prod" in shown


def test_somebody_who_may_see_one_account_is_told_of_no_other(
    organization: UseOrganization, monkeypatch: pytest.MonkeyPatch
) -> None:
    organization(two_accounts())
    scope = Scope(frozenset({"111111111111"}))
    monkeypatch.setattr(identity, "viewer", lambda: Viewer("Team lead", scope))
    app = opened(COST_CATEGORIES, {"label": "Team", "across": "Accounts"})
    assert not app.exception
    shown = said(app) + "\n".join(str(frame.value.to_dict()) for frame in app.dataframe)
    assert "1. **Shop** ← accounts shop-prod, 1 outside your view" in shown
    assert "222222222222" not in shown
    assert "data-lake" not in shown
    assert metric(app, "Unallocated") == "$5.00"


def test_a_tag_says_that_it_has_no_definition(organization: UseOrganization) -> None:
    organization(two_accounts())
    app = opened(COST_CATEGORIES, {"label": "Tag owner"})
    assert not app.exception
    assert "A tag has no rules" in said(app)
    assert "Changes noticed" not in said(app)


def test_a_definition_still_being_applied_says_so(organization: UseOrganization) -> None:
    processing = (*DEFINITION[:4], "PROCESSING", *DEFINITION[5:])
    organization(Organization(CHARGES, labels=(TEAM, TAG), rows={"cost_category_definitions": [processing]}))
    assert "AWS is still applying this definition" in said(opened(COST_CATEGORIES))


def lacking(*actions: str) -> dict[str, Rows]:
    return {"missing_rights": [(action, "something", WHEN) for action in actions]}


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        (lacking("ce:DescribeCostCategoryDefinition"), "the role lacks `ce:DescribeCostCategoryDefinition`"),
        ({}, "AWS gave no definition of this cost category"),
    ],
)
def test_a_definition_that_was_never_read_says_why(
    organization: UseOrganization, rows: dict[str, Rows], words: str
) -> None:
    organization(Organization(CHARGES, labels=(TEAM, TAG), rows=rows))
    assert words in said(opened(COST_CATEGORIES))


@pytest.mark.parametrize("actions", [(), ("ce:GetCostCategories",)])
def test_without_any_tracked_label_the_page_says_what_to_set(
    organization: UseOrganization, actions: tuple[str, ...]
) -> None:
    bare = [Charge(START, "1", "EC2", "Usage", amounts("1"), ())]
    organization(Organization(bare, labels=(), rows=lacking(*actions)))
    app = opened(COST_CATEGORIES)
    assert not app.exception
    assert "No cost category or tag is tracked" in said(app)
    assert 'cost_categories = ["*"]' in said(app)
    assert ("The role lacks `ce:GetCostCategories`" in said(app)) is bool(actions)


def test_everything_labeled_still_shows_unallocated_at_nothing(organization: UseOrganization) -> None:
    organization(Organization([charge(10, "5", "Shop", "me")], labels=(TEAM, TAG)))
    app = opened(COST_CATEGORIES)
    assert metric(app, "Coverage") == "100.0%"
    assert metric(app, "Unallocated") == "$0.00"
    assert "Unallocated" in app.dataframe[0].value[TEAM].tolist()
    assert "Every charge has a value of Team" in said(app)


def test_filters_that_keep_nothing_and_a_label_that_does_not_exist_are_named(organization: UseOrganization) -> None:
    organization(two_accounts(days=[date(2026, 3, 18)]))
    nothing = opened(COST_CATEGORIES, {"period": "Last 7 days", "services": "S3"})
    assert "No charges match these filters" in said(nothing)
    unknown = opened(COST_CATEGORIES, {"label": "Teem"})
    assert not unknown.exception
    assert "did you mean “Team”?" in said(unknown)
