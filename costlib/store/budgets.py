"""Budgets in the warehouse: every version that was put in force, and AWS's own budgets as they were last read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple, dataclass, fields
from datetime import date, datetime
from decimal import Decimal

from costlib.budgets.budget import Budgets
from costlib.budgets.parsing import parse_budgets
from costlib.store.warehouse import Warehouse

BUDGETS_PROBLEM = "budgets_problem"
"""The key in `meta` under which pages find what is wrong with the budgets file; '' when nothing is."""


@dataclass(frozen=True)
class BudgetChange:
    """Budgets as somebody wrote them: the text, the file it stands in, when and by whom it was applied, and why."""

    text: str
    file: str
    applied_at: datetime
    applied_by: str
    note: str


@dataclass(frozen=True)
class AwsBudget:
    """A budget as AWS Budgets tells it: its period, limit, what was spent and what AWS forecasts, all as AWS says.

    `narrowed_to` is AWS's filter as JSON, '' without one.
    """

    account_id: str
    name: str
    budget_type: str
    time_unit: str
    start: date | None
    end: date | None
    unit: str
    limit: Decimal | None
    actual: Decimal | None
    forecast: Decimal | None
    narrowed_to: str
    read_at: datetime


def budgets_in_force(warehouse: Warehouse) -> Budgets | None:
    """The budgets that were applied last; None when there are none."""
    rows = warehouse.fetch("SELECT text, file FROM budget_versions ORDER BY applied_at DESC LIMIT 1")
    return parse_budgets(*rows[0]) if rows else None


def put_budgets_in_force(warehouse: Warehouse, change: BudgetChange) -> bool:
    """Apply budgets and keep the ones before.

    False when they say what those in force say, and nothing changes. Raises InvalidBudgets, and the ones in force stay
    so.
    """
    budgets = parse_budgets(change.text, change.file)
    held = budgets_in_force(warehouse)
    is_new = held is None or held.version != budgets.version
    with warehouse.transaction() as connection:
        if is_new:
            row = [budgets.version, change.file, change.text, change.applied_at, change.applied_by, change.note]
            connection.execute("INSERT INTO budget_versions VALUES (?, ?, ?, ?, ?, ?)", row)
        connection.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", [BUDGETS_PROBLEM, ""])
    return is_new


def replace_aws_budgets(warehouse: Warehouse, budgets: Sequence[AwsBudget]) -> None:
    """What AWS tells now takes the place of what it told before."""
    with warehouse.transaction() as connection:
        connection.execute("DELETE FROM aws_budgets")
        marks = ", ".join("?" for _ in fields(AwsBudget))
        for budget in budgets:
            connection.execute(f"INSERT INTO aws_budgets VALUES ({marks})", astuple(budget))
