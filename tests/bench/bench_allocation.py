"""How fast the showback of a large organization is computed whole, and one statement of it read.

1,000 cost centers, 50 rules that reach all of them, 12 months, 2 M charges, five metrics. The computing is judged by
the processor time it takes, so that a busy machine gives the same verdict; the clock is shown beside it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import date, datetime
from pathlib import Path
from statistics import median

import duckdb

from costlib.access import EVERYTHING
from costlib.periods import Period
from costlib.queries import showback
from costlib.store.showback import RuleChange, put_in_force, refresh
from costlib.store.snapshot import open_current, publish
from costlib.store.warehouse import open_warehouse
from costlib.vocabulary import CostMetric
from tests.bench.generated import generated_warehouse
from tests.bench.measure import Measurement, at_most

CENTERS, RULES, CHARGES = 1_000, 50, 2_000_000
YEAR = Period(date(2025, 11, 1), date(2026, 11, 1))
TIMES = 9

_LABELS = (
    "DELETE FROM label_sets",
    f"INSERT INTO label_sets SELECT range, 'cost_category:Team', 'center ' || range FROM range(1, {CENTERS} + 1)",
    f"UPDATE charges SET label_set_id = 1 + hash(usage_account_id, service) % {CENTERS}",
)


def bench_allocation(folder: Path) -> Iterator[Measurement]:
    """The sync's step from charges to stored statements, then the query of one statement."""
    source_dir = folder / "sample"
    path = generated_warehouse(source_dir, CHARGES, YEAR)
    with duckdb.connect(str(path)) as connection:
        for statement in _LABELS:
            connection.execute(statement)
    with open_warehouse(source_dir) as warehouse:
        put_in_force(warehouse, RuleChange(rules(), "allocation.toml", datetime(2026, 11, 20), "bench", "bench"))
        began = time.process_time()
        seconds = _seconds(lambda: refresh(warehouse))
        worked = time.process_time() - began
        ((entries, months),) = warehouse.fetch("SELECT COUNT(*), COUNT(DISTINCT billing_month) FROM showback_entries")
        warehouse.checkpoint()
    yield Measurement(
        f"showback: {CENTERS:,} cost centers, {RULES} rules, {months} months, {CHARGES // 10**6} M charges",
        f"{worked:.2f} s of work, {seconds:.2f} s on the clock, {entries:,} entries",
        worked,
        at_most(10),
    )
    publish(source_dir, path, "bench", keep=1)
    yield _statement(source_dir, entries)


def _statement(source_dir: Path, entries: int) -> Measurement:
    snapshot = open_current(source_dir)
    asked = showback.Question(date(2026, 10, 1), CostMetric.unblended_cost, showback.Book.now)
    lines = showback.statement(snapshot, EVERYTHING, asked, "center 7").num_rows
    seconds = [_seconds(lambda: showback.statement(snapshot, EVERYTHING, asked, "center 7")) for _ in range(TIMES)]
    snapshot.close()
    return Measurement(
        f"statement of one cost center, {lines} lines, among {entries:,} entries",
        f"{median(seconds) * 1000:.0f} ms ({min(seconds) * 1000:.0f} to {max(seconds) * 1000:.0f})",
        median(seconds),
        at_most(0.3),
    )


def rules() -> str:
    """The tax, and one cost center after the other, shared with all the others by what they use of one service."""
    shared = "".join(
        f"""
[[rule]]
id = "shared-{place}"
description = "Shared platform {place}."
source = {{ cost_center = "center {place}" }}
method = "{"even" if place % 5 == 0 else "proportional"}"
"""
        for place in range(1, RULES)
    )
    return f"""
[[cost_center]]
cost_category = "Team"

[[rule]]
id = "tax"
description = "Tax follows use."
source = {{ record_type = ["Tax"] }}
method = "proportional"
driver = {{ record_type = ["Usage"] }}
{shared}"""


def _seconds(ask: Callable[[], object]) -> float:
    began = time.perf_counter()
    ask()
    return time.perf_counter() - began
