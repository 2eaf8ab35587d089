"""What a cost category's definition says, as values: rules in order, and their conditions as trees.

Read from AWS's JSON (CostCategory, Expression in the Cost Explorer API reference). Its vocabularies are open: a
condition that is not known here is kept as what it is called, never dropped.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, TypeAlias

MANNERS = ("ABSENT", "STARTS_WITH", "ENDS_WITH", "CONTAINS", "GREATER_THAN_OR_EQUAL")
EQUALS = "EQUALS"
LEAVES = {"Dimensions": "dimension", "Tags": "tag", "CostCategories": "cost_category"}
OUTSIDE = "(outside your view)"
"""Stands for the name of something that a person may not see."""


@dataclass(frozen=True)
class Leaf:
    """A condition on one key: `kind` is dimension, tag or cost_category, `manner` how the values are compared.

    `hidden` counts the values that are not shown to this person.
    """

    kind: str
    key: str
    values: tuple[str, ...]
    manner: str = EQUALS
    ignores_case: bool = False
    hidden: int = 0


@dataclass(frozen=True)
class All:
    """Every part holds."""

    parts: tuple[Tree, ...]


@dataclass(frozen=True)
class AnyOf:
    """Some part holds."""

    parts: tuple[Tree, ...]


@dataclass(frozen=True)
class Negated:
    """The part does not hold."""

    part: Tree


@dataclass(frozen=True)
class Unknown:
    """A condition of a kind that is not known here."""

    name: str


Tree: TypeAlias = Leaf | All | AnyOf | Negated | Unknown


@dataclass(frozen=True)
class Inherited:
    """The value comes from the charge: `dimension` is LINKED_ACCOUNT_NAME, or TAG with the tag's `key`."""

    dimension: str
    key: str


@dataclass(frozen=True)
class Rule:
    """One rule: the charges that `tree` matches get `value`, or inherit one. None is "not given"."""

    value: str | None
    tree: Tree | None
    inherited: Inherited | None = None


@dataclass(frozen=True)
class SplitCharge:
    """The cost of one value shared out to others; `shares` are percentages, as AWS writes them, for FIXED."""

    source: str
    targets: tuple[str, ...]
    method: str
    shares: tuple[str, ...] = ()


@dataclass(frozen=True)
class Content:
    """Everything a definition says."""

    effective_start: date
    effective_end: date | None
    default_value: str | None
    rules: tuple[Rule, ...]
    split_charges: tuple[SplitCharge, ...]


Shows: TypeAlias = Callable[[Leaf, str], bool]
"""Whether a person may see this value of a condition."""


def content_of(text: str) -> Content:
    """From the JSON of the list of changes."""
    found: dict[str, Any] = json.loads(text)
    end = found["effective_end"]
    return Content(
        effective_start=date.fromisoformat(found["effective_start"]),
        effective_end=date.fromisoformat(end) if end else None,
        default_value=found["default_value"],
        rules=tuple(map(rule_of, found["rules"])),
        split_charges=tuple(map(split_charge_of, found["split_charge_rules"])),
    )


def rule_of(rule: Mapping[str, Any]) -> Rule:
    inherited = rule.get("InheritedValue")
    return Rule(
        rule.get("Value"),
        tree_of(rule["Rule"]) if rule.get("Rule") else None,
        Inherited(inherited.get("DimensionName", ""), inherited.get("DimensionKey", "")) if inherited else None,
    )


def split_charge_of(rule: Mapping[str, Any]) -> SplitCharge:
    shares = [value for parameter in rule.get("Parameters", ()) for value in parameter.get("Values", ())]
    return SplitCharge(rule["Source"], tuple(rule["Targets"]), rule["Method"], tuple(shares))


def tree_of(expression: Mapping[str, Any]) -> Tree:
    """An expression as AWS writes it. AWS allows one root; should there be several, all of them count."""
    parts = [_node(name, body) for name, body in expression.items()]
    return parts[0] if len(parts) == 1 else All(tuple(parts))


def _node(name: str, body: Any) -> Tree:
    match name:
        case "And":
            return All(tuple(map(tree_of, body)))
        case "Or":
            return AnyOf(tuple(map(tree_of, body)))
        case "Not":
            return Negated(tree_of(body))
    return _leaf(LEAVES[name], body) if name in LEAVES else Unknown(name)


def _leaf(kind: str, body: Mapping[str, Any]) -> Leaf:
    options: Sequence[str] = body.get("MatchOptions", ())
    manner = next((option for option in MANNERS if option in options), EQUALS)
    return Leaf(kind, body.get("Key", ""), tuple(body.get("Values", ())), manner, "CASE_INSENSITIVE" in options)


def rule_within(rule: Rule, shows: Shows, hides: Callable[[str], bool]) -> Rule:
    """The rule without what a person may not see; `hides` says it of a value of the cost category."""
    value = OUTSIDE if rule.value is not None and hides(rule.value) else rule.value
    return replace(rule, value=value, tree=None if rule.tree is None else tree_within(rule.tree, shows))


def split_charge_within(split: SplitCharge, hides: Callable[[str], bool]) -> SplitCharge:
    """The same for a split charge rule, which names values only."""
    source, *targets = (OUTSIDE if hides(value) else value for value in (split.source, *split.targets))
    return replace(split, source=source, targets=tuple(targets))


def tree_within(tree: Tree, shows: Shows) -> Tree:
    """The tree with hidden values counted instead of named."""
    match tree:
        case All(parts):
            return All(tuple(tree_within(part, shows) for part in parts))
        case AnyOf(parts):
            return AnyOf(tuple(tree_within(part, shows) for part in parts))
        case Negated(part):
            return Negated(tree_within(part, shows))
        case Leaf():
            seen = tuple(value for value in tree.values if shows(tree, value))
            return replace(tree, values=seen, hidden=tree.hidden + len(tree.values) - len(seen))
    return tree
