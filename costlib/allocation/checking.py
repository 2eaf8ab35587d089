"""What is wrong with rules that are well written: parts that do not add up, circles, versions that overlap."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from itertools import combinations

from costlib.allocation.rules import Method, Rule
from costlib.errors import InvalidRules
from costlib.money import SCALE

HUNDRED = Decimal(100)
ALWAYS, NEVER = date.min, date.max


def require_parts(file: str, rule: Rule) -> None:
    """Percentages are not negative and sum to 100; fixed charges come from a cost center; names make sense."""
    if any(_digits(part) > SCALE for part in rule.parts.values()):
        raise _wrong(file, rule, f"a part has more than {SCALE} digits after the point", "Write fewer digits.")
    if rule.method is Method.fixed:
        if any(part < 0 for part in rule.parts.values()):
            raise _wrong(file, rule, "a percentage is negative", "Write percentages from 0 to 100.")
        if (whole := sum(rule.parts.values(), Decimal(0))) != HUNDRED:
            raise _wrong(file, rule, f"the percentages sum to {whole}, not to 100", "Make them sum to 100 exactly.")
    if rule.method is Method.fixed_charge and rule.source.is_charges:
        raise _wrong(file, rule, "a fixed charge needs a cost center that it is taken from", "Name source.cost_center.")
    named = {*(rule.targets or ()), *rule.parts}
    if rule.source.cost_center in named:
        raise _wrong(file, rule, f"{rule.source.cost_center} is its source and its target", "Take it off the targets.")
    if rule.targets is not None and not rule.targets:
        raise _wrong(file, rule, "it has no target", 'List cost centers, or write targets = "all".')


def require_order(file: str, rules: Sequence[Rule]) -> None:
    """No two versions of a rule in force in one month, and no circle in any month."""
    for rule, other in combinations(rules, 2):
        if rule.rule_id == other.rule_id and _overlap(rule, other):
            raise _wrong(
                file,
                other,
                f"it is in force at the same time as the one on line {rule.line}",
                'Give each version of a rule months of its own with "from" and "until".',
            )
    for month in sorted({rule.start or ALWAYS for rule in rules}):
        _refuse_circles(file, [rule for rule in rules if rule.is_in_force(month)])


def _refuse_circles(file: str, rules: Sequence[Rule]) -> None:
    """A cost center must not get back, directly or by way of others, what it gave away by name."""
    gives = {
        rule.source.cost_center: rule
        for rule in rules
        if rule.source.cost_center and rule.method is not Method.fixed_charge
    }
    reaches = {center: set(_named(rule)) & set(gives) for center, rule in gives.items()}
    for center in gives:
        if circle := _circle(center, reaches):
            way = " → ".join([*circle, center])
            raise _wrong(file, gives[circle[-1]], f"cost goes in a circle: {way}", "Take one of them off the targets.")


def _circle(start: str, reaches: Mapping[str, set[str]]) -> list[str] | None:
    """A way from `start` back to it, if there is one."""
    waiting = [[start]]
    met: set[str] = set()
    while waiting:
        way = waiting.pop()
        for following in sorted(reaches[way[-1]]):
            if following == start:
                return way
            if following not in met:
                met.add(following)
                waiting.append([*way, following])
    return None


def _named(rule: Rule) -> Iterator[str]:
    """The targets by name; `all` leaves out what was emptied before, so it closes no circle."""
    yield from (center for center in (rule.targets or ()) if rule.may_reach(center))
    yield from rule.parts


def _overlap(rule: Rule, other: Rule) -> bool:
    return (rule.start or ALWAYS) < (other.end or NEVER) and (other.start or ALWAYS) < (rule.end or NEVER)


def _digits(part: Decimal) -> int:
    exponent = part.as_tuple().exponent
    return -exponent if isinstance(exponent, int) and exponent < 0 else 0


def _wrong(file: str, rule: Rule, problem: str, remedy: str) -> InvalidRules:
    return InvalidRules(file, rule.line, rule.rule_id, problem, remedy)
