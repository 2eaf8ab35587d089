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
from costlib.ingest.rights import policy_of

ROOT = Path(__file__).resolve().parents[2]
IAM = ROOT / "deploy" / "iam"
POLICIES = sorted(IAM.glob("*.json"))
READING = ("Get", "List", "Describe", "View")
NOT_OPERATIONS = {"budgets:ViewBudget": ("DescribeBudgets", "DescribeBudget", "DescribeNotificationsForBudget")}
"""Rights that AWS names otherwise than the operations they let through (Service Authorization Reference)."""
WRITING, TRUSTING = "optional-category-writing.json", ("trust-policy.json", "assume-role-policy.json")
PLANNED = {"optional-forecast.json", "optional-anomalies.json", "optional-budgets.json", "optional-sns.json"}
"""Each of a feature of its own, which is switched off or left out where the right is missing."""


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
        service, operation = action.split(":")
        assert set(NOT_OPERATIONS.get(action, (operation,))) <= operations_of(service), action


@pytest.mark.parametrize("policy", POLICIES, ids=lambda path: path.name)
def test_nothing_is_granted_by_wildcard(policy: Path) -> None:
    assert not [action for action in actions(policy.name) if "*" in action]
    assert all(s["Effect"] == "Allow" for s in statements(policy.name))


def test_the_sync_gets_exactly_the_rights_that_it_asks_for() -> None:
    commitments = {f"ce:{operation}" for operation in OPERATIONS}
    definitions = actions("optional-cost-category-definitions.json")
    planned = {action for name in PLANNED for action in actions(name)}
    assert actions("optional-commitments.json") == commitments
    others = commitments | definitions | planned | {f"ce:{CREATE}", f"ce:{UPDATE}"}
    assert definitions <= {f"ce:{o}" for o in asked_operations()}
    assert actions("sync-policy.json") == {f"ce:{o}" for o in asked_operations()} - others


def test_reading_budgets_takes_the_right_that_a_missing_one_is_reported_by() -> None:
    assert actions("optional-budgets.json") == {ACTION}


@pytest.mark.parametrize("policy", POLICIES, ids=lambda path: path.name)
def test_a_refusal_names_a_policy_that_mends_it(policy: Path) -> None:
    for action in actions(policy.name):
        if action.startswith("organizations:"):
            continue
        named = ROOT / policy_of(action)
        assert action in actions(named.name), (action, named)


def test_only_the_policy_for_writing_cost_categories_lets_anybody_change_something() -> None:
    changing = {
        (policy.name, action)
        for policy in POLICIES
        for action in actions(policy.name)
        if not action.split(":")[1].startswith((*READING, "AssumeRole", "Publish"))
    }
    assert changing == {(WRITING, f"ce:{operation}") for operation in (CREATE, UPDATE)}
    (which,) = (s["Resource"] for s in statements(WRITING) if f"ce:{UPDATE}" in s["Action"])
    assert which.endswith(":costcategory/*")


@pytest.mark.parametrize("name", [p.name for p in POLICIES if p.name not in (WRITING, *TRUSTING)])
def test_the_others_read_and_alerts_go_to_one_topic(name: str) -> None:
    changing = {action for action in actions(name) if not action.split(":")[1].startswith(READING)}
    assert changing == ({"sns:Publish"} if name == "optional-sns.json" else set())
    if changing:
        (statement,) = statements(name)
        assert statement["Resource"].startswith("arn:aws:sns:<")


def test_the_trust_policy_asks_for_an_external_id_and_an_exact_principal() -> None:
    (statement,) = statements("trust-policy.json")
    assert statement["Condition"] == {"StringEquals": {"sts:ExternalId": "<EXTERNAL_ID>"}}
    assert statement["Principal"]["AWS"].startswith("arn:aws:iam::<")
    assert "*" not in statement["Principal"]["AWS"]


def test_who_assumes_the_role_may_assume_that_one_only() -> None:
    (statement,) = statements("assume-role-policy.json")
    assert "*" not in statement["Resource"]
