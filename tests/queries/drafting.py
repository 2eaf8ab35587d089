"""Drafts written as Python, as AWS takes them, for tests."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

from costlib.queries.drafts import Draft, read_draft

TODAY = date(2026, 3, 20)


def dimension(key: str, *values: str, how: str = "EQUALS") -> dict[str, Any]:
    return {"Dimensions": {"Key": key, "Values": list(values), "MatchOptions": [how]}}


def tag(key: str, *values: str, how: str = "EQUALS") -> dict[str, Any]:
    body = {"Key": key, "MatchOptions": [how]}
    return {"Tags": {**body, **({"Values": list(values)} if values else {})}}


def rule(value: str, condition: dict[str, Any]) -> dict[str, Any]:
    return {"Value": value, "Rule": condition, "Type": "REGULAR"}


def written(*rules: dict[str, Any], name: str = "Team", **more: Any) -> dict[str, Any]:
    return {"Name": name, "RuleVersion": "CostCategoryExpression.v1", "Rules": list(rules), **more}


def draft(*rules: dict[str, Any], name: str = "Team", **more: Any) -> Draft:
    return read_draft(json.dumps(written(*rules, name=name, **more)), "draft.json", TODAY)
