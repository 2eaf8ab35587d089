"""Cost category definitions and what changed in them, without the accounts that a person may not see.

For a narrower scope, a condition on accounts keeps the values that concern the accounts of the scope and counts the
rest. Any other text is shown, unless it is the id or the name of an account outside, or a service or a value of a label
that only charges outside have: a value often is the name of a team.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import cast

from costlib.access import EVERYTHING, Scope
from costlib.queries.options import Options, options
from costlib.queries.rule_changes import RuleChange, rule_changes
from costlib.queries.rules import OUTSIDE, Content, Leaf, content_of, rule_within, split_charge_within
from costlib.store import definitions as store
from costlib.store.snapshot import Snapshot

ACCOUNT_KEYS = frozenset({"LINKED_ACCOUNT", "LINKED_ACCOUNT_NAME", "PAYER_ACCOUNT"})
_ACCOUNT_ID = re.compile(r"\d{12}")


@dataclass(frozen=True)
class Definition:
    """A cost category as AWS last described it, at `read_at` (UTC)."""

    name: str
    processing_status: str
    content: Content
    read_at: datetime


@dataclass(frozen=True)
class DefinitionChange:
    """One noticed change of a definition, in UTC; `new` is None when AWS no longer has it."""

    name: str
    noticed_at: datetime
    effective_start: date
    old: Content
    new: Content | None
    rules: tuple[RuleChange, ...]


def definition(snapshot: Snapshot, scope: Scope, name: str) -> Definition | None:
    """The definition of one cost category as this person may see it; None when it was never described."""
    columns = "name, arn, effective_start, effective_end, processing_status, default_value, rules, split_charge_rules"
    rows = snapshot.rows(f"SELECT {columns}, read_at FROM cost_category_definitions WHERE name = ?", (name,))
    for *values, read_at in rows:
        stored = store.Definition(*values)  # type: ignore[arg-type]
        content = _Sight(snapshot, scope).content(content_of(stored.content))
        return Definition(name, stored.processing_status, content, cast(datetime, read_at))
    return None


def definition_changes(
    snapshot: Snapshot, scope: Scope, name: str | None = None, limit: int = 50
) -> tuple[DefinitionChange, ...]:
    """What changed in the definition of one cost category, or of all, the newest first."""
    sight = _Sight(snapshot, scope)
    rows = snapshot.rows(
        f"""
        SELECT name, noticed_at, effective_start, old_definition, new_definition
        FROM cost_category_changes
        {"" if name is None else "WHERE name = ?"}
        ORDER BY noticed_at DESC, name
        LIMIT ?""",
        (limit,) if name is None else (name, limit),
    )
    return tuple(
        _change(sight, str(of), cast(datetime, noticed_at), cast(date, start), str(old), cast("str | None", new))
        for of, noticed_at, start, old, new in rows
    )


def _change(sight: _Sight, name: str, noticed_at: datetime, start: date, old: str, new: str | None) -> DefinitionChange:
    before, after = content_of(old), None if new is None else content_of(new)
    changed = () if after is None else rule_changes(before.rules, after.rules)
    return DefinitionChange(
        name,
        noticed_at,
        start,
        sight.content(before),
        None if after is None else sight.content(after),
        tuple(sight.rule_change(change) for change in changed),
    )


class _Sight:
    """What one person may see of definitions."""

    def __init__(self, snapshot: Snapshot, scope: Scope) -> None:
        self._is_whole = scope.accounts is None
        mine = scope.accounts or frozenset()
        accounts = (
            [(str(i), str(n)) for i, n in snapshot.rows("SELECT usage_account_id, usage_account_name FROM accounts")]
            if not self._is_whole
            else []
        )
        self._mine = {*mine, *(name for number, name in accounts if number in mine)}
        self._others = {text for number, name in accounts if number not in mine for text in (number, name)} - self._mine
        if not self._is_whole:
            self._others |= _texts(options(snapshot, EVERYTHING)) - _texts(options(snapshot, scope))

    def content(self, content: Content) -> Content:
        if self._is_whole:
            return content
        default = content.default_value
        return replace(
            content,
            default_value=OUTSIDE if default and self.hides(default) else default,
            rules=tuple(rule_within(rule, self.shows, self.hides) for rule in content.rules),
            split_charges=tuple(split_charge_within(split, self.hides) for split in content.split_charges),
        )

    def rule_change(self, change: RuleChange) -> RuleChange:
        if self._is_whole:
            return change
        old, new = (rule and rule_within(rule, self.shows, self.hides) for rule in (change.old, change.new))
        return replace(change, old=old, new=new)

    def hides(self, text: str) -> bool:
        """Whether a text is of an account or of charges outside."""
        return text in self._others or (bool(_ACCOUNT_ID.fullmatch(text)) and text not in self._mine)

    def shows(self, leaf: Leaf, value: str) -> bool:
        if leaf.kind != "dimension" or leaf.key not in ACCOUNT_KEYS:
            return not self.hides(value)
        return any(_matches(mine, leaf, value) for mine in self._mine)


def _texts(found: Options) -> set[str]:
    return {*found.services, *(value for values in found.labels.values() for value in values)}


def _matches(text: str, leaf: Leaf, value: str) -> bool:
    if leaf.ignores_case:
        text, value = text.casefold(), value.casefold()
    match leaf.manner:
        case "STARTS_WITH":
            return text.startswith(value)
        case "ENDS_WITH":
            return text.endswith(value)
        case "CONTAINS":
            return value in text
    return text == value
