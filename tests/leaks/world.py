"""An organization in which every account and every cost center has secrets: names that only it has, and amounts whose
digits are nobody else's.

Each cell is charged the same every day, so whatever window a figure is of, a whole multiple of the daily amount is it.
"""

from __future__ import annotations

import functools
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

from costlib.access import Scope
from costlib.budgets.parsing import parse_budgets
from costlib.periods import Period
from costlib.store import audit, saved_views, sign_offs, triage
from costlib.store.audit import Event
from costlib.store.budgets import AwsBudget, BudgetChange, put_budgets_in_force, replace_aws_budgets
from costlib.store.republish import republish
from costlib.store.saved_views import Person
from costlib.store.sign_offs import SignOff, State, Subject
from costlib.store.triage import Verdict, Word
from costlib.vocabulary import UNALLOCATED
from tests.leaks import plants
from tests.queries.ruled import FEBRUARY, JANUARY, MARCH, NOON, close, put_rules
from tests.queries.snapshots import Charge, Organization, amounts, published

TEAM, VAULT = "cost_category:Team", "tag:Vault"
DAYS = Period(JANUARY, date(2026, 3, 20))
ACCOUNTS = {
    "410273650011": "Otterhaus",
    "528364190027": "Badgerhof",
    "693817250043": "Heronsee",
    "785920460059": "Lynxberg",
}
OTTER, BADGER, HERON, LYNX = ACCOUNTS
FEES = "Feebly Charge"
POOL = "Poolnet"
"""A cost center whose cost everybody shares."""
CENTERS = ("Amberton", "Birchwick", "Cedarfell", "Dunemoor", POOL, UNALLOCATED)
RULES = f"""
[[cost_center]]
name = "Dunemoor"
usage_account_id = ["{LYNX}"]
service = ["Seaweed Queue"]

[[cost_center]]
cost_category = "Team"

[[rule]]
id = "fees"
name = "Common fees"
description = "Fees follow use."
source = {{ service = ["{FEES}"] }}
method = "proportional"
driver = {{ record_type = ["Usage"] }}

[[rule]]
id = "pooled"
name = "Common gateway"
description = "The gateway is everybody's."
source = {{ cost_center = "{POOL}" }}
method = "even"
except = ["Dunemoor", "Unallocated"]
"""


@dataclass(frozen=True)
class Cell:
    """What is charged every day: whose it is, and how much."""

    account: str
    team: str
    vault: str
    service: str
    daily: str
    record_type: str = "Usage"

    @property
    def center(self) -> str:
        """Whose it is by the rules, in plain Python."""
        return "Dunemoor" if self.service == "Seaweed Queue" else self.team or UNALLOCATED

    @property
    def amount(self) -> Decimal:
        return Decimal(self.daily)

    @property
    def names(self) -> frozenset[str]:
        """Every text that tells of the cell."""
        texts = (self.account, ACCOUNTS[self.account], self.team, self.vault, self.service)
        return frozenset(filter(None, texts))

    def is_seen(self, scope: Scope) -> bool:
        """What `Scope` says, in plain Python."""
        labels = {(TEAM, self.team or UNALLOCATED), (VAULT, self.vault or UNALLOCATED)}
        return (
            scope.accounts is None
            or self.account in scope.accounts
            or bool(labels & scope.labels)
            or self.center in (scope.cost_centers or ())
        )


CELLS = (
    Cell(OTTER, "Amberton", "otter vault", "Otterhaus Compute", "1357924681.13"),
    Cell(OTTER, "Birchwick", "birch vault", "Birchwick Store", "2468135793.29"),
    Cell(BADGER, "Birchwick", "badger vault", "Badgerhof Compute", "3141592657.37"),
    Cell(BADGER, "Amberton", "amber vault", "Amberton Store", "2718281839.43"),
    Cell(HERON, "Cedarfell", "heron vault", "Heronsee Compute", "1618033997.51"),
    Cell(LYNX, "Cedarfell", "cedar vault", "Cedarfell Store", "1732050817.67"),
    Cell(LYNX, "", "dune vault", "Seaweed Queue", "2236067989.79"),
    Cell(LYNX, POOL, "pool vault", "Poolnet Gateway", "1123581329.83"),
    Cell(LYNX, "", "lynx vault", "Lynxberg Leftover", "1414213579.97"),
    Cell(LYNX, "", "", FEES, "1202056907.59", "Fee"),
)


def charges() -> list[Charge]:
    """Every cell on every day."""
    return [
        Charge(day, cell.account, cell.service, cell.record_type, amounts(cell.daily), (cell.team, cell.vault))
        for day in DAYS
        for cell in CELLS
    ]


@functools.cache
def budget_texts() -> tuple[str, Mapping[str, tuple[str, str]]]:
    """The budgets file, and of each budget whose it is and the amount that nobody else's has."""
    tables, whose = list[str](), dict[str, tuple[str, str]]()
    for place, (key, value) in enumerate(
        [*(("usage_account_id", a) for a in ACCOUNTS), *(("cost_center", c) for c in CENTERS)]
    ):
        name, amount = f"Budget {ACCOUNTS.get(value, value)}", f"{88990011223 + 1_010_101 * place}.17"
        tables.append(f'[[budget]]\nid = "b{place}"\nname = "{name}"\n{key} = "{value}"\namount = {amount}\n')
        whose[name] = (value, amount)
    tables.append('[[budget]]\nid = "all"\nname = "Budget of everybody"\ntotal = true\namount = 99110022334.19\n')
    whose["Budget of everybody"] = ("", "99110022334.19")
    return "\n".join(tables), whose


def built(folder: Path) -> Path:
    """The organization as a sync, finance and its people would have left it: the source's folder."""
    day = date(2026, 3, 19)
    owners = {account: _owned(account) for account in ACCOUNTS}
    organization = Organization(
        charges(),
        labels=(TEAM, VAULT),
        accounts=dict(ACCOUNTS),
        days=list(DAYS),
        rows=plants.rows(owners, day),
    )
    with published(organization, folder):
        pass
    (made,) = folder.iterdir()
    source = Path(shutil.move(made, folder / "sample"))
    put_rules(source, RULES, note="Amberton, Birchwick and Cedarfell share what Poolnet costs")
    for month in (JANUARY, FEBRUARY):
        close(source, month)
    _budgets(source)
    _people(source)
    return source


def _owned(account: str) -> tuple[str, str, str]:
    cell = next(cell for cell in CELLS if cell.account == account and cell.center != POOL)
    return (ACCOUNTS[account], cell.service, cell.center)


def _budgets(source: Path) -> None:
    text, _ = budget_texts()
    parse_budgets(text)
    republish(
        source, 9, NOON, lambda w: put_budgets_in_force(w, BudgetChange(text, "budgets.toml", NOON, "finance", ""))
    )
    aws = [
        AwsBudget(
            LYNX,
            "AWS budget of Lynxberg",
            "COST",
            "MONTHLY",
            MARCH,
            date(2087, 6, 15),
            "USD",
            *plants.AWS_BUDGET,
            "",
            NOON,
        )
    ]
    republish(source, 9, NOON, lambda w: replace_aws_budgets(w, aws))


def _people(source: Path) -> None:
    """What people wrote: each by somebody of the account or center that it tells of."""
    for account, name in ACCOUNTS.items():
        saved_views.save(source, Person(name, name), f"Private view of {name}", "accounts", f"account={account}", NOON)
        person = Person(f"{name}@example.com", f"{name}@example.com")
        triage.say(
            source, Word(plants.incident_id(account), Verdict.acknowledged, person.name, f"{name} knows", person, NOON)
        )
    for center in CENTERS:
        person = Person(f"head@{center}", f"head@{center}")
        for month in (JANUARY, FEBRUARY, MARCH):
            subject = Subject(month, center, "unblended_cost")
            word = SignOff(
                subject, "The statement", State.disputed, f"{center} disputes", person, NOON, Decimal(1), "s1"
            )
            sign_offs.say(source, word)
        auditee = Person(f"auditee of {center}", f"auditee of {center}")
        audit.record(source, audit.Entry(datetime(2026, 3, 19), Event.exported, auditee, f"export of {center}"))


def secret_names(scope: Scope) -> frozenset[str]:
    """What may not be read by somebody who sees a part, because only what they do not see is called that."""
    return frozenset(_names()) - allowed_names(scope)


def _names() -> Iterator[str]:
    for cell in CELLS:
        yield from cell.names
    yield from (name for name in CENTERS if name not in (POOL, UNALLOCATED))


def allowed_names(scope: Scope) -> frozenset[str]:
    found = {name for cell in CELLS if cell.is_seen(scope) for name in cell.names}
    found |= set(CENTERS if scope.statements is None else scope.statements)
    if scope.statements is None or scope.statements:
        found |= {POOL, FEES}  # every statement has a share, and the rules' words say of what
    return frozenset(found | {ACCOUNTS[account] for account in found & set(ACCOUNTS)})
