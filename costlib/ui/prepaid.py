"""The prepaid balance on the cost views page: how far amortized and unblended cost differ, and why that is right."""

from __future__ import annotations

import streamlit as st

from costlib.periods import Granularity
from costlib.queries.prepaid import Change, Opening
from costlib.ui import cached, cards, tables, wording
from costlib.ui.context import PageContext
from costlib.ui.prepaid_chart import prepaid_chart
from costlib.ui.rankings import file_name
from costlib.ui.tables import Column, Kind, TableView

PIECES = {Granularity.monthly: "Monthly", Granularity.daily: "Daily"}


def prepaid(context: PageContext) -> None:
    """What was paid in advance, less what of it was amortized; why not, for somebody who sees only some accounts."""
    if context.scope.accounts is not None:
        st.caption(
            "The prepaid balance is of all accounts together: a shared commitment's fee is charged to its owner and "
            "its cost falls on those who use it, so a part of the accounts has no balance of its own. It is shown to "
            "those who may see every account."
        )
        return
    asked = (context.snapshot, context.scope)
    st.markdown(_identity(cached.prepaid_change(*asked, context.filters.period), context))
    pieces = _pieces()
    table = cached.prepaid_balance(*asked, pieces)
    cards.figure(prepaid_chart(table, pieces, context.currency), "prepaid_balance")
    st.caption(f"{_opening(cached.prepaid_opening(*asked), context)} {_stands_on(context)}")
    columns = _columns(pieces)
    names = [column.name for column in columns]
    values = table.rename_columns([names[0], *table.column_names[1:]]).sort_by([(names[0], "descending")])
    view = TableView(values, columns, context.currency, file_name(f"prepaid balance {pieces}"), "Prepaid balance")
    tables.show(view, "prepaid_balance")


def _pieces() -> Granularity:
    picked = st.segmented_control(
        "Balance",
        list(PIECES),
        default=Granularity.monthly,
        required=True,
        format_func=PIECES.__getitem__,
        key="prepaid_by",
        bind="query-params",
        label_visibility="collapsed",
    )
    return picked if picked in PIECES else Granularity.monthly


def _identity(found: Change, context: PageContext) -> str:
    """The difference between the two metrics over the period, in words."""
    days, money = wording.span(context.filters.period), context.currency
    if found.change is None or found.paid is None or found.amortized is None:
        return f"Over {days} amortized cost is not available for all charges, so the prepaid balance is not either."
    if not found.change and not found.paid:
        return f"Over {days} unblended and amortized cost of all accounts are equal: nothing prepaid was used."
    size, paid, used = (wording.escaped(money.exact(abs(a))) for a in (found.change, found.paid, found.amortized))
    paid_words = f"{paid} was paid in advance" if found.paid else "nothing was paid in advance"
    return (
        f"Amortized equals unblended is not an identity: over {days} the difference of **{size}** is the change of the "
        f"prepaid balance. {paid_words[0].upper()}{paid_words[1:]} and {used} was amortized, so the balance "
        f"{'grew' if found.change > 0 else 'fell'}."
    )


def _opening(found: Opening, context: PageContext) -> str:
    first = wording.day(context.snapshot.period.start)
    if found.is_zero:
        return f"No commitment ran on {first}, the first stored day, so the balance is all that is prepaid."
    least = ""
    if found.at_least:
        amount = wording.escaped(context.currency.exact(found.at_least))
        least = f" It was at least {amount}, or it would since have fallen below zero."
    return (
        f"The balance is counted from {first}, the first stored day; what was prepaid before is not known from AWS, so "
        f"the line can lie below zero.{least}"
    )


def _stands_on(context: PageContext) -> str:
    return (
        "Recurring fees charged ahead, as reservations' are for a whole month on its first day, are in it until they "
        f"are used. All accounts, all charges, whatever the filters · in {context.snapshot.currency} · UTC days · "
        f"as of {wording.moment(context.snapshot.as_of)}"
    )


def _columns(pieces: Granularity) -> tuple[Column, ...]:
    is_monthly = pieces is Granularity.monthly
    month, day = Column("billing_month", "Month", Kind.month), Column("charge_date", "Day", Kind.day)
    return (
        month if is_monthly else day,
        Column("paid", "Paid in advance", Kind.money, "Upfront fees of Savings Plans and reservations."),
        Column("amortized", "Amortized", Kind.money, "Of upfront fees and of recurring fees charged ahead."),
        Column("change", "Change", Kind.money, "Paid in advance less amortized: unblended less amortized cost."),
        Column("balance", "Balance", Kind.money, "The changes added up from the first stored day."),
    )
