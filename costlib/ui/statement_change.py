"""Why a statement is not what it was the month before: the steps between the two, drawn and as a table that adds up."""

from __future__ import annotations

from decimal import Decimal

import pyarrow as pa
import streamlit as st

from costlib.money import difference
from costlib.periods import add_months
from costlib.queries.statement_changes import Reason, StatementChange
from costlib.ui import cached, cards, tables, wording
from costlib.ui.context import PageContext
from costlib.ui.rankings import file_name
from costlib.ui.showback_month import fine_print, in_words
from costlib.ui.statement import Shown
from costlib.ui.tables import Column, Kind, TableView
from costlib.ui.waterfall import Bar, waterfall

COLUMNS = (
    Column("reason", "Why", Kind.text, width=205),
    Column("amount", "Change", Kind.money, width=110),
    Column("what", "What", Kind.text, width=230),
)
MEANINGS = {
    Reason.use: "Own use is what no commitment covers; a changed list price counts as use, because Cost Explorer "
    "gives no quantities by account.",
    Reason.commitments: "Discounts and commitments are discounts, commitment fees, and use at a commitment's price.",
    Reason.pool: "A pool's part is taken at last month's share, the share's part of this month's pool.",
}


def change(context: PageContext, shown: Shown) -> None:
    """The waterfall since the month before, and its parts; why not, where there is nothing to compare with."""
    asked = shown.month.asked
    found = cached.statement_change(context.snapshot, context.scope, asked, shown.cost_center)
    if found is None:
        earlier = in_words(add_months(shown.month.month, -1))
        st.caption(f"{earlier} is not stored, or this cost is not available for it: there is nothing to compare with.")
        return
    st.markdown(_summary(context, shown, found))
    left, right = st.columns([2, 3], gap="medium")
    with left:
        what = f"statement of {shown.cost_center} from {in_words(found.before)} to {shown.month.words}"
        cards.figure(waterfall(_bars(found, shown), context.currency, what), "statement_change")
    with right:
        tables.show(_view(context, shown, found), "statement_parts")
        st.caption(_notes(context, shown, found))


def _summary(context: PageContext, shown: Shown, found: StatementChange) -> str:
    money, moved = context.currency, difference(found.end, found.start) or Decimal(0)
    first, last = (wording.escaped(money.exact(amount)) for amount in (found.start, found.end))
    before = in_words(found.before)
    size = wording.escaped(money.exact(abs(moved)))
    said = f"**{size} {'more' if moved > 0 else 'less'}** than in {before}: from {first} to {last}."
    if not moved:
        said = f"The same total as in {before}: **{last}**."
    if shown.month.is_over:
        return said
    return (
        f"{said} :orange[{shown.month.words} is not over, and whole months are compared: shared cost cannot be cut by "
        "days.]"
    )


def _bars(found: StatementChange, shown: Shown) -> list[Bar]:
    steps = [Bar(reason.value, amount) for reason, amount in found.by_reason.items() if amount]
    return [
        Bar(in_words(found.before), found.start, is_total=True),
        *steps,
        Bar(shown.month.words, found.end, is_total=True),
    ]


def _view(context: PageContext, shown: Shown, found: StatementChange) -> TableView:
    rows: list[tuple[str, str, Decimal | None]] = [(in_words(found.before), "statement total", found.start)]
    rows += [(part.reason.value, part.what(shown.month.rule_name), part.amount) for part in found.parts]
    rows.append((shown.month.words, "statement total", found.end))
    rows.append(("Left unexplained", "", found.residual))
    reasons, whats, amounts = zip(*rows, strict=True)
    values = pa.table(
        [pa.array(reasons), pa.array(amounts, pa.decimal128(38, 10)), pa.array(whats)],
        names=[column.name for column in COLUMNS],
    )
    words = f"change of {shown.cost_center} {found.before:%Y-%m} to {shown.month.month:%Y-%m}"
    alt = "Why the statement changed"
    return TableView(values, COLUMNS, context.currency, file_name(words), alt, empty="", whole=True)


def _notes(context: PageContext, shown: Shown, found: StatementChange) -> str:
    notes = [meaning for reason, meaning in MEANINGS.items() if reason in found.by_reason]
    if not found.same_centers:
        notes.append("The way charges find their cost center changed between the two months: that is in own cost.")
    return " ".join([*notes, fine_print(context, shown.month)])
