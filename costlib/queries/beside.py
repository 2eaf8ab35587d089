"""One period's rows beside another's: each row knows to which of the two it belongs, or to both where they overlap."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from costlib.access import Scope
from costlib.periods import Period
from costlib.queries.filters import Filters
from costlib.queries.source import Source, source_of
from costlib.queries.sql import AMOUNT_TYPE, Sql, amount_when, selection
from costlib.store.snapshot import Snapshot

ACCOUNTS = ("usage_account_id", "usage_account_name")
"""Accounts are keyed by their id, whichever of the two is asked for: two may share a name."""


@dataclass(frozen=True)
class Beside:
    """`rows` is a SELECT of `moment, dimension_1, dimension_2 …, amount, is_current, is_previous`."""

    rows: Sql
    source: Source
    is_known: bool

    @property
    def amount(self) -> str:
        """The sum over the current rows of a group."""
        return amount_when("is_current", "amount")

    @property
    def previous(self) -> str:
        """The sum over the compared rows; NULL when nothing is compared or not all of the period is stored."""
        return amount_when("is_previous", "amount") if self.is_known else f"CAST(NULL AS {AMOUNT_TYPE})"


def key_of(by: str) -> str:
    """The dimension whose values are the keys of a question by `by`."""
    return "usage_account_id" if by in ACCOUNTS else by


def name_of(by: str, key: str) -> str:
    """What people read of a key, next to a join of the accounts (see `join_accounts`)."""
    return f"COALESCE(NULLIF(accounts.usage_account_name, ''), {key})" if by in ACCOUNTS else key


def join_accounts(by: str, key: str) -> str:
    """The join that `name_of` needs, if any."""
    return f"LEFT JOIN accounts ON accounts.usage_account_id = {key}" if by in ACCOUNTS else ""


def beside(
    snapshot: Snapshot, scope: Scope, filters: Filters, dimensions: Sequence[str], compared: Period | None
) -> Beside:
    """The rows within scope and filters in `filters.period`, and those of `compared` if all of it is stored."""
    source = source_of(snapshot, scope, filters, dimensions)
    known = compared if compared and source.covers(compared, snapshot.period) else None
    chosen = selection(snapshot, scope, filters, [source.moment, *dimensions], [filters.metric], known)
    now, before = source.dates(filters.period), source.dates(known or filters.period)
    keys = "".join(f" dimension_{i + 1} AS dimension_{i}," for i, _ in enumerate(dimensions, 1))
    text = f"""
            SELECT dimension_1 AS moment,{keys} {filters.metric} AS amount,
                   CASE WHEN dimension_1 >= ? AND dimension_1 < ? THEN 1 ELSE 0 END AS is_current,
                   CASE WHEN dimension_1 >= ? AND dimension_1 < ? THEN 1 ELSE 0 END AS is_previous
            FROM ({chosen.sql.text}) AS selected"""
    spans = (now.start, now.end, before.start, before.end)
    return Beside(Sql(text, (*spans, *chosen.sql.parameters)), chosen.source, known is not None)
