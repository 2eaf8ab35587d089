"""The policies in deploy/iam over the wire: a whole sync behind an endpoint that denies whatever they do not grant."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from costlib.ingest.rights import policy_of
from costlib.ingest.sync import SyncResult
from costlib.sample.endpoint import Endpoint
from costlib.sample.organization import sample_organization
from costlib.sample.refusals import denied
from costlib.sample.service import Answerer, CostExplorer
from tests.ingest.syncing import NOON, snapshot_in, sync_from

IAM = Path(__file__).resolve().parents[2] / "deploy" / "iam"
WRITING = "optional-category-writing.json"
READING = sorted(p.name for p in IAM.glob("*.json") if p.name == "sync-policy.json" or p.name.startswith("optional-"))
EVERY_READING = [name for name in READING if name != WRITING]
ORGANIZATION = sample_organization(NOON.date())


class Guarded:
    """Answers what the policies grant; anything else is denied in AWS's words."""

    def __init__(self, answerer: Answerer, granted: Iterable[str]) -> None:
        self._answerer, self._granted = answerer, frozenset(granted)

    def answer(self, operation: str, parameters: dict[str, object], access_key: str) -> Mapping[str, object]:
        if f"ce:{operation}" not in self._granted:
            raise denied(operation, ORGANIZATION.payer_account_id)
        return self._answerer.answer(operation, parameters, access_key)


def granted_by(names: Iterable[str]) -> set[str]:
    found: set[str] = set()
    for name in names:
        for statement in json.loads((IAM / name).read_text(encoding="utf-8"))["Statement"]:
            action = statement["Action"]
            found |= {action} if isinstance(action, str) else set(action)
    return found


def synced_with(policies: Iterable[str], folder: Path) -> tuple[SyncResult, set[str], set[str]]:
    """A sync by a role with these policies: what came of it, the rights it says it lacks, what it was refused."""
    with Endpoint(Guarded(CostExplorer(ORGANIZATION), granted_by(policies))) as endpoint:
        result = sync_from(endpoint, folder, history_months=1, tags=("application",))
        refused = {f"ce:{request.operation}" for request in endpoint.requests if request.status != 200}
    snapshot = snapshot_in(folder)
    missing = {str(action) for (action,) in snapshot.rows("SELECT action FROM missing_rights")}
    snapshot.close()
    return result, missing, refused


def test_the_policies_are_all_that_a_whole_sync_needs(tmp_path: Path) -> None:
    result, missing, refused = synced_with(EVERY_READING, tmp_path)
    assert result.ties_out
    assert not result.warnings
    assert missing == refused == set()


def test_the_required_policy_alone_syncs_and_the_rest_is_said_to_be_missing(tmp_path: Path) -> None:
    result, missing, refused = synced_with(["sync-policy.json"], tmp_path)
    assert result.ties_out
    assert missing == refused != set()
    assert all(policy_of(action).startswith("deploy/iam/optional-") for action in missing)


def test_one_optional_policy_brings_its_own_feature_alone(tmp_path: Path) -> None:
    policies = ["sync-policy.json", "optional-cost-category-definitions.json"]
    result, missing, _ = synced_with(policies, tmp_path)
    assert result.ties_out
    assert missing
    assert not missing & granted_by(policies)
