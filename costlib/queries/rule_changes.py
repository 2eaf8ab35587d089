"""Two lists of rules, before and after: which rules were added, removed, moved or changed."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from costlib.queries.rules import Rule


class Kind(StrEnum):
    """What happened to a rule."""

    added = "added"
    removed = "removed"
    moved = "moved"
    changed = "changed"


@dataclass(frozen=True)
class RuleChange:
    """One rule before and after, with its places, counted from 1; None where there is none."""

    kind: Kind
    old: Rule | None
    new: Rule | None
    old_place: int | None
    new_place: int | None


Pairs = dict[int, int]
"""Index before → index after of the same rule."""


def rule_changes(old: Sequence[Rule], new: Sequence[Rule]) -> tuple[RuleChange, ...]:
    """What to do to `old` to get `new`, in the order of the places.

    Equal rules are the same one; of the others, rules that give the same value are one that changed. Of the rules that
    stayed, the fewest that explain the new order have moved. A rule that changed and moved is listed as both.
    """
    same = _paired(old, new, range(len(old)), range(len(new)), lambda rule: rule)
    left = [i for i in range(len(old)) if i not in same]
    right = [j for j in range(len(new)) if j not in same.values()]
    edited = _paired(old, new, left, right, lambda rule: (rule.value, rule.inherited))
    pairs = dict(sorted((same | edited).items()))
    moved = set(pairs) - _staying(pairs)
    found = [
        *(RuleChange(Kind.removed, old[i], None, i + 1, None) for i in left if i not in edited),
        *(RuleChange(Kind.changed, old[i], new[j], i + 1, j + 1) for i, j in edited.items()),
        *(RuleChange(Kind.moved, old[i], new[j], i + 1, j + 1) for i, j in pairs.items() if i in moved),
        *(RuleChange(Kind.added, None, new[j], None, j + 1) for j in right if j not in edited.values()),
    ]
    return tuple(sorted(found, key=lambda c: (c.new_place or c.old_place or 0, c.kind)))


def _paired(
    old: Sequence[Rule],
    new: Sequence[Rule],
    left: Iterable[int],
    right: Iterable[int],
    key: Callable[[Rule], Hashable],
) -> Pairs:
    """Rules of equal key, each with the first of the other side that is still free."""
    waiting: dict[Hashable, list[int]] = defaultdict(list)
    for j in right:
        waiting[key(new[j])].append(j)
    pairs = {}
    for i in left:
        if free := waiting[key(old[i])]:
            pairs[i] = free.pop(0)
    return pairs


def _staying(pairs: Pairs) -> set[int]:
    """The longest run of rules that kept their order: a longest increasing subsequence of the places after."""
    tails: list[int] = []
    ends: list[int] = []
    before: dict[int, int | None] = {}
    for i, j in pairs.items():
        at = bisect_left(tails, j)
        before[i] = ends[at - 1] if at else None
        tails[at:] = [j] if at == len(tails) else [j, *tails[at + 1 :]]
        ends[at:] = [i] if at == len(ends) else [i, *ends[at + 1 :]]
    stays, last = set(), ends[-1] if ends else None
    while last is not None:
        stays.add(last)
        last = before[last]
    return stays
