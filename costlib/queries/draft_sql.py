"""The rules of a draft as SQL over charges by account, name, service, record type and labels.

A condition on what is not stored beside every charge is NULL, and SQL's three-valued logic carries it: a charge is only
said to match, or not to, where that holds whatever the unknown part would say.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from costlib.queries.drafts import Draft
from costlib.queries.rules import EQUALS, All, AnyOf, Inherited, Leaf, Negated, Rule, Tree, Unknown
from costlib.queries.service_codes import CODES, SERVICES
from costlib.queries.sql import Sql, marks
from costlib.vocabulary import UNALLOCATED

UNTOLD = "(cannot be told)"
"""Stands for the value of charges that a rule may or may not match, by what is not stored."""
_DIMENSIONS = {
    "LINKED_ACCOUNT": "usage_account_id",
    "LINKED_ACCOUNT_NAME": "usage_account_name",
    "RECORD_TYPE": "record_type",
}
_NOT_STORED = {
    "REGION": "charges are not stored by region",
    "USAGE_TYPE": "charges are not stored by usage type",
    "BILLING_ENTITY": "charges are not stored by billing entity",
}
_UNKNOWN = Sql("CAST(NULL AS BOOLEAN)")
_TRUE = Sql("1 = 1")
_MATCHES: Mapping[str, Callable[[str, str], bool]] = {
    EQUALS: lambda code, value: code == value,
    "STARTS_WITH": str.startswith,
    "ENDS_WITH": str.endswith,
    "CONTAINS": lambda code, value: value in code,
}


@dataclass(frozen=True)
class Blind:
    """A condition of rule `rule` (counted from 1) that stored charges cannot answer, or not for all, and why."""

    rule: int
    condition: str
    why: str


def label_of(leaf: Leaf | Inherited) -> str | None:
    """The tracked label that a condition, or an inherited value, reads; None if it reads none."""
    if isinstance(leaf, Inherited):
        return f"tag:{leaf.key}" if leaf.dimension == "TAG" else None
    return f"{leaf.kind}:{leaf.key}" if leaf.kind in ("tag", "cost_category") else None


def leaves(tree: Tree | None) -> Iterator[Leaf]:
    """Every condition of a rule."""
    match tree:
        case Leaf():
            yield tree
        case All(parts) | AnyOf(parts):
            for part in parts:
                yield from leaves(part)
        case Negated(part):
            yield from leaves(part)


def labels_read(draft: Draft) -> tuple[str, ...]:
    """The labels that the rules look at, by name."""
    sources = [source for rule in draft.rules for source in (*leaves(rule.tree), rule.inherited) if source]
    return tuple(sorted({label for source in sources if (label := label_of(source))}))


def blind_spots(draft: Draft, tracked: Collection[str]) -> tuple[Blind, ...]:
    """What cannot be previewed, in the order of the rules."""
    found = []
    for place, rule in enumerate(draft.rules, 1):
        for source in (*leaves(rule.tree), rule.inherited):
            if source is not None and (why := _why_blind(source, tracked)):
                found.append(Blind(place, _named(source), why))
    return tuple(dict.fromkeys(found))


def _named(source: Leaf | Inherited) -> str:
    label = label_of(source)
    if isinstance(source, Inherited):
        return label or source.dimension
    return f"{label or source.key} {source.manner} {', '.join(source.values)}".rstrip()


def _why_blind(source: Leaf | Inherited, tracked: Collection[str]) -> str:
    label = label_of(source)
    if label is not None:
        setting = "tags" if label.startswith("tag:") else "cost_categories"
        return "" if label in tracked else f"it is not tracked; add it to the setting {setting} and sync"
    if isinstance(source, Inherited) or source.key in _DIMENSIONS:
        return ""
    if source.key == "SERVICE_CODE":
        if source.manner != EQUALS:
            return "the codes of some services are not known"
        unknown = [value for value in source.values if value not in SERVICES]
        return f"the service of the code {', '.join(unknown)} is not known" if unknown else ""
    return _NOT_STORED.get(source.key, "it is not known here")


class DraftSql:
    """`columns[label]` is the column that holds a tracked label, Unallocated where it has no value."""

    def __init__(self, columns: Mapping[str, str]) -> None:
        self._columns = columns

    def value(self, draft: Draft) -> Sql:
        """The value that a charge gets: the first rule that matches, the default value, Unallocated, or UNTOLD."""
        branches: list[Sql] = []
        for rule in draft.rules:
            matches, given = self._rule(rule)
            blind = blind_spots(Draft("", (rule,)), self._columns)
            if blind:
                branches.append(_when(Sql(f"({matches.text}) IS NULL", matches.parameters), Sql("?", (UNTOLD,))))
            branches.append(_when(matches, given))
        branches.append(Sql("ELSE ? END", (draft.default_value or UNALLOCATED,)))
        return _joined(Sql("CASE"), branches)

    def _rule(self, rule: Rule) -> tuple[Sql, Sql]:
        """When a rule matches, and what it gives then."""
        condition = _TRUE if rule.tree is None else self._tree(rule.tree)
        if rule.inherited is None:
            return condition, Sql("?", (rule.value,))
        label = label_of(rule.inherited)
        if label is None:
            return condition, Sql("usage_account_name")
        if label not in self._columns:
            return _logic("AND", [condition, _UNKNOWN]), Sql("?", (UNTOLD,))
        column = self._columns[label]
        return _logic("AND", [condition, Sql(f"{column} <> ?", (UNALLOCATED,))]), Sql(column)

    def _tree(self, tree: Tree) -> Sql:
        match tree:
            case All(parts):
                return _logic("AND", map(self._tree, parts))
            case AnyOf(parts):
                return _logic("OR", map(self._tree, parts))
            case Negated(part):
                inner = self._tree(part)
                return Sql(f"(NOT {inner.text})", inner.parameters)
            case Leaf():
                return self._leaf(tree)
            case Unknown():
                return _UNKNOWN

    def _leaf(self, leaf: Leaf) -> Sql:
        label = label_of(leaf)
        if label is not None:
            return _label(leaf, self._columns[label]) if label in self._columns else _UNKNOWN
        if leaf.key == "SERVICE_CODE":
            return _service(leaf)
        column = _DIMENSIONS.get(leaf.key)
        return _UNKNOWN if column is None else _compared(leaf, column)


def _label(leaf: Leaf, column: str) -> Sql:
    if leaf.manner == "ABSENT":
        return Sql(f"{column} = ?", (UNALLOCATED,))
    return _logic("AND", [Sql(f"{column} <> ?", (UNALLOCATED,)), _compared(leaf, column)])


def _compared(leaf: Leaf, column: str) -> Sql:
    """Whether a column is, begins with, ends with or contains one of the values."""
    values = leaf.values
    match leaf.manner:
        case "ABSENT":
            return Sql(f"{column} = ''")
        case "STARTS_WITH":
            return _logic("OR", [Sql(f"LEFT({column}, ?) = ?", (len(value), value)) for value in values])
        case "ENDS_WITH":
            return _logic("OR", [Sql(f"RIGHT({column}, ?) = ?", (len(value), value)) for value in values])
        case "CONTAINS":
            return _logic("OR", [Sql(f"POSITION(? IN {column}) > 0", (value,)) for value in values])
    return Sql(f"{column} IN ({marks(values)})", tuple(values))


def _service(leaf: Leaf) -> Sql:
    """By the names of the codes that are known. A service whose code is not known may match what is not known."""
    if leaf.manner == "ABSENT":
        return _UNKNOWN
    matches = _MATCHES[leaf.manner]
    names = [name for name, code in CODES.items() if any(matches(code, value) for value in leaf.values)]
    others = sorted(CODES.keys() - set(names))
    yes = (
        _when(Sql(f"service IN ({marks(names)})", tuple(names)), Sql("TRUE")) if names else Sql("WHEN 1 = 0 THEN TRUE")
    )
    is_whole = leaf.manner == EQUALS and all(value in SERVICES for value in leaf.values)
    no = Sql("ELSE FALSE") if is_whole else _when(Sql(f"service IN ({marks(others)})", tuple(others)), Sql("FALSE"))
    return _joined(Sql("CASE"), [yes, no, Sql("END")])


def _when(condition: Sql, value: Sql) -> Sql:
    return Sql(f"WHEN {condition.text} THEN {value.text}", (*condition.parameters, *value.parameters))


def _logic(word: str, parts: Iterable[Sql]) -> Sql:
    found = list(parts)
    text = f" {word} ".join(part.text for part in found)
    return Sql(f"({text})", tuple(p for part in found for p in part.parameters))


def _joined(first: Sql, rest: Iterable[Sql]) -> Sql:
    pieces = [first, *rest]
    return Sql(" ".join(piece.text for piece in pieces), tuple(p for piece in pieces for p in piece.parameters))
