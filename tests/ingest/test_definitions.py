"""Definitions of cost categories: described when that could tell something new, and every change is noticed."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from costlib.config import Settings
from costlib.errors import BudgetReached
from costlib.ingest.plan import price_from_store
from costlib.sample.faults import Faults
from costlib.sample.organization import tiny_organization
from costlib.sample.plan import CostCategory
from costlib.sample.server import SampleEndpoint
from costlib.store.definitions import held_definitions, keep_only
from costlib.store.warehouse import open_warehouse
from tests.ingest.syncing import NOON, snapshot_in, sync_from
from tests.ingest.truth import differences

TODAY = NOON.date()
TEAM = "cost_category:Team"
CUBE = ("charge_date", "usage_account_id", "service", "record_type", TEAM)
LATER = NOON + timedelta(hours=1)
SINCE = TODAY - timedelta(days=9)


@pytest.fixture
def endpoint() -> Iterator[SampleEndpoint]:
    with SampleEndpoint(tiny_organization(TODAY, days=20)) as endpoint:
        yield endpoint


def synced(endpoint: SampleEndpoint, folder: Path, now: datetime = NOON, **settings: Any) -> Counter[str]:
    """Sync, and count what it asked by operation."""
    endpoint.forget_requests()
    sync_from(endpoint, folder, now=now, history_months=1, **settings)
    return Counter(r.operation for r in endpoint.requests if r.is_paid)


def held(folder: Path, columns: str = "name") -> list[tuple[Any, ...]]:
    return rows_of(folder, f"SELECT {columns} FROM cost_category_definitions ORDER BY name")


def changes(folder: Path) -> list[tuple[Any, ...]]:
    return rows_of(
        folder, "SELECT name, noticed_at, effective_start, old_definition, new_definition FROM cost_category_changes"
    )


def rows_of(folder: Path, sql: str) -> list[tuple[Any, ...]]:
    snapshot = snapshot_in(folder)
    rows = list(snapshot.rows(sql))
    snapshot.close()
    return rows


def days_labeled(endpoint: SampleEndpoint) -> list[tuple[str, str]]:
    """The spans of the requests for Team by account."""
    asked: list[Any] = [r.parameters for r in endpoint.requests_of("GetCostAndUsage") if r.is_paid]
    keys = [("COST_CATEGORY", "Team"), ("DIMENSION", "LINKED_ACCOUNT")]
    spans = [p["TimePeriod"] for p in asked if [(g["Type"], g["Key"]) for g in p.get("GroupBy", [])] == keys]
    return [(span["Start"], span["End"]) for span in spans]


def with_one_rule_fewer_accounts(category: CostCategory) -> CostCategory:
    """The same number of rules, the same values, effective from `SINCE`: one rule means something else."""
    rule = replace(category.rules[-1], expression={"Dimensions": {"Key": "LINKED_ACCOUNT", "Values": ["999999999999"]}})
    return replace(category, rules=(*category.rules[:-1], rule))


def test_a_first_sync_describes_each_category_once_and_an_unchanged_one_none(
    endpoint: SampleEndpoint, tmp_path: Path
) -> None:
    assert synced(endpoint, tmp_path)["DescribeCostCategoryDefinition"] == 2
    team = next(c for c in endpoint.organization.cost_categories if c.name == "Team")
    columns = (
        "name, effective_start, effective_end, processing_status, default_value, rules, split_charge_rules, read_at"
    )
    (_, row) = held(tmp_path, columns)
    assert row[:5] == ("Team", date(2024, 1, 1), None, "APPLIED", None)
    assert [(r["Value"], r["Rule"]) for r in json.loads(row[5])] == [(r.value, r.expression) for r in team.rules]
    assert [s["Source"] for s in json.loads(row[6])] == ([team.split_source] if team.split_source else [])
    assert row[7] == NOON
    assert synced(endpoint, tmp_path, LATER)["DescribeCostCategoryDefinition"] == 0
    assert changes(tmp_path) == []
    assert days_labeled(endpoint) == []


def test_a_change_that_the_list_shows_is_described_listed_and_labeled_from_its_start(
    endpoint: SampleEndpoint, tmp_path: Path
) -> None:
    synced(endpoint, tmp_path)
    account = endpoint.organization.accounts[0].account_id
    endpoint.recategorize(TEAM, account, "New $team", SINCE)
    assert synced(endpoint, tmp_path, LATER)["DescribeCostCategoryDefinition"] == 1
    ((name, noticed_at, effective_start, old, new),) = changes(tmp_path)
    assert (name, noticed_at, effective_start) == ("Team", LATER, SINCE)
    before, after = json.loads(old)["rules"], json.loads(new)["rules"]
    assert after[1:] == before
    assert after[0]["Value"] == "New $team"
    assert differences(snapshot_in(tmp_path), endpoint, CUBE) == {}
    assert synced(endpoint, tmp_path, LATER + timedelta(hours=1))["DescribeCostCategoryDefinition"] == 0
    assert len(changes(tmp_path)) == 1


def test_a_change_moves_the_labels_of_every_day_from_its_effective_start_on(
    endpoint: SampleEndpoint, tmp_path: Path
) -> None:
    synced(endpoint, tmp_path)
    endpoint.redefine("Team", lambda category: replace(category, effective_start=SINCE))
    synced(endpoint, tmp_path, LATER)
    spans = days_labeled(endpoint)
    assert (min(s for s, _ in spans), max(e for _, e in spans)) == (str(SINCE), str(TODAY + timedelta(days=1)))
    synced(endpoint, tmp_path, LATER + timedelta(hours=1))
    assert days_labeled(endpoint) == []


def test_a_changed_rule_that_the_list_does_not_show_is_noticed_within_deep_reread_days(
    endpoint: SampleEndpoint, tmp_path: Path
) -> None:
    synced(endpoint, tmp_path)
    endpoint.redefine("Team", with_one_rule_fewer_accounts)
    assert synced(endpoint, tmp_path, LATER)["DescribeCostCategoryDefinition"] == 0
    late = NOON + timedelta(days=7)
    endpoint.serve(replace(endpoint.organization, today=late.date()))
    assert synced(endpoint, tmp_path, late)["DescribeCostCategoryDefinition"] == 2
    ((name, noticed_at, effective_start, _, new),) = changes(tmp_path)
    assert (name, noticed_at, effective_start) == ("Team", late, date(2024, 1, 1))
    assert "999999999999" in new
    assert days_labeled(endpoint), "the label was not read again"


def test_a_category_is_described_and_labeled_while_processing_and_once_more_when_applied(
    endpoint: SampleEndpoint, tmp_path: Path
) -> None:
    synced(endpoint, tmp_path)
    endpoint.faults = Faults(processing_categories=frozenset({"Team"}))
    for hour in (1, 2):
        now = NOON + timedelta(hours=hour)
        assert synced(endpoint, tmp_path, now)["DescribeCostCategoryDefinition"] == 1
        assert days_labeled(endpoint)
        assert held(tmp_path, "processing_status")[1] == ("PROCESSING",)
    endpoint.faults = Faults()
    assert synced(endpoint, tmp_path, NOON + timedelta(hours=3))["DescribeCostCategoryDefinition"] == 1
    assert days_labeled(endpoint)
    assert held(tmp_path, "processing_status")[1] == ("APPLIED",)
    assert synced(endpoint, tmp_path, NOON + timedelta(hours=4))["DescribeCostCategoryDefinition"] == 0
    assert days_labeled(endpoint) == []
    assert changes(tmp_path) == []


def test_without_the_right_to_describe_changes_are_still_noticed_by_the_list(
    endpoint: SampleEndpoint, tmp_path: Path
) -> None:
    denied = Faults(denied_operations=frozenset({"DescribeCostCategoryDefinition"}))
    endpoint.faults = denied
    synced(endpoint, tmp_path)
    assert held(tmp_path) == []
    missing = rows_of(tmp_path, "SELECT action, feature FROM missing_rights")
    assert missing == [("ce:DescribeCostCategoryDefinition", "the rules of cost categories")]
    endpoint.recategorize(TEAM, endpoint.organization.accounts[0].account_id, "New", SINCE)
    synced(endpoint, tmp_path, LATER)
    assert differences(snapshot_in(tmp_path), endpoint, CUBE) == {}
    assert days_labeled(endpoint)
    synced(endpoint, tmp_path, LATER + timedelta(hours=1))
    assert days_labeled(endpoint) == []
    endpoint.faults = Faults()
    assert synced(endpoint, tmp_path, LATER + timedelta(hours=2))["DescribeCostCategoryDefinition"] == 2
    assert held(tmp_path) == [("Environment",), ("Team",)]
    assert rows_of(tmp_path, "SELECT action FROM missing_rights") == []


def test_a_right_that_was_taken_away_does_not_label_again_for_ever(endpoint: SampleEndpoint, tmp_path: Path) -> None:
    synced(endpoint, tmp_path)
    endpoint.faults = Faults(
        processing_categories=frozenset({"Team"}), denied_operations=frozenset({"DescribeCostCategoryDefinition"})
    )
    synced(endpoint, tmp_path, LATER)
    endpoint.faults = replace(endpoint.faults, processing_categories=frozenset())
    synced(endpoint, tmp_path, LATER + timedelta(hours=1))
    assert days_labeled(endpoint), "what was processing must be read once more"
    synced(endpoint, tmp_path, LATER + timedelta(hours=2))
    assert days_labeled(endpoint) == []


def test_a_sync_that_stopped_after_noticing_a_change_leaves_the_labeling_to_the_next(
    endpoint: SampleEndpoint, tmp_path: Path
) -> None:
    synced(endpoint, tmp_path)
    endpoint.redefine("Team", lambda category: replace(category, effective_start=SINCE))
    with pytest.raises(BudgetReached):
        synced(endpoint, tmp_path, LATER, max_requests_per_run=6)
    asked = Counter(r.operation for r in endpoint.requests if r.is_paid)
    assert asked["DescribeCostCategoryDefinition"] == 1
    assert days_labeled(endpoint) == []
    assert synced(endpoint, tmp_path, LATER + timedelta(hours=1))["DescribeCostCategoryDefinition"] == 0
    assert min(start for start, _ in days_labeled(endpoint)) == str(SINCE)
    assert len(changes(tmp_path)) == 1


def test_only_tracked_categories_are_described(endpoint: SampleEndpoint, tmp_path: Path) -> None:
    assert synced(endpoint, tmp_path, cost_categories=("Environment",))["DescribeCostCategoryDefinition"] == 1
    assert held(tmp_path) == [("Environment",)]
    assert synced(endpoint, tmp_path, LATER, cost_categories=())["ListCostCategoryDefinitions"] == 0
    assert held(tmp_path) == []
    assert changes(tmp_path) == [], "AWS changed nothing"


def test_a_definition_that_aws_no_longer_has_is_listed_as_gone(endpoint: SampleEndpoint, tmp_path: Path) -> None:
    synced(endpoint, tmp_path)
    with open_warehouse(tmp_path / "sample") as warehouse:
        keep_only(warehouse, "run", ("Team", "Environment"), ("Environment",), LATER)
        assert set(held_definitions(warehouse)) == {"Environment"}
        ((name, new),) = warehouse.fetch("SELECT name, new_definition FROM cost_category_changes")
        assert (name, new) == ("Team", None)


def test_the_plan_counts_descriptions_that_come_due(endpoint: SampleEndpoint, tmp_path: Path) -> None:
    synced(endpoint, tmp_path)
    settings = Settings(data_dir=tmp_path)
    for days, expected in ((0, 0), (6, 2)):
        planned = price_from_store(settings, NOON + timedelta(days=days))
        assert planned
        assert planned["definitions"] == expected
