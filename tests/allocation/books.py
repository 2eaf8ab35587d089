"""Rules and books for tests, as short as they can be written."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from costlib.allocation.engine import Allocation, Books, allocate
from costlib.allocation.parsing import parse_rules
from costlib.money import of_units, units

CENTERS = '[[cost_center]]\ncost_category = "Team"\n'


def moved(
    rules: str,
    direct: Mapping[str, str],
    claimed: Mapping[str, Mapping[str, str]] | None = None,
    drivers: Mapping[str, Mapping[str, str]] | None = None,
) -> Allocation:
    """What rules written as TOML do to direct cost; without drivers, direct cost is everyone's driver."""
    parsed = parse_rules(CENTERS + rules)
    whole = in_units(direct)
    given = {rule.rule_id: whole for rule in parsed.rules}
    given |= {rule_id: in_units(values) for rule_id, values in (drivers or {}).items()}
    books = Books(whole, {rule_id: in_units(values) for rule_id, values in (claimed or {}).items()}, given)
    return allocate(parsed.rules, books)


def in_units(amounts: Mapping[str, str]) -> dict[str, int]:
    return {center: units(Decimal(amount)) for center, amount in amounts.items()}


def after(allocation: Allocation, direct: Mapping[str, str]) -> dict[str, Decimal]:
    """What each cost center has in the end."""
    return {center: of_units(whole) for center, whole in sorted(allocation.totals(in_units(direct)).items())}
