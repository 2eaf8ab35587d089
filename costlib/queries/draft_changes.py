"""What a draft changes in a definition, line by line: each rule as AWS writes it, before and after."""

from __future__ import annotations

from collections.abc import Iterator

from costlib.queries.drafts import Draft, rule_json, split_charge_json
from costlib.queries.rule_changes import Kind, RuleChange, rule_changes
from costlib.queries.rules import Content


def change_lines(present: Content | None, draft: Draft) -> tuple[str, ...]:
    """Lines that begin with `+` (new), `-` (gone) or `~` (moved); none when nothing changes."""
    return tuple(_lines(present, draft))


def _lines(present: Content | None, draft: Draft) -> Iterator[str]:
    for change in rule_changes(present.rules if present else (), draft.rules):
        yield from _of_rule(change)
    default = present.default_value if present else None
    yield from _of_text("default value", default, draft.default_value)
    before = {split.source: split_charge_json(split) for split in present.split_charges} if present else {}
    after = {split.source: split_charge_json(split) for split in draft.split_charges}
    for source in sorted(before.keys() | after.keys()):
        yield from _of_text("split charge rule", before.get(source), after.get(source))
    if draft.effective_start is not None:
        start = present.effective_start.isoformat() if present else None
        yield from _of_text("effective from", start, draft.effective_start.isoformat())


def _of_rule(change: RuleChange) -> Iterator[str]:
    if change.kind is Kind.moved:
        yield f"~ rule {change.old_place} moves to {change.new_place}"
        return
    if change.old is not None:
        yield f"- rule {change.old_place}: {rule_json(change.old)}"
    if change.new is not None:
        yield f"+ rule {change.new_place}: {rule_json(change.new)}"


def _of_text(what: str, before: str | None, after: str | None) -> Iterator[str]:
    if before == after:
        return
    if before is not None:
        yield f"- {what}: {before}"
    if after is not None:
        yield f"+ {what}: {after}"
