"""The tables of the forecast page: periods in full, and what the month's end is made of."""

from __future__ import annotations

from decimal import Decimal

import pyarrow as pa
import streamlit as st

from costlib.money import total
from costlib.periods import Period, add_months
from costlib.queries.forecasts import Span
from costlib.ui import cached, cards, tables, wording
from costlib.ui.context import PageContext
from costlib.ui.forecast import Figures, question
from costlib.ui.rankings import file_name
from costlib.ui.tables import Column, Kind, TableView

AMOUNT = pa.decimal128(38, 10)
SPAN_COLUMNS = (
    Column("period", "Period", Kind.text, width=150),
    Column("expected", "Forecast", Kind.money, "Charged so far, and what the other days are expected to cost."),
    Column("lower_80", "80 % from", Kind.money, "Four of five times the period ends between these two."),
    Column("upper_80", "80 % to", Kind.money),
    Column("charged", "Charged so far", Kind.money, "Complete days of the period."),
    Column("lower_95", "95 % from", Kind.money),
    Column("upper_95", "95 % to", Kind.money),
    Column("aws", "AWS's forecast", Kind.money, "As AWS last gave it, with what was charged before."),
)


def spans(context: PageContext, found: Figures) -> None:
    """The next months, the quarter and the fiscal year in full."""
    view = TableView(
        _span_values(found),
        SPAN_COLUMNS if found.aws.months else SPAN_COLUMNS[:-1],
        context.currency,
        file_name("forecast of periods"),
        "Forecast of the next months, the quarter and the fiscal year",
        empty="–",
        whole=True,
    )
    tables.show(view, "forecast_periods")
    st.caption(f"Intervals are from errors of sums, never sums of daily bounds. {context.fine_print}")


def _span_values(found: Figures) -> pa.Table:
    asked = found.outlook.spans
    amounts = {
        "charged": [s.actual for s in asked],
        "expected": [s.expected for s in asked],
        "lower_80": [s.likely.lower for s in asked],
        "upper_80": [s.likely.upper for s in asked],
        "lower_95": [s.wide.lower for s in asked],
        "upper_95": [s.wide.upper for s in asked],
        "aws": [_theirs(found, span) for span in asked],
    }
    return pa.table(
        {
            "period": [_name(span) for span in asked],
            **{name: pa.array(values, AMOUNT) for name, values in amounts.items()},
        }
    )


def _theirs(found: Figures, span: Span) -> Decimal | None:
    """Months as AWS gives them; longer periods from their charged days and AWS's months, if AWS has them all."""
    month, expected = found.outlook.month.period.start, list[Decimal | None]()
    if span.name.endswith("month"):
        its = found.aws.month(span.period.start)
        return its.expected if its else None
    if span.period.start < month:
        expected.append(found.outlook.history.sum(Period(span.period.start, month)))
    while month < span.period.end:
        if month >= span.period.start:
            its = found.aws.month(month)
            expected.append(its.expected if its else None)
        month = add_months(month, 1)
    return total(expected)


def _name(span: Span) -> str:
    if span.name == "quarter":
        return f"Quarter to {wording.day(span.period.last_day)}"
    if span.name == "fiscal_year":
        return f"Year to {wording.day(span.period.last_day)}"
    return wording.month_name(span.period.start)


def parts(context: PageContext, found: Figures) -> None:
    """The month's end by service or account; the last line is the total, and the others add up to it."""
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.subheader("What the month end is made of", anchor=False, width="content")
        by = cards.by_switch("Month end by", "forecast_by")
    snapshot, scope, filters, start, events = question(context)
    each = cached.outlook_parts(snapshot, scope, filters, by, start, events)
    month = found.outlook.month
    names = [context.account_names.get(part.key, part.key) for part in each]
    columns = {
        "charged": [*(part.actual for part in each), month.actual],
        "rest": [*(part.expected - part.actual for part in each), month.expected - month.actual],
        "expected": [*(part.expected for part in each), month.expected],
        "last_month": [*(part.last_month for part in each), found.outlook.last_month],
    }
    view = TableView(
        pa.table({"name": [*names, "Total"], **{n: pa.array(v, AMOUNT) for n, v in columns.items()}}),
        (
            Column("name", cards.CUTS[by], Kind.text, width=200),
            Column("expected", "Month end", Kind.money),
            Column("charged", "Charged so far", Kind.money, "Complete days of the month."),
            Column("rest", "Still expected", Kind.money, "The days that are not complete."),
            Column("last_month", "Last month", Kind.money),
        ),
        context.currency,
        file_name(f"month end by {cards.CUTS[by]}"),
        f"Forecast of the month's end by {cards.CUTS[by].lower()}",
        whole=True,
    )
    tables.show(view, "forecast_parts")
    st.caption(
        f"Each is forecast by itself; what they miss the total by is shared by how unsure each is. {context.fine_print}"
    )
