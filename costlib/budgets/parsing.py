"""`budgets.toml`: text to budgets, with every mistake named by file, line and budget."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import NoReturn, TypeVar

from costlib.allocation.lines import Lines, NotToml, Table, parsed, version_of
from costlib.budgets.budget import Budget, Budgets, Every, Of, Term
from costlib.errors import InvalidBudgets
from costlib.money import SCALE
from costlib.vocabulary import COST_METRICS, CostMetric, label_dimension

T = TypeVar("T")

FILE = "budgets.toml"
MONTH = re.compile(r"(\d{4})-(0[1-9]|1[0-2])", re.ASCII)
ABOUT = frozenset({"id", "name", "amount", "every", "metric", "from", "until", "rollover"})
LARGEST = Decimal(10) ** 15


def parse_budgets(text: str, file: str = FILE) -> Budgets:
    """The budgets that `text` says. Raises InvalidBudgets for the first mistake, with its line and budget."""
    try:
        raw = parsed(text)
    except NotToml as error:
        raise InvalidBudgets(file, error.line, None, error.problem, error.remedy) from None
    lines = Lines(text)
    for key in raw:
        if key != "budget":
            raise InvalidBudgets(file, lines.of_top(key), None, f"unknown table {key!r}", "Write [[budget]].")
    listed = raw.get("budget", [])
    if not isinstance(listed, list) or not all(isinstance(table, dict) for table in listed):
        raise InvalidBudgets(file, lines.of_table("budget", 0), None, "budget is no list", "Write [[budget]].")
    found: dict[str, Budget] = {}
    for index, table in enumerate(listed):
        _add(found, _Table(lines.of_table("budget", index), table, file, lines))
    return Budgets(tuple(found.values()), version_of(raw))


@dataclass(frozen=True)
class _Table(Table):
    """One [[budget]]."""

    file: str
    lines: Lines

    def refuse(self, key: str, problem: str, remedy: str) -> NoReturn:
        raise InvalidBudgets(self.file, self.lines.of_key(self.line, key), self.named, problem, remedy)

    def one_of(self, key: str, known: list[str], default: str) -> str:
        text = self.take(key, str, f"one of {', '.join(known)}", default)
        if text not in known:
            self.refuse(key, f"unknown {key} {text!r}", f"Known are {', '.join(known)}.")
        return text


def _add(found: dict[str, Budget], table: _Table) -> None:
    """A budget of its own, or another term of one that came before."""
    budget = _budget(table)
    held = found.get(budget.budget_id)
    if held is None:
        found[budget.budget_id] = budget
        return
    for key in ("of", "value", "name", "every", "metric", "rollover"):
        if getattr(held, key) != getattr(budget, key):
            remedy = "Entries of one id differ in amount and months only: give this one an id of its own."
            named = budget.of if key in ("of", "value") else key
            table.refuse(named, f"it is another {named} than in line {held.line}", remedy)
    (term,) = budget.terms
    for other in held.terms:
        if _overlap(term, other):
            remedy = "Let one entry end with `until` where the next begins with `from`."
            table.refuse("from", f"its months overlap with those of line {other.line}", remedy)
    terms = sorted((*held.terms, term), key=lambda of: of.start or date.min)
    found[budget.budget_id] = Budget(**{**vars(held), "terms": tuple(terms)})


def _overlap(one: Term, other: Term) -> bool:
    return (one.start or date.min) < (other.end or date.max) and (other.start or date.min) < (one.end or date.max)


def _budget(table: _Table) -> Budget:
    budget_id = table.take("id", str, "a short name that stays").strip()
    if not budget_id:
        table.refuse("id", "its id is empty", "Give it a short name that stays.")
    of, value = _of(table)
    every = Every(table.one_of("every", [e.value for e in Every], Every.month.value))
    rollover = table.take("rollover", bool, "true or false", default=False)
    if rollover and every is Every.year:
        table.refuse("rollover", "a yearly budget has nothing to carry over", "Leave it out, or budget by month.")
    return Budget(
        budget_id=budget_id,
        name=table.take("name", str, "text", value or "Everything").strip() or budget_id,
        of=of,
        value=value,
        every=every,
        metric=CostMetric(table.one_of("metric", list(COST_METRICS), CostMetric.unblended_cost.value)),
        rollover=rollover,
        terms=(_term(table),),
    )


def _of(table: _Table) -> tuple[str, str]:
    """What it is of: one key besides those about the budget itself."""
    known = [*(of.value for of in Of), "cost_category:NAME", "tag:KEY"]
    found = [key for key in table.raw if key not in ABOUT]
    for key in found:
        if key not in known and label_dimension(key) is None:
            table.refuse(key, f"unknown key {key!r}", f"Known are {', '.join(sorted(ABOUT))}, {', '.join(known)}.")
    if len(found) != 1:
        problem = "it does not say what it is of" if not found else f"it is of {' and of '.join(found)}"
        table.refuse(found[-1] if found else "id", problem, f"Name exactly one of {', '.join(known)}.")
    (key,) = found
    if key == Of.total:
        if table.raw[key] is not True:
            table.refuse(key, "total is not true", "Write total = true.")
        return key, ""
    value = table.take(key, str, "text").strip()
    if not value:
        table.refuse(key, f"{key} is empty", "Name one value.")
    return key, value


def _term(table: _Table) -> Term:
    amount = table.raw.get("amount")
    if isinstance(amount, bool) or not isinstance(amount, int | Decimal):
        problem = "amount is missing" if amount is None else "amount is no number"
        table.refuse("amount", problem, "Write digits without quotes, such as amount = 12500.00.")
    amount = Decimal(amount)
    if not amount.is_finite() or not 0 <= amount < LARGEST:
        table.refuse("amount", f"an amount of {amount} is no budget", "Write 0 or more, in the currency of the bill.")
    if amount != round(amount, SCALE):
        table.refuse("amount", f"{amount} has too many digits", f"Write at most {SCALE} after the point.")
    start, end = _month(table, "from"), _month(table, "until")
    if start and end and end <= start:
        table.refuse("until", "until is not after from", "Name the first month for which it no longer holds.")
    return Term(amount, start, end, table.line)


def _month(table: _Table, key: str) -> date | None:
    if key not in table.raw:
        return None
    text = table.take(key, str, 'month such as "2026-01"')
    match = MONTH.fullmatch(text)
    if match is None or not 2000 <= int(match.group(1)) < 2200:
        table.refuse(key, f"{text!r} is no month", 'Write a month such as "2026-01".')
    return date(int(match.group(1)), int(match.group(2)), 1)
