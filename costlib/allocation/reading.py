"""Rules as sentences: where a pool comes from, how it is cut, who shares it, and when the rule holds."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from decimal import Decimal

from costlib.allocation.rules import Conditions, Driver, Method, Rule
from costlib.money import plain
from costlib.periods import add_months
from costlib.vocabulary import dimension

LONGEST_LIST = 6
NO_NAMES: Mapping[str, str] = {}


def source_in_words(rule: Rule, names: Mapping[str, str] = NO_NAMES) -> str:
    """Where the pool comes from; `names` is account id → what people read."""
    if rule.source.cost_center is not None:
        if rule.method is Method.fixed_charge:
            return f"An amount a month from {rule.source.cost_center}, whatever it holds."
        return f"Everything that {rule.source.cost_center} holds when the rule's turn comes."
    return f"The charges {_whose(rule.source.conditions, names)}." if rule.source.conditions else "Every charge."


def method_in_words(rule: Rule, seen: Collection[str] | None = None, names: Mapping[str, str] = NO_NAMES) -> str:
    """How the pool is cut. Percentages and amounts are said of the cost centers `seen` only; None is all of them."""
    match rule.method:
        case Method.even:
            return "In equal parts."
        case Method.proportional:
            return f"In proportion to each cost center's own {_driver_in_words(rule.driver, names)}."
        case Method.fixed:
            parts = [f"{center} {plain(percent)}%" for center, percent in _parts(rule, seen)]
            return f"In agreed percentages: {_listed(parts)}." if parts else "In agreed percentages."
        case Method.fixed_charge:
            parts = [f"{center} {amount:,.2f}" for center, amount in _parts(rule, seen)]
            return f"Agreed amounts a month: {_listed(parts)}." if parts else "Agreed amounts a month."


def targets_in_words(rule: Rule) -> str:
    """Who shares the pool."""
    if rule.parts:
        return "The cost centers that the rule names."
    if rule.targets is not None:
        return f"{_listed([target for target in rule.targets if target not in rule.excluded])}."
    apart = ["Unallocated", "those that a rule before has emptied", *sorted(rule.excluded)]
    if rule.source.cost_center:
        apart.insert(1, "the source")
    return f"Every cost center of the month but {_listed(apart)}."


def months_in_words(rule: Rule) -> str:
    """`Jan 2026 to Jun 2026`, `since Jul 2026`, `until Jun 2026`, `always`."""
    last = add_months(rule.end, -1) if rule.end else None
    if rule.start and last:
        return f"{_month(rule.start)} to {_month(last)}"
    if rule.start:
        return f"since {_month(rule.start)}"
    return f"until {_month(last)}" if last else "always"


def _driver_in_words(driver: Driver, names: Mapping[str, str]) -> str:
    metric = f"{driver.metric.label.lower()} cost" if driver.metric else "cost"
    return f"{metric}, of charges {_whose(driver.conditions, names)}" if driver.conditions else metric


def _whose(conditions: Conditions, names: Mapping[str, str]) -> str:
    said = [
        f"whose {_dimension(name)} is {_listed([names.get(value, value) for value in values], 'or')}"
        for name, values in conditions
    ]
    return " and ".join(said)


def _dimension(name: str) -> str:
    found = dimension(name)
    return "account" if name == "usage_account_id" else found.label if ":" in name else found.label.lower()


def _parts(rule: Rule, seen: Collection[str] | None) -> list[tuple[str, Decimal]]:
    return [(center, part) for center, part in rule.parts.items() if seen is None or center in seen]


def _listed(parts: Sequence[str], word: str = "and") -> str:
    shown = list(parts)
    if len(shown) > LONGEST_LIST:
        shown = [*shown[: LONGEST_LIST - 1], f"{len(shown) - LONGEST_LIST + 1} more"]
    return f"{', '.join(shown[:-1])} {word} {shown[-1]}" if len(shown) > 1 else "".join(shown)


def _month(month: date) -> str:
    return f"{month:%b %Y}"
