"""What a draft of a cost category would do to stored charges: value before × value after, and how much is labeled."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from costlib.access import Scope
from costlib.money import total
from costlib.queries.draft_sql import UNTOLD, Blind, DraftSql, blind_spots, labels_read
from costlib.queries.drafts import Draft
from costlib.queries.filters import Filters, require_stored
from costlib.queries.labels import Coverage
from costlib.queries.sql import Sql, amount, selection
from costlib.store.snapshot import Snapshot
from costlib.vocabulary import UNALLOCATED

NO_VALUE = frozenset({UNALLOCATED, UNTOLD})
_KEYS = ("usage_account_id", "usage_account_name", "service", "record_type")


@dataclass(frozen=True)
class Move:
    """The charges that have the value `before` and would have `after`. `positive` sums those above zero."""

    before: str
    after: str
    amount: Decimal | None
    positive: Decimal | None


@dataclass(frozen=True)
class Preview:
    """Moves that sum to the bill of the period; coverage of today's values and of the draft's.

    What cannot be told counts as without a value, so that the coverage after is at least what it says.
    `is_tracked` is whether the present values are stored; else everything is Unallocated before.
    """

    moves: tuple[Move, ...]
    blind: tuple[Blind, ...]
    before: Coverage
    after: Coverage
    untold: Decimal | None
    is_tracked: bool


def preview(snapshot: Snapshot, scope: Scope, filters: Filters, draft: Draft) -> Preview:
    """Run a draft's rules over the stored charges of the period, in one metric, without AWS.

    Raises UsageError when nothing of the period is stored. Split charge rules are not applied: Cost Explorer does not.
    """
    require_stored(snapshot, filters.period)
    label = f"cost_category:{draft.name}"
    sql = _sql(snapshot, scope, filters, draft, label)
    moves = tuple(Move(*row) for row in snapshot.rows(sql.text, sql.parameters))  # type: ignore[arg-type]
    return Preview(
        moves=moves,
        blind=blind_spots(draft, snapshot.labels),
        before=_coverage(label, [(move.before, move) for move in moves]),
        after=_coverage(label, [(move.after, move) for move in moves]),
        untold=total(move.amount for move in moves if move.after == UNTOLD),
        is_tracked=label in snapshot.labels,
    )


def _sql(snapshot: Snapshot, scope: Scope, filters: Filters, draft: Draft, label: str) -> Sql:
    """Charges are summed by what rules can look at before the rules are run, so that they run over few rows."""
    tracked = [name for name in labels_read(draft) if name in snapshot.labels]
    own = [label] if label in snapshot.labels else []
    names = [*_KEYS, *tracked, *own]
    aliases = [*_KEYS, *(f"label_{i}" for i, _ in enumerate(tracked, 1)), *("present" for _ in own)]
    chosen = selection(snapshot, scope, filters, names, [filters.metric])
    keys = ", ".join(f"dimension_{i} AS {alias}" for i, alias in enumerate(aliases, 1))
    grouped = ", ".join(f"dimension_{i}" for i, _ in enumerate(aliases, 1))
    metric = filters.metric
    after = DraftSql({name: f"label_{i}" for i, name in enumerate(tracked, 1)}).value(draft)
    before = Sql("present") if own else Sql("?", (UNALLOCATED,))
    text = f"""
        SELECT value_before, value_after, {amount("amount")} AS amount, {amount("positive")} AS positive
        FROM (
            SELECT {before.text} AS value_before, {after.text} AS value_after, amount, positive
            FROM (
                SELECT {keys}, {amount(metric)} AS amount, {amount("positive")} AS positive
                FROM (
                    SELECT selected.*,
                           CASE WHEN {metric} > 0 THEN {metric} WHEN {metric} <= 0 THEN 0 END AS positive
                    FROM ({chosen.sql.text}) AS selected
                ) AS charged
                GROUP BY {grouped}
            ) AS summed
        ) AS valued
        GROUP BY value_before, value_after
        ORDER BY value_before, value_after"""
    return Sql(text, (*before.parameters, *after.parameters, *chosen.sql.parameters))


def _coverage(label: str, valued: Iterable[tuple[str, Move]]) -> Coverage:
    found = list(valued)
    return Coverage(
        label,
        total(move.positive for _, move in found),
        total(move.positive for value, move in found if value not in NO_VALUE),
        total(move.amount for value, move in found if value in NO_VALUE),
    )
