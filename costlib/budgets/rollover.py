"""What the months of a year leave to the next: agreed less spent, added up from the year's first month on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from costlib.budgets.budget import Agreed
from costlib.money import difference, total


@dataclass(frozen=True)
class Carried:
    """What comes over from the months before: positive is unspent, negative overspent; None is not available.

    `since` is the first month that counts; None when no month does.
    """

    amount: Decimal | None
    since: date | None


NOTHING = Carried(Decimal(0), None)


def carried(months: Iterable[Agreed], spent: Mapping[date, Decimal | None]) -> Carried:
    """Of `months` in their order, those that are in `spent` (by their first day): a month that is not stored neither
    gives nor takes. One whose cost is not available makes the sum so."""
    known = [
        (of.period.start, difference(of.amount, spent[of.period.start])) for of in months if of.period.start in spent
    ]
    if not known:
        return NOTHING
    return Carried(total(left for _, left in known), known[0][0])
