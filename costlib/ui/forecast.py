"""The parts of the forecast page: the month's end and how sure it is, the periods after it, and what it is made of."""

from __future__ import annotations

from dataclasses import dataclass, replace

import streamlit as st

from costlib.access import Scope
from costlib.errors import NotEnoughHistory
from costlib.periods import add_months
from costlib.queries.filters import Filters
from costlib.queries.forecast_events import Events, known_events
from costlib.queries.forecast_record import AwsOutlook, band
from costlib.queries.forecasts import Outlook
from costlib.store.snapshot import Snapshot
from costlib.ui import boxes, cached, cards, states, wording
from costlib.ui.context import PageContext
from costlib.ui.forecast_chart import daily_path


@dataclass(frozen=True)
class Figures:
    """The answers that the page shows."""

    outlook: Outlook
    aws: AwsOutlook


CENTER_KEY = "forecast_center"
EVERYTHING = "Everything"


def choose(context: PageContext) -> PageContext:
    """Draw the choice of a cost center, where there are any, and look at its own charges alone from here on."""
    centers = cached.cost_centers(context.snapshot, context.scope, context.filters.metric)
    if not centers:
        return context
    states.unknown_value_in_the_link(CENTER_KEY, "Cost center", centers)
    picked = boxes.one_of(
        "Cost center",
        CENTER_KEY,
        [EVERYTHING, *sorted(centers)],
        EVERYTHING,
        width=280,
        help="Its own charges, by the rules of their month, before anything is shared.",
    )
    if picked not in centers:
        return context
    return replace(context, viewer=replace(context.viewer, scope=context.scope.of_center(picked)))


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
