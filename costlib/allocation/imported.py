"""AWS's split charge rules of a cost category as `allocation.toml`, since Cost Explorer does not apply them itself."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any, NoReturn

from costlib.allocation.rules import Method
from costlib.errors import UsageError
from costlib.vocabulary import UNALLOCATED

METHODS = {"PROPORTIONAL": Method.proportional, "EVEN": Method.even, "FIXED": Method.fixed}
PERCENTAGES = "ALLOCATION_PERCENTAGES"
_DELETE = "\x7f"
_WORDS = {
    Method.proportional: "in proportion to what each of them costs",
    Method.even: "in equal parts",
    Method.fixed: "in agreed percentages",
}


def rules_text(cost_category: str, split_charge_rules: Sequence[Mapping[str, Any]]) -> str:
    """Rules that do what `SplitChargeRules` of DescribeCostCategoryDefinition say, in their order.

    A value without a name is AWS's "no value", which is Unallocated here. Raises UsageError for what AWS does not
    document.
    """
    taken: set[str] = set()
    parts = [
        f"# From AWS's split charge rules of the cost category {_text(cost_category)}.",
        f"[[cost_center]]\ncost_category = {_text(cost_category)}",
        *(_rule(cost_category, rule, taken) for rule in split_charge_rules),
    ]
    return "\n\n".join(parts).replace("\n\n[[cost_center]]", "\n[[cost_center]]", 1) + "\n"


def _rule(cost_category: str, rule: Mapping[str, Any], taken: set[str]) -> str:
    source, targets = _center(rule["Source"]), [_center(target) for target in rule["Targets"]]
    method = METHODS.get(str(rule["Method"]))
    if method is None:
        _refuse(source, f"its method {rule['Method']!r} is not known")
    about = f"{source} is shared {_WORDS[method]}, as AWS's split charge rule of {cost_category} says."
    lines = [
        "[[rule]]",
        f"id = {_text(_rule_id(source, taken))}",
        f"name = {_text(source)}",
        f"description = {_text(about)}",
        f"source = {{ cost_center = {_text(source)} }}",
        f"method = {_text(method.value)}",
    ]
    if method is Method.fixed:
        shares = ", ".join(f"{_text(target)} = {percent}" for target, percent in _percentages(source, targets, rule))
        return "\n".join([*lines, f"percent = {{ {shares} }}"])
    return "\n".join([*lines, f"targets = [{', '.join(map(_text, targets))}]"])


def _percentages(source: str, targets: Sequence[str], rule: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """AWS lists them in the order of the targets."""
    said = [p["Values"] for p in rule.get("Parameters") or [] if p["Type"] == PERCENTAGES]
    values = said[0] if said else []
    if len(values) != len(targets):
        _refuse(source, f"it has {len(values)} percentages for {len(targets)} targets")
    for target, value in zip(targets, values, strict=True):
        try:
            percent = Decimal(value)
        except InvalidOperation:
            _refuse(source, f"its percentage {value!r} is no number")
        yield target, f"{percent:f}"


def _refuse(source: str, problem: str) -> NoReturn:
    raise UsageError(
        f"AWS's split charge rule of {source!r} cannot be imported: {problem}.", "Write this rule by hand."
    )


def _center(value: str) -> str:
    return value or UNALLOCATED


def _rule_id(source: str, taken: set[str]) -> str:
    base = re.sub(r"[^a-z0-9]+", "-", source.lower()).strip("-") or "split"
    number, name = 1, base
    while name in taken:
        number += 1
        name = f"{base}-{number}"
    taken.add(name)
    return name


def _text(value: str) -> str:
    """A text as TOML writes it: JSON's escapes are TOML's, but for one character that JSON lets stand."""
    return json.dumps(value, ensure_ascii=False).replace(_DELETE, "\\u007f")
