"""Cost category definitions: noticed when they change, described when that could tell something new.

The list of definitions is one request and shows most changes: values, number of rules, effective start, status. A rule
that changed alone it does not show, so a description that has grown old is read again.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from hashlib import sha256
from typing import Any

from costlib.errors import AccessDenied
from costlib.ingest.client import CostExplorer
from costlib.ingest.run import Run
from costlib.store import definitions as store
from costlib.store.definitions import Definition, Held
from costlib.store.ledger import clear_missing_right, note_missing_right
from costlib.store.warehouse import Warehouse

DESCRIPTIONS = "definitions"
"""Their purpose in the request ledger."""
PROCESSING, APPLIED = "PROCESSING", "APPLIED"


@dataclass(frozen=True)
class _Listed:
    """A definition as the list shows it. `seen` is a fingerprint of all it says, once that has been applied."""

    name: str
    arn: str
    effective_start: date
    seen: str

    @property
    def is_processing(self) -> bool:
        return self.seen == PROCESSING

    @property
    def described(self) -> dict[str, str]:
        """What is remembered of a definition that was described when it looked like this."""
        return {f"described:{self.name}": self.seen}

    @property
    def labeled(self) -> dict[str, str]:
        """What is remembered of one whose charges were labeled, or will be, as it looks now."""
        return {f"definition:{self.name}": self.seen}


def sync_definitions(run: Run, client: CostExplorer, tracked: list[str]) -> None:
    """Bring the definitions of the tracked cost categories in step; what changed will be labeled again."""
    if not tracked:
        store.keep_only(run.warehouse, run.run_id, (), (), run.clock())
        return
    listed = _listed(run, client)
    if listed is None:
        return
    store.keep_only(run.warehouse, run.run_id, tracked, listed, run.clock())
    held = store.held_definitions(run.warehouse)
    wanted = [listed[name] for name in tracked if name in listed]
    _describe(run, client, [item for item in wanted if _is_due(run, item, held.get(item.name))])
    for item in wanted:
        _notice(run.warehouse, item)


def due_descriptions(warehouse: Warehouse, deep_reread_days: int, now: datetime) -> int:
    """Descriptions that a sync at `now` will ask for if the list shows nothing new."""
    held = store.held_definitions(warehouse).values()
    return sum(h.definition.processing_status == PROCESSING or _is_old(h, deep_reread_days, now) for h in held)


def _listed(run: Run, client: CostExplorer) -> dict[str, _Listed] | None:
    """Every definition by name; None when the role may not ask."""
    found: dict[str, _Listed] = {}
    request: dict[str, object] = {}
    try:
        while True:
            body = run.ask(client, "ListCostCategoryDefinitions", dict(request), "labels").body
            found |= {item["Name"]: _as_listed(item) for item in body.get("CostCategoryReferences", [])}
            if not body.get("NextToken"):
                break
            request["NextToken"] = body["NextToken"]
    except AccessDenied as error:
        note_missing_right(run.warehouse, error.action, "noticing changed cost categories", run.clock())
        return None
    clear_missing_right(run.warehouse, "ce:ListCostCategoryDefinitions")
    return found


def _as_listed(item: Mapping[str, Any]) -> _Listed:
    content = json.dumps({k: v for k, v in item.items() if k != "ProcessingStatus"}, sort_keys=True, default=str)
    is_processing = _status(item) == PROCESSING
    seen = PROCESSING if is_processing else sha256(content.encode()).hexdigest()
    return _Listed(item["Name"], item["CostCategoryArn"], _day(item["EffectiveStart"]), seen)


def _is_due(run: Run, item: _Listed, held: Held | None) -> bool:
    """Whether a description could tell something new."""
    return (
        held is None
        or item.is_processing
        or not _is_noted(run.warehouse, item.described)
        or _is_old(held, run.settings.deep_reread_days, run.clock())
    )


def _is_old(held: Held, deep_reread_days: int, now: datetime) -> bool:
    return now - held.read_at >= timedelta(days=deep_reread_days)


def _describe(run: Run, client: CostExplorer, items: list[_Listed]) -> None:
    """One request each; a role without the right is told what it misses, and what was known stays."""
    for item in items:
        try:
            asked: dict[str, object] = {"CostCategoryArn": item.arn}
            body = run.ask(client, "DescribeCostCategoryDefinition", asked, DESCRIPTIONS).body
        except AccessDenied as error:
            note_missing_right(run.warehouse, error.action, "the rules of cost categories", run.clock())
            return
        store.take_over(run.warehouse, run.run_id, definition_of(body["CostCategory"]), run.clock(), item.described)
    if items:
        clear_missing_right(run.warehouse, "ce:DescribeCostCategoryDefinition")


def definition_of(body: Mapping[str, Any]) -> Definition:
    """From the answer of DescribeCostCategoryDefinition."""
    end = body.get("EffectiveEnd")
    return Definition(
        name=body["Name"],
        arn=body["CostCategoryArn"],
        effective_start=_day(body["EffectiveStart"]),
        effective_end=_day(end) if end else None,
        processing_status=_status(body),
        default_value=body.get("DefaultValue"),
        rules=json.dumps(body["Rules"], sort_keys=True),
        split_charge_rules=json.dumps(body.get("SplitChargeRules", []), sort_keys=True),
    )


def _notice(warehouse: Warehouse, item: _Listed) -> None:
    """What the list alone shows: until a definition has been seen applied, its values may still move."""
    is_first = all(warehouse.meta(key) is None for key in item.labeled)
    if item.is_processing or not (is_first or _is_noted(warehouse, item.labeled)):
        store.label_again(warehouse, item.name, item.effective_start, item.labeled)
    elif is_first:
        warehouse.set_meta(item.labeled)


def _is_noted(warehouse: Warehouse, facts: Mapping[str, str]) -> bool:
    return all(warehouse.meta(key) == value for key, value in facts.items())


def _status(item: Mapping[str, Any]) -> str:
    statuses = [status.get("Status") for status in item.get("ProcessingStatus") or []]
    return PROCESSING if PROCESSING in statuses else APPLIED


def _day(moment: object) -> date:
    return date.fromisoformat(str(moment)[:10])
