"""A cost category's definition in words people read: pure functions from rules to Markdown.

`**Platform** ← accounts A, B **and** service AmazonEC2`: operators are bold, whatever is joined inside something else
stands in parentheses, and a value that could be taken for part of the sentence stands in quotes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from costlib.queries.definitions import DefinitionChange
from costlib.queries.rule_changes import Kind, RuleChange
from costlib.queries.rules import (
    EQUALS,
    All,
    AnyOf,
    Content,
    Inherited,
    Leaf,
    Negated,
    Rule,
    SplitCharge,
    Tree,
    Unknown,
)
from costlib.ui import wording

ARROW = "←"
MOST_VALUES = 12
"""Of one condition: a rule may name hundreds of accounts, and the first dozen say what it is."""

_NOUNS = {
    "LINKED_ACCOUNT": ("account", "accounts"),
    "LINKED_ACCOUNT_NAME": ("account name", "account names"),
    "PAYER_ACCOUNT": ("payer account", "payer accounts"),
    "SERVICE_CODE": ("service", "services"),
    "RECORD_TYPE": ("record type", "record types"),
    "USAGE_TYPE": ("usage type", "usage types"),
    "BILLING_ENTITY": ("billing entity", "billing entities"),
    "REGION": ("region", "regions"),
}
_MANNERS = {
    "STARTS_WITH": "starting with",
    "ENDS_WITH": "ending with",
    "CONTAINS": "containing",
    "GREATER_THAN_OR_EQUAL": "at least",
}
_METHODS = {
    "PROPORTIONAL": "in proportion to what each of them costs",
    "EVEN": "in equal parts",
    "FIXED": "in fixed parts",
}
_AMBIGUOUS = re.compile(r"[,()“”:]|^$|^\s|\s$|\b(and|or|not|more|outside)\b|\s\s", re.IGNORECASE)


@dataclass(frozen=True)
class Reader:
    """How values read: `account` gives the name of an id. `most` values of a condition are named, None names all."""

    account: Callable[[str], str] = str
    most: int | None = MOST_VALUES

    def condition(self, tree: Tree) -> str:
        """Which charges a condition matches."""
        match tree:
            case Leaf():
                return self._leaf(tree)
            case All(parts):
                return " **and** ".join(map(self._inner, parts)) or "every charge"
            case AnyOf(parts):
                return " **or** ".join(map(self._inner, parts)) or "no charge"
            case Negated(part):
                return f"**not** {self._inner(part, (All, AnyOf, Negated))}"
            case Unknown(name):
                return f"a condition of a kind that is not known here ({_value(name)})"

    def rule(self, rule: Rule) -> str:
        """`**Platform** ← accounts A, B`."""
        given = _inherited(rule.inherited) if rule.inherited else f"**{_plain(rule.value or '')}**"
        if rule.tree is not None:
            return f"{given} {ARROW} {self.condition(rule.tree)}"
        return f"{given} {ARROW} {_bearers(rule.inherited) if rule.inherited else 'every charge'}"

    def _inner(self, tree: Tree, apart: tuple[type, ...] = (All, AnyOf)) -> str:
        """A part of something: in parentheses if it is one of `apart`, which would not be understood without."""
        text = self.condition(tree)
        return f"({text})" if isinstance(tree, apart) else text

    def _leaf(self, leaf: Leaf) -> str:
        one, many = _nouns(leaf)
        if leaf.manner == "ABSENT":
            return f"no {one}"
        count = len(leaf.values) + leaf.hidden
        how = "" if leaf.manner == EQUALS else f" {_MANNERS[leaf.manner]}"
        case = " (any case)" if leaf.ignores_case else ""
        return f"{one if count == 1 else many}{how} {self._values(leaf)}{case}"

    def _values(self, leaf: Leaf) -> str:
        is_account = leaf.kind == "dimension" and leaf.key in ("LINKED_ACCOUNT", "PAYER_ACCOUNT")
        reads = self.account if is_account else str
        listed = [_value(reads(value)) for value in leaf.values[: self.most]]
        more = len(leaf.values) - len(listed)
        if more:
            listed.append(f"{more:,} more")
        if leaf.hidden:
            listed.append(f"{leaf.hidden:,} outside your view")
        return ", ".join(listed) or "(none)"


def split_charge(split: SplitCharge) -> str:
    """`Cost of **Platform** is split over Checkout, Search in equal parts`."""
    source = f"**{_plain(split.source)}**" if split.source else "everything **without a value**"
    method = _METHODS.get(split.method, f"by {_value(split.method)}")
    if split.method == "FIXED" and len(split.shares) == len(split.targets):
        parts = [f"{_value(t)} {_plain(share)} %" for t, share in zip(split.targets, split.shares, strict=True)]
        return f"Cost of {source} is split over {', '.join(parts)}"
    return f"Cost of {source} is split over {', '.join(map(_value, split.targets))} {method}"


def default_value(content: Content) -> str:
    """What becomes of the charges that no rule matches."""
    if content.default_value:
        return f"Everything else gets the default value **{_plain(content.default_value)}**, and counts as allocated."
    return "Everything else has no value: it is **Unallocated**."


def change_lines(change: DefinitionChange, reader: Reader) -> list[str]:
    """What a noticed change did, one line each."""
    old, new = change.old, change.new
    if new is None:
        return ["The definition is gone: AWS no longer has it."]
    lines = [_rule_change(rule, reader) for rule in change.rules]
    if old.default_value != new.default_value:
        lines.append(f"Default value: {_or_none(old.default_value)}, now {_or_none(new.default_value)}.")
    if old.effective_start != new.effective_start:
        days = wording.day(old.effective_start), wording.day(new.effective_start)
        lines.append(f"Effective from {days[0]}, now from {days[1]}.")
    if old.effective_end != new.effective_end:
        until = [wording.day(end) if end else "open" for end in (old.effective_end, new.effective_end)]
        lines.append(f"Effective until: {until[0]}, now {until[1]}.")
    lines += _split_charge_changes(old, new)
    return lines or ["Something that is not shown to you changed."]


def _rule_change(change: RuleChange, reader: Reader) -> str:
    old, new = (reader.rule(rule) if rule else "" for rule in (change.old, change.new))
    match change.kind:
        case Kind.added:
            return f"Rule {change.new_place} added: {new}"
        case Kind.removed:
            return f"Rule {change.old_place} removed: {old}"
        case Kind.moved:
            return f"Rule {change.old_place} moved to {change.new_place}: {new}"
        case Kind.changed if old == new:
            return f"Rule {change.new_place} changed in a part that is not shown here: {new}"
        case Kind.changed:
            return f"Rule {change.new_place} changed: {new}; before: {old}"


def _split_charge_changes(old: Content, new: Content) -> Iterator[str]:
    """A value is split once at most, so the same source is the same rule."""
    before, after = ({split.source: split for split in content.split_charges} for content in (old, new))
    for source, split in before.items():
        if source not in after:
            yield f"Split charge rule removed: {split_charge(split)}"
    for source, split in after.items():
        if source not in before:
            yield f"Split charge rule added: {split_charge(split)}"
        elif split != before[source]:
            yield f"Split charge rule changed: {split_charge(split)}; before: {split_charge(before[source])}"


def _inherited(inherited: Inherited) -> str:
    if inherited.dimension == "TAG":
        return f"**the value of tag {_value(inherited.key)}**"
    if inherited.dimension == "LINKED_ACCOUNT_NAME":
        return "**the name of the account**"
    return f"**the value of {_plain(inherited.dimension)}**"


def _bearers(inherited: Inherited) -> str:
    return f"every charge with tag {_value(inherited.key)}" if inherited.dimension == "TAG" else "every charge"


def _nouns(leaf: Leaf) -> tuple[str, str]:
    if leaf.kind == "tag":
        return (f"tag {_value(leaf.key)}",) * 2
    if leaf.kind == "cost_category":
        return (f"cost category {_value(leaf.key)}",) * 2
    words = _plain(leaf.key.replace("_", " ").lower())
    return _NOUNS.get(leaf.key, (words, words))


def _or_none(value: str | None) -> str:
    return f"**{_plain(value)}**" if value else "none"


def _value(text: str) -> str:
    """A value as it stands in a sentence."""
    return f"“{_plain(text)}”" if _AMBIGUOUS.search(text) else _plain(text)


def _plain(text: str) -> str:
    return wording.escaped(text) if text.strip() else ""
