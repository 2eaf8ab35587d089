"""What AWS would refuse in a draft of a cost category, found before it is asked.

The limits are those of the Cost Explorer API reference (CostCategoryRule, CostCategorySplitChargeRule, Expression) and
of the user guide's quotas for cost categories.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from costlib.periods import add_months, month_start
from costlib.queries.rules import LEAVES

MOST_RULES, MOST_SPLITS, MOST_TARGETS, LONGEST_VALUE = 500, 10, 500, 50
MONTHS_BACK = 12
DIMENSIONS = (
    "LINKED_ACCOUNT",
    "LINKED_ACCOUNT_NAME",
    "SERVICE_CODE",
    "RECORD_TYPE",
    "REGION",
    "USAGE_TYPE",
    "BILLING_ENTITY",
)
MATCH_OPTIONS = ("EQUALS", "ABSENT", "STARTS_WITH", "ENDS_WITH", "CONTAINS")
OPERATORS = ("And", "Or", "Not", *LEAVES)
METHODS = ("PROPORTIONAL", "EVEN", "FIXED")
INHERITED = ("LINKED_ACCOUNT_NAME", "TAG")
MEMBERS = frozenset({"Name", "RuleVersion", "Rules", "DefaultValue", "SplitChargeRules", "EffectiveStart"})
_NAME = re.compile(r"(?! )[\w \-]+(?<! )")


@dataclass(frozen=True)
class Problem:
    """One thing that AWS would refuse: in which rule (counted from 1; None: not in one), and what to do."""

    rule: int | None
    what: str
    remedy: str

    def __str__(self) -> str:
        place = "" if self.rule is None else f"rule {self.rule}: "
        return f"{place}{self.what}. {self.remedy}."


def problems(written: object, today: date) -> tuple[Problem, ...]:
    """Everything that is wrong with a draft in the form of `CreateCostCategoryDefinition`, in its order."""
    if not isinstance(written, Mapping):
        return (Problem(None, "a draft is a JSON object", "Begin with { and give Name and Rules"),)
    return tuple(_of_draft(written, today))


def _of_draft(written: Mapping[str, Any], today: date) -> Iterator[Problem]:
    for member in sorted(written.keys() - MEMBERS):
        yield Problem(None, f"{member} is no part of a draft", f"Take it out; known are {', '.join(sorted(MEMBERS))}")
    yield from _of_text(None, "Name", written.get("Name"))
    if "DefaultValue" in written:
        yield from _of_text(None, "DefaultValue", written["DefaultValue"])
    yield from _of_start(written.get("EffectiveStart"), today)
    rules = written.get("Rules")
    if not isinstance(rules, list) or not 1 <= len(rules) <= MOST_RULES:
        count = len(rules) if isinstance(rules, list) else 0
        remedy = f"Give 1 to {MOST_RULES}; conditions with the same value can be joined by Or"
        yield Problem(None, f"{count} rules", remedy)
        return
    for place, rule in enumerate(rules, 1):
        yield from _of_rule(place, rule, written.get("Name"))
    yield from _of_splits(written.get("SplitChargeRules", []))


def _of_text(rule: int | None, what: str, text: object) -> Iterator[Problem]:
    if not isinstance(text, str) or not text:
        yield Problem(rule, f"{what} is missing", f"Give 1 to {LONGEST_VALUE} characters")
    elif len(text) > LONGEST_VALUE:
        yield Problem(rule, f"{what} {text!r} has {len(text)} characters", f"AWS takes {LONGEST_VALUE} at most")
    elif not _NAME.fullmatch(text):
        remedy = "Use letters, digits, spaces, - and _, without a space at either end"
        yield Problem(rule, f"{what} {text!r} has characters that AWS refuses", remedy)


def _of_start(start: object, today: date) -> Iterator[Problem]:
    if start is None:
        return
    first, last = add_months(month_start(today), -MONTHS_BACK), month_start(today)
    remedy = f"Give the first day of a month from {first:%Y-%m} to {last:%Y-%m}, as {last}T00:00:00Z"
    try:
        moment = datetime.fromisoformat(str(start))
    except ValueError:
        yield Problem(None, f"EffectiveStart {start!r} is no date", remedy)
        return
    if moment.day != 1 or not re.fullmatch(r"\d{4}-\d\d-\d\dT00:00:00(Z|\+00:00)", str(start)):
        yield Problem(None, f"EffectiveStart {start} is not the start of a month in UTC", remedy)
    elif moment.date() > last:
        yield Problem(None, f"EffectiveStart {start} is in the future", remedy)
    elif moment.date() < first:
        yield Problem(None, f"EffectiveStart {start} is more than {MONTHS_BACK} months back", remedy)


def _of_rule(place: int, rule: object, name: object) -> Iterator[Problem]:
    if not isinstance(rule, Mapping):
        yield Problem(place, "a rule is a JSON object", "Give it Value and Rule")
        return
    inherited = rule.get("InheritedValue")
    if inherited is not None:
        yield from _of_inherited(place, inherited)
        if "Value" in rule:
            yield Problem(place, "it gives a value and inherits one too", "Take one of them out")
        if "Rule" in rule:
            yield from _of_expression(place, rule["Rule"], name)
        return
    yield from _of_text(place, "Value", rule.get("Value"))
    if "Rule" not in rule:
        yield Problem(place, "it has no condition", "Give it a Rule; what is left over is the DefaultValue's")
    else:
        yield from _of_expression(place, rule["Rule"], name)


def _of_inherited(place: int, inherited: object) -> Iterator[Problem]:
    dimension = inherited.get("DimensionName") if isinstance(inherited, Mapping) else None
    if dimension not in INHERITED:
        yield Problem(place, f"a value cannot be inherited from {dimension!r}", f"Take {' or '.join(INHERITED)}")
    elif isinstance(inherited, Mapping) and dimension == "TAG" and not inherited.get("DimensionKey"):
        yield Problem(place, "it does not say which tag's value it inherits", "Give the tag as DimensionKey")


def _of_expression(place: int, node: object, name: object) -> Iterator[Problem]:
    if not isinstance(node, Mapping) or len(node) != 1 or not set(node) <= set(OPERATORS):
        roots = ", ".join(map(str, node)) if isinstance(node, Mapping) and node else "none"
        remedy = f"Give exactly one of {', '.join(OPERATORS)}, and join several by And or Or"
        yield Problem(place, f"an expression has one root operator, here there are: {roots}", remedy)
        return
    ((operator, body),) = node.items()
    if operator == "Not":
        yield from _of_expression(place, body, name)
    elif operator in ("And", "Or"):
        if not isinstance(body, list) or len(body) < 2:
            yield Problem(place, f"{operator} joins fewer than two expressions", "Add one, or take the operator out")
        for part in body if isinstance(body, list) else ():
            yield from _of_expression(place, part, name)
    else:
        yield from _of_leaf(place, operator, body, name)


def _of_leaf(place: int, operator: str, body: object, name: object) -> Iterator[Problem]:
    leaf: Mapping[str, Any] = body if isinstance(body, Mapping) else {}
    key, values, options = leaf.get("Key"), leaf.get("Values", []), leaf.get("MatchOptions", ["EQUALS"])
    if operator == "Dimensions" and key not in DIMENSIONS:
        yield Problem(place, f"rules cannot look at the dimension {key!r}", f"Take one of {', '.join(DIMENSIONS)}")
    elif not isinstance(key, str) or not key:
        yield Problem(place, f"{operator} has no Key", "Say which tag or cost category it looks at")
    elif operator == "CostCategories" and key == name:
        yield Problem(place, f"{key!r} looks at itself", "Look at another cost category")
    if not isinstance(options, list) or len(options) != 1 or options[0] not in MATCH_OPTIONS:
        yield Problem(place, f"match options {options!r}", f"Give exactly one of {', '.join(MATCH_OPTIONS)}")
    elif options == ["ABSENT"]:
        if values:
            yield Problem(place, "ABSENT is given values", "Take them out: it means that there is none")
    elif not _are_texts(values) or not values:
        yield Problem(place, f"{operator} {key!r} has no values", "Give a list of at least one text")


def _of_splits(splits: object) -> Iterator[Problem]:
    if not isinstance(splits, list) or len(splits) > MOST_SPLITS:
        what = f"{len(splits)} split charge rules" if isinstance(splits, list) else "SplitChargeRules is no list"
        yield Problem(None, what, f"AWS takes {MOST_SPLITS} at most")
        return
    sources = [split.get("Source") for split in splits if isinstance(split, Mapping)]
    for place, split in enumerate(splits, 1):
        if not isinstance(split, Mapping):
            yield Problem(None, f"split charge rule {place} is no JSON object", "Give Source, Targets and Method")
            continue
        for what, remedy in _of_split(split, sources):
            yield Problem(None, f"split charge rule {place}: {what}", remedy)


def _of_split(split: Mapping[str, Any], sources: Sequence[object]) -> Iterator[tuple[str, str]]:
    source, targets, method = split.get("Source"), split.get("Targets"), split.get("Method")
    if not isinstance(source, str):
        yield "it has no Source", 'Give a value; "" is what has none'
    elif sources.count(source) > 1:
        yield f"the value {source!r} is a source more than once", "Join the rules"
    if not isinstance(targets, list) or not _are_texts(targets) or not 1 <= len(targets) <= MOST_TARGETS:
        yield "Targets is not a list of values", f"Give 1 to {MOST_TARGETS} of them"
        return
    for target in sorted(set(targets) & {s for s in sources if isinstance(s, str)}):
        yield f"the value {target!r} is a source and a target", "Take it out of one of them"
    if len(set(targets)) < len(targets):
        yield "a target is named twice", "Name it once"
    if method not in METHODS:
        yield f"the method {method!r}", f"Take one of {', '.join(METHODS)}"
    elif method == "FIXED":
        yield from _of_shares(split, len(targets))
    elif split.get("Parameters"):
        yield f"{method} takes no Parameters", "Take them out; they belong to FIXED"


def _of_shares(split: Mapping[str, Any], targets: int) -> Iterator[tuple[str, str]]:
    try:
        shares = [Decimal(value) for parameter in split.get("Parameters", ()) for value in parameter["Values"]]
    except (InvalidOperation, TypeError, KeyError, AttributeError, ValueError):
        shares = []
    if len(shares) != targets:
        yield f"{len(shares)} percentages for {targets} targets", "Give one each, as ALLOCATION_PERCENTAGES"
    elif sum(shares) != 100 or min(shares) < 0:
        yield f"the percentages sum to {sum(shares)}", "They must sum to 100, none below 0"


def _are_texts(values: object) -> bool:
    return isinstance(values, list) and all(isinstance(value, str) for value in values)
