"""Which policy in deploy/iam brings which right: the one place that ties an IAM action to a file.

A refusal names the action; people need the file to attach. tests/ingest/test_iam_policies.py holds the two together.
"""

from __future__ import annotations

from collections.abc import Mapping

FOLDER = "deploy/iam"
SYNC_POLICY = "sync-policy.json"
"""What no sync does without, and the names of accounts, tags and cost categories."""

_OPTIONAL: Mapping[str, tuple[str, ...]] = {
    "optional-cost-category-definitions.json": (
        "ce:ListCostCategoryDefinitions",
        "ce:DescribeCostCategoryDefinition",
    ),
    "optional-commitments.json": (
        "ce:GetSavingsPlansUtilization",
        "ce:GetSavingsPlansCoverage",
        "ce:GetReservationUtilization",
        "ce:GetReservationCoverage",
    ),
    "optional-forecast.json": ("ce:GetCostForecast",),
    "optional-anomalies.json": ("ce:GetAnomalies",),
    "optional-budgets.json": ("budgets:ViewBudget",),
    "optional-sns.json": ("sns:Publish",),
    "optional-category-writing.json": ("ce:CreateCostCategoryDefinition", "ce:UpdateCostCategoryDefinition"),
    "assume-role-policy.json": ("sts:AssumeRole",),
}
_FILE_OF = {action: file for file, actions in _OPTIONAL.items() for action in actions}


def policy_of(action: str) -> str:
    """The file, from the root of the repository, that grants `action`; the sync's own for what none of them has."""
    return f"{FOLDER}/{_FILE_OF.get(action, SYNC_POLICY)}"
