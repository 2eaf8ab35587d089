"""A draft of a cost category: what it says, as values, and the JSON in which AWS takes it.

Written and read in the form of `CreateCostCategoryDefinition` (Cost Explorer API reference). `draft_checks` says what
AWS would refuse; what is read here without one is only well-formed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from costlib.errors import InvalidDraft
from costlib.queries.draft_checks import Problem, problems
from costlib.queries.rules import (
    EQUALS,
    All,
    AnyOf,
    Content,
    Leaf,
    Negated,
    Rule,
    SplitCharge,
    Tree,
    Unknown,
    rule_of,
    split_charge_of,
)

RULE_VERSION = "CostCategoryExpression.v1"
_WRITTEN = {"dimension": "Dimensions", "tag": "Tags", "cost_category": "CostCategories"}


@dataclass(frozen=True)
class Draft:
    """A cost category as it is to be. `effective_start` None leaves it to AWS, which takes the current month."""

    name: str
    rules: tuple[Rule, ...]
    default_value: str | None = None
    split_charges: tuple[SplitCharge, ...] = ()
    effective_start: date | None = None


def read_draft(text: str, file: str, today: date) -> Draft:
    """A draft from the JSON of `file`, as `CreateCostCategoryDefinition` takes it.

    Raises InvalidDraft with everything that AWS would refuse on `today`.
    """
    try:
        written = json.loads(text)
    except json.JSONDecodeError as error:
        unreadable = Problem(None, f"line {error.lineno} is not JSON: {error.msg}", "Mend it")
        raise InvalidDraft(file, [str(unreadable)]) from None
    found = problems(written, today)
    if found:
        raise InvalidDraft(file, [str(problem) for problem in found])
    return draft_of(written)


def draft_of(written: Mapping[str, Any]) -> Draft:
    """From JSON that has no problems."""
    start = written.get("EffectiveStart")
    return Draft(
        name=written["Name"],
        rules=tuple(map(rule_of, written["Rules"])),
        default_value=written.get("DefaultValue"),
        split_charges=tuple(map(split_charge_of, written.get("SplitChargeRules", ()))),
        effective_start=datetime.fromisoformat(start).date() if start else None,
    )


def draft_from(name: str, content: Content, effective_start: date | None = None) -> Draft:
    """A draft that begins as the present definition stands."""
    return Draft(name, content.rules, content.default_value, content.split_charges, effective_start)


def problems_of(draft: Draft, today: date) -> tuple[Problem, ...]:
    """What AWS would refuse in it on `today`."""
    return problems(json.loads(draft_json(draft)), today)


def draft_json(draft: Draft) -> str:
    """The JSON of a file that `aws ce create-cost-category-definition --cli-input-json` takes."""
    return json.dumps({"Name": draft.name, **_body(draft)}, indent=2, ensure_ascii=False) + "\n"


def update_json(draft: Draft, arn: str) -> str:
    """The JSON that `aws ce update-cost-category-definition --cli-input-json` takes."""
    return json.dumps({"CostCategoryArn": arn, **_body(draft)}, indent=2, ensure_ascii=False) + "\n"


def rule_json(rule: Rule) -> str:
    """One rule on one line, as AWS writes it."""
    return json.dumps(_rule(rule), ensure_ascii=False)


def split_charge_json(split: SplitCharge) -> str:
    """One split charge rule on one line, as AWS writes it."""
    return json.dumps(_split_charge(split), ensure_ascii=False)


def _body(draft: Draft) -> dict[str, object]:
    """What creating and updating have in common; what is not given is left out."""
    body: dict[str, object] = {"RuleVersion": RULE_VERSION, "Rules": [_rule(rule) for rule in draft.rules]}
    if draft.default_value is not None:
        body["DefaultValue"] = draft.default_value
    if draft.split_charges:
        body["SplitChargeRules"] = [_split_charge(split) for split in draft.split_charges]
    if draft.effective_start is not None:
        body["EffectiveStart"] = f"{draft.effective_start.isoformat()}T00:00:00Z"
    return body


def _rule(rule: Rule) -> dict[str, object]:
    written: dict[str, object] = {}
    if rule.value is not None:
        written["Value"] = rule.value
    if rule.tree is not None:
        written["Rule"] = _expression(rule.tree)
    if rule.inherited is not None:
        key = {"DimensionKey": rule.inherited.key} if rule.inherited.key else {}
        written["InheritedValue"] = {"DimensionName": rule.inherited.dimension, **key}
    return {**written, "Type": "REGULAR" if rule.inherited is None else "INHERITED_VALUE"}


def _expression(tree: Tree) -> dict[str, object]:
    match tree:
        case All(parts):
            return {"And": [_expression(part) for part in parts]}
        case AnyOf(parts):
            return {"Or": [_expression(part) for part in parts]}
        case Negated(part):
            return {"Not": _expression(part)}
        case Leaf():
            return {_WRITTEN[tree.kind]: _leaf(tree)}
        case Unknown(name):
            return {name: {}}


def _leaf(leaf: Leaf) -> dict[str, object]:
    options = [leaf.manner, *(["CASE_INSENSITIVE"] if leaf.ignores_case else [])]
    values = {"Values": list(leaf.values)} if leaf.values or leaf.manner == EQUALS else {}
    return {"Key": leaf.key, **values, "MatchOptions": options}


def _split_charge(split: SplitCharge) -> dict[str, object]:
    written: dict[str, object] = {"Source": split.source, "Targets": list(split.targets), "Method": split.method}
    if split.shares:
        written["Parameters"] = [{"Type": "ALLOCATION_PERCENTAGES", "Values": list(split.shares)}]
    return written
