"""The policies in deploy/iam: real actions, all that are needed, none that are not."""

from __future__ import annotations

import ast
import json
from pathlib import Path

import pytest
from botocore.loaders import Loader

from costlib.ingest.budgets import ACTION
from costlib.ingest.categories import CREATE, UPDATE
from costlib.ingest.commitments import OPERATIONS

ROOT = Path(__file__).resolve().parents[2]
IAM = ROOT / "deploy" / "iam"
POLICIES = sorted(IAM.glob("*.json"))
READING = ("Get", "List", "Describe", "View")
NAMED_OTHERWISE = {"budgets:ViewBudget": "budgets:DescribeBudgets"}
"""Actions of IAM that are not called like the operation that they allow."""


def statements(name: str) -> list[dict]:
    return json.loads((IAM / name).read_text(encoding="utf-8"))["Statement"]


def actions(name: str) -> set[str]:
    found = (s["Action"] for s in statements(name))
    return {action for listed in found for action in ([listed] if isinstance(listed, str) else listed)}


def operations_of(service: str) -> set[str]:
    return set(Loader().load_service_model(service, "service-2")["operations"])


def asked_operations() -> set[str]:
    """Every operation of Cost Explorer that the ingestion names."""
    files = (ROOT / "costlib" / "ingest").glob("*.py")
    nodes = (node for file in files for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))))
    return {n.value for n in nodes if isinstance(n, ast.Constant) and isinstance(n.value, str)} & operations_of("ce")


@pytest.mark.parametrize("policy", POLICIES, ids=lambda path: path.name)
def test_every_action_exists(policy: Path) -> None:
    for action in actions(policy.name):
        service, operation = NAMED_OTHERWISE.get(action, action).split(":")
        assert operation in operations_of(service), action


@pytest.mark.parametrize("policy", POLICIES, ids=lambda path: path.name)
def test_nothing_is_granted_by_wildcard(policy: Path) -> None:
    assert not [action for action in actions(policy.name) if "*" in action]
    assert all(s["Effect"] == "Allow" for s in statements(policy.name))


def test_the_sync_gets_exactly_the_rights_that_it_asks_for() -> None:
    commitments = {f"ce:{operation}" for operation in OPERATIONS}
    assert actions("optional-commitments.json") == commitments
    writing = {f"ce:{CREATE}", f"ce:{UPDATE}"}
    optional = commitments | actions("optional-anomalies.json")
    assert actions("sync-policy.json") == {f"ce:{o}" for o in asked_operations()} - optional - writing


def test_reading_budgets_takes_the_right_that_a_missing_one_is_reported_by() -> None:
    assert actions("optional-budgets.json") == {ACTION}


def test_only_the_policy_for_writing_cost_categories_lets_anybody_change_something() -> None:
    changing = {
        (policy.name, action)
        for policy in POLICIES
        for action in actions(policy.name)
        if not action.split(":")[1].startswith((*READING, "AssumeRole", "Publish"))
    }
    assert changing == {("optional-category-writing.json", f"ce:{operation}") for operation in (CREATE, UPDATE)}
    (which,) = (s["Resource"] for s in statements("optional-category-writing.json") if f"ce:{UPDATE}" in s["Action"])
    assert which.endswith(":costcategory/*")


@pytest.mark.parametrize("name", ["sync-policy.json", "optional-organizations.json", "optional-commitments.json"])
def test_nobody_may_change_anything(name: str) -> None:
    assert all(action.split(":")[1].startswith(READING) for action in actions(name))


def test_the_trust_policy_asks_for_an_external_id_and_an_exact_principal() -> None:
    (statement,) = statements("trust-policy.json")
    assert statement["Condition"] == {"StringEquals": {"sts:ExternalId": "<EXTERNAL_ID>"}}
    assert statement["Principal"]["AWS"].startswith("arn:aws:iam::<")
    assert "*" not in statement["Principal"]["AWS"]


def test_who_assumes_the_role_may_assume_that_one_only() -> None:
    (statement,) = statements("assume-role-policy.json")
    assert "*" not in statement["Resource"]
