"""The parts of the statement page: whose statement it is, its figures, and the lines that add up to its total."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property

import streamlit as st

from costlib.exports.statement_lines import By, Line, Section, section_total
from costlib.money import total
from costlib.periods import add_months, month_start
from costlib.queries.statement_history import MonthTotal, year_to_date
from costlib.ui import boxes, cached, cards, showback_month, states, tables, why, wording
from costlib.ui.context import PageContext
from costlib.ui.showback_month import CENTER_KEY, LINE_KEY, ShownMonth
from costlib.ui.statement_lines import lines_of, table_of
from costlib.vocabulary import UNALLOCATED

BY_KEY = "own_cost_by"


@dataclass(frozen=True)
class Shown:
    """One cost center's statement of one month, with its history."""

    month: ShownMonth
    cost_center: str
    lines: tuple[Line, ...]
    history: tuple[MonthTotal, ...]

    @cached_property
    def total(self) -> Decimal | None:
        return total(line.amount for line in self.lines)

    @property
    def before(self) -> MonthTotal | None:
        """The statement of the month before; None when there is none."""
        earlier = add_months(self.month.month, -1)
        return next((of_month for of_month in self.history if of_month.month == earlier), None)


def choose(context: PageContext) -> Shown:
    """Draw the pickers and read the statement. Stops the run when there is none, or none that can be shown."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        month = showback_month.choose_month(context)
        cost_center = _cost_center(cached.cost_centers(context.snapshot, context.scope, month.asked.metric))
        by = _by()
    showback_month.state_badge(month)
    if not cached.is_available(context.snapshot, month.asked):
        showback_month.not_available(context, month)
        st.stop()
    table = cached.statement(context.snapshot, context.scope, month.asked, cost_center)
    history = cached.statement_history_of(context.snapshot, context.scope, month.asked.metric, cost_center)
    return Shown(month, cost_center, lines_of(context, month, table, by), history)


def figures(context: PageContext, shown: Shown) -> None:
    """The statement in four or five figures, each beside the month before."""
    was = shown.before
    shared = section_total(shown.lines, Section.shared, Section.moved_out)
    adjusted = section_total(shown.lines, Section.adjustment)
    with st.grid(5 if adjusted else 4, min_column_width=184, gap="small"):
        _figure(context, shown, "Statement total", shown.total, was.total if was else None)
        _figure(context, shown, "Own cost", section_total(shown.lines, Section.own), was.direct if was else None)
        _figure(context, shown, "Shared cost", shared, was.shared if was else None)
        if adjusted:
            cards.kpi("Adjustments", context.currency.exact(adjusted), versus="of closed months", about=ADJUSTMENTS)
        to_date = year_to_date(shown.history, shown.month.month)
        cards.kpi("Year to date", context.currency.exact(to_date), versus=_year(shown), about=YEAR)


YEAR = "The statements of the calendar year: as closed, or as they stand."
ADJUSTMENTS = "What AWS has changed in closed months since. Their statements stay as they were."


def lines(context: PageContext, shown: Shown) -> None:
    """The statement itself, and the list to ask any line why it is there."""
    if not shown.lines:
        st.caption(f"{wording.escaped(shown.cost_center)} has no line in {shown.month.words}.")
        return
    asked = _line_asked(shown)
    view, behind = table_of(context, shown.month, shown.cost_center, shown.lines)
    labels = [line.label if line else None for line in behind]
    tables.show(view, "statement", lambda row: _ask(labels[row]))
    st.caption(f"{_adds_up(context, shown)} {showback_month.fine_print(context, shown.month)}")
    if asked is not None:
        why.show(context, shown.month, shown.cost_center, asked)


def restated(context: PageContext, shown: Shown) -> None:
    """Say what AWS has changed in a closed month since; nothing when the month is open or nothing changed."""
    month = shown.month
    if not month.state.is_closed:
        return
    found = cached.close_differences(
        context.snapshot, context.scope, month.month, month.asked.metric, shown.cost_center
    )
    moved = total(found.column("difference").to_pylist())
    if moved:
        st.info(
            f"{month.words} is closed, so this statement stays. What AWS has changed in it since comes to "
            f"**{wording.escaped(context.currency.change(moved))}** for {wording.escaped(shown.cost_center)}; the "
            "month that was open then carries it as an adjustment.",
            icon=":material/history:",
        )


def _cost_center(largest_first: Sequence[str]) -> str:
    if not largest_first:
        showback_month.no_access()
    names = sorted(largest_first, key=lambda name: (name == UNALLOCATED, name))
    states.unknown_value_in_the_link(CENTER_KEY, "Cost center", names)
    default = largest_first[0]
    return boxes.one_of("Cost center", CENTER_KEY, names, default, width=280, on_change=_ask, args=(None,))


def _by() -> By:
    return boxes.one_of("Own cost by", BY_KEY, list(By), By.service, width=200)


def _line_asked(shown: Shown) -> Line | None:
    by_label = {line.label: line for line in shown.lines}
    order = (Section.shared, Section.moved_out, Section.adjustment, Section.own)
    labels = sorted(by_label, key=lambda label: order.index(by_label[label].section))
    states.unknown_value_in_the_link(LINE_KEY, "Line", labels)
    placeholder = "Choose a line, or click its name in the statement"
    picked = boxes.one_or_none("Why am I paying this?", LINE_KEY, labels, placeholder, width=480)
    return by_label.get(picked) if picked else None


def _ask(label: str | None) -> None:
    """Open the explanation of a line; None for a sum, which explains itself."""
    st.session_state[LINE_KEY] = label


def _figure(context: PageContext, shown: Shown, label: str, amount: Decimal | None, before: Decimal | None) -> None:
    change = wording.change_percent(amount, before) if shown.before else None
    earlier = wording.month(add_months(shown.month.month, -1))
    versus = f"vs {earlier}" if shown.before else f"no statement of {earlier}"
    cards.kpi(label, context.currency.exact(amount), change, versus)


def _money(context: PageContext, amount: Decimal | None) -> str:
    return wording.escaped(context.currency.exact(amount))


def _months_of_year(shown: Shown) -> list[MonthTotal]:
    month = shown.month.month
    return [of for of in shown.history if of.month.year == month.year and of.month <= month]


def _year(shown: Shown) -> str:
    months = _months_of_year(shown)
    first = months[0].month if months else month_start(shown.month.month)
    last = shown.month.month
    return wording.month(last) if first == last else f"{first:%b}–{wording.month(last)}"


def _adds_up(context: PageContext, shown: Shown) -> str:
    own = section_total(shown.lines, Section.own)
    shared = section_total(shown.lines, Section.shared, Section.moved_out)
    adjusted = section_total(shown.lines, Section.adjustment)
    parts = [f"Own {_money(context, own)}", f"shared {_money(context, shared)}"]
    if adjusted:
        parts.append(f"adjustments {_money(context, adjusted)}")
    return f"{' + '.join(parts)} = {_money(context, shown.total)}."
