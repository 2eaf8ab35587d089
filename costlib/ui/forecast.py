"""The parts of the forecast page: the month's end and how sure it is, the periods after it, and what it is made of."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

import pyarrow as pa
import streamlit as st

from costlib.access import Scope
from costlib.errors import NotEnoughHistory
from costlib.money import total
from costlib.periods import Period, add_months, month_start
from costlib.queries.filters import Filters
from costlib.queries.forecast_events import Events, known_events
from costlib.queries.forecast_record import AwsOutlook, band
from costlib.queries.forecasts import Outlook, Span
from costlib.store.snapshot import Snapshot
from costlib.ui import cached, cards, states, tables, wording
from costlib.ui.context import PageContext
from costlib.ui.forecast_chart import daily_path
from costlib.ui.rankings import file_name
from costlib.ui.tables import Column, Kind, TableView

PARTS = {"service": "Service", "usage_account_id": "Account"}
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


@dataclass(frozen=True)
class Figures:
    """The answers that the page shows."""

    outlook: Outlook
    aws: AwsOutlook


def question(context: PageContext) -> tuple[Snapshot, Scope, Filters, int, Events]:
    """What a forecast depends on."""
    settings = context.settings
    start = settings.fiscal_year_start_month
    return context.snapshot, context.scope, context.filters, start, known_events(settings.events_file)


def ask(context: PageContext) -> Figures:
    """The forecast of what the filters keep; stops the page, with the reason, where there is none."""
    try:
        found = cached.outlook(*question(context))
    except NotEnoughHistory as error:
        if not error.has_days:
            states.nothing_matches()
        else:
            not_enough(error)
        st.stop()
    return Figures(found, cached.aws_outlook(context.snapshot, context.scope, context.filters))


def not_enough(error: NotEnoughHistory) -> None:
    """Why there is no forecast, and when there will be one."""
    with st.container(border=True, horizontal_alignment="center"):
        st.subheader("Not enough history to forecast", anchor=False, text_alignment="center")
        st.caption(
            f"It has {wording.count(error.has_days, 'complete day')} and needs {error.needs_days}: "
            f"come back in {wording.count(error.needs_days - error.has_days, 'day')}.",
            text_alignment="center",
        )


def kpi_row(context: PageContext, found: Figures) -> None:
    """The month's end, where it probably lies, last month as the baseline that is hard to beat, and AWS's word."""
    money, outlook = context.currency, found.outlook
    month, last = outlook.month, add_months(outlook.month.period.start, -1)
    with st.grid(4, min_column_width=220, gap="small"):
        cards.kpi(
            f"Month end · {wording.month(month.period.start)}",
            money.exact(month.expected),
            wording.change_percent(month.expected, outlook.last_month),
            f"vs {wording.month(last)}",
            "Complete days as they were charged; the other days as the model with the best record forecasts them.",
        )
        cards.kpi(
            "Probably between · 80 %",
            f"{money.compact(month.likely.lower)} – {money.compact(month.likely.upper)}",
            None,
            f"95 %: {money.compact(month.wide.lower)} – {money.compact(month.wide.upper)}",
            "From how far forecasts of as many days were off in the past: four of five months end inside.",
        )
        cards.kpi(
            f"Last month · {wording.month(last)}",
            money.exact(outlook.last_month),
            None,
            "the baseline to beat",
            "For a whole month ahead, last month's total is often as good as any model.",
        )
        _aws_kpi(context, found)


def _aws_kpi(context: PageContext, found: Figures) -> None:
    money, start = context.currency, found.outlook.month.period.start
    theirs = found.aws.month(start)
    if theirs is None:
        cards.kpi(
            f"AWS's forecast · {wording.month(start)}", "–", None, "not available here", found.aws.missing or None
        )
        return
    between = theirs.likely
    cards.kpi(
        f"AWS's forecast · {wording.month(start)}",
        money.exact(theirs.expected),
        None,
        f"80 %: {money.compact(between.lower)} – {money.compact(between.upper)}" if between else "without an interval",
        f"GetCostForecast as of {wording.day(found.aws.as_of or start)}, added to what was charged before.",
    )


def path(context: PageContext, found: Figures) -> None:
    """The daily path, with what it stands on."""
    arriving = [ahead for ahead in found.outlook.ahead if ahead.reported is not None]
    said = "; ".join(
        f"{wording.weekday(a.day)} {wording.escaped(context.currency.exact(a.reported))} reported, "
        f"{wording.escaped(context.currency.exact(a.expected))} expected"
        for a in arriving
    )
    events = ", ".join(f"{wording.escaped(e.name)} ({wording.span(e.period)})" for e in found.outlook.events)
    note = (f"Still arriving: {said}. " if said else "") + (f"Known events: {events}. " if events else "")
    cards.chart(context, "Day by day", daily_path(found.outlook, found.aws, context.currency), "path", note)


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
    month, expected = month_start(found.outlook.month.period.start), list[Decimal | None]()
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
        by = _switch()
    snapshot, scope, filters, *rest = question(context)
    each = cached.outlook_parts(snapshot, scope, filters, by, *rest)
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
            Column("name", PARTS[by], Kind.text, width=200),
            Column("expected", "Month end", Kind.money),
            Column("charged", "Charged so far", Kind.money, "Complete days of the month."),
            Column("rest", "Still expected", Kind.money, "The days that are not complete."),
            Column("last_month", "Last month", Kind.money),
        ),
        context.currency,
        file_name(f"month end by {PARTS[by]}"),
        f"Forecast of the month's end by {PARTS[by].lower()}",
        whole=True,
    )
    tables.show(view, "forecast_parts")
    st.caption(
        f"Each is forecast by itself; what they miss the total by is shared by how unsure each is. {context.fine_print}"
    )


def _switch() -> str:
    picked = st.segmented_control(
        "Month end by",
        list(PARTS),
        format_func=lambda by: f"By {PARTS[by].lower()}",
        default="service",
        key="forecast_by",
        bind="query-params",
        required=True,
        label_visibility="collapsed",
    )
    return picked if picked in PARTS else "service"


def small_print(found: Outlook) -> str:
    """What stands under a forecast figure: how such forecasts did on this series' own past."""
    record = found.record
    if record is None:
        return "too little history to say how good such forecasts are"
    days = wording.count(record.days, "day")
    return (
        f"forecasts {days} ahead were off by {wording.share(record.wape)} on {record.origins} past dates "
        f"({band(record.wape)}), bias {wording.percent(record.bias)}"
    )
