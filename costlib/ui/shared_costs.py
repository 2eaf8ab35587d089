"""The parts of the page of all cost centers: the matrix that ends in the bill, what each rule moved, and what changed
in a closed month since."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property

import pyarrow as pa
import streamlit as st

from costlib.money import difference, total
from costlib.periods import Period, add_months
from costlib.queries.freshness import TieOut
from costlib.queries.statement_history import MonthTotal, year_to_date
from costlib.ui import cached, cards, showback_month, tables, wording
from costlib.ui.center_bars import center_bars
from costlib.ui.close_differences import differences_view
from costlib.ui.context import PageContext
from costlib.ui.rankings import file_name
from costlib.ui.showback_month import (
    CENTER_KEY,
    MONTH_KEY,
    MONTH_OF_ALL_KEY,
    STATEMENT_PAGE,
    ShownMonth,
    fine_print,
    in_words,
)
from costlib.ui.tables import Column, Kind, TableView

EVERYBODY = "All cost centers"
MONEY = pa.decimal128(38, 10)
PARTS = ("total", "direct", "taken", "given", "adjustment")
MATRIX_COLUMNS = (
    Column("cost_center", "Cost center", Kind.name, width=150),
    Column("total", "Total", Kind.money, width=112),
    Column("direct", "Own", Kind.money, "What the cost center was charged itself.", width=108),
    Column("taken", "Moved out", Kind.money, "What rules took from it.", width=108),
    Column("given", "Shared", Kind.money, "What rules gave to it.", width=108),
    Column("adjustment", "Adjustments", Kind.money, "What AWS changed in closed months since.", width=100),
    Column("change", "Since last month", Kind.money, "Of the total", width=118),
    Column("year_to_date", "Year to date", Kind.money, "The statements of the calendar year so far.", width=118),
)


@dataclass(frozen=True)
class Everything:
    """All statements of a month that may be seen, with AWS's own total of it for whoever sees them all."""

    month: ShownMonth
    matrix: pa.Table
    history: tuple[MonthTotal, ...]
    aws: TieOut | None

    @cached_property
    def by_center(self) -> Mapping[str, list[MonthTotal]]:
        """Each cost center's months."""
        found: dict[str, list[MonthTotal]] = {}
        for of_month in self.history:
            found.setdefault(of_month.cost_center, []).append(of_month)
        return found

    @cached_property
    def earlier(self) -> tuple[MonthTotal, ...]:
        """All statements of the month before; none when it is not stored."""
        before = add_months(self.month.month, -1)
        return tuple(of_month for of_month in self.history if of_month.month == before)

    @cached_property
    def totals_before(self) -> Mapping[str, Decimal | None]:
        """What each cost center came to the month before."""
        return {of_month.cost_center: of_month.total for of_month in self.earlier}

    def sum_of(self, part: str) -> Decimal | None:
        return total(self.matrix.column(part).to_pylist())

    @property
    def bill(self) -> Decimal | None:
        """What the statements come to without what they carry for closed months."""
        return difference(self.sum_of("total"), self.sum_of("adjustment"))

    @property
    def gap(self) -> Decimal | None:
        """How much more than AWS's own total the statements come to; of a closed month, how much more AWS's total is
        now."""
        return self._gap(self.bill)

    @property
    def own_gap(self) -> Decimal | None:
        """The same of own cost alone."""
        return self._gap(self.sum_of("direct"))

    def _gap(self, ours: Decimal | None) -> Decimal | None:
        if self.aws is None:
            return None
        theirs = self.aws.control
        return difference(theirs, ours) if self.month.state.is_closed else difference(ours, theirs)


def choose(context: PageContext) -> Everything:
    """Draw the month's picker and read its statements. Stops the run when there are none that can be shown."""
    month = showback_month.choose_month(context, MONTH_OF_ALL_KEY)
    showback_month.state_badge(month)
    if not cached.is_available(context.snapshot, month.asked):
        showback_month.not_available(context, month)
        st.stop()
    history = cached.statement_history_of(context.snapshot, context.scope, month.asked.metric)
    if not history:
        showback_month.no_access()
    days = Period(month.month, add_months(month.month, 1))
    aws = (
        cached.tie_out_summary(context.snapshot, context.scope, days, month.asked.metric)
        if context.scope.statements is None and context.scope.accounts is None
        else None
    )
    return Everything(
        month,
        cached.statement_matrix(context.snapshot, context.scope, month.asked),
        history,
        aws,
    )


def figures(context: PageContext, found: Everything) -> None:
    """All statements, AWS's own total beside them, and the difference."""
    with st.grid(5, min_column_width=184, gap="small"):
        if found.aws is None:
            _figure(
                context, "Your cost centers", found.sum_of("total"), wording.count(found.matrix.num_rows, "statement")
            )
            return
        _figure(context, "All statements", found.sum_of("total"), wording.count(found.matrix.num_rows, "cost center"))
        _figure(context, "Adjustments in them", found.sum_of("adjustment"), "for closed months")
        _figure(context, "AWS's own total", found.aws.control, f"of {wording.count(found.aws.days, 'day')}")
        _figure(context, _gap_name(found), found.gap, _gap_words(context, found))
        _figure(context, "Moved by rules", found.sum_of("given"), "between cost centers")


def matrix(context: PageContext, found: Everything) -> None:
    """A row a cost center, ending in the bill; a click on a name opens its statement."""
    drawing = center_bars(found.matrix, context.currency, found.month.words)
    cards.figure(drawing, "center_bars", lambda center: _open(found.month, center))
    names = found.matrix.column("cost_center").to_pylist()
    rows = [*(_center_row(found, row) for row in found.matrix.to_pylist()), *_last_rows(found)]
    values = pa.table(
        [pa.array([row[0] for row in rows]), *(pa.array([row[i] for row in rows], MONEY) for i in range(1, 8))],
        names=[column.name for column in MATRIX_COLUMNS],
    )
    words = f"all cost centers {found.month.month:%Y-%m} {context.filters.metric}"
    view = TableView(
        values, MATRIX_COLUMNS, context.currency, file_name(words), "All cost centers", empty="", whole=True
    )
    tables.show(view, "matrix", lambda row: _open(found.month, names[row]) if row < len(names) else None)
    st.caption(f"Click a name to open its statement. {fine_print(context, found.month)}")


def as_closed_versus_now(context: PageContext, found: Everything) -> None:
    """Every line of a closed month that AWS has moved since, by cost center."""
    month = found.month
    if not month.state.is_closed:
        st.caption(f"{month.words} is not closed: its statements follow what AWS says.")
        return
    moved = cached.close_differences(context.snapshot, context.scope, month.month, month.asked.metric)
    if not moved.num_rows:
        st.caption("Nothing has changed since it was closed.")
        return
    tables.show(differences_view(context, month, moved, "all cost centers"), "as_closed_versus_now")
    whole = _money(context, total(moved.column("difference").to_pylist()))
    st.caption(
        f"{wording.count(moved.num_rows, 'line')} moved by {whole} in all. The open months carry it as adjustments; "
        "the closed statements stay."
    )


def _center_row(found: Everything, row: dict[str, object]) -> tuple[object, ...]:
    center = str(row["cost_center"])
    whole = row["total"] if isinstance(row["total"], Decimal) else None
    before = found.totals_before.get(center, Decimal(0)) if found.earlier else None
    to_date = year_to_date(found.by_center.get(center, ()), found.month.month)
    return (center, *(row[part] for part in PARTS), difference(whole, before), to_date)


def _last_rows(found: Everything) -> list[tuple[object, ...]]:
    sums = tuple(found.sum_of(part) for part in PARTS)
    rows: list[tuple[object, ...]] = [
        (
            EVERYBODY if found.aws else "All that you see",
            *sums,
            _change(found),
            year_to_date(found.history, found.month.month),
        )
    ]
    if found.aws is None:
        return rows
    none = (None, None)
    if found.sum_of("adjustment"):
        rows.append(("Without adjustments", found.bill, *sums[1:4], None, *none))
    rows.append(("AWS's own total", found.aws.control, found.aws.control, None, None, None, *none))
    rows.append((_gap_name(found), found.gap, found.own_gap, None, None, None, *none))
    return rows


def _change(found: Everything) -> Decimal | None:
    before = total(of_month.total for of_month in found.earlier) if found.earlier else None
    return difference(found.sum_of("total"), before)


def _gap_name(found: Everything) -> str:
    return "Restated since closing" if found.month.state.is_closed and found.gap else "Difference"


def _gap_words(context: PageContext, found: Everything) -> str:
    if found.gap is None:
        return "not available"
    if not found.gap:
        return "to the last digit"
    if found.month.state.is_closed:
        return "by AWS, not by us"
    if found.aws and found.aws.ties_out:
        return f"{wording.escaped(context.currency.whole(found.gap))}: AWS's rounding"
    return "see Freshness"


def _open(month: ShownMonth, cost_center: str) -> None:
    st.switch_page(STATEMENT_PAGE, query_params={MONTH_KEY: in_words(month.month), CENTER_KEY: cost_center})


def _figure(context: PageContext, label: str, amount: Decimal | None, about: str) -> None:
    cards.kpi(label, context.currency.exact(amount), versus=about)


def _money(context: PageContext, amount: Decimal | None) -> str:
    return wording.escaped(context.currency.exact(amount))
