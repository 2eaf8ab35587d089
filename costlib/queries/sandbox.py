"""Rules that are only being tried: replayed over stored months, beside what the rules in force make of them.

Nothing is written: the same SQL and the same engine as the sync's, on a snapshot.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from costlib.access import Scope
from costlib.allocation.parsing import parse_rules
from costlib.allocation.rules import AllocationRules
from costlib.errors import UsageError
from costlib.money import difference, of_units
from costlib.periods import Period, months_in
from costlib.queries.showback import Question, matrix
from costlib.store.books import allocations
from costlib.store.snapshot import Snapshot
from costlib.vocabulary import CostMetric


@dataclass(frozen=True)
class Replayed:
    """A cost center's statement of a month by the rules in force and by those being tried; 0 where it has none.

    None is "not available in this metric".
    """

    month: date
    cost_center: str
    before: Decimal | None
    after: Decimal | None

    @property
    def change(self) -> Decimal | None:
        return difference(self.after, self.before)


@dataclass(frozen=True)
class SplitCharges:
    """AWS's split charge rules of a cost category, as the JSON that it answered with."""

    cost_category: str
    json_text: str

    @property
    def rules(self) -> list[dict[str, Any]]:
        """The rules in their order."""
        return list(json.loads(self.json_text))


def replay(
    snapshot: Snapshot, scope: Scope, rules: AllocationRules, period: Period, metric: CostMetric
) -> tuple[Replayed, ...]:
    """Every cost center of the stored months that `period` touches, the newest month first, then the largest change.

    Replaying shows everybody's cost, so a scope that sees some statements only is a UsageError. Adjustments of closed
    months are no rule's doing and are left out.
    """
    if scope.statements is not None:
        raise UsageError(
            "Trying rules shows the cost of every cost center; your view holds only some of them.",
            "Ask someone who may see every statement.",
        )
    months = months_in(period)
    whole = Period(months[0].start, months[-1].end)
    tried = {m.month: m.totals for m in allocations(snapshot.rows, rules, whole) if m.metric is metric}
    found: list[Replayed] = []
    for month in reversed(months):
        now = _totals(snapshot, scope, Question(month.start, metric))
        after = {center: of_units(whole) for center, whole in tried.get(month.start, {}).items()}
        of_month = [
            Replayed(month.start, center, now.get(center, Decimal(0)), _known(after, center, month.start in tried))
            for center in {*now, *after}
        ]
        found += sorted(of_month, key=lambda r: (-abs(r.change or Decimal(0)), r.cost_center))
    return tuple(found)


def replay_text(
    snapshot: Snapshot, scope: Scope, text: str, period: Period, metric: CostMetric
) -> tuple[Replayed, ...]:
    """The same for rules as somebody wrote them. Raises InvalidRules."""
    return replay(snapshot, scope, parse_rules(text), period, metric)


def split_charge_rules(snapshot: Snapshot, scope: Scope) -> tuple[SplitCharges, ...]:
    """The split charge rules of every cost category that has some, as AWS wrote them; a scope that sees some statements
    only gets none, since they name other cost centers."""
    if scope.statements is not None:
        return ()
    rows = snapshot.rows("SELECT name, split_charge_rules FROM cost_category_definitions ORDER BY name")
    found = (SplitCharges(str(name), str(rules or "[]")) for name, rules in rows)
    return tuple(split for split in found if split.rules)


def _known(after: Mapping[str, Decimal], center: str, is_available: bool) -> Decimal | None:
    return after.get(center, Decimal(0)) if is_available else None


def _totals(snapshot: Snapshot, scope: Scope, asked: Question) -> dict[str, Decimal | None]:
    """Statements without adjustments."""
    columns = ("cost_center", "total", "adjustment")
    rows = zip(*(matrix(snapshot, scope, asked).column(name).to_pylist() for name in columns), strict=True)
    return {center: difference(whole, adjustment) for center, whole, adjustment in rows}
