"""Changes of the past, as AWS makes them: an amount restated, a charge withdrawn, a cost category redefined."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal

from costlib.sample.faults import Restatement
from costlib.sample.ledger import METRICS, Ledger, quoted
from costlib.sample.organization import Organization
from costlib.sample.plan import CategoryRule, Cell, CostCategory
from costlib.sample.wire import Expression

_SAME_KEY = "usage_account_id = ? AND service = ? AND record_type = ?"


def restated(ledger: Ledger, change: Restatement) -> Ledger:
    """Another ledger where `change` happened. A key without charges on that day gets one."""
    twin = ledger.copy()
    key = [change.usage_account_id, change.service, change.record_type]
    found = twin.table(
        f"SELECT cell_id FROM charges JOIN cells USING (cell_id) WHERE charge_date = ? AND {_SAME_KEY} "
        "ORDER BY cell_id",
        [change.charge_date, *key],
    )["cell_id"].to_pylist()
    if change.delta is None:
        same = f"cell_id IN (SELECT cell_id FROM cells WHERE {_SAME_KEY})"
        twin.execute(f"DELETE FROM charges WHERE charge_date = ? AND {same}", [change.charge_date, *key])
    elif found:
        _add(twin, change.charge_date, int(found[0]), change.delta)
    else:
        _insert(twin, change, change.delta)
    return twin


def _add(ledger: Ledger, day: date, cell_id: int, delta: Decimal) -> None:
    """To one charge of that cell and day: the cell may hold several."""
    sums = ", ".join(f"{m} = {m} + CAST(? AS DECIMAL(38,10))" for m in METRICS)
    ledger.execute(
        f"UPDATE charges SET {sums} WHERE rowid = "
        "(SELECT MIN(rowid) FROM charges WHERE charge_date = ? AND cell_id = ?)",
        [*[delta] * len(METRICS), day, cell_id],
    )


def _insert(ledger: Ledger, change: Restatement, delta: Decimal) -> None:
    known = ledger.table(
        f"SELECT MIN(cell_id) AS cell_id FROM cells WHERE {_SAME_KEY}",
        [change.usage_account_id, change.service, change.record_type],
    )["cell_id"][0].as_py()
    empty = Cell(change.usage_account_id, change.service, change.record_type, labels=("",) * len(ledger.labels))
    cell_id = ledger.cell_id(empty) if known is None else int(known)
    values = [change.charge_date, cell_id, *[delta] * len(METRICS), Decimal(0)]
    ledger.execute(f"INSERT INTO charges VALUES ({', '.join('?' for _ in values)})", values)


def relabelled(ledger: Ledger, label: str, usage_account_id: str, value: str, since: date) -> Ledger:
    """Another ledger where the account's charges from `since` on have `value` under `label` (`cost_category:NAME`)."""
    twin = ledger.copy()
    column = f"label_{ledger.labels.index(label)}"
    twin.execute(
        "CREATE TABLE moved AS SELECT cell_id, cell_id + 1 + (SELECT MAX(cell_id) FROM cells) AS new_id "
        "FROM cells WHERE usage_account_id = ?",
        [usage_account_id],
    )
    twin.execute(
        f"INSERT INTO cells SELECT moved.new_id AS cell_id, cells.* EXCLUDE (cell_id) "
        f"REPLACE (CAST(? AS VARCHAR) AS {quoted(column)}) FROM cells JOIN moved USING (cell_id)",
        [value],
    )
    twin.execute(
        "UPDATE charges SET cell_id = moved.new_id FROM moved "
        "WHERE charges.cell_id = moved.cell_id AND charge_date >= ?",
        [since],
    )
    twin.execute("DROP TABLE moved")
    return twin


def redefined(organization: Organization, name: str, change: Callable[[CostCategory], CostCategory]) -> Organization:
    """The organization whose cost category of that name is another; its charges stay as they are."""
    categories = (change(c) if c.name == name else c for c in organization.cost_categories)
    return replace(organization, cost_categories=tuple(categories))


def with_first_rule(usage_account_id: str, value: str, since: date) -> Callable[[CostCategory], CostCategory]:
    """A change of a cost category: a new first rule for the account, effective from `since`."""
    expression: Expression = {
        "Dimensions": {"Key": "LINKED_ACCOUNT", "Values": [usage_account_id], "MatchOptions": ["EQUALS"]}
    }
    rule = CategoryRule(value, expression)
    return lambda category: replace(category, rules=(rule, *category.rules), effective_start=since)
