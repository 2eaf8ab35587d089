"""Hand-written charges with rules put in force, months closed and restated, as a sync and finance would do it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from costlib.store.closing import Close, close_month
from costlib.store.republish import republish
from costlib.store.showback import RuleChange, put_in_force, refresh
from costlib.store.snapshot import Snapshot, current_id, open_current
from tests.queries.snapshots import Charge, Organization, amounts, published

NOON = datetime(2026, 3, 20, 12)
JANUARY, FEBRUARY, MARCH = date(2026, 1, 1), date(2026, 2, 1), date(2026, 3, 1)
RULES = """
[[cost_center]]
cost_category = "Team"

[[rule]]
id = "support"
name = "AWS Support"
description = "The support fee follows use."
source = { service = ["Support"] }
method = "proportional"
driver = { record_type = ["Usage"] }
except = ["Network"]

[[rule]]
id = "network"
name = "Network"
description = "The network is everybody's."
source = { cost_center = "Network" }
method = "even"
"""


def charge(
    day: str, team: str, amount: str, service: str = "Compute", record_type: str = "Usage", account: str = "1"
) -> Charge:
    return Charge(date.fromisoformat(day), account, service, record_type, amounts(amount), (team,))


CHARGES = [
    charge("2026-01-10", "A", "100"),
    charge("2026-01-11", "B", "300", account="2"),
    charge("2026-01-12", "Network", "40", "Gateway", account="3"),
    charge("2026-01-01", "", "20", "Support", "Fee", account="9"),
    charge("2026-02-10", "A", "160"),
    charge("2026-02-10", "A", "-10", record_type="Credit"),
    charge("2026-02-11", "B", "240", account="2"),
    charge("2026-02-12", "Network", "60", "Gateway", account="3"),
    charge("2026-02-01", "", "30", "Support", "Fee", account="9"),
    charge("2026-03-10", "A", "50"),
    charge("2026-03-18", "B", "50", account="2"),
]
"""January: support 5 to A, 15 to B, network 20 each. February: support 12 and 18, network 30 each."""


def put_rules(source: Path, text: str = RULES, at: datetime = NOON, note: str = "") -> None:
    change = RuleChange(text, "allocation.toml", at, "finance", note)
    republish(source, 9, at, lambda warehouse: put_in_force(warehouse, change))


def close(source: Path, month: date, at: datetime = NOON, because: str | None = None) -> str:
    wanted = Close(month, at, "finance", str(current_id(source)), because)
    return republish(source, 9, at, lambda warehouse: close_month(warehouse, wanted))


def restate(source: Path, day: str, team: str, delta: str, at: datetime = NOON) -> None:
    """AWS changes the usage of a team on a day by `delta`, in every metric, and the next sync has it."""

    def change(warehouse: Any) -> None:
        for table, where in (
            (
                "charges",
                "AND record_type = 'Usage' AND label_set_id IN (SELECT label_set_id FROM label_sets WHERE value = ?)",
            ),
            ("daily_totals", "AND ? <> ''"),
        ):
            moved = ", ".join(f"{m} = {m} + CAST(? AS DECIMAL(38,10))" for m in METRICS)
            values = [Decimal(delta)] * len(METRICS)
            warehouse.connection.execute(
                f"UPDATE {table} SET {moved} WHERE charge_date = ? {where}", [*values, date.fromisoformat(day), team]
            )
        refresh(warehouse)

    republish(source, 9, at, change)


METRICS = ("unblended_cost", "amortized_cost", "net_unblended_cost", "net_amortized_cost", "blended_cost")


@contextmanager
def ruled(folder: Path, charges: list[Charge] = CHARGES, rules: str = RULES) -> Iterator[tuple[Snapshot, Path]]:
    """Charges with rules in force, opened as readers do, and the folder they lie in."""
    own = Path(mkdtemp(dir=folder))
    with published(Organization(charges), own):
        (source,) = own.iterdir()
    put_rules(source, rules)
    snapshot = open_current(source)
    try:
        yield snapshot, source
    finally:
        snapshot.close()
