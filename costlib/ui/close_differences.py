"""What AWS has moved in a closed month since, as a table: as closed, now, and the difference."""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa

from costlib.ui.context import PageContext
from costlib.ui.rankings import file_name
from costlib.ui.showback_month import ShownMonth
from costlib.ui.tables import Column, Kind, TableView


def differences_view(
    context: PageContext, shown: ShownMonth, found: pa.Table, words: str, one: bool = False
) -> TableView:
    """A closed month's lines that AWS has moved since, as closed and now; `one` cost center needs no name."""
    columns: tuple[Column, ...] = (
        Column("cost_center", "Cost center", Kind.text, width=130),
        Column("difference", "Difference", Kind.money, width=110),
        Column("what", "Line", Kind.text, width=260),
        Column("as_closed", "As closed", Kind.money, width=115),
        Column("now", "Now", Kind.money, width=115),
    )
    columns = columns[1:] if one else columns
    rows = found.to_pylist()
    values = found.append_column("what", pa.array([_line_of(context, shown, row) for row in rows], pa.string()))
    names = [column.name for column in columns]
    return TableView(
        values.select(names),
        columns,
        context.currency,
        file_name(f"as closed versus now {words} {shown.asked.metric}"),
        "As closed and now",
        empty="",
    )


def _line_of(context: PageContext, shown: ShownMonth, row: Mapping[str, str | None]) -> str:
    if row["rule_id"]:
        return f"Shared: {shown.rule_name(row['rule_id'])}"
    account = row["usage_account_id"] or ""
    return f"{context.account_names.get(account, account)} › {row['service']}"
