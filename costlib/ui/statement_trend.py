"""The last months of a cost center's statements: own and shared cost on top of each other, and the same as a table."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import pyarrow as pa
import streamlit as st

from costlib.periods import add_months
from costlib.queries.statement_history import MonthTotal
from costlib.ui import cards, tables, wording
from costlib.ui.chart_style import GRAY, HATCH, Drawing, Json, figure, legend_entry, money_axis, time_axis
from costlib.ui.context import PageContext
from costlib.ui.rankings import file_name
from costlib.ui.showback_month import ShownMonth
from costlib.ui.statement import Shown
from costlib.ui.tables import Column, Kind, TableView
from costlib.ui.wording import Currency

MONTHS = 13
COLUMNS = (
    Column("month", "Month", Kind.month, width=85),
    Column("total", "Total", Kind.money, width=100),
    Column("direct", "Own", Kind.money, width=100),
    Column("shared", "Shared", Kind.money, width=100),
    Column("adjustment", "Adjustments", Kind.money, width=95),
    Column("is_closed", "Closed", Kind.flag, width=70),
)


def trend(context: PageContext, shown: Shown) -> None:
    """Thirteen months up to the one that is shown."""
    last = shown.month.month
    months = [of for of in shown.history if add_months(last, 1 - MONTHS) <= of.month <= last]
    left, right = st.columns(2, gap="medium")
    with left:
        cards.figure(statement_trend(months, shown.month, context.currency), "statement_trend")
        st.caption("Own and shared cost of each month, adjustments of closed months apart.")
    with right:
        tables.show(_view(context, shown, months), "statement_months")


def statement_trend(months: Sequence[MonthTotal], shown: ShownMonth, currency: Currency) -> Drawing | None:
    """A stacked bar a month; the month that is not over is hatched. None without any amount."""
    parts: dict[str, list[Decimal | None]] = {
        "Own cost": [of.direct for of in months],
        "Shared cost": [of.shared for of in months],
        "Adjustments": list[Decimal | None](of.adjustment for of in months),
    }
    kept = {name: amounts for name, amounts in parts.items() if any(amounts)}
    if not kept:
        return None
    hatched = ["/" if of.month == shown.month and not shown.is_over else "" for of in months]
    traces = [_trace(name, months, amounts, hatched, currency) for name, amounts in kept.items()]
    if any(hatched):
        traces.append(legend_entry("Not over", color=GRAY, pattern={"shape": "/", **HATCH}))
    axis = time_axis(tickformat="%b\n%Y", dtick="M1", ticklabelmode="period")
    layout = {"barmode": "relative", "xaxis": axis, "yaxis": money_axis(currency.prefix)}
    return Drawing(figure(traces, 340, **layout), _in_words(months, currency))


def _trace(
    name: str, months: Sequence[MonthTotal], amounts: Sequence[Decimal | None], hatched: list[str], currency: Currency
) -> Json:
    return {
        "type": "bar",
        "name": name,
        "x": [of.month.isoformat() for of in months],
        "y": [None if amount is None else float(amount) for amount in amounts],
        "xperiod": "M1",
        "xperiodalignment": "middle",
        "marker": {"pattern": {"shape": hatched, **HATCH}},
        "customdata": [currency.exact(amount) for amount in amounts],
        "hovertemplate": f"%{{x|%b %Y}}<br><b>%{{customdata}}</b><extra>{name}</extra>",
    }


def _in_words(months: Sequence[MonthTotal], currency: Currency) -> str:
    known = [(of.total, of.month) for of in months if of.total is not None]
    if not known:
        return "Stacked chart: own and shared cost by month; this cost metric is not available."
    (high, when_high), (low, when_low) = max(known), min(known)
    return (
        f"Stacked chart: own and shared cost by month, {wording.count(len(months), 'month')}. "
        f"Highest: {currency.exact(high)} ({wording.month(when_high)}); "
        f"lowest: {currency.exact(low)} ({wording.month(when_low)})."
    )


def _view(context: PageContext, shown: Shown, months: Sequence[MonthTotal]) -> TableView:
    newest = sorted(months, key=lambda of: of.month, reverse=True)
    money = pa.decimal128(38, 10)
    values = pa.table(
        {
            "month": pa.array([of.month for of in newest], pa.date32()),
            "total": pa.array([of.total for of in newest], money),
            "direct": pa.array([of.direct for of in newest], money),
            "shared": pa.array([of.shared for of in newest], money),
            "adjustment": pa.array([of.adjustment for of in newest], money),
            "is_closed": pa.array([of.is_closed for of in newest], pa.bool_()),
        }
    )
    words = f"statements of {shown.cost_center} by month {context.filters.metric}"
    return TableView(values, COLUMNS, context.currency, file_name(words), "Statements by month", whole=True)
