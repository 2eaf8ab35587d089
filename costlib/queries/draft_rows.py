"""A draft's rules as rows of a table that people edit, and back: one condition a row, anything else as JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from costlib.queries.draft_checks import DIMENSIONS
from costlib.queries.drafts import RULE_VERSION, rule_json, split_charge_json
from costlib.queries.rules import EQUALS, Content, Leaf, Rule

AS_JSON = "rule as JSON"
"""What a row looks at whose one value is a whole rule as AWS writes it."""
_ROOTS = {"tag": "Tags", "cost_category": "CostCategories"}


@dataclass(frozen=True)
class Row:
    """A rule: charges whose `looks_at` (a dimension, `tag:KEY` or `cost_category:NAME`) fits `values` get `value`."""

    value: str
    looks_at: str
    manner: str
    values: tuple[str, ...]


def choices(labels: Sequence[str]) -> list[str]:
    """What a row may look at."""
    return [*DIMENSIONS, *labels, AS_JSON]


def rows_of(rules: Sequence[Rule]) -> tuple[Row, ...]:
    """The rules in their order."""
    return tuple(map(_row, rules))


def written_by(name: str, rows: Sequence[Row], default_value: str, start: str, present: Content | None) -> str:
    """The JSON of the draft that the rows make; split charge rules stay as the present definition has them."""
    draft: dict[str, object] = {"Name": name, "RuleVersion": RULE_VERSION, "Rules": list(map(_rule, rows))}
    if default_value:
        draft["DefaultValue"] = default_value
    if present is not None and present.split_charges:
        draft["SplitChargeRules"] = [json.loads(split_charge_json(split)) for split in present.split_charges]
    if start:
        draft["EffectiveStart"] = start
    return json.dumps(draft, ensure_ascii=False)


def _row(rule: Rule) -> Row:
    leaf = rule.tree
    if rule.inherited is not None or not isinstance(leaf, Leaf) or leaf.ignores_case or leaf.hidden:
        return Row(rule.value or "", AS_JSON, EQUALS, (rule_json(rule),))
    looks_at = leaf.key if leaf.kind == "dimension" else f"{leaf.kind}:{leaf.key}"
    return Row(rule.value or "", looks_at, leaf.manner, leaf.values)


def _rule(row: Row) -> Any:
    if row.looks_at == AS_JSON:
        return _read(row)
    kind, _, key = row.looks_at.partition(":")
    body: dict[str, object] = {"Key": key or kind, "MatchOptions": [row.manner]}
    if row.values:
        body["Values"] = list(row.values)
    return {"Value": row.value, "Rule": {_ROOTS.get(kind, "Dimensions") if key else "Dimensions": body}}


def _read(row: Row) -> Any:
    """What is no JSON is no rule either, and the checks say so; the column of values has the last word on the value."""
    try:
        rule = json.loads(row.values[0]) if row.values else None
    except json.JSONDecodeError:
        return None
    return {**rule, "Value": row.value} if isinstance(rule, dict) and row.value else rule
