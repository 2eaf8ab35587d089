"""The amounts that a scope may not be told, and whether one of them can be read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal

from costlib.access import Scope
from costlib.store.snapshot import Snapshot
from tests.leaks import plants
from tests.leaks.reading import Read
from tests.leaks.world import CELLS, CENTERS, Cell, budget_texts, secret_names

LONGEST = 92
"""Days: a figure of so many, or of any fewer, is recognised."""
NOTHING = Read()
SMALLEST = Decimal(10) ** 8
LARGEST = Decimal(10) ** 14
"""All secrets are between these."""


@dataclass(frozen=True)
class Secrets:
    """What one scope may not read."""

    names: frozenset[str]
    amounts: frozenset[Decimal]
    whole_amounts: frozenset[Decimal]

    def found_in(self, read: Read, typed: Read = NOTHING) -> list[str]:
        """Every secret that can be read; what whoever reads it has `typed` themselves tells nothing."""
        text, known, told = read.text, typed.text, set(typed.figures())
        names = [name for name in sorted(self.names) if name.casefold() in text and name.casefold() not in known]
        return names + sorted(f"{f[0]}" for f in set(read.figures()) - told if self._is_secret(*f))

    def _is_secret(self, number: Decimal, decimals: int) -> bool:
        if not SMALLEST <= number < LARGEST:
            return False
        return number in self.whole_amounts if decimals == 0 else round(number, 2) in self.amounts


def secrets_of(snapshot: Snapshot, scope: Scope) -> Secrets:
    """The names, and the sums of what is not seen and of everything over any number of days, but those that are also
    sums of what is seen."""
    mine = [cell for cell in CELLS if cell.is_seen(scope)]
    foreign = [cell for cell in CELLS if not cell.is_seen(scope)]
    told = {amount for sum_ in sums(mine, mine) for amount in _multiples(sum_)}
    secret = {amount for sum_ in sums(foreign, CELLS) if foreign for amount in _multiples(sum_)}
    of_statements, told_there = _statements(snapshot, scope)
    planted, told_too = _planted(scope)
    cents, dollars = (
        frozenset(round(a, places) for a in secret | of_statements | planted)
        - {round(a, places) for a in told | told_there | told_too}
        for places in (2, 0)
    )
    return Secrets(secret_names(scope), cents, dollars)


def sums(foreign: Iterable[Cell], whole: Iterable[Cell]) -> Iterator[Decimal]:
    """A day of each foreign cell, of all of them, of everything, and of each account and center, and what is foreign
    of it."""
    foreign, whole = list(foreign), list(whole)
    for cell in foreign:
        yield cell.amount
    for part in (foreign, whole):
        yield _sum(part)
        yield _sum(cell for cell in part if cell.record_type == "Usage")
    for field in ("account", "center", "team"):
        for value in {getattr(cell, field) for cell in foreign}:
            for part in (foreign, whole):
                yield _sum(cell for cell in part if getattr(cell, field) == value)


def _sum(cells: Iterable[Cell]) -> Decimal:
    return sum((cell.amount for cell in cells), Decimal(0))


def _multiples(daily: Decimal) -> Iterator[Decimal]:
    return (daily * days for days in range(1, LONGEST + 1)) if daily else iter(())


def _statements(snapshot: Snapshot, scope: Scope) -> tuple[set[Decimal], set[Decimal]]:
    """What statements of others tell, and what one's own do: with the pools that one has a share of, for the share
    and one's part tell them anyway."""
    secret, told = set[Decimal](), set[Decimal]()
    for book in ("showback", "closed"):
        touched = set[tuple[object, object]]()
        entries = list(
            snapshot.rows(
                f"""
                SELECT billing_month, rule_id, cost_center, is_source, amount, driver, driver_total
                FROM {book}_entries
                WHERE metric = 'unblended_cost'"""
            )
        )
        totals: dict[tuple[object, str], Decimal] = {}
        for month, rule, center, _, amount, driver, driver_total in entries:
            is_mine = scope.statements is None or str(center) in scope.statements
            (told if is_mine else secret).update(_known(amount, driver))
            (told if is_mine else set()).update(_known(driver_total))
            if is_mine:
                touched.add((month, rule))
            totals[month, str(center)] = totals.get((month, str(center)), Decimal(0)) + abs(Decimal(str(amount)))
        pools: dict[tuple[object, object], Decimal] = {}
        for month, rule, _, is_source, amount, *_ in entries:
            if not is_source:
                pools[month, rule] = pools.get((month, rule), Decimal(0)) + Decimal(str(amount))
        for key, pool in pools.items():
            (told if key in touched else secret).add(abs(pool))
        whole = snapshot.rows(
            f"""
            SELECT cost_center, SUM(amount)
            FROM (
                SELECT billing_month, cost_center, unblended_cost AS amount FROM {book}_charges
                UNION ALL
                SELECT billing_month, cost_center, amount FROM {book}_entries WHERE metric = 'unblended_cost'
            ) AS lines
            GROUP BY GROUPING SETS ((billing_month, cost_center), (cost_center))"""
        )
        for center, amount in whole:
            is_mine = scope.statements is None or str(center) in scope.statements
            (told if is_mine else secret).update(_known(amount))
    assert set(CENTERS) <= {str(c) for (c,) in snapshot.rows("SELECT DISTINCT cost_center FROM showback_charges")}
    return secret, told


def _known(*values: object) -> set[Decimal]:
    return {abs(value) for value in values if isinstance(value, Decimal)}


def _planted(scope: Scope) -> tuple[set[Decimal], set[Decimal]]:
    """Amounts that stand in other tables: seen with their account or their center, or by whoever sees everything."""
    secret, told = set[Decimal](), set[Decimal]()
    whose = {**plants.FIGURES, **{Decimal(amount): (value,) for value, amount in budget_texts()[1].values()}}
    for amount, owners in whose.items():
        seen = (*(scope.accounts or ()), *(CENTERS if scope.statements is None else scope.statements))
        is_seen = scope.accounts is None or any(owner in seen for owner in owners)
        (told if is_seen else secret).add(amount)
    return secret, told
