"""Account-days on which some label has several values.

Their charges are fetched once more, one combination of values at a time, and replaced when the parts add up to what
the account's charges are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from costlib.store.commits import METRICS, SUMS, differs
from costlib.store.label_sets import Values, label_set_ids, temporary
from costlib.store.labeling import tracked
from costlib.store.warehouse import Warehouse
from costlib.store.windows import Staging, complete


@dataclass(frozen=True)
class SplitDay:
    """An account-day where some label has several values; `values` holds each label's, in the labels' order."""

    charge_date: date
    usage_account_id: str
    values: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class SplitGroup:
    """Split days that are asked for together: the same labels are split, the others have the same values.

    `values` holds, for each label, all that occur on any of the days.
    """

    days: tuple[SplitDay, ...]
    values: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class SplitRows:
    """Staged rows of one combination of the group with this `number`.

    `columns` are account, service and record type over the staged keys and one `?`, which is `parameter`.
    """

    number: int
    staging: Staging
    values: Values
    columns: str
    parameter: str


def split_days(warehouse: Warehouse, since: date) -> list[SplitDay]:
    """The waiting account-days from `since` on where some tracked label has several values."""
    labels = tracked(warehouse)
    rows = warehouse.fetch(
        """
        WITH waiting AS (
            SELECT DISTINCT charge_date, usage_account_id
            FROM charges
            WHERE label_set_id IS NULL AND charge_date >= ?
        ),
        mixed AS (
            SELECT charge_date, usage_account_id
            FROM label_accounts JOIN waiting USING (charge_date, usage_account_id)
            GROUP BY charge_date, usage_account_id, label
            HAVING COUNT(*) > 1
        )
        SELECT charge_date, usage_account_id, label, LIST(value ORDER BY value)
        FROM label_accounts SEMI JOIN mixed USING (charge_date, usage_account_id)
        GROUP BY charge_date, usage_account_id, label
        """,
        [since],
    )
    days: dict[tuple[date, str], dict[str, tuple[str, ...]]] = {}
    for day, account, label, values in rows:
        days.setdefault((day, account), {})[label] = tuple(values)
    return [SplitDay(*key, tuple(found.get(label, ("",)) for label in labels)) for key, found in sorted(days.items())]


def apply_splits(warehouse: Warehouse, groups: Sequence[SplitGroup], parts: Sequence[SplitRows]) -> bool:
    """Replace the charges of split account-days by the staged ones; False when the parts do not add up to them."""
    ids = label_set_ids(warehouse, {part.values for part in parts})
    keys = "charge_date, usage_account_id, service, record_type"
    account_days = [(n, d.charge_date, d.usage_account_id) for n, group in enumerate(groups) for d in group.days]
    temporary(warehouse.connection, "split_days", ["number", "charge_date", "usage_account_id"], account_days)
    warehouse.connection.execute("CREATE OR REPLACE TEMP TABLE split_rows AS FROM charges LIMIT 0")
    for part in parts:
        warehouse.connection.execute(
            f"""
            INSERT INTO split_rows
            SELECT s.*
            FROM (SELECT charge_date, {part.columns}, {ids[part.values]}, {METRICS}
                  FROM {part.staging.table}) AS s({keys}, label_set_id, {METRICS})
            SEMI JOIN (FROM split_days WHERE number = ?) USING (charge_date, usage_account_id)
            """,
            [part.parameter, part.number],
        )
    different = warehouse.fetch(
        f"""
        SELECT DISTINCT charge_date
        FROM (SELECT {keys}, COUNT(*) AS n, {SUMS} FROM split_rows GROUP BY {keys}) AS ours
        FULL JOIN (SELECT {keys}, {SUMS}
                   FROM charges SEMI JOIN split_days USING (charge_date, usage_account_id)
                   GROUP BY {keys}) AS theirs
        USING ({keys})
        WHERE {differs("ours", "theirs")}
        """
    )
    if different:
        _forget_control(warehouse, [day for (day,) in different])
        return False
    with warehouse.transaction() as connection:
        connection.execute(
            """
            DELETE FROM charges USING split_days
            WHERE charges.charge_date = split_days.charge_date
              AND charges.usage_account_id = split_days.usage_account_id
            """
        )
        connection.execute(f"INSERT INTO charges SELECT * FROM split_rows ORDER BY {keys}")
        for part in parts:
            complete(connection, part.staging)
    return True


def _forget_control(warehouse: Warehouse, days: Sequence[date]) -> None:
    """The charges of these days are older than what AWS says now: the next round reads them again."""
    with warehouse.transaction() as connection:
        connection.execute("DELETE FROM control_totals WHERE list_contains(?, charge_date)", [list(days)])
