"""What a file of statements holds: plain figures, already asked for and exact. Written as HTML and as a workbook."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property

from costlib.allocation.rules import Rule
from costlib.exports.statement_lines import Line, Section, section_total
from costlib.money import difference, total
from costlib.vocabulary import CostMetric

SHARED = (Section.shared, Section.moved_out)
"""What rules gave, and what they took."""


@dataclass(frozen=True)
class ChangePart:
    """Why a statement moved: the reason, what exactly, and by how much."""

    reason: str
    what: str
    amount: Decimal


@dataclass(frozen=True)
class Change:
    """The statement of the month before; `parts` lead from it to this one, to the last digit."""

    before: date
    start: Decimal
    end: Decimal
    parts: Sequence[ChangePart]


@dataclass(frozen=True)
class Statement:
    """One cost center's month. `change` and `year_to_date` are None where nothing is to be compared."""

    cost_center: str
    lines: Sequence[Line]
    change: Change | None = None
    year_to_date: Decimal | None = None

    @cached_property
    def total(self) -> Decimal | None:
        return total(line.amount for line in self.lines)

    def section(self, *sections: Section) -> Decimal:
        """What the lines of some sections come to; 0 without any."""
        return section_total(self.lines, *sections) or Decimal(0)


@dataclass(frozen=True)
class Closed:
    """By what a closed month is known."""

    statement_id: str
    closed_by: str
    forced_because: str | None


@dataclass(frozen=True)
class Statements:
    """The statements of a month, of one cost center or of all that may be seen.

    `closed` when they are as the month was closed: then nothing in the file can change any more, so that it holds
    neither the snapshot nor names that AWS may change. `bill` is what all charges of the month come to; None when not
    every statement is in the file.
    """

    month: date
    metric: CostMetric
    currency: str
    statements: Sequence[Statement]
    rules: Mapping[str, Rule]
    rules_version: str
    bill: Decimal | None
    closed: Closed | None
    snapshot_id: str
    as_of: datetime
    estimated_days: int = 0

    @property
    def total(self) -> Decimal | None:
        return total(statement.total for statement in self.statements)

    @property
    def adjustments(self) -> Decimal:
        """What the statements carry for closed months; it is no part of the month's bill."""
        return total(statement.section(Section.adjustment) for statement in self.statements) or Decimal(0)

    @property
    def difference(self) -> Decimal | None:
        """What the statements come to beyond the bill and the adjustments: 0, or something is wrong."""
        return difference(difference(self.total, self.adjustments), self.bill)


def file_name(month: date, cost_center: str | None, is_closed: bool) -> str:
    """Without its ending: `statement-Payments-2026-10`; of all cost centers `statements-2026-10-as-closed`."""
    when = f"{month:%Y-%m}{'-as-closed' if is_closed else ''}"
    if cost_center is None:
        return f"statements-{when}"
    return f"statement-{''.join(c if c.isalnum() else '-' for c in cost_center)}-{when}"
