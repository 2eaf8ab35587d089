"""The lines of one statement as people read them: own cost, each shared line with its share. Pages and files have them
from here, so that they say the same."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any

from costlib import wording
from costlib.allocation.rules import Method, Rule
from costlib.money import plain, ratio, total
from costlib.wording import Currency


class By(StrEnum):
    """How own cost is told apart; values are what people read."""

    service = "Service"
    account = "Account"
    both = "Account and service"


class Section(StrEnum):
    """What a line is; values are what people read."""

    own = "Own cost"
    shared = "Shared cost"
    moved_out = "Moved out"
    adjustment = "Adjustment"


@dataclass(frozen=True)
class Line:
    """One line: where its amount comes from, and for a shared one the share of which pool it is."""

    section: Section
    name: str
    amount: Decimal | None
    usage_account_id: str | None = None
    service: str | None = None
    rule_id: str | None = None
    adjusted_month: date | None = None
    driver: Decimal | None = None
    driver_total: Decimal | None = None
    pool: Decimal | None = None

    @property
    def share(self) -> Decimal | None:
        return ratio(self.driver, self.driver_total) if self.driver is not None and self.driver_total else None

    @property
    def label(self) -> str:
        """What it is called in the list of lines and in a link."""
        return f"{self.section}: {self.name}"


@dataclass(frozen=True)
class Names:
    """What people call the accounts and rules of a month, and the rules themselves, by id."""

    accounts: Mapping[str, str]
    rules: Mapping[str, Rule]
    rule_name: Callable[[str], str]


def lines_of(rows: Sequence[Mapping[str, Any]], by: By, names: Names) -> tuple[Line, ...]:
    """The lines of one cost center's `statement`: own cost summed up `by`, the rest as it is."""
    own: dict[tuple[str, str], list[Decimal | None]] = {}
    for row in rows:
        if row["kind"] == "direct":
            own.setdefault(_own_key(row, by), []).append(row["amount"])
    found = [_own_line(names, by, key, total(amounts)) for key, amounts in own.items()]
    found.sort(key=lambda line: (-abs(line.amount or Decimal(0)), line.name))
    return (*found, *(_line(names, row) for row in rows if row["kind"] != "direct"))


def section_total(lines: Sequence[Line], *sections: Section) -> Decimal | None:
    """What the lines of some sections come to."""
    return total(line.amount for line in lines if line.section in sections)


def driver_in_words(line: Line, rule: Rule | None, currency: Currency) -> str:
    """What a share is computed from: `$23,340.39 of $161,523.49`, `1 of 6`, `34% agreed`."""
    if line.section is Section.moved_out:
        return "taken out by the rule"
    if rule is not None and rule.method is Method.fixed_charge:
        return "agreed amount"
    if line.driver is None or line.driver_total is None:
        return ""
    if rule is not None and rule.method is Method.fixed:
        return f"{plain(line.driver)}% agreed"
    if line.driver == 1 and line.driver_total == int(line.driver_total):
        return f"1 of {int(line.driver_total)}, in equal parts"
    return f"{currency.exact(line.driver)} of {currency.exact(line.driver_total)}"


def _own_key(row: Mapping[str, str], by: By) -> tuple[str, str]:
    account = row["usage_account_id"] if by is not By.service else ""
    return account, row["service"] if by is not By.account else ""


def _own_line(names: Names, by: By, key: tuple[str, str], amount: Decimal | None) -> Line:
    account, service = key
    named = names.accounts.get(account, account)
    name = {By.service: service, By.account: named, By.both: f"{named} › {service}"}[by]
    return Line(Section.own, wording.one_line(name), amount, account or None, service or None)


def _line(names: Names, row: Mapping[str, object]) -> Line:
    amount = row["amount"] if isinstance(row["amount"], Decimal) else None
    month = row["adjusted_month"]
    if isinstance(month, date):
        return Line(Section.adjustment, f"{wording.month_name(month)}, restated", amount, adjusted_month=month)
    rule_id = str(row["rule_id"])
    rule = names.rules.get(rule_id)
    section = Section.moved_out if _is_source(row, rule) else Section.shared
    driver, whole, pool = (value if isinstance(value := row[n], Decimal) else None for n in DRIVER)
    return Line(
        section, names.rule_name(rule_id), amount, rule_id=rule_id, driver=driver, driver_total=whole, pool=pool
    )


DRIVER = ("driver", "driver_total", "pool")


def _is_source(row: Mapping[str, object], rule: Rule | None) -> bool:
    """A line without a driver is the source's, but for fixed charges, which have none at all."""
    if row["driver"] is not None:
        return False
    return rule is None or rule.method is not Method.fixed_charge or rule.source.cost_center == row["cost_center"]
